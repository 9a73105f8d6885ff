"""When each event of a selection counts: the one place where windows and sequences become instants.

Every event of a selection counts from one instant until just before another; both follow from the events
alone, not from ``now``. No event begins or ends to count before an earlier one of its selection does: both
ascend, and what is selected at any ``now`` is one slice, found by bisection.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any, NamedTuple

from dearly.evaluation.compiled.aggregates import millionths
from dearly.evaluation.compiled.windows import Log, Rows
from dearly.language.calendar import period_end
from dearly.language.program import Period

NEVER = 1 << 80
"""After every event: when an event of a selection without ``within`` leaves it."""


class Timeline(NamedTuple):
    """The events of a selection that ever count, in order, with the instants when they begin and end to.

    ``begins_us[i] < ends_us[i]``; both ascend. The selection at ``now_us`` is ``slice_at(timeline, now_us)``.
    """

    times_us: Sequence[int]
    properties: Rows
    begins_us: Sequence[int]
    ends_us: Sequence[int]
    totals: dict[str, tuple[list[int], list[int]]]
    """Filled by :func:`running_totals`, by property."""
    extremes: dict[tuple[str, str], Any]
    """Filled by ``extremes``, by property and direction."""
    tallies: dict[str, Any]
    """Filled by ``tallies``, by property."""


def slice_at(timeline: Timeline, now_us: int) -> tuple[int, int]:
    """The first selected event and the one past the last: those begun, less those ended."""
    return bisect_right(timeline.ends_us, now_us), bisect_right(timeline.begins_us, now_us)


def count_at(timeline: Timeline, now_us: int) -> int:
    """How many events are selected."""
    first, past_last = slice_at(timeline, now_us)
    return past_last - first


def rows_at(timeline: Timeline, now_us: int) -> Rows:
    """The properties of the selected events."""
    first, past_last = slice_at(timeline, now_us)
    return timeline.properties[first:past_last]


def times_at(timeline: Timeline, now_us: int) -> Sequence[int]:
    """The times of the selected events."""
    first, past_last = slice_at(timeline, now_us)
    return timeline.times_us[first:past_last]


def window_timeline(
    log: Log, from_us: int, older_than_us: int, within_us: int | None, before_us: int = NEVER
) -> Timeline:
    """Events t with ``from < t < before`` count from ``t + older_than`` until ``t + within``."""
    first, past_last = bisect_right(log.times_us, from_us), bisect_left(log.times_us, before_us)
    if within_us is not None and within_us <= older_than_us:
        first = past_last
    times = log.times_us[first:past_last]
    begins = [t + older_than_us for t in times] if older_than_us else times
    ends = [NEVER] * len(times) if within_us is None else [t + within_us for t in times]
    return _timeline(times, log.properties[first:past_last], begins, ends)


def period_timeline(window: Timeline, zone: str, period: Period) -> Timeline:
    """The events of a window that count no longer than the calendar period lasts in which they happened."""
    kept: list[int] = []
    ends: list[int] = []
    over_us = -NEVER
    for index, time_us in enumerate(window.times_us):
        if time_us >= over_us:
            over_us = period_end(period, zone, time_us)
        end_us = min(window.ends_us[index], over_us)
        if window.begins_us[index] < end_us:
            kept.append(index)
            ends.append(end_us)
    return _picked(window, kept, [window.begins_us[index] for index in kept], ends)


def sequence_timeline(
    window: Timeline, negated: bool, followers_us: Sequence[int], wait_us: int | None
) -> Timeline:
    """The events of a window that count by what follows them, too; at the same instant nothing follows.

    ``followed by``: from the first follower on, if it comes within the wait. ``not followed by``: from the
    end of the wait on, if none comes within it; without a wait, until one comes.
    """
    kept: list[int] = []
    begins: list[int] = []
    ends: list[int] = []
    for index, time_us in enumerate(window.times_us):
        position = bisect_right(followers_us, time_us)
        follower_us = followers_us[position] if position < len(followers_us) else NEVER
        in_time = wait_us is None or follower_us <= time_us + wait_us
        begin_us, end_us = window.begins_us[index], window.ends_us[index]
        if not negated:
            begin_us = max(begin_us, follower_us) if in_time else NEVER
        elif wait_us is None:
            end_us = min(end_us, follower_us)
        else:
            begin_us = NEVER if in_time else max(begin_us, time_us + wait_us)
        if begin_us < end_us:
            kept.append(index)
            begins.append(begin_us)
            ends.append(end_us)
    return _picked(window, kept, begins, ends)


def running_totals(timeline: Timeline, name: str) -> tuple[list[int], list[int]]:
    """Over the first 0, 1, 2.. events: the sum of a property in millionths, and how many have it."""
    found = timeline.totals.get(name)
    if found is None:
        addends = [millionths((row,), name) for row in timeline.properties]
        sums = list(accumulate(map(sum, addends), initial=0))
        found = timeline.totals[name] = (sums, list(accumulate(map(len, addends), initial=0)))
    return found


def _picked(window: Timeline, kept: Sequence[int], begins: Sequence[int], ends: Sequence[int]) -> Timeline:
    times = [window.times_us[index] for index in kept]
    return _timeline(times, [window.properties[index] for index in kept], begins, ends)


def _timeline(times: Sequence[int], rows: Rows, begins: Sequence[int], ends: Sequence[int]) -> Timeline:
    return Timeline(times, rows, begins, ends, {}, {}, {})
