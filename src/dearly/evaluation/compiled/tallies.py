"""How many of a run of events have each value of a property, as the run moves on.

A search for the next flip asks at every event that begins or ends; the run only moves forward in it. Each
event is counted in once and out once, whatever the number of instants asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from heapq import heappop, heappush

from dearly.evaluation.compiled.timeline import Timeline
from dearly.language.types import Value


@dataclass(slots=True)
class Tally:
    """The values of the events from ``first`` up to, and without, ``past_last``."""

    timeline: Timeline
    name: str
    first: int
    past_last: int
    counts: dict[Value, int] = field(default_factory=dict)
    """How many events have each value; those that none has are absent."""
    last_seen: dict[Value, int] = field(default_factory=dict)
    """The place of the last event that has each value, gone by or not."""
    ranking: list[tuple[int, int]] = field(default_factory=list)
    """A heap of (count, place last seen), both negative, with an entry for each change: most are outdated."""


def tally(timeline: Timeline, name: str, first: int, past_last: int) -> Tally:
    """The tally of a run, moved on from the last one asked for if that is not later."""
    found: Tally | None = timeline.tallies.get(name)
    if found is None or first < found.first or past_last < found.past_last:
        found = timeline.tallies[name] = Tally(timeline, name, first, first)
    while found.past_last < past_last:
        _count(found, found.past_last, 1)
        found.past_last += 1
    while found.first < first:
        _count(found, found.first, -1)
        found.first += 1
    return found


def leader(found: Tally) -> Value | None:
    """The value that most events have; of several such, the one that was last seen latest."""
    while found.ranking:
        count, place = found.ranking[0]
        value = found.timeline.properties[-place][found.name]
        if found.counts.get(value) == -count and found.last_seen[value] == -place:
            return value
        heappop(found.ranking)
    return None


def _count(found: Tally, place: int, change: int) -> None:
    value = found.timeline.properties[place].get(found.name)
    if value is None:
        return
    count = found.counts.get(value, 0) + change
    if change > 0:
        found.last_seen[value] = place
    if count:
        found.counts[value] = count
        heappush(found.ranking, (-count, -found.last_seen[value]))
    else:
        del found.counts[value]
