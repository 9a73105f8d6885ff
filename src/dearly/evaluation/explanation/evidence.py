"""The events behind an answer: which count, which do not, and why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from dearly.evaluation.facts import Facts
from dearly.evaluation.reference import Happening, selected_events
from dearly.language.program import Occurs, Program, Selection
from dearly.language.spelling import spell
from dearly.language.types import Type, Value

LATEST_SHOWN = 3
"""So many of the events that count are kept, the latest first."""


@dataclass(frozen=True, slots=True)
class Said:
    """One property of an event, with what its declaration says of it."""

    name: str
    value: Value
    type: Type
    sensitive: bool


@dataclass(frozen=True, slots=True)
class SeenEvent:
    """One event: when, and its properties in the order declared."""

    time_us: int
    said: tuple[Said, ...]


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Events that do not count, for one reason: how many, and the latest of them."""

    reason: str
    count: int
    latest: SeenEvent


@dataclass(frozen=True, slots=True)
class Evidence:
    """Of one type's events up to now: how many there are and count, the latest of those, and the others."""

    event: str
    known: int
    counted: int
    latest: tuple[SeenEvent, ...]
    left_out: tuple[LeftOut, ...]


def evidence_for(program: Program, selection: Selection, facts: Facts, now_us: int) -> tuple[Evidence, ...]:
    """What a selection counts; and, of a sequence, the events that it says follow or do not."""
    found = [_evidence(program, selection, facts, now_us)]
    if selection.sequence is not None:
        followers = Selection(selection.sequence.event, where=selection.sequence.where)
        found.append(_evidence(program, followers, facts, now_us))
    return tuple(found)


def _evidence(program: Program, selection: Selection, facts: Facts, now_us: int) -> Evidence:
    known = selected_events(program, Selection(selection.event), facts, now_us)
    counted = selected_events(program, selection, facts, now_us)
    groups = _left_out(program, selection, facts, now_us, known, counted)
    return Evidence(
        event=selection.event,
        known=len(known),
        counted=len(counted),
        latest=tuple(_seen(program, selection.event, event) for event in reversed(counted[-LATEST_SHOWN:])),
        left_out=tuple(
            LeftOut(reason, len(events), _seen(program, selection.event, events[-1]))
            for reason, events in groups
            if events
        ),
    )


def _left_out(
    program: Program,
    selection: Selection,
    facts: Facts,
    now_us: int,
    known: Sequence[Happening],
    counted: Sequence[Happening],
) -> list[tuple[str, list[Happening]]]:
    """The events that do not count, each by the first thing that keeps it out: time, ``where``, sequence."""
    timed = replace(selection, where=None, sequence=None)
    asked = Selection(selection.event, where=selection.where)
    in_time = _keys(selected_events(program, timed, facts, now_us))
    as_asked = _keys(selected_events(program, asked, facts, now_us))
    counting = _keys(counted)
    out = [event for event in known if _key(event) not in counting]
    told = [
        (f"not {_clauses(timed)}", [event for event in out if _key(event) not in in_time]),
        (
            f"not {_clauses(asked)}",
            [event for event in out if _key(event) in in_time and _key(event) not in as_asked],
        ),
    ]
    rest = [event for event in out if _key(event) in in_time & as_asked]
    return [*told, *_unfollowed(program, selection, facts, now_us, rest)] if rest else told


def _unfollowed(
    program: Program, selection: Selection, facts: Facts, now_us: int, events: Sequence[Happening]
) -> list[tuple[str, list[Happening]]]:
    """The events that a sequence keeps out: not followed where they should be, or the other way round."""
    assert selection.sequence is not None
    followed = replace(selection, sequence=replace(selection.sequence, negated=False))
    words = _clauses(Selection(selection.event, sequence=followed.sequence))
    if not selection.sequence.negated:
        return [(f"not {words}", list(events))]
    by_then = _keys(selected_events(program, followed, facts, now_us))
    return [
        (words, [event for event in events if _key(event) in by_then]),
        (f"may yet be {words}", [event for event in events if _key(event) not in by_then]),
    ]


def _clauses(selection: Selection) -> str:
    """What an author writes after the event's name."""
    return spell(Occurs("at least", 1, selection)).removeprefix(f"any {selection.event}").strip()


def _seen(program: Program, event: str, happening: Happening) -> SeenEvent:
    fields = program.events[event].fields
    said = (
        Said(name, happening.properties[name], declared.type, declared.sensitive)
        for name, declared in fields.items()
        if name in happening.properties
    )
    return SeenEvent(happening.time_us, tuple(said))


def _keys(events: Iterable[Happening]) -> set[tuple[int, int]]:
    return {_key(event) for event in events}


def _key(event: Happening) -> tuple[int, int]:
    """One event, told from others by its time and by whose its properties are; like ones fare alike."""
    return event.time_us, id(event.properties)
