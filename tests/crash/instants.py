"""Whether what was told of a customer is what was so, instant by instant: told against a replay from scratch.

A replay knows all events; a server told what it knew. So where the two differ, an event must explain it that
is not later than the instant in question, and came only after it was told.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dearly.evaluation import Facts
from dearly.membership import State, Watched, follow

Flip = tuple[int, State]
"""Since when a name has a state."""


@dataclass(frozen=True, slots=True)
class Told:
    """That a customer moved in one name, and when that was written down."""

    name: str
    before: State
    after: State
    at_us: int
    cause: str
    recorded_us: int


@dataclass(frozen=True, slots=True)
class Arrival:
    """When an event happened, and by when at the latest a server knew of it."""

    time_us: int
    known_us: int


@dataclass(frozen=True, slots=True)
class Instants:
    """How many records tell an instant of the replay; how many differ, and how many instants are left out, by
    events that came late; and how many of either nothing explains."""

    exact: int = 0
    explained: int = 0
    left_out: int = 0
    wrong: int = 0

    def __add__(self, other: Instants) -> Instants:
        return Instants(
            self.exact + other.exact,
            self.explained + other.explained,
            self.left_out + other.left_out,
            self.wrong + other.wrong,
        )


def told_of(body: Mapping[str, Any], recorded_us: int) -> Told:
    """A record of the feed about a segment or a lifecycle."""
    return Told(body["name"], body["from"], body["to"], body["at_us"], body["cause"], recorded_us)


def replayed(watched: Watched, name: str, facts: Facts, now_us: int) -> Sequence[Flip]:
    """Every state that a name ever had up to now, from the customer's first event on."""
    times = [log.times_us[0] for log in facts.events.values() if log.times_us]
    if not times:
        return ()
    course = follow(watched.compiled.at(facts, min(times)), name, now_us)
    first = [(min(times), course.before)] if course.before is not None else []
    return [*first, *course.moves]


def judge_instants(told: Sequence[Told], true: Sequence[Flip], arrivals: Sequence[Arrival]) -> Instants:
    """What was told of one name, in its order, against what was so."""
    left, judged = Counter(true), Instants()
    for place, one in enumerate(told):
        flip = (one.at_us, one.after)
        if left[flip] and _has_its_cause(one, arrivals):
            left[flip] -= 1
            judged += Instants(exact=1)
        elif _is_explained(one, told[place - 1] if place else None, true, arrivals):
            judged += Instants(explained=1)
        else:
            judged += Instants(wrong=1)
    for at_us, _ in left.elements():
        is_overtaken = _is_overtaken(arrivals, at_us, at_us)
        judged += Instants(left_out=1) if is_overtaken else Instants(wrong=1)
    return judged


def _has_its_cause(told: Told, arrivals: Sequence[Arrival]) -> bool:
    """Only an event's own instant has an event for its cause, and only one of the past comes late."""
    at_an_event = any(arrival.time_us == told.at_us for arrival in arrivals)
    return at_an_event if told.cause == "event" else told.cause in ("time", "late_event")


def _is_explained(told: Told, last: Told | None, true: Sequence[Flip], arrivals: Sequence[Arrival]) -> bool:
    """Whether what was told was overtaken itself, or takes back what was told last and was overtaken: that
    with the very same instant where it never was so, or with the one since when the state before has held all
    along, which was told once already.
    """
    if _is_overtaken(arrivals, told.at_us, told.recorded_us):
        return True
    if last is None or told.cause != "late_event":
        return False
    is_true = told.at_us == last.at_us or (told.at_us, told.after) in true
    return is_true and _is_overtaken(arrivals, last.at_us, last.recorded_us)


def _is_overtaken(arrivals: Sequence[Arrival], at_us: int, told_us: int) -> bool:
    """Whether an event of no later than an instant may have come only after that instant was told."""
    return any(arrival.time_us <= at_us and arrival.known_us >= told_us for arrival in arrivals)
