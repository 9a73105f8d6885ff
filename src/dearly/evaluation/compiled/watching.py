"""Leaves of watched answers: the value at now, and a note of the first instant at which it may differ.

A watched answer follows the same path as long as each leaf it used keeps its value. So before the earliest
note the answer cannot change. A note may come early (then nothing has changed there and the search goes on);
it may never be late.
"""

from __future__ import annotations

import operator
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from dearly.evaluation.compiled.aggregates import MILLION
from dearly.evaluation.compiled.extremes import Direction, last_extreme
from dearly.evaluation.compiled.local_time import today
from dearly.evaluation.compiled.runtime import Evaluation
from dearly.evaluation.compiled.tallies import leader, tally
from dearly.evaluation.compiled.timeline import Timeline, running_totals, slice_at
from dearly.language.calendar import day_start
from dearly.language.types import Value

COMPARISONS = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Elapsing:
    """What grows with now: the time since an instant. Now itself is the time since the epoch."""

    since_us: int


def watch_at_least(evaluation: Evaluation, timeline: Timeline, count: int) -> bool:
    """Whether at least ``count`` (1 or more) events are selected, until enough end or begin."""
    first, past_last = slice_at(timeline, evaluation.now_us)
    if past_last - first >= count:
        _note(evaluation, timeline.ends_us[past_last - count])
        return True
    deciding = first + count - 1  # without enough begun here, fewer than this many are selected
    if deciding < len(timeline.begins_us):
        _note(evaluation, timeline.begins_us[deciding])
    return False


def watch_window(
    evaluation: Evaluation, times_us: Sequence[int], older_than_us: int, within_us: int | None, count: int
) -> bool:
    """:func:`watch_at_least` of a window, straight from the log: its event t counts from ``t + older_than``
    until ``t + within``.
    """
    if within_us is not None and within_us <= older_than_us:
        return False
    first, past_last = _window_slice(evaluation.now_us, times_us, older_than_us, within_us)
    if past_last - first >= count:
        if within_us is not None:
            _note(evaluation, times_us[past_last - count] + within_us)
        return True
    deciding = first + count - 1  # without enough begun here, fewer than this many are selected
    if deciding < len(times_us):
        _note(evaluation, times_us[deciding] + older_than_us)
    return False


def watch_window_count(
    evaluation: Evaluation, times_us: Sequence[int], older_than_us: int, within_us: int | None
) -> float:
    """:func:`watch_count` of a window, straight from the log."""
    if within_us is not None and within_us <= older_than_us:
        return 0.0
    first, past_last = _window_slice(evaluation.now_us, times_us, older_than_us, within_us)
    if past_last < len(times_us):
        _note(evaluation, times_us[past_last] + older_than_us)
    if within_us is not None and first < past_last:
        _note(evaluation, times_us[first] + within_us)
    return float(past_last - first)


def _window_slice(
    now_us: int, times_us: Sequence[int], older_than_us: int, within_us: int | None
) -> tuple[int, int]:
    first = 0 if within_us is None else bisect_right(times_us, now_us - within_us)
    return first, bisect_right(times_us, now_us - older_than_us)


def watch_exactly(evaluation: Evaluation, timeline: Timeline, count: int) -> bool:
    """Whether exactly ``count`` (1 or more) events are selected."""
    return watch_at_least(evaluation, timeline, count) and not watch_at_least(evaluation, timeline, count + 1)


def watch_count(evaluation: Evaluation, timeline: Timeline) -> float:
    """How many events are selected, until one begins or ends."""
    first, past_last = _watch_slice(evaluation, timeline)
    return float(past_last - first)


def watch_sum(evaluation: Evaluation, timeline: Timeline, name: str) -> float:
    """The exact sum, from running totals: each step of a search takes a bisection, not another sum."""
    first, past_last = _watch_slice(evaluation, timeline)
    sums, _ = running_totals(timeline, name)
    return (sums[past_last] - sums[first]) / MILLION


def watch_average(evaluation: Evaluation, timeline: Timeline, name: str) -> float | None:
    """The exact average, from running totals; missing of nothing."""
    first, past_last = _watch_slice(evaluation, timeline)
    sums, counts = running_totals(timeline, name)
    count = counts[past_last] - counts[first]
    return (sums[past_last] - sums[first]) / (MILLION * count) if count else None


def watch_min(evaluation: Evaluation, timeline: Timeline, name: str) -> Value | None:
    """The least value, until the last event that has it ends or another begins."""
    return _watch_extreme(evaluation, timeline, name, "min")


def watch_max(evaluation: Evaluation, timeline: Timeline, name: str) -> Value | None:
    """The greatest value, until the last event that has it ends or another begins."""
    return _watch_extreme(evaluation, timeline, name, "max")


def watch_distinct(evaluation: Evaluation, timeline: Timeline, name: str) -> float:
    """How many different values there are, until an event begins or ends."""
    return float(len(tally(timeline, name, *_watch_slice(evaluation, timeline)).counts))


def watch_most_frequent(evaluation: Evaluation, timeline: Timeline, name: str) -> Value | None:
    """The value that most events have, until one begins or ends."""
    return leader(tally(timeline, name, *_watch_slice(evaluation, timeline)))


def watch_property(evaluation: Evaluation, timeline: Timeline, position: int, name: str) -> Value | None:
    """The property of the first (0) or the latest (-1) event, until it ends or another begins."""
    index = _watch_pick(evaluation, timeline, position)
    return None if index is None else timeline.properties[index].get(name)


def watch_elapsed(evaluation: Evaluation, timeline: Timeline, position: int) -> Elapsing | None:
    """The time since the first (0) or the latest (-1) event, until it ends or another begins."""
    index = _watch_pick(evaluation, timeline, position)
    return None if index is None else Elapsing(timeline.times_us[index])


def watch_growing(
    evaluation: Evaluation, comparison: str, left: Elapsing | int | None, right: Elapsing | int | None
) -> bool | None:
    """Compare durations or times, until the growing one reaches, or a microsecond later passes, the other."""
    if left is None or right is None:
        return None
    now_us = evaluation.now_us
    if isinstance(left, Elapsing) and not isinstance(right, Elapsing):
        _note_crossing(evaluation, left.since_us + right)
    elif isinstance(right, Elapsing) and not isinstance(left, Elapsing):
        _note_crossing(evaluation, right.since_us + left)
    sides = (now_us - side.since_us if isinstance(side, Elapsing) else side for side in (left, right))
    return bool(COMPARISONS[comparison](*sides))


def watch_today(
    evaluation: Evaluation, comparison: str, plus_days: int, date_days: int | None
) -> bool | None:
    """Compare today, and so many days on, with a date, until the day on which it reaches or passes that."""
    if date_days is None:
        return None
    days = today(evaluation)
    equal_on = date_days - plus_days
    if equal_on >= days:
        _note(evaluation, day_start(evaluation.zone, days + 1 if equal_on == days else equal_on))
    return bool(COMPARISONS[comparison](days + plus_days, date_days))


def _note(evaluation: Evaluation, instant_us: int) -> None:
    # min() takes some 0.2 µs more, at every leaf.
    if instant_us < evaluation.sure_until_us:  # noqa: PLR1730
        evaluation.sure_until_us = instant_us


def _note_crossing(evaluation: Evaluation, equal_at_us: int) -> None:
    if equal_at_us >= evaluation.now_us:
        _note(evaluation, equal_at_us + 1 if equal_at_us == evaluation.now_us else equal_at_us)


def _watch_slice(evaluation: Evaluation, timeline: Timeline) -> tuple[int, int]:
    first, past_last = _watch_begins(evaluation, timeline)
    if first < past_last:
        _note(evaluation, timeline.ends_us[first])
    return first, past_last


def _watch_pick(evaluation: Evaluation, timeline: Timeline, position: int) -> int | None:
    first, past_last = _watch_begins(evaluation, timeline)
    if first == past_last:
        return None
    index = first if position == 0 else past_last - 1
    _note(evaluation, timeline.ends_us[index])
    return index


def _watch_extreme(
    evaluation: Evaluation, timeline: Timeline, name: str, direction: Direction
) -> Value | None:
    first, past_last = _watch_begins(evaluation, timeline)
    holder = last_extreme(timeline, name, direction, first, past_last)
    if holder is None:
        return None
    _note(evaluation, timeline.ends_us[holder])
    return timeline.properties[holder][name]


def _watch_begins(evaluation: Evaluation, timeline: Timeline) -> tuple[int, int]:
    first, past_last = slice_at(timeline, evaluation.now_us)
    if past_last < len(timeline.begins_us):
        _note(evaluation, timeline.begins_us[past_last])
    return first, past_last
