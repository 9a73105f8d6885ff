"""What compiled conditions on days, weeks, months and years answer, and when exactly that changes."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dearly.evaluation import CompiledProgram, EventLog, Facts
from dearly.language.types import HOUR_US, Value
from dearly.language.values import date_from_stored, time_from_stored, time_to_stored
from tests.evaluation.written import compiled

BERLIN = 'settings { timezone "Europe/Berlin" }\n'
"""29 March 2026 has 23 hours there, from 23:00 to 22:00 UTC; 25 October has 25, from 22:00 to 23:00."""


def _in_berlin(condition: str) -> CompiledProgram:
    return compiled(f"{BERLIN}segment asked {{ {condition} }}")


def _seen(*times: str, profile: Mapping[str, Value] | None = None) -> Facts:
    """A customer who viewed something at these times (RFC 3339, ascending)."""
    times_us = tuple(time_from_stored(time) for time in times)
    return Facts(profile or {}, {"viewed": EventLog(times_us, ({},) * len(times))})


def _flips(program: CompiledProgram, facts: Facts, now: str, count: int) -> list[str | None]:
    """The next flips, each after the one before; None ends the list. A watch is never sure beyond them."""
    found: list[str | None] = []
    now_us = time_from_stored(now)
    while len(found) < count:
        evaluation = program.at(facts, now_us)
        flip_us = evaluation.next_flip("asked")
        watch = evaluation.watch()
        assert watch.value("asked") == evaluation.value("asked")
        sure_until_us = watch.sure_until_us
        assert flip_us is None or (sure_until_us is not None and now_us < sure_until_us <= flip_us)
        if flip_us is None:
            return [*found, None]
        found.append(time_to_stored(flip_us))
        now_us = flip_us
    return found


@pytest.mark.parametrize(
    ("condition", "event", "now", "expected"),
    [
        # the short day: it began at 23:00 UTC and ends at 22:00
        ("any viewed today", "2026-03-28T23:00:00Z", "2026-03-29T21:59:59.999999Z", True),
        ("any viewed today", "2026-03-28T22:59:59.999999Z", "2026-03-29T12:00:00Z", False),
        ("any viewed today", "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", False),
        ("any viewed today", "2026-03-29T12:00:00.000001Z", "2026-03-29T12:00:00Z", False),
        # the long day
        ("any viewed today", "2026-10-24T22:00:00Z", "2026-10-25T22:59:59.999999Z", True),
        ("any viewed today", "2026-10-24T22:00:00Z", "2026-10-25T23:00:00Z", False),
        # weeks begin on Monday: 2026-03-30 is one
        ("any viewed this week", "2026-03-22T23:00:00Z", "2026-03-29T21:59:59Z", True),
        ("any viewed this week", "2026-03-22T22:59:59Z", "2026-03-29T21:59:59Z", False),
        ("any viewed this week", "2026-03-22T23:00:00Z", "2026-03-29T22:00:00Z", False),
        ("any viewed this month", "2026-02-28T23:00:00Z", "2026-03-31T21:59:59Z", True),
        ("any viewed this month", "2026-02-28T22:59:59Z", "2026-03-31T21:59:59Z", False),
        ("any viewed this month", "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z", False),
        ("any viewed this year", "2025-12-31T23:00:00Z", "2026-12-31T22:59:59Z", True),
        ("any viewed this year", "2025-12-31T22:59:59Z", "2026-12-31T22:59:59Z", False),
        ("any viewed since 2026-03-29", "2026-03-28T23:00:00Z", "2026-04-01T00:00:00Z", True),
        ("any viewed since 2026-03-29", "2026-03-28T22:59:59.999999Z", "2026-04-01T00:00:00Z", False),
        ("any viewed before 2026-03-29", "2026-03-28T22:59:59.999999Z", "2026-04-01T00:00:00Z", True),
        ("any viewed before 2026-03-29", "2026-03-28T23:00:00Z", "2026-04-01T00:00:00Z", False),
        ("any viewed since 2026-03-29T10:00:00Z", "2026-03-29T10:00:00Z", "2026-04-01T00:00:00Z", True),
        ("any viewed since 2026-03-29T10:00:00Z", "2026-03-29T09:59:59Z", "2026-04-01T00:00:00Z", False),
        ("any viewed since 2026-05-01", "2026-05-02T00:00:00Z", "2026-04-01T00:00:00Z", False),
        ("no viewed since 2026-05-01", "2026-05-02T00:00:00Z", "2026-04-01T00:00:00Z", True),
        ("count of viewed since 2026-05-01 == 0", "2026-04-02T00:00:00Z", "2026-04-03T00:00:00Z", True),
        ("any viewed on sunday", "2026-03-29T21:59:59.999999Z", "2026-04-01T00:00:00Z", True),
        ("any viewed on sunday", "2026-03-29T22:00:00Z", "2026-04-01T00:00:00Z", False),
        ("any viewed on monday or friday", "2026-03-29T22:00:00Z", "2026-04-01T00:00:00Z", True),
        ("any viewed on weekends", "2026-03-27T23:00:00Z", "2026-04-01T00:00:00Z", True),
        ("any viewed on weekdays", "2026-03-27T23:00:00Z", "2026-04-01T00:00:00Z", False),
        ("any viewed today within 2 hours", "2026-03-28T23:30:00Z", "2026-03-29T00:30:00Z", True),
        ("any viewed today within 2 hours", "2026-03-28T22:59:00Z", "2026-03-29T00:30:00Z", False),
        ("any viewed this week older than 1 day", "2026-03-23T12:00:00Z", "2026-03-24T11:59:59Z", False),
        ("any viewed this week older than 1 day", "2026-03-23T12:00:00Z", "2026-03-24T12:00:00Z", True),
    ],
)
def test_events_are_selected_by_the_days_of_the_customers_zone(
    condition: str, event: str, now: str, expected: bool
) -> None:
    program = _in_berlin(condition)
    assert program.at(_seen(event), time_from_stored(now)).value("asked") is expected


@pytest.mark.parametrize(
    ("condition", "events", "now", "flips"),
    [
        (
            "any viewed today",
            ["2026-03-29T00:00:00Z"],
            "2026-03-29T00:00:00Z",
            ["2026-03-29T22:00:00Z", None],
        ),
        (
            "any viewed today",
            ["2026-10-25T00:00:00Z"],
            "2026-10-25T00:00:00Z",
            ["2026-10-25T23:00:00Z", None],
        ),
        ("any viewed today", [], "2026-10-25T00:00:00Z", [None]),
        (
            "any viewed today",
            ["2026-03-30T05:00:00Z"],
            "2026-03-29T00:00:00Z",
            ["2026-03-30T05:00:00Z", "2026-03-30T22:00:00Z", None],
        ),
        (
            "at least 2 viewed this week",
            ["2026-03-24T00:00:00Z", "2026-03-26T00:00:00Z", "2026-03-29T21:00:00Z"],
            "2026-03-24T00:00:00Z",
            ["2026-03-26T00:00:00Z", "2026-03-29T22:00:00Z", None],
        ),
        (
            "any viewed this month within 2 days",
            ["2026-02-28T22:00:00Z", "2026-03-01T00:00:00Z"],
            "2026-02-28T22:30:00Z",
            ["2026-02-28T23:00:00Z", "2026-03-01T00:00:00Z", "2026-03-03T00:00:00Z", None],
        ),
        (
            "no viewed this year",
            ["2026-03-01T00:00:00Z"],
            "2026-03-02T00:00:00Z",
            ["2026-12-31T23:00:00Z", None],
        ),
        ("any viewed since 2026-01-01", ["2026-03-01T00:00:00Z"], "2026-03-02T00:00:00Z", [None]),
        (
            "any viewed on sunday within 1 day",
            ["2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", "2026-03-30T12:00:00Z"],
            "2026-03-28T12:00:00Z",
            ["2026-03-29T12:00:00Z", "2026-03-30T12:00:00Z", None],
        ),
        (
            "any viewed today not followed by added within 3 hours",
            ["2026-03-29T10:00:00Z", "2026-03-29T20:00:00Z"],
            "2026-03-29T10:00:00Z",
            ["2026-03-29T13:00:00Z", "2026-03-29T22:00:00Z", None],
        ),
    ],
)
def test_events_leave_a_period_when_it_ends_in_the_customers_zone(
    condition: str, events: list[str], now: str, flips: list[str | None]
) -> None:
    assert _flips(_in_berlin(condition), _seen(*events), now, len(flips)) == flips


@pytest.mark.parametrize(
    ("condition", "flips"),
    [
        ("birthday == today", ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", None]),
        ("today == birthday", ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", None]),
        ("birthday != today", ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", None]),
        ("birthday <= today", ["2026-03-28T23:00:00Z", None]),
        ("birthday < today", ["2026-03-29T22:00:00Z", None]),
        ("today <= birthday", ["2026-03-29T22:00:00Z", None]),
        ("birthday before today", ["2026-03-29T22:00:00Z", None]),
        ("today + 1 day == birthday", ["2026-03-27T23:00:00Z", "2026-03-28T23:00:00Z", None]),
        (
            "birthday between today and today + 1 day",
            ["2026-03-27T23:00:00Z", "2026-03-29T22:00:00Z", None],
        ),
        ("joined <= now", ["2026-03-29T10:00:00Z", None]),
        ("joined < now", ["2026-03-29T10:00:00.000001Z", None]),
        ("now == joined", ["2026-03-29T10:00:00Z", "2026-03-29T10:00:00.000001Z", None]),
        ("joined before now - 3 hours", ["2026-03-29T13:00:00.000001Z", None]),
        ("now >= 2026-03-29T10:00:00Z", ["2026-03-29T10:00:00Z", None]),
        ("now since 2026-03-29", ["2026-03-28T23:00:00Z", None]),
        ("nickname is missing and birthday == today", ["2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z", None]),
        ("nickname is present and birthday == today", [None]),
        ("joined before 2026-04-01", [None]),
    ],
)
def test_dates_come_due_at_local_midnights_and_times_at_their_instant(
    condition: str, flips: list[str | None]
) -> None:
    facts = Facts(
        {"birthday": date_from_stored("2026-03-29"), "joined": time_from_stored("2026-03-29T10:00:00Z")}
    )
    assert _flips(_in_berlin(condition), facts, "2026-03-20T00:00:00Z", len(flips)) == flips


@pytest.mark.parametrize("condition", ["birthday == today", "joined < now", "today + 3 days > birthday"])
def test_a_date_that_is_missing_leaves_today_unknown_for_ever(condition: str) -> None:
    evaluation = _in_berlin(condition).at(Facts(), 0)
    assert evaluation.value("asked") is None
    assert evaluation.next_flip("asked") is None


def test_a_date_far_away_is_found_in_one_step() -> None:
    facts = Facts({"birthday": date_from_stored("9999-12-31")})
    watch = _in_berlin("birthday <= today").at(facts, 0).watch()
    assert watch.value("asked") is False
    assert watch.sure_until_us == time_from_stored("9999-12-30T23:00:00Z")


@pytest.mark.parametrize(
    ("zone", "event", "midnight"),
    [
        # clocks go from 23:59:59 to 01:00:00: the day begins at one o'clock
        ("America/Havana", "2026-03-07T20:00:00Z", "2026-03-08T05:00:00Z"),
        # clocks go back from 00:59:59 to 23:00:00... the day has begun at the first midnight
        ("America/Havana", "2026-10-31T20:00:00Z", "2026-11-01T04:00:00Z"),
        # 30 December 2011 never was
        ("Pacific/Apia", "2011-12-29T20:00:00Z", "2011-12-30T10:00:00Z"),
        ("Asia/Kolkata", "2026-03-01T00:00:00Z", "2026-03-01T18:30:00Z"),
    ],
)
def test_the_customers_own_zone_comes_first_whatever_its_clocks_do(
    zone: str, event: str, midnight: str
) -> None:
    facts = _seen(event, profile={"timezone": zone})
    assert _flips(_in_berlin("any viewed today"), facts, event, 2) == [midnight, None]


def test_a_zone_that_nobody_has_heard_of_is_the_packages() -> None:
    facts = _seen("2026-03-29T12:00:00Z", profile={"timezone": "Middle-earth/Bree"})
    assert _flips(_in_berlin("any viewed today"), facts, "2026-03-29T12:00:00Z", 1) == [
        "2026-03-29T22:00:00Z"
    ]


class _Counted(dict[str, Value]):
    """A profile that counts how often its zone is read."""

    zones_read = 0

    def get(self, key: str, default: object = None) -> object:  # type: ignore[override]
        self.zones_read += key == "timezone"
        return super().get(key, default)


MANY = """
segment asked { any viewed today and birthday == today and no added on monday within 3 days }
segment plain { points > 1 and no viewed within 3 days }
"""


def test_the_zone_is_read_once_and_only_by_what_asks_for_days() -> None:
    program = compiled(BERLIN + MANY)
    now_us = time_from_stored("2026-03-29T12:00:00Z")
    profile = _Counted({"timezone": "America/New_York", "points": 2.0, "birthday": 0})
    evaluation = program.at(_seen("2026-03-29T11:00:00Z", profile=profile), now_us)
    assert (evaluation.value("plain"), profile.zones_read) == (False, 0)
    assert evaluation.next_flip("plain") == time_from_stored("2026-04-01T11:00:00Z")
    assert profile.zones_read == 0
    evaluation.value("asked")
    evaluation.next_flip("asked")
    evaluation.watch().value("asked")
    assert profile.zones_read == 1


def test_weekdays_are_told_by_the_times_alone() -> None:
    def unread() -> tuple[Mapping[str, Value], ...]:
        raise AssertionError("nothing asks for what was said with the events")

    start_us = time_from_stored("2026-03-29T00:00:00Z")
    log = EventLog(tuple(start_us + hour * HOUR_US for hour in range(48)), unread)
    evaluation = compiled(f"{BERLIN}value sundays = count of viewed on sunday").at(
        Facts({}, {"viewed": log}), start_us + 48 * HOUR_US
    )
    assert evaluation.value("sundays") == 22.0
