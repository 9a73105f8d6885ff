"""Windows of events: what each means, which are empty, and which look further back than events are kept."""

from __future__ import annotations

import pytest

from dearly.language.checking.containment import contains
from dearly.language.program import Aggregate, DayStart, Literal, Occurs, Period, Pick, Selection
from dearly.language.types import DAY_US, NUMBER, TEXT, TIME
from tests.language.checking import check_rules, codes_of, only_finding, program_of


@pytest.mark.parametrize(
    ("windows", "meant"),
    [
        ("since 1970-01-02", Selection("viewed", since=DayStart(1))),
        ("before 1970-01-02", Selection("viewed", before=DayStart(1))),
        ("since 1970-01-01T00:00:01Z", Selection("viewed", since=Literal(1_000_000, TIME))),
        (
            "since 1970-01-02 before 1970-01-03",
            Selection("viewed", since=DayStart(1), before=DayStart(2)),
        ),
        ("today", Selection("viewed", period="today")),
        ("this week", Selection("viewed", period="this week")),
        ("this month older than 3 days", Selection("viewed", period="this month", older_than_us=3 * DAY_US)),
        ("on monday", Selection("viewed", weekdays=frozenset([0]))),
        ("on saturday or monday", Selection("viewed", weekdays=frozenset([0, 5]))),
        ("on weekdays this year", Selection("viewed", period="this year", weekdays=frozenset(range(5)))),
        ("on weekends within 1 day", Selection("viewed", within_us=DAY_US, weekdays=frozenset([5, 6]))),
    ],
)  # fmt: skip
def test_a_window_means(windows: str, meant: Selection) -> None:
    assert program_of(f"segment s {{ any viewed {windows} }}").segments["s"].condition == Occurs(
        "at least", 1, meant
    )


def test_top_and_distinct_mean_a_property_of_the_selected_events() -> None:
    program = program_of("value v = distinct of viewed.category\nvalue w = top viewed.category today")

    assert program.values["v"].expression == Aggregate("distinct", Selection("viewed"), "category", NUMBER)
    assert program.values["w"].expression == Pick(
        "top", Selection("viewed", period="today"), "category", TEXT
    )


def test_different_sets_are_not_counted() -> None:
    schema = "profile { points number = 0 }\nevent e { tags set of text }\n"

    found = only_finding("value v = distinct of e.tags", schema=schema)

    assert found.startswith("type-mismatch: `distinct of` counts different values, and `e.tags` is a set of")


@pytest.mark.parametrize(
    ("windows", "place", "said"),
    [
        ("within 2 days older than 2 days", "2 days", "`older than` must be shorter than `within`."),
        ("since 2026-02-01 before 2026-01-01", "2026-01-01", "`since 2026-01-01 before 2026-02-01`."),
        ("since 2026-02-01 before 2026-02-01", "2026-02-01", "write `before 2026-02-02`."),
        ("since 2026-02-03T00:00:00Z before 2026-02-01", "2026-02-01", "No event is since"),
        ("since 2026-02-03 before 2026-02-01T12:00:00Z", "2026-02-01T12:00:00Z", "No event is since"),
        ("today older than 2 days", "2 days", "No event of `today` is older than 2 days."),
        ("this month older than 32 days", "32 days", "Leave out `this month`"),
    ],
)
def test_a_window_that_no_event_can_be_in_is_refused_where_it_is(windows: str, place: str, said: str) -> None:
    rules = f"segment s {{ any viewed {windows} }}"

    (found,) = check_rules(rules).diagnostics

    assert found.code == "empty-window"
    assert rules[found.span.column - 1 : found.span.end_column - 1] == place
    assert rules.rindex(place) == found.span.column - 1
    assert said in f"{found.message} {found.hint}"


@pytest.mark.parametrize(
    "windows",
    [
        "since 2026-02-01T00:00:00Z before 2026-02-01",  # west of Greenwich the day begins later
        "since 2026-02-02 before 2026-02-01T12:00:00Z",  # in Kiribati it began before
        "today older than 25 hours",  # a day may be that long
        "before 2020-01-01",
        "before 2020-01-01 older than 30 days",
        "since 2020-01-01 within 30 days",
        "this week not followed by bought within 7 days",
        "within 7 days followed by bought within 7 days",
    ],
)
def test_a_window_that_some_event_may_be_in_is_fine(windows: str) -> None:
    assert codes_of(f"segment s {{ any viewed {windows} }}") == []


def test_a_fixed_end_beside_a_rolling_window_is_warned_of() -> None:
    rolling = only_finding("segment s { any viewed before 2020-01-01 within 30 days }")
    calendar = only_finding("segment s { any viewed before 2020-01-01 this month }")

    assert rolling == (
        "fixed-window: `within 30 days` moves on and `before 2020-01-01` does not: by 2020-01-31, about, "
        "no event is both any more. "
        "Leave one of them out, or write a fixed stretch of time: `since 2019-12-02 before 2020-01-01`."
    )
    assert calendar.startswith("fixed-window: `this month` moves on")


@pytest.mark.parametrize("windows", ["within 7 days", "today", "within 30 days this week"])
def test_a_wait_longer_than_the_window_is_warned_of(windows: str) -> None:
    found = only_finding(f"segment s {{ any viewed {windows} not followed by bought within 9 days }}")

    assert found.startswith("never-true: Whether a `viewed` is followed is known after 9 days, and none is")


# ------------------------------------------------------------------------------------------------- retention

KEPT = "settings { keep events 90 days }\n"


@pytest.mark.parametrize(
    ("condition", "place", "said"),
    [
        (
            "any viewed within 100 days",
            "100 days",
            (
                "`within 100 days` looks back to events that are gone by then: events are kept for 90 days "
                "(set at shop.rules:{line}). "
                "Write `within 90 days`, or keep them longer: `keep events 100 days`."
            ),
        ),
        (
            "any viewed this year",
            "this year",
            (
                "`this year` looks back, up to 367 days, to events that are gone by then: events are kept "
                "for 90 days (set at shop.rules:{line}). "
                "Write `within 90 days`, or keep them longer: `keep events 367 days`."
            ),
        ),
        (
            "no viewed older than 90 days",
            "90 days",
            (
                "No event is older than 90 days: events are kept for 90 days (set at shop.rules:{line}). "
                "Give `older than` a shorter time, or keep them longer: `keep events 91 days`."
            ),
        ),
    ],
)
def test_a_window_longer_than_events_are_kept_is_refused(condition: str, place: str, said: str) -> None:
    rules = f"segment s {{ {condition} }}"

    (found,) = check_rules(KEPT + rules).diagnostics

    assert found.code == "window-beyond-retention"
    assert rules[found.span.column - 1 : found.span.end_column - 1] == place
    assert f"{found.message} {found.hint}" == said.format(line=found.span.line - 1)


@pytest.mark.parametrize(
    "condition",
    [
        "any viewed within 90 days",
        "any viewed this month",
        "any viewed this year within 90 days",
        "any viewed within 90 days older than 89 days",
        "any viewed since 2020-01-01 within 30 days",
        "any viewed within 30 days followed by bought within 100 days",
    ],
)
def test_a_window_within_what_is_kept_is_fine(condition: str) -> None:
    assert codes_of(f"{KEPT}segment s {{ {condition} }}") == []


@pytest.mark.parametrize(
    "rules",
    [
        "segment s { any viewed and no bought }",
        "segment s { any viewed since 2020-01-01 }",
        "segment s { any viewed before 2020-01-01 }",
        "segment s { any viewed older than 30 days }",
        "segment s { any viewed on monday }",
        "segment s { time since last bought > 30 days }",
        "value v = count of viewed + count of bought",
        "lifecycle l { a when any bought b when any viewed c otherwise }",
        'block b { when any bought show "a.html" when any viewed show "b.html" otherwise show "c.html" }',
        (
            'block b { when true show "a.html" with items = trending product within 7 days, '
            'excluding bought.product_id otherwise show "b.html" }'
        ),
    ],
)
def test_asking_of_all_events_is_warned_of_once_a_declaration_when_they_are_not_kept(rules: str) -> None:
    assert codes_of(KEPT + rules) == ["unbounded-window"]
    assert codes_of(rules) == []


def test_the_warning_says_how_long_events_are_kept_and_what_to_write() -> None:
    assert only_finding(f"{KEPT}segment s {{ any viewed }}").endswith(
        "This asks of all `viewed` there ever were, but events are kept for 90 days (set at shop.rules:16). "
        "Add `within 90 days` to it, say: older ones do not count, once they are gone."
    )


def test_trends_are_held_to_the_same() -> None:
    rules = (
        'block b { when true show "a.html" with items = recommended product '
        'or else trending product within 100 days otherwise show "b.html" }'
    )

    assert codes_of(KEPT + rules) == ["window-beyond-retention"]


# ----------------------------------------------------------------------------------------------- containment

ALL = Selection("viewed")


def _of(period: Period) -> Selection:
    return Selection("viewed", period=period)


def _on(*weekdays: int) -> Selection:
    return Selection("viewed", weekdays=frozenset(weekdays))


@pytest.mark.parametrize(
    ("larger", "smaller", "within"),
    [
        (ALL, _of("today"), True),
        (_of("this week"), _of("today"), True),
        (_of("this year"), _of("this month"), True),
        (_of("this month"), _of("this week"), False),  # a week may begin in another month
        (_of("today"), _of("this week"), False),
        (_of("today"), ALL, False),
        (Selection("viewed", within_us=2 * DAY_US), _of("today"), True),
        (Selection("viewed", within_us=DAY_US), _of("today"), False),
        (_of("this year"), Selection("viewed", within_us=DAY_US), False),  # on New Year's Day
        (Selection("viewed", since=DayStart(1)), Selection("viewed", since=DayStart(2)), True),
        (Selection("viewed", since=DayStart(2)), Selection("viewed", since=DayStart(1)), False),
        (Selection("viewed", since=DayStart(2)), ALL, False),
        (Selection("viewed", before=DayStart(2)), Selection("viewed", before=DayStart(1)), True),
        (Selection("viewed", before=DayStart(2)), Selection("viewed", before=Literal(0, TIME)), True),
        (Selection("viewed", before=DayStart(1)), Selection("viewed", before=Literal(DAY_US, TIME)), False),
        (Selection("viewed", before=DayStart(1)), Selection("viewed", since=DayStart(2)), False),
        (_on(0, 1), _on(1), True),
        (_on(0), _on(0, 1), False),
        (_on(0), ALL, False),
    ],
)  # fmt: skip
def test_the_events_of_one_window_lie_within_another(
    larger: Selection, smaller: Selection, within: bool
) -> None:
    assert contains(larger, smaller) is within
