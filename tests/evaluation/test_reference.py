"""The meaning of the language, case by case, worked out by hand."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pytest

from dearly.evaluation.facts import EventLog, Facts
from dearly.evaluation.reference import branch_of, evaluate, value_of
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Block,
    Branch,
    Compare,
    Else,
    EventProperty,
    Expression,
    In,
    ItemProperty,
    Lifecycle,
    Literal,
    NamedValue,
    Negate,
    Not,
    Occurs,
    Or,
    Pick,
    Presence,
    ProfileField,
    Segment,
    SegmentRef,
    Selection,
    Sequence,
    SetContains,
    Stage,
    StageIs,
    TextMatch,
    TimeSince,
    ValueRef,
)
from dearly.language.types import BOOL, DATE, DAY_US, DURATION, HOUR_US, NUMBER, TEXT, SetOf, Value
from tests.evaluation.cases import TEMPLATE, program_of

NOW = 1_772_359_200_000_000
NOBODY = Facts()
TRUE, FALSE = Literal(True, BOOL), Literal(False, BOOL)
UNKNOWN = ProfileField("member", BOOL)
AGE = ProfileField("age", NUMBER)
PRICE = EventProperty("price", NUMBER)


def number(value: float) -> Literal:
    return Literal(value, NUMBER)


def text(value: str) -> Literal:
    return Literal(value, TEXT)


def duration(us: int) -> Literal:
    return Literal(us, DURATION)


def history(**events: list[int | tuple[int, Mapping[str, Value]]]) -> Facts:
    """Events by type, each a time relative to NOW, or that and its properties."""
    pairs = {
        kind: [each if isinstance(each, tuple) else (each, {}) for each in log]
        for kind, log in events.items()
    }
    return Facts(
        events={
            kind: EventLog(tuple(NOW + time for time, _ in log), tuple(properties for _, properties in log))
            for kind, log in pairs.items()
        }
    )


def ask(expression: Expression, facts: Facts = NOBODY, now: int = 0) -> Value | None:
    """The expression's value at NOW, or some time after it."""
    return evaluate(program_of(), expression, facts, NOW + now)


def count(selection: Selection, facts: Facts, now: int = 0) -> Value | None:
    return ask(Aggregate("count", selection, None, NUMBER), facts, now)


# ---------------------------------------------------------------------------------------------- three values


@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (TRUE, TRUE, True, True),
        (TRUE, FALSE, False, True),
        (TRUE, UNKNOWN, None, True),
        (FALSE, FALSE, False, False),
        (FALSE, UNKNOWN, False, None),
        (UNKNOWN, UNKNOWN, None, None),
    ],
)
def test_and_and_or_are_kleenes(left: Expression, right: Expression, both: object, either: object) -> None:
    assert ask(And((left, right))) is both
    assert ask(And((right, left))) is both
    assert ask(Or((left, right))) is either
    assert ask(Or((right, left))) is either


def test_not_unknown_is_unknown() -> None:
    assert ask(Not(UNKNOWN)) is None
    assert ask(Not(TRUE)) is False
    assert ask(Not(FALSE)) is True


@pytest.mark.parametrize("operator", ["==", "!=", "<", "<=", ">", ">="])
def test_a_comparison_with_a_missing_value_is_unknown_on_either_side(operator: str) -> None:
    assert ask(Compare(operator, AGE, number(1.0))) is None  # type: ignore[arg-type]
    assert ask(Compare(operator, number(1.0), AGE)) is None  # type: ignore[arg-type]


def test_every_question_about_a_missing_value_is_unknown() -> None:
    assert ask(In(AGE, (number(1.0),))) is None
    assert ask(TextMatch("contains", ProfileField("first_name", TEXT), text(""))) is None
    assert ask(TextMatch("is like", text("a"), ProfileField("first_name", TEXT))) is None
    assert ask(SetContains(ProfileField("interests", SetOf(TEXT)), text("a"))) is None


def test_presence_is_never_unknown() -> None:
    assert ask(Presence(AGE, missing=True)) is True
    assert ask(Presence(AGE, missing=False)) is False
    assert ask(Presence(AGE, missing=False), Facts({"age": 0.0})) is True
    assert ask(Presence(Compare("==", AGE, AGE), missing=True)) is True


def test_else_gives_its_default_only_for_what_is_missing() -> None:
    assert ask(Else(AGE, number(7.0))) == 7.0
    assert ask(Else(AGE, number(7.0)), Facts({"age": 0.0})) == 0.0
    assert ask(Else(UNKNOWN, FALSE)) is False
    assert ask(Else(AGE, AGE)) is None


# --------------------------------------------------------------------------------------- numbers, text, sets


@pytest.mark.parametrize(
    ("operator", "less", "equal", "more"),
    [
        ("==", False, True, False),
        ("!=", True, False, True),
        ("<", True, False, False),
        ("<=", True, True, False),
        (">", False, False, True),
        (">=", False, True, True),
    ],
)
def test_numbers_compare(operator: str, less: bool, equal: bool, more: bool) -> None:
    for left, expected in ((1.0, less), (2.0, equal), (3.0, more)):
        assert ask(Compare(operator, number(left), number(2.0))) is expected  # type: ignore[arg-type]


def test_text_compares_by_code_point_and_case() -> None:
    assert ask(Compare("<", text("\uffee"), text("\U00010000"))) is True  # UTF-16 has it the other way
    assert ask(Compare("<", text("Z"), text("a"))) is True
    assert ask(Compare("==", text("nl"), text("NL"))) is False


def test_is_like_folds_case_and_the_other_matches_do_not() -> None:
    assert ask(TextMatch("is like", text("Straße"), text("STRASSE"))) is True
    assert ask(TextMatch("is like", text("a"), text("b"))) is False
    assert ask(TextMatch("contains", text("winter sale"), text("Sale"))) is False
    assert ask(TextMatch("contains", text("winter sale"), text("sale"))) is True
    assert ask(TextMatch("starts with", text("winter"), text("win"))) is True
    assert ask(TextMatch("starts with", text("winter"), text("ter"))) is False
    assert ask(TextMatch("ends with", text("winter"), text("ter"))) is True


def test_in_and_set_membership_are_equality() -> None:
    assert ask(In(text("nl"), (text("be"), text("nl")))) is True
    assert ask(In(text("NL"), (text("be"), text("nl")))) is False
    interests = Facts({"interests": frozenset({"hiking"})})
    assert ask(SetContains(ProfileField("interests", SetOf(TEXT)), text("hiking")), interests) is True
    assert ask(SetContains(ProfileField("interests", SetOf(TEXT)), text("Hiking")), interests) is False


def test_arithmetic_is_that_of_doubles() -> None:
    assert ask(Arithmetic("+", number(0.1), number(0.2))) == 0.30000000000000004
    assert ask(Arithmetic("-", number(1.0), number(3.0))) == -2.0
    assert ask(Arithmetic("*", number(4.0), number(2.5))) == 10.0
    assert ask(Arithmetic("/", number(1.0), number(8.0))) == 0.125
    assert ask(Negate(number(2.0))) == -2.0


def test_arithmetic_without_a_result_is_missing() -> None:
    huge = number(1e300)
    assert ask(Arithmetic("/", number(1.0), number(0.0))) is None
    assert ask(Arithmetic("/", number(0.0), Negate(number(0.0)))) is None
    assert ask(Arithmetic("*", huge, huge)) is None
    assert ask(Arithmetic("+", AGE, number(1.0))) is None
    assert ask(Negate(AGE)) is None


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


# ---------------------------------------------------------------------------------------------------- names


def test_a_segment_referred_to_keeps_its_unknown() -> None:
    program = program_of(Segment("members", "", UNKNOWN), Segment("others", "", Not(SegmentRef("members"))))
    assert value_of(program, "members", NOBODY, NOW) is None
    assert value_of(program, "others", NOBODY, NOW) is None
    assert value_of(program, "others", Facts({"member": False}), NOW) is True


def test_a_lifecycle_stands_at_the_first_stage_that_is_true() -> None:
    old = Compare(">=", AGE, number(60.0))
    adult = Compare(">=", AGE, number(18.0))
    program = program_of(
        Lifecycle("life", (Stage("old", old), Stage("adult", adult), Stage("unsure", None))),
        Segment("grown", "", StageIs("life", "adult")),
    )
    stages = [value_of(program, "life", Facts({"age": age}), NOW) for age in (70.0, 20.0, 5.0)]
    assert stages == ["old", "adult", "unsure"]
    assert value_of(program, "life", NOBODY, NOW) == "unsure"
    assert value_of(program, "grown", Facts({"age": 20.0}), NOW) is True
    assert value_of(program, "grown", NOBODY, NOW) is False


def test_a_chain_of_twenty_thousand_names_is_evaluated() -> None:
    links = [
        NamedValue(f"v{n}", Arithmetic("+", ValueRef(f"v{n - 1}", NUMBER), number(1.0)), NUMBER, False)
        for n in range(1, 20_000)
    ]
    program = program_of(NamedValue("v0", number(1.0), NUMBER, False), *links)
    assert value_of(program, "v19999", NOBODY, NOW) == 20_000.0


def test_a_name_used_twice_at_every_level_is_evaluated_once() -> None:
    doubled = [
        NamedValue(
            f"v{n}",
            Arithmetic("+", ValueRef(f"v{n - 1}", NUMBER), ValueRef(f"v{n - 1}", NUMBER)),
            NUMBER,
            False,
        )
        for n in range(1, 40)
    ]
    program = program_of(NamedValue("v0", number(1.0), NUMBER, False), *doubled)
    assert value_of(program, "v39", NOBODY, NOW) == 2.0**39


# --------------------------------------------------------------------------------------------------- blocks


def test_the_first_branch_whose_condition_is_true_decides() -> None:
    conditions = (UNKNOWN, Compare(">", AGE, number(1.0)), None)
    block = Block("hero", tuple(Branch(each, TEMPLATE, ()) for each in conditions))
    program = program_of(block=block)
    assert branch_of(program, "hero", NOBODY, NOW) == 2
    assert branch_of(program, "hero", Facts({"age": 2.0}), NOW) == 1
    assert branch_of(program, "hero", Facts({"member": True, "age": 2.0}), NOW) == 0


def test_an_items_condition_reads_the_item_the_customer_and_names() -> None:
    budget = NamedValue("budget", Else(AGE, number(10.0)), NUMBER, False)
    cheap = Compare("<", ItemProperty("price", NUMBER), ValueRef("budget", NUMBER))
    program = program_of(budget)
    assert evaluate(program, cheap, NOBODY, NOW, {"price": 9.0}) is True
    assert evaluate(program, cheap, Facts({"age": 9.0}), NOW, {"price": 9.0}) is False
    assert evaluate(program, cheap, NOBODY, NOW, {}) is None
