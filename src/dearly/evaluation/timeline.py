"""When each event of a selection counts: the one place where windows and sequences become instants.

Every event of a selection counts from one instant until just before another; both follow from the events
alone, not from ``now``. No event begins or ends to count before an earlier one of its selection does: both
ascend, and what is selected at any ``now`` is one slice, found by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import NamedTuple

from dearly.evaluation.aggregates import millionths
from dearly.evaluation.windows import Log, Rows
from dearly.language.types import Value

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


def window_timeline(log: Log, from_us: int, older_than_us: int, within_us: int | None) -> Timeline:
    """Events later than ``from_us`` count from ``t + older_than`` until ``t + within``."""
    first = bisect_right(log.times_us, from_us)
    if within_us is not None and within_us <= older_than_us:
        first = len(log.times_us)
    times = log.times_us[first:]
    begins = [t + older_than_us for t in times] if older_than_us else times
    ends = [NEVER] * len(times) if within_us is None else [t + within_us for t in times]
    return Timeline(times, log.properties[first:], begins, ends, {})


def followed_timeline(
    log: Log,
    from_us: int,
    older_than_us: int,
    within_us: int | None,
    followers_us: Sequence[int],
    at_most_us: int | None,
) -> Timeline:
    """``followed by``: an event counts once its first follower has come, at most ``at_most_us`` later."""
    longest_us = NEVER if at_most_us is None else at_most_us
    return _lasting(
        (t, p, max(begin_us, b), end_us)
        for t, p, begin_us, end_us, b in _followed(
            window_timeline(log, from_us, older_than_us, within_us), followers_us
        )
        if b <= t + longest_us
    )


def unfollowed_timeline(
    log: Log,
    from_us: int,
    older_than_us: int,
    within_us: int | None,
    followers_us: Sequence[int],
    wait_us: int | None,
) -> Timeline:
    """``not followed by``: once the wait is over without a follower, or, without a wait, until one comes."""
    events = _followed(window_timeline(log, from_us, older_than_us, within_us), followers_us)
    if wait_us is None:
        return _lasting((t, p, begin_us, min(end_us, b)) for t, p, begin_us, end_us, b in events)
    return _lasting(
        (t, p, max(begin_us, t + wait_us), end_us) for t, p, begin_us, end_us, b in events if b > t + wait_us
    )


def running_totals(timeline: Timeline, name: str) -> tuple[list[int], list[int]]:
    """Over the first 0, 1, 2.. events: the sum of a property in millionths, and how many have it."""
    found = timeline.totals.get(name)
    if found is None:
        addends = [millionths((row,), name) for row in timeline.properties]
        sums = list(accumulate(map(sum, addends), initial=0))
        found = timeline.totals[name] = (sums, list(accumulate(map(len, addends), initial=0)))
    return found


def _followed(
    window: Timeline, followers_us: Sequence[int]
) -> Iterator[tuple[int, Mapping[str, Value], int, int, int]]:
    """Each event of the window with the time of its first follower; the same instant does not follow."""
    ending = [*followers_us, NEVER]
    firsts = [ending[bisect_right(followers_us, time_us)] for time_us in window.times_us]
    return zip(*window[:4], firsts, strict=True)


def _lasting(spans: Iterable[tuple[int, Mapping[str, Value], int, int]]) -> Timeline:
    """The timeline of those events that begin before they end."""
    lasting = [span for span in spans if span[2] < span[3]]
    times, properties, begins, ends = zip(*lasting, strict=True) if lasting else ((), (), (), ())
    return Timeline(times, properties, begins, ends, {})
