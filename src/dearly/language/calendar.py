"""Calendars: which local day an instant belongs to, and when days, weeks, months and years begin.

The one place that asks the time zone database, for every evaluator. Dates are days since 1970-01-01, times
microseconds since the epoch. A local day begins at the earliest instant at which clocks in the zone show its
date or a later one, and lasts until the next day begins; so days never overlap, leave no gap and never run
backwards, whatever the clocks do (a day may have 23, 25 or, where a date was skipped, 0 hours).

Every whole number is a day and an instant here: before the year 1 and after 9999 the calendar and the clocks
go on as at that end, so nothing is ever out of range.
"""

from __future__ import annotations

from calendar import isleap, monthrange
from collections.abc import Collection, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError, available_timezones

from dearly.language.program import Period, Settings
from dearly.language.types import DAY_US, HOUR_US, SECOND_US, Value

TIMEZONE_FIELD = "timezone"
"""The profile field, of type text, that names a customer's own zone."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()
_EARLIEST_US = (date.min.toordinal() - _EPOCH_ORDINAL + 2) * DAY_US
_LATEST_US = (date.max.toordinal() - _EPOCH_ORDINAL - 2) * DAY_US
_GREGORIAN_CYCLE = 146_097
"""Days after which the same dates come again: 400 years."""


@lru_cache(maxsize=1024)
def is_zone(name: str) -> bool:
    """Whether the time zone database has a zone of this name (``Europe/Berlin``)."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


@lru_cache(maxsize=1)
def zone_names() -> Collection[str]:
    """Every zone of the time zone database, in alphabetical order."""
    return tuple(sorted(available_timezones()))


def zone_of(settings: Settings, profile: Mapping[str, Value]) -> str:
    """The customer's own zone, or the package's where that is missing or unheard of."""
    own = profile.get(TIMEZONE_FIELD)
    return own if isinstance(own, str) and is_zone(own) else settings.timezone


@lru_cache(maxsize=65_536)
def day_start(zone: str, days: int) -> int:
    """The first instant of a local day."""
    start_us = instant_at(zone, days * DAY_US)
    if _shown_date(zone, start_us - 1) < days:
        return start_us
    # Midnight was skipped and the clocks showed a later time before: the day began at that change.
    before_us, begun_us = start_us - 30 * HOUR_US, start_us
    while begun_us - before_us > 1:
        middle_us = (before_us + begun_us) // 2
        if _shown_date(zone, middle_us) >= days:
            begun_us = middle_us
        else:
            before_us = middle_us
    return begun_us


def local_day(zone: str, time_us: int) -> int:
    """The local day that an instant belongs to."""
    days = time_us // DAY_US + 1  # no clock is a whole day ahead of UTC, or behind it
    while time_us < day_start(zone, days):  # remembered, it takes a tenth of asking the clock
        days -= 1
    return days


def local_weekday(zone: str, time_us: int) -> int:
    """The weekday of the local day that an instant belongs to; 0 is Monday."""
    return (local_day(zone, time_us) + 3) % 7


def local_clock(zone: str, time_us: int) -> int:
    """What clocks in the zone show at an instant: microseconds since the epoch as if they showed UTC."""
    return time_us + _offset_us(_at(time_us).astimezone(ZoneInfo(zone)))


def instant_at(zone: str, clock_us: int) -> int:
    """The instant at which clocks in the zone show a date and time (see :func:`local_clock`).

    Of a time that comes twice, the first; a time that is skipped is as long after the change as it would have
    been without it (:pep:`495`).
    """
    return clock_us - _offset_us(_at(clock_us).replace(tzinfo=ZoneInfo(zone)))


def period_start(period: Period, zone: str, now_us: int) -> int:
    """The first instant of the calendar period that contains ``now_us``."""
    return day_start(zone, _first_day(period, local_day(zone, now_us)))


def period_end(period: Period, zone: str, now_us: int) -> int:
    """The first instant of the period after the one that contains ``now_us``."""
    first = _first_day(period, local_day(zone, now_us))
    return day_start(zone, first + _length(period, first))


def _first_day(period: Period, days: int) -> int:
    match period:
        case "today":
            return days
        case "this week":
            return days - (days + 3) % 7
        case "this month":
            return days - _date(days).day + 1
        case "this year":
            return days - _date(days).timetuple().tm_yday + 1


def _length(period: Period, first: int) -> int:
    """How many days the period has that begins at a day."""
    match period:
        case "today":
            return 1
        case "this week":
            return 7
        case "this month":
            return monthrange(_date(first).year, _date(first).month)[1]
        case "this year":
            return 366 if isleap(_date(first).year) else 365


def _date(days: int) -> date:
    """A day's place in the calendar, of some year like its own."""
    return date.fromordinal((days + _EPOCH_ORDINAL - 1) % _GREGORIAN_CYCLE + 1)


def _shown_date(zone: str, time_us: int) -> int:
    """The date that clocks show."""
    return local_clock(zone, time_us) // DAY_US


def _at(time_us: int) -> datetime:
    """An instant, to the second; two days off either end, where no zone's ``datetime`` fails, the nearest."""
    within_us = min(max(time_us, _EARLIEST_US), _LATEST_US)
    return _EPOCH + timedelta(seconds=within_us // SECOND_US)


def _offset_us(moment: datetime) -> int:
    offset = moment.utcoffset()
    assert offset is not None
    return offset // timedelta(microseconds=1)
