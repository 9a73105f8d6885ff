"""Parts of an event log by time, found by bisection."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple, TypeAlias

from dearly.evaluation.facts import EventLog
from dearly.language.calendar import local_weekday
from dearly.language.types import Value

BEGINNING = -(1 << 80)
"""Before every event: where a selection without ``within`` starts to look."""

Rows: TypeAlias = Sequence[Mapping[str, Value]]
"""The properties of events, in event order."""


class Kept(NamedTuple):
    """The events of one type that a ``where`` keeps; reads like an :class:`EventLog`."""

    times_us: Sequence[int]
    properties: Rows


Log: TypeAlias = EventLog | Kept


def rows_between(log: Log, after_us: int, until_us: int) -> Rows:
    """The properties of the events at times t with ``after_us < t <= until_us``."""
    times = log.times_us
    return log.properties[bisect_right(times, after_us) : bisect_right(times, until_us)]


def times_between(log: Log, after_us: int, until_us: int) -> Sequence[int]:
    """The times t of events with ``after_us < t <= until_us``."""
    times = log.times_us
    return times[bisect_right(times, after_us) : bisect_right(times, until_us)]


def on_weekdays(log: Log, after_us: int, zone: str, weekdays: frozenset[int]) -> EventLog:
    """The events later than ``after_us`` whose local day is one of these; 0 is Monday."""
    times = log.times_us
    kept = [
        index
        for index in range(bisect_right(times, after_us), len(times))
        if local_weekday(zone, times[index]) in weekdays
    ]
    return EventLog(
        tuple(times[index] for index in kept), lambda: tuple(log.properties[index] for index in kept)
    )


def events_after(log: Log, after_us: int) -> Iterable[tuple[int, Mapping[str, Value]]]:
    """The times and properties of the events later than ``after_us``."""
    first = bisect_right(log.times_us, after_us)
    return zip(log.times_us[first:], log.properties[first:], strict=True)
