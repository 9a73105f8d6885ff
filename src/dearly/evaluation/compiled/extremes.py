"""The least and the greatest of any run of a timeline's events, found without going through the run.

A search for the next flip asks at every event that begins or ends, so a scan of the run each time would take
time with the square of their number: 47 s for 20,000 events.
"""

from __future__ import annotations

import operator
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from dearly.evaluation.compiled.timeline import Timeline

Direction: TypeAlias = Literal["min", "max"]

_BEATS: dict[Direction, Callable[[Any, Any], bool]] = {"min": operator.lt, "max": operator.gt}


@dataclass(frozen=True, slots=True)
class _Extremes:
    """A sparse table (Bender and Farach-Colton, 2000) over the events that have the property.

    ``levels[k][i]`` is the last best among the ``2 ** k`` values from the i-th on. Longer runs than were
    asked for yet have no level.
    """

    events: Sequence[int]
    """The places in the timeline of the events that have the property."""
    values: Sequence[Any]
    levels: list[Sequence[int]]
    beats: Callable[[Any, Any], bool]


def last_extreme(
    timeline: Timeline, name: str, direction: Direction, first: int, past_last: int
) -> int | None:
    """The place of the last event of the run that has its best value; None when none has the property."""
    key = (name, direction)
    table = timeline.extremes.get(key)
    if table is None:
        table = timeline.extremes[key] = _table(timeline, name, direction)
    start, end = bisect_left(table.events, first), bisect_left(table.events, past_last)
    if start == end:
        return None
    level = (end - start).bit_length() - 1
    while len(table.levels) <= level:
        table.levels.append(_next_level(table))
    return table.events[_better(table, table.levels[level][start], table.levels[level][end - (1 << level)])]


def _table(timeline: Timeline, name: str, direction: Direction) -> _Extremes:
    events = [index for index, row in enumerate(timeline.properties) if row.get(name) is not None]
    values = [timeline.properties[index][name] for index in events]
    return _Extremes(events, values, [range(len(events))], _BEATS[direction])


def _next_level(table: _Extremes) -> Sequence[int]:
    level = table.levels[-1]
    apart = 1 << (len(table.levels) - 1)
    return [_better(table, left, right) for left, right in zip(level, level[apart:], strict=False)]


def _better(table: _Extremes, left: int, right: int) -> int:
    # Of equals the later one, which ends last.
    return left if table.beats(table.values[left], table.values[right]) else right
