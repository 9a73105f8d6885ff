"""When each event of a selection counts: the one place where windows and sequences become instants.

Every event of a selection counts from one instant until just before another; both follow from the events
alone, not from ``now``. No event begins or ends to count before an earlier one of its selection does: both
ascend, and what is selected at any ``now`` is one slice, found by bisection.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import accumulate

from dearly.evaluation.aggregates import millionths
from dearly.evaluation.facts import EventLog
from dearly.evaluation.windows import Kept, Rows, events_after
from dearly.language.types import Value

NEVER = 1 << 80
"""After every event: when an event of a selection without ``within`` leaves it."""


@dataclass(frozen=True, slots=True)
class Timeline:
    """The events of a selection that ever count, in order, with the instants when they begin and end to.

    ``begins_us[i] < ends_us[i]``; both ascend. The selection at ``now_us`` is ``slice_at(timeline, now_us)``.
    """

    times_us: Sequence[int]
    properties: Rows
    begins_us: Sequence[int]
    ends_us: Sequence[int]
    totals: dict[str, tuple[list[int], list[int]]] = field(default_factory=dict)
    """Running sums and counts by property, filled by :func:`running_totals`."""


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
    log: EventLog | Kept, from_us: int, older_than_us: int, within_us: int | None
) -> Timeline:
    """Events later than ``from_us`` count from ``t + older_than`` until ``t + within``."""
    events = events_after(log, from_us)
    return _timeline((t, p, t + older_than_us, _end(t, within_us)) for t, p in events)


def followed_timeline(
    log: EventLog | Kept,
    from_us: int,
    older_than_us: int,
    within_us: int | None,
    followers_us: Sequence[int],
    at_most_us: int | None,
) -> Timeline:
    """``followed by``: an event counts once its first follower has come, at most ``at_most_us`` later."""
    longest = NEVER if at_most_us is None else at_most_us
    return _timeline(
        (t, p, max(t + older_than_us, follower), _end(t, within_us))
        for t, p in events_after(log, from_us)
        if (follower := _next_after(followers_us, t)) <= t + longest and follower != NEVER
    )


def unfollowed_timeline(
    log: EventLog | Kept,
    from_us: int,
    older_than_us: int,
    within_us: int | None,
    followers_us: Sequence[int],
    wait_us: int | None,
) -> Timeline:
    """``not followed by``: once the wait is over without a follower, or, without a wait, until one comes."""
    events = events_after(log, from_us)
    if wait_us is None:
        return _timeline(
            (t, p, t + older_than_us, min(_end(t, within_us), _next_after(followers_us, t)))
            for t, p in events
        )
    return _timeline(
        (t, p, t + max(older_than_us, wait_us), _end(t, within_us))
        for t, p in events
        if _next_after(followers_us, t) > t + wait_us
    )


def running_totals(timeline: Timeline, name: str) -> tuple[list[int], list[int]]:
    """Over the first 0, 1, 2.. events: the sum of a property in millionths, and how many have it."""
    found = timeline.totals.get(name)
    if found is None:
        values = [row.get(name) for row in timeline.properties]
        sums = accumulate((0 if value is None else millionths(value) for value in values), initial=0)
        counts = accumulate((value is not None for value in values), initial=0)
        found = timeline.totals[name] = (list(sums), list(counts))
    return found


def _end(time_us: int, within_us: int | None) -> int:
    return NEVER if within_us is None else time_us + within_us


def _next_after(times_us: Sequence[int], time_us: int) -> int:
    """The first of the times after this one: events at the same instant do not follow each other."""
    position = bisect_right(times_us, time_us)
    return times_us[position] if position < len(times_us) else NEVER


def _timeline(spans: Iterable[tuple[int, Mapping[str, Value], int, int]]) -> Timeline:
    lasting = [span for span in spans if span[2] < span[3]]
    times, properties, begins, ends = zip(*lasting, strict=True) if lasting else ((), (), (), ())
    return Timeline(times, properties, begins, ends)
