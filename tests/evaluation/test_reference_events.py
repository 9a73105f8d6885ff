"""The meaning of windows, sequences, counts and aggregates, case by case, worked out by hand."""

from __future__ import annotations

import math

import pytest

from dearly.evaluation import EventLog, Facts
from dearly.evaluation.reference import evaluate
from dearly.language.program import (
    Aggregate,
    Compare,
    Else,
    EventProperty,
    Not,
    Occurs,
    Pick,
    Presence,
    ProfileField,
    Selection,
    Sequence,
    TimeSince,
)
from dearly.language.types import DATE, DAY_US, HOUR_US, NUMBER, TEXT, Value
from tests.evaluation.asking import NOBODY, PRICE, ask, count, duration, history, number
from tests.evaluation.cases import program_of

# ------------------------------------------------------------------------------------------------- windows


@pytest.mark.parametrize(
    ("time", "inside"), [(-DAY_US - 1, 0), (-DAY_US, 0), (-DAY_US + 1, 1), (0, 1), (1, 0)]
)
def test_within_is_open_at_its_start_and_closed_at_now(time: int, inside: int) -> None:
    assert count(Selection("viewed", within_us=DAY_US), history(viewed=[time])) == inside


@pytest.mark.parametrize(("time", "inside"), [(-DAY_US - 1, 1), (-DAY_US, 1), (-DAY_US + 1, 0), (0, 0)])
def test_older_than_is_closed_at_its_end(time: int, inside: int) -> None:
    assert count(Selection("viewed", older_than_us=DAY_US), history(viewed=[time])) == inside


def test_within_and_older_than_share_out_the_past_without_gap_or_overlap() -> None:
    facts = history(viewed=[-DAY_US + nudge for nudge in (-1, 0, 1)])
    younger = count(Selection("viewed", within_us=DAY_US), facts)
    older = count(Selection("viewed", older_than_us=DAY_US), facts)
    assert (younger, older) == (1, 2)


def test_within_and_older_than_together_are_a_window_in_the_past() -> None:
    between = Selection("viewed", within_us=2 * DAY_US, older_than_us=DAY_US)
    facts = history(viewed=[-2 * DAY_US, -2 * DAY_US + 1, -DAY_US, -DAY_US + 1])
    assert count(between, facts) == 2
    assert count(Selection("viewed", within_us=DAY_US, older_than_us=DAY_US), facts) == 0


def test_an_event_of_the_future_counts_when_its_time_comes() -> None:
    facts = history(viewed=[5])
    assert [count(Selection("viewed"), facts, now) for now in (4, 5, 6)] == [0, 1, 1]


def test_seven_days_are_seven_times_86400_seconds_over_a_change_of_clocks() -> None:
    changed_us = 1_774_746_000_000_000  # 2026-03-29T01:00Z, when Europe's day has 23 hours
    facts = Facts(events={"viewed": EventLog((changed_us - 3 * DAY_US,), ({},))})
    week = Aggregate("count", Selection("viewed", within_us=7 * DAY_US), None, NUMBER)
    leaves_us = changed_us + 4 * DAY_US
    assert [evaluate(program_of(), week, facts, at) for at in (leaves_us - 1, leaves_us)] == [1.0, 0.0]


# ------------------------------------------------------------------------------------------------- sequences


def followed(within: int | None = None, *, negated: bool = False) -> Selection:
    return Selection("viewed", sequence=Sequence(negated, "bought", None, within))


@pytest.mark.parametrize(
    ("later", "within", "expected"),
    [(-1, None, 0), (0, None, 0), (1, None, 1), (1, 5, 1), (5, 5, 1), (6, 5, 0), (6, None, 1)],
)
def test_followed_by_is_strictly_after_and_at_most_the_window_later(
    later: int, within: int | None, expected: int
) -> None:
    assert count(followed(within), history(viewed=[-100], bought=[-100 + later])) == expected


def test_a_follower_of_the_future_does_not_follow_yet() -> None:
    facts = history(viewed=[-1], bought=[3])
    assert [count(followed(10), facts, now) for now in (2, 3)] == [0, 1]
    assert [count(followed(negated=True), facts, now) for now in (2, 3)] == [1, 0]


def test_not_followed_within_holds_once_the_wait_is_over() -> None:
    facts = history(viewed=[-10])
    assert [count(followed(10, negated=True), facts, now) for now in (-1, 0, 1)] == [0, 1, 1]


def test_a_follower_after_the_wait_does_not_undo_it() -> None:
    assert count(followed(5, negated=True), history(viewed=[-10], bought=[-4])) == 1
    assert count(followed(5, negated=True), history(viewed=[-10], bought=[-5])) == 0


def test_not_followed_without_a_window_is_undone_by_any_later_event() -> None:
    assert count(followed(negated=True), history(viewed=[-10])) == 1
    assert count(followed(negated=True), history(viewed=[-10], bought=[-10])) == 1
    assert count(followed(negated=True), history(viewed=[-10], bought=[0])) == 0


def test_an_event_may_be_followed_by_one_of_its_own_type() -> None:
    again = Selection("viewed", sequence=Sequence(False, "viewed", None, None))
    assert count(again, history(viewed=[-3, -3, -1])) == 2


def test_what_follows_has_its_own_where() -> None:
    dear = Sequence(False, "bought", Compare(">", PRICE, number(10.0)), None)
    facts = history(viewed=[-9], bought=[(-8, {"price": 10.0}), (-7, {})])
    assert count(Selection("viewed", sequence=dear), facts) == 0


# ------------------------------------------------------------------------------ quantifiers and their wheres


@pytest.mark.parametrize(
    ("quantifier", "asked", "expected"),
    [
        ("at least", 0, True),
        ("at least", 2, True),
        ("at least", 3, False),
        ("at most", 0, False),
        ("at most", 2, True),
        ("exactly", 0, False),
        ("exactly", 2, True),
    ],
)
def test_quantifiers_count_the_selected_events(quantifier: str, asked: int, expected: bool) -> None:
    facts = history(viewed=[-1, -2])
    assert ask(Occurs(quantifier, asked, Selection("viewed")), facts) is expected  # type: ignore[arg-type]


def test_no_events_are_none_of_any_kind() -> None:
    assert ask(Occurs("at least", 1, Selection("viewed"))) is False
    assert ask(Occurs("exactly", 0, Selection("viewed"))) is True


def test_where_keeps_an_event_only_when_its_condition_is_true() -> None:
    facts = history(bought=[(-3, {"price": 5.0}), (-2, {"price": 50.0}), (-1, {})])
    dear = Compare(">", PRICE, number(10.0))
    assert count(Selection("bought", where=dear), facts) == 1
    assert count(Selection("bought", where=Not(dear)), facts) == 1
    assert count(Selection("bought", where=Presence(PRICE, missing=True)), facts) == 1


def test_where_compares_with_the_customers_own_fields() -> None:
    where = Compare("==", EventProperty("category", TEXT), ProfileField("country", TEXT))
    events = history(viewed=[(-1, {"category": "nl"})]).events
    assert count(Selection("viewed", where=where), Facts({"country": "nl"}, events)) == 1
    assert count(Selection("viewed", where=where), Facts({}, events)) == 0


# ------------------------------------------------------------------------------------------------ aggregates


def of_price(kind: str, facts: Facts) -> Value | None:
    return ask(Aggregate(kind, Selection("bought"), "price", NUMBER), facts)  # type: ignore[arg-type]


def prices(*values: float | None) -> Facts:
    return history(
        bought=[(index - 100, {} if each is None else {"price": each}) for index, each in enumerate(values)]
    )


def test_sums_are_exact_and_do_not_depend_on_order() -> None:
    assert of_price("sum", prices(*[0.1] * 10)) == 1.0
    assert of_price("sum", prices(1e12, 0.1, -1e12)) == 0.1
    assert of_price("sum", prices(-1e12, 1e12, 0.1)) == 0.1


@pytest.mark.parametrize(
    ("addend", "counted"),
    [(0.0000005, 0.0), (0.0000015, 0.000002), (0.0000025, 0.000002), (-0.0000015, -0.000002), (4e-7, 0.0)],
)
def test_each_addend_counts_to_a_millionth_half_to_even(addend: float, counted: float) -> None:
    assert of_price("sum", prices(addend)) == counted


def test_an_average_is_rounded_once() -> None:
    assert of_price("average", prices(1.0, 2.0)) == 1.5
    assert 0.3 / 3 != 0.1
    assert of_price("average", prices(0.1, 0.1, 0.1)) == 0.1


def test_aggregates_leave_out_events_whose_property_is_missing_but_count_counts_them() -> None:
    facts = prices(1.0, None, 2.0)
    assert of_price("sum", facts) == 3.0
    assert of_price("average", facts) == 1.5
    assert of_price("min", facts) == 1.0
    assert of_price("max", facts) == 2.0
    assert count(Selection("bought"), facts) == 3.0


@pytest.mark.parametrize(
    ("kind", "expected"), [("sum", 0.0), ("average", None), ("min", None), ("max", None)]
)
def test_of_nothing_a_sum_is_zero_and_the_others_are_missing(kind: str, expected: float | None) -> None:
    assert of_price(kind, NOBODY) == expected
    assert of_price(kind, prices(None)) == expected


def test_a_count_is_a_number_like_any_other() -> None:
    counted = count(Selection("viewed"), history(viewed=[-1]))
    assert isinstance(counted, float)
    assert math.isclose(counted, 1.0)


def categories(*seen: str | None) -> Facts:
    return history(
        viewed=[(index - 100, {} if each is None else {"category": each}) for index, each in enumerate(seen)]
    )


def test_distinct_counts_different_values_and_leaves_out_what_is_missing() -> None:
    distinct = Aggregate("distinct", Selection("viewed"), "category", NUMBER)
    assert ask(distinct, categories("a", "A", "a", None)) == 2.0
    assert ask(distinct, categories(None)) == 0.0
    assert ask(distinct) == 0.0


@pytest.mark.parametrize(
    ("seen", "top"),
    [
        (("a", "b", "a"), "a"),
        pytest.param(("a", "b"), "b", id="of two alike, the one seen latest"),
        pytest.param(
            ("b", "a", "b", "a", "c"), "a", id="of two alike, the one seen latest, whatever came since"
        ),
        pytest.param((None, None, None, "a", "a", "b"), "a", id="what is missing is no value"),
        pytest.param((None,), None, id="nothing said"),
        pytest.param((), None, id="nothing at all"),
    ],
)
def test_top_is_the_value_that_most_events_have(seen: tuple[str | None, ...], top: str | None) -> None:
    assert ask(Pick("top", Selection("viewed"), "category", TEXT), categories(*seen)) == top


def test_at_one_instant_the_order_of_the_log_says_which_was_seen_latest() -> None:
    facts = history(viewed=[(-1, {"category": "b"}), (-1, {"category": "a"})])
    assert ask(Pick("top", Selection("viewed"), "category", TEXT), facts) == "a"


def test_min_and_max_take_dates() -> None:
    facts = history(bought=[(-2, {"arrives": 20_000}), (-1, {"arrives": 10_000})])
    assert ask(Aggregate("min", Selection("bought"), "arrives", DATE), facts) == 10_000
    assert ask(Aggregate("max", Selection("bought"), "arrives", DATE), facts) == 20_000


def test_latest_and_first_go_by_the_order_of_the_log() -> None:
    facts = history(viewed=[(-2, {"category": "a"}), (-1, {"category": "b"}), (-1, {"category": "c"})])
    assert ask(Pick("first", Selection("viewed"), "category", TEXT), facts) == "a"
    assert ask(Pick("latest", Selection("viewed"), "category", TEXT), facts) == "c"


def test_the_latest_event_counts_even_when_its_property_is_missing() -> None:
    facts = history(viewed=[(-2, {"category": "a"}), (-1, {})])
    assert ask(Pick("latest", Selection("viewed"), "category", TEXT), facts) is None
    assert ask(Pick("latest", Selection("viewed"), "category", TEXT), NOBODY) is None


def test_time_since_last_or_first_is_a_duration_and_missing_without_events() -> None:
    facts = history(viewed=[-3 * HOUR_US, -HOUR_US, 1])
    assert ask(TimeSince("latest", Selection("viewed")), facts) == HOUR_US
    assert ask(TimeSince("first", Selection("viewed")), facts) == 3 * HOUR_US
    assert ask(TimeSince("latest", Selection("viewed"))) is None
    never = Compare(">", TimeSince("latest", Selection("viewed")), duration(DAY_US))
    assert ask(never) is None
    assert ask(
        Compare(">", Else(TimeSince("latest", Selection("viewed")), duration(2 * DAY_US)), duration(DAY_US))
    )
