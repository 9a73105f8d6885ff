"""The rows of the zones' tables: what calendars know, so that no engine asks its own time zone database."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from dearly.language.calendar import day_start, local_day, period_start
from dearly.language.program import Period
from dearly.language.types import DAY_US, WEEK_US

PERIOD_COLUMNS: dict[Period, str] = {
    "today": "today_start_us",
    "this week": "week_start_us",
    "this month": "month_start_us",
    "this year": "year_start_us",
}
"""The column of ``zones`` that holds the first instant of each period."""

TODAY = "today"
"""The column of ``zones`` that holds the local date."""

BEGINNING_US = -(2**62)
END_US = 2**62
_MONDAY_DAYS = -3
"""1969-12-29 was a Monday."""


def day_column(place: int) -> str:
    """The column of ``zones`` that holds the first instant of a statement's so many-th written date."""
    return f"day_{place}_start_us"


def zone_columns(day_starts: Sequence[int]) -> tuple[str, ...]:
    """The columns of ``zones`` for a statement with these written dates, the zone's name first."""
    return (
        "zone",
        TODAY,
        *PERIOD_COLUMNS.values(),
        *(day_column(place) for place in range(len(day_starts))),
    )


def zone_rows(zones: Iterable[str], now_us: int, day_starts: Sequence[int]) -> list[tuple[str | int, ...]]:
    """The rows of ``zones`` as of an instant, for written dates in days since the epoch."""
    return [
        (
            zone,
            local_day(zone, now_us),
            *(period_start(period, zone, now_us) for period in PERIOD_COLUMNS),
            *(day_start(zone, days) for days in day_starts),
        )
        for zone in zones
    ]


class Clock(NamedTuple):
    """A row of ``clocks``: from ``from_us`` to before ``until_us``, local weeks begin a whole number of weeks
    after ``monday_us``.
    """

    zone: str
    from_us: int
    until_us: int
    monday_us: int


CLOCK_COLUMNS = Clock._fields


@lru_cache(maxsize=1_024)
def clock_rows(zone: str, from_us: int, until_us: int) -> tuple[Clock, ...]:
    """The rows of ``clocks`` of a zone, right for events from ``from_us`` until ``until_us``."""
    merged: list[Clock] = []
    for start_us, shift_us in _day_shifts(zone, from_us, until_us):
        monday_us = _MONDAY_DAYS * DAY_US - shift_us
        monday_us += (from_us - monday_us) // WEEK_US * WEEK_US  # the last before all events
        if merged and merged[-1].monday_us == monday_us:
            continue
        if merged:
            merged[-1] = merged[-1]._replace(until_us=start_us)
        merged.append(Clock(zone, start_us if merged else BEGINNING_US, END_US, monday_us))
    return tuple(merged)


def _day_shifts(zone: str, from_us: int, until_us: int) -> Iterator[tuple[int, int]]:
    """From which instant on ``(t + shift) // DAY_US`` is the local day, day by day.

    A day of more than 24 hours has two shifts: that of its beginning, and that of its end.
    """
    last = local_day(zone, until_us)
    days = local_day(zone, from_us)
    start_us = day_start(zone, days)
    while days <= last:
        end_us = day_start(zone, days + 1)
        yield start_us, days * DAY_US - start_us
        if end_us - start_us > DAY_US:
            yield end_us - DAY_US, (days + 1) * DAY_US - end_us
        days, start_us = days + 1, end_us
