"""The meaning of days, periods, today and now, in the customer's zone, case by case, worked out by hand."""

from __future__ import annotations

import pytest

from dearly.evaluation import EventLog, Facts
from dearly.evaluation.reference import evaluate, next_flip
from dearly.language.program import (
    Aggregate,
    Compare,
    ContextField,
    DayStart,
    Else,
    EventProperty,
    Expression,
    Literal,
    NamedValue,
    Now,
    Pick,
    ProfileField,
    Selection,
    Today,
    ValueRef,
)
from dearly.language.types import DATE, DAY_US, HOUR_US, NUMBER, SECOND_US, TIME, Value
from dearly.language.values import date_from_stored, time_from_stored
from tests.evaluation.cases import program_of

BERLIN, UTC, ST_JOHNS, APIA = "Europe/Berlin", "UTC", "America/St_Johns", "Pacific/Apia"


def at(text: str) -> int:
    """Microseconds since the epoch of a time in UTC, written without its Z."""
    return time_from_stored(f"{text}Z")


def viewed(*times_us: int, zone: str | None = None) -> Facts:
    profile: dict[str, Value] = {} if zone is None else {"timezone": zone}
    return Facts(profile, {"viewed": EventLog(times_us, tuple({} for _ in times_us))})


def count(selection: Selection, facts: Facts, now_us: int, timezone: str = UTC) -> Value | None:
    counted = Aggregate("count", selection, None, NUMBER)
    return evaluate(program_of(timezone=timezone), counted, facts, now_us)


def date(text: str) -> Literal:
    return Literal(date_from_stored(text), DATE)


# --------------------------------------------------------------------------------------------- whose days


@pytest.mark.parametrize(
    ("zone", "timezone", "seen"),
    [
        pytest.param("Europe/Berlin", "UTC", 1, id="the customer's own zone"),
        pytest.param(None, "Europe/Berlin", 1, id="the package's, where that is missing"),
        pytest.param("Mars/Olympus", "Europe/Berlin", 1, id="the package's, where that is unheard of"),
        pytest.param("UTC", "Europe/Berlin", 0, id="the customer's even if another would count"),
        pytest.param(None, "UTC", 0, id="UTC, where nothing is said"),
    ],
)
def test_days_are_those_of_the_customers_zone(zone: str | None, timezone: str, seen: int) -> None:
    # In Berlin, both are on the 2nd of March; in UTC one is on the 1st.
    facts = viewed(at("2026-03-01T23:30:00"), zone=zone)
    assert count(Selection("viewed", period="today"), facts, at("2026-03-02T08:00:00"), timezone) == seen


# --------------------------------------------------------------------------------------------------- periods


@pytest.mark.parametrize(
    ("period", "first"),
    [
        ("today", "2026-03-29T23:00:00"),  # midnight in Berlin is 22:00 in UTC from this day on
        ("this week", "2026-03-29T22:00:00"),
        ("this month", "2026-02-28T23:00:00"),
        ("this year", "2025-12-31T23:00:00"),
    ],
)
def test_a_period_begins_with_its_first_local_day(period: str, first: str) -> None:
    now_us = at("2026-03-31T12:00:00")
    if period == "today":
        first = "2026-03-30T22:00:00"
    selection = Selection("viewed", period=period)  # type: ignore[arg-type]
    assert count(selection, viewed(at(first), zone=BERLIN), now_us) == 1
    assert count(selection, viewed(at(first) - 1, zone=BERLIN), now_us) == 0


def test_today_has_no_events_of_the_future() -> None:
    now_us = at("2026-03-02T08:00:00")
    assert count(Selection("viewed", period="today"), viewed(now_us, now_us + 1), now_us) == 1


def test_a_day_with_midnight_twice_begins_at_the_first() -> None:
    # Clocks show 00:00:30, go from 00:01 back to 23:01, and show 00:00:30 again an hour later.
    first_us, again_us = at("2007-11-04T02:30:30"), at("2007-11-04T03:30:30")
    today = Selection("viewed", period="today")
    assert count(today, viewed(first_us, zone=ST_JOHNS), again_us) == 1
    assert count(today, viewed(first_us - 31 * SECOND_US, zone=ST_JOHNS), again_us) == 0


def test_the_day_after_a_skipped_one_follows_the_day_before_it() -> None:
    change_us = at("2011-12-30T10:00:00")
    today = Selection("viewed", period="today")
    assert count(today, viewed(change_us - 1, change_us, zone=APIA), change_us) == 1
    assert (
        next_flip(
            program_of(),
            Aggregate("count", today, None, NUMBER),
            viewed(change_us - 1, zone=APIA),
            change_us - 1,
        )
        == change_us
    )


@pytest.mark.parametrize(
    ("period", "flip"),
    [
        ("today", "2026-03-29T22:00:00"),  # after 23 hours
        ("this week", "2026-03-29T22:00:00"),
        ("this month", "2026-03-31T22:00:00"),
        ("this year", "2026-12-31T23:00:00"),
    ],
)
def test_an_event_leaves_when_its_period_ends(period: str, flip: str) -> None:
    now_us = at("2026-03-28T23:00:00")
    counted = Aggregate("count", Selection("viewed", period=period), None, NUMBER)  # type: ignore[arg-type]
    assert next_flip(program_of(), counted, viewed(now_us, zone=BERLIN), now_us) == at(flip)


# -------------------------------------------------------------------------------------------------- weekdays


def test_weekdays_are_of_the_day_of_the_event_not_of_now() -> None:
    sunday_us, monday_us = at("2026-03-01T22:59:59"), at("2026-03-01T23:00:00")
    facts = viewed(sunday_us, monday_us, zone=BERLIN)
    for now_us in (monday_us, monday_us + 3 * DAY_US):
        assert count(Selection("viewed", weekdays=frozenset({6})), facts, now_us) == 1
        assert count(Selection("viewed", weekdays=frozenset({0})), facts, now_us) == 1
        assert count(Selection("viewed", weekdays=frozenset({5, 6, 0})), facts, now_us) == 2
    on_mondays = Aggregate("count", Selection("viewed", weekdays=frozenset({0})), None, NUMBER)
    assert next_flip(program_of(), on_mondays, facts, monday_us) is None


def test_a_clock_set_back_over_midnight_does_not_bring_yesterdays_weekday_back() -> None:
    facts = viewed(at("2007-11-04T02:31:00"), zone=ST_JOHNS)  # clocks show 23:01 on Saturday
    assert count(Selection("viewed", weekdays=frozenset({6})), facts, at("2007-11-04T12:00:00")) == 1


# ---------------------------------------------------------------------------------------- since and before


@pytest.mark.parametrize(("nudge", "since", "before"), [(-1, 0, 1), (0, 1, 0), (1, 1, 0)])
def test_since_includes_its_instant_and_before_does_not(nudge: int, since: int, before: int) -> None:
    begins_us = at("2026-03-01T00:00:00")
    facts, now_us = viewed(begins_us + nudge), begins_us + DAY_US
    for limit in (Literal(begins_us, TIME), DayStart(date_from_stored("2026-03-01"))):
        assert count(Selection("viewed", since=limit), facts, now_us) == since
        assert count(Selection("viewed", before=limit), facts, now_us) == before


def test_a_date_limits_events_where_it_begins_for_the_customer() -> None:
    limit = DayStart(date_from_stored("2026-03-01"))
    facts, now_us = viewed(at("2026-02-28T23:00:00"), zone=BERLIN), at("2026-03-02T00:00:00")
    assert count(Selection("viewed", since=limit), facts, now_us) == 1
    assert count(Selection("viewed", before=limit), facts, now_us) == 0


def test_every_limit_of_a_selection_holds() -> None:
    limits = Selection(
        "viewed",
        within_us=10 * DAY_US,
        older_than_us=DAY_US,
        since=DayStart(date_from_stored("2026-03-02")),
        before=Literal(at("2026-03-06T00:00:00"), TIME),
        period="this month",
        weekdays=frozenset({0, 1, 3}),
    )
    facts = viewed(*(at(f"2026-03-0{day}T12:00:00") for day in range(1, 9)))
    assert count(limits, facts, at("2026-03-08T12:00:00")) == 3  # Monday 2nd, Tuesday 3rd, Thursday 5th
    assert count(limits, facts, at("2026-03-12T12:00:00")) == 2  # the 2nd is no longer within ten days


def test_an_event_of_the_future_counts_since_a_date_when_it_comes_due() -> None:
    coming_us = at("2026-03-02T10:00:00")
    since = Aggregate(
        "count", Selection("viewed", since=DayStart(date_from_stored("2026-03-02"))), None, NUMBER
    )
    assert next_flip(program_of(), since, viewed(coming_us), at("2026-03-01T00:00:00")) == coming_us


# ------------------------------------------------------------------------------------------- today and now


def ask(expression: Expression, facts: Facts, now_us: int) -> Value | None:
    return evaluate(program_of(timezone=BERLIN), expression, facts, now_us)


def flips(expression: Expression, facts: Facts, now_us: int) -> int | None:
    return next_flip(program_of(timezone=BERLIN), expression, facts, now_us)


def test_today_is_the_local_date() -> None:
    is_second = Compare("==", Today(), date("2026-03-02"))
    assert [ask(is_second, Facts(), at(f"2026-03-01T{time}")) for time in ("22:59:59", "23:00:00")] == [
        False,
        True,
    ]
    assert ask(is_second, Facts({"timezone": UTC}), at("2026-03-01T23:00:00")) is False
    assert ask(Compare(">", Today(-1), date("2026-03-02")), Facts(), at("2026-03-04T12:00:00")) is True
    assert ask(Compare("==", Today(7), ProfileField("birthday", DATE)), Facts(), 0) is None


def test_a_comparison_with_today_flips_at_local_midnights() -> None:
    is_second, now_us = Compare("==", Today(), date("2026-03-02")), at("2026-02-20T12:00:00")
    assert flips(is_second, Facts(), now_us) == at("2026-03-01T23:00:00")
    assert flips(is_second, Facts(), at("2026-03-01T23:00:00")) == at("2026-03-02T23:00:00")
    assert flips(is_second, Facts(), at("2026-03-02T23:00:00")) is None
    assert flips(Compare(">=", date("2026-03-05"), Today(3)), Facts(), now_us) == at("2026-03-02T23:00:00")


@pytest.mark.parametrize(
    ("operator", "day"),
    [
        ("==", "2026-03-01"),
        ("!=", "2026-03-01"),
        ("<", "2026-03-01"),
        ("<=", "2026-03-02"),
        (">", "2026-03-02"),
        (">=", "2026-03-01"),
    ],
)
def test_each_comparison_with_today_has_its_midnight(operator: str, day: str) -> None:
    birthday = Compare(operator, Today(), ProfileField("birthday", DATE))  # type: ignore[arg-type]
    facts = Facts({"birthday": date_from_stored("2026-03-01"), "timezone": UTC})
    assert flips(birthday, facts, at("2026-02-20T12:00:00")) == at(f"{day}T00:00:00")


def test_dates_are_followed_to_wherever_they_come_from() -> None:
    arrives = Pick("latest", Selection("bought"), "arrives", DATE)
    program = program_of(NamedValue("due", Else(arrives, ProfileField("birthday", DATE)), DATE, True))
    bought = EventLog((at("2026-03-01T00:00:00"),), ({"arrives": date_from_stored("2026-03-09")},))
    facts = Facts({"birthday": date_from_stored("2026-04-01")}, {"bought": bought})
    over = Compare(">", Today(), ValueRef("due", DATE))
    assert next_flip(program, over, facts, at("2026-03-02T00:00:00")) == at("2026-03-10T00:00:00")
    assert next_flip(program, over, Facts(facts.profile), at("2026-03-02T00:00:00")) == at(
        "2026-04-02T00:00:00"
    )


def test_a_comparison_with_now_flips_at_the_exact_instant() -> None:
    joined = ProfileField("joined", TIME)
    joined_us = at("2026-03-01T10:00:00")
    facts = Facts({"joined": joined_us})
    old = Compare(">", Now(-HOUR_US), joined)
    assert flips(old, facts, joined_us) == joined_us + HOUR_US + 1
    assert flips(Compare("<=", joined, Now(-HOUR_US)), facts, joined_us) == joined_us + HOUR_US
    assert flips(Compare("==", Now(), joined), facts, joined_us) == joined_us + 1
    assert flips(Compare("==", Now(), joined), facts, joined_us + 1) is None


def test_now_reaches_a_date_where_it_begins_for_the_customer() -> None:
    begun = Compare(">=", Now(), DayStart(date_from_stored("2026-03-30")))
    assert flips(begun, Facts(), at("2026-03-20T00:00:00")) == at("2026-03-29T22:00:00")
    assert flips(begun, Facts({"timezone": APIA}), at("2026-03-20T00:00:00")) == at("2026-03-29T11:00:00")


def test_a_time_is_before_a_date_until_that_begins_for_the_customer() -> None:
    paid = EventProperty("paid", TIME)
    late = Selection("bought", Compare(">=", paid, DayStart(date_from_stored("2026-03-02"))))
    bought = EventLog((0,), ({"paid": at("2026-03-01T23:00:00")},))
    counted = Aggregate("count", late, None, NUMBER)
    assert ask(counted, Facts({}, {"bought": bought}), 1) == 1
    assert ask(counted, Facts({"timezone": UTC}, {"bought": bought}), 1) == 0


def test_what_a_call_brings_along_comes_due_like_anything_else() -> None:
    expired = Compare(">", Now(), ContextField("expires", TIME))
    facts = Facts(context={"expires": at("2026-03-01T10:00:00")})
    assert flips(expired, facts, 0) == at("2026-03-01T10:00:00") + 1
    ships = Compare("<=", ContextField("ships", DATE), Today())
    assert flips(ships, Facts(context={"ships": date_from_stored("2026-03-02")}), 0) == at(
        "2026-03-01T23:00:00"
    )
