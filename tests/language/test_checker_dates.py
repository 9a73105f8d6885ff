"""Dates and times in conditions: `today`, `now`, `before`, `since`, `between`."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    And,
    Compare,
    DayStart,
    EventProperty,
    Expression,
    Literal,
    Not,
    Now,
    Occurs,
    ProfileField,
    Selection,
    TimeSince,
    Today,
)
from dearly.language.types import DATE, DAY_US, DURATION, HOUR_US, NUMBER, TIME
from tests.language.checking import SCHEMA, check_rules, codes_of, only_finding, program_of

BIRTHDAY = ProfileField("birthday", DATE)
JOINED = ProfileField("joined", TIME)
POINTS = ProfileField("points", NUMBER)
ELAPSED = TimeSince("latest", Selection("bought"))


def _number(value: float) -> Literal:
    return Literal(value, NUMBER)


FROM_1_TO_3 = And((Compare(">=", POINTS, _number(1)), Compare("<=", POINTS, _number(3))))


def _days(count: int) -> Literal:
    return Literal(count * DAY_US, DURATION)


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        ("birthday == today", Compare("==", BIRTHDAY, Today())),
        ("today == birthday", Compare("==", Today(), BIRTHDAY)),
        ("birthday <= today + 3 days", Compare("<=", BIRTHDAY, Today(3))),
        ("birthday > today - 1 week", Compare(">", BIRTHDAY, Today(-7))),
        ("birthday before today", Compare("<", BIRTHDAY, Today())),
        ("birthday since today - 30 days", Compare(">=", BIRTHDAY, Today(-30))),
        ("birthday before 1970-01-02", Compare("<", BIRTHDAY, Literal(1, DATE))),
        ("joined > now - 3 hours", Compare(">", JOINED, Now(-3 * HOUR_US))),
        ("joined before now", Compare("<", JOINED, Now())),
        ("joined before 1970-01-02", Compare("<", JOINED, DayStart(1))),
        ("joined since 1970-01-02", Compare(">=", JOINED, DayStart(1))),
        ("1970-01-02 before joined", Compare("<", DayStart(1), JOINED)),
        ("joined since 1970-01-01T00:00:01Z", Compare(">=", JOINED, Literal(1_000_000, TIME))),
        ("points between 1 and 3", FROM_1_TO_3),
        ("points not between 1 and 3", Not(FROM_1_TO_3)),
        (
            "birthday between today - 3 days and today",
            And((Compare(">=", BIRTHDAY, Today(-3)), Compare("<=", BIRTHDAY, Today()))),
        ),
        (
            "time since last bought between 1 day and 3 days",
            And((Compare(">=", ELAPSED, _days(1)), Compare("<=", ELAPSED, _days(3)))),
        ),
        (
            "any bought where on before 1970-01-02",
            Occurs(
                "at least",
                1,
                Selection("bought", Compare("<", EventProperty("on", DATE), Literal(1, DATE))),
            ),
        ),
    ],
)  # fmt: skip
def test_a_comparison_with_a_date_means(condition: str, meant: Expression) -> None:
    assert program_of(f"segment s {{ {condition} }}").segments["s"].condition == meant


@pytest.mark.parametrize(
    ("condition", "code", "columns", "said"),
    [
        ("today is present", "misplaced-moment", (13, 18), "only as one side of a comparison. Compare"),
        ("today", "misplaced-moment", (13, 18), "Compare with it: `birthday == today`."),
        ("(joined else now) > now", "misplaced-moment", (26, 29), "Compare with it: `joined < now"),
        ("today == today + 1 day", "misplaced-moment", (22, 35), "both move with the clock"),
        ("today between birthday and today", "misplaced-moment", (40, 45), "both move with the clock"),
        ("any bought where on == today", "misplaced-moment", (36, 41), "Say when the events happened"),
        ("birthday == today + 3 hours", "misplaced-duration", (33, 40), "only whole days can be added"),
        ("birthday + 3 days < today", "misplaced-duration", (13, 30), "`birthday` with `today - ..`."),
        ("joined - 3 days < now", "misplaced-duration", (13, 28), "compare `joined` with `now + ..`."),
        ("joined == today", "type-mismatch", (13, 28), "Beside a time, write `now`."),
        ("joined since today - 3 days", "type-mismatch", (13, 40), "Beside a time, write `now - 3 days`."),
        ("birthday < now + 1 day", "type-mismatch", (13, 35), "Beside a date, write `today + 1 day`."),
        ("joined >= 2026-01-01", "type-mismatch", (13, 33), "write `since 2026-01-01` or `before"),
        ("birthday before 2026-01-01T00:00:00Z", "type-mismatch", (13, 49), "write a date: `2026-01-01`."),
        ("birthday < joined", "type-mismatch", (13, 30), "Compare a date with a date"),
        ("points before 3", "type-mismatch", (13, 19), "`before` compares dates or times, and `points`"),
        ("points since 2026-01-01", "type-mismatch", (13, 19), "Write `>=`."),
        ("country since 2026-01-01", "type-mismatch", (13, 20), "`country` is text"),
        (
            "any bought where gift since 2026-01-01",
            "type-mismatch",
            (30, 34),
            "A window stands before the `where`: `EVENT since DATE where ..`.",
        ),
        (
            "joined between 2026-01-01 and 2026-01-31",
            "type-mismatch",
            (13, 53),
            "Write `joined since 2026-01-01 and joined before 2026-02-01`.",
        ),
        ("points between 5 and 3", "empty-range", (28, 35), "first: `between 3 and 5`."),
        ("birthday between 2026-02-01 and 2026-01-01", "empty-range", (30, 55), "Nothing is at least"),
        ("birthday between today and today - 1 day", "empty-range", (30, 53), "`between today - 1 day"),
        ("(points > 3) between true and true", "type-mismatch", (13, 47), "has no order for `between`"),
        ('points between "a" and 3', "type-mismatch", (28, 31), "Write the number without quotes."),
        ("birthday", "not-a-condition", (13, 21), "Compare it, `birthday before today`"),
    ],
)  # fmt: skip
def test_a_date_that_cannot_stand_there_is_told_with_what_to_write(
    condition: str, code: str, columns: tuple[int, int], said: str
) -> None:
    found = check_rules(f"segment s {{ {condition} }}").diagnostics[0]

    assert (found.code, (found.span.column, found.span.end_column)) == (code, columns)
    assert found.span.line == SCHEMA.count("\n") + 1
    assert said in f"{found.message} {found.hint}"


def test_the_where_of_an_item_list_takes_written_dates_but_no_today() -> None:
    schema = f"{SCHEMA}catalog event_ticket {{ title text, day date, sold time }}\n"

    def block(where: str) -> str:
        shown = f'show "a.html" with items = trending event_ticket within 7 days, where {where}'
        return f'block b {{ when points > 3 {shown} otherwise show "b.html" }}'

    assert codes_of(block("day since 2026-01-01 and sold before 2026-02-01"), schema=schema) == []
    assert only_finding(block("day since today"), schema=schema) == (
        "misplaced-moment: `today` cannot stand in a `where`. "
        "Compare with `today` outside, in a `when`, or with a written date here."
    )


@pytest.mark.parametrize(
    "rules",
    ["value v = today", "value v = now - 3 hours", "value v = today + 3", "segment s { any viewed and now }"],
)
def test_today_and_now_are_no_values(rules: str) -> None:
    assert codes_of(rules)[0] in ("misplaced-moment", "syntax-error")


def test_a_comparison_with_today_can_have_a_name() -> None:
    program = program_of("value due = birthday before today\nsegment s { due and points > 3 }")

    assert program.values["due"].expression == Compare("<", BIRTHDAY, Today())
