"""A program made ready to keep membership by: what it watches, what each name reads, what triggers emit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from dearly.evaluation import CompiledProgram, FactsReader, compile_program, facts_reader
from dearly.language.checking.typing_rules import type_of
from dearly.language.program import Becomes, NamedValue, Program, Trigger
from dearly.language.requirements import (
    Requirements,
    combine_requirements,
    expression_requirements,
    names_requirements,
)
from dearly.language.types import Type
from dearly.membership.fingerprint import fingerprint, meanings_in
from dearly.store import ALL_TOUCHED, PROFILE_TOUCHED

K = TypeVar("K")
V = TypeVar("V")

MOST_REMEMBERED = 10_000
"""So many sets of names, or of what was touched, are worked out once; beyond that, each time."""


@dataclass(frozen=True, slots=True)
class Emitted:
    """One value of what a trigger emits: its key, the hidden value that gives it, its type."""

    key: str
    value: str
    type: Type


@dataclass(frozen=True, slots=True)
class Touched:
    """What something that came in may change: names to compare as they are now, and names to follow.

    All of which read what was touched; ``to_compare`` through the profile, of whose changes only the last is
    known. ``by_both`` are those of them that read events that came as well.
    """

    to_compare: tuple[str, ...]
    to_follow: tuple[str, ...]
    by_both: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class Watched:
    """One program's segments and lifecycles, compiled. ``names`` are in the order of evaluation.

    ``triggers`` stand by the name that sets them off; ``emitted`` by trigger; ``reads`` by name.
    """

    program: Program
    fingerprint: str
    names: tuple[str, ...]
    reads: Mapping[str, Requirements]
    compiled: CompiledProgram
    reader: FactsReader
    triggers: Mapping[str, tuple[Trigger, ...]]
    emitted: Mapping[str, tuple[Emitted, ...]]
    emit_reads: Mapping[str, Requirements]
    _touched: dict[frozenset[str], Touched] = field(default_factory=dict)
    _horizons: dict[frozenset[str], Mapping[str, int | None]] = field(default_factory=dict)
    _shared: dict[str, Watched] = field(default_factory=dict)

    def shared_with(self, other: str) -> Watched:
        """The same, of those names alone that mean what they mean in another fingerprint."""
        known = self._shared.get(other)
        if known is None:
            known = _remember(self._shared, other, _shared(self, other))
        return known

    def touched_by(self, touched: frozenset[str]) -> Touched:
        """What these event types, or the profile, may change."""
        known = self._touched.get(touched)
        if known is None:
            known = _remember(self._touched, touched, _touched_by(self, touched))
        return known

    def horizons(self, names: frozenset[str]) -> Mapping[str, int | None]:
        """Which events the names need together, and how far back (see :class:`Requirements`)."""
        known = self._horizons.get(names)
        if known is None:
            needed = combine_requirements(self.reads[name] for name in names).events
            known = _remember(self._horizons, names, needed)
        return known


def watch_program(program: Program) -> Watched:
    """Compile what membership needs of a program. It takes as long as compiling all of its conditions."""
    names = tuple(
        name for name in program.evaluation_order if name in program.segments or name in program.lifecycles
    )
    by_name: dict[str, list[Trigger]] = {}
    for trigger in program.triggers.values():
        if (subject := subject_of(trigger)) in names:
            by_name.setdefault(subject, []).append(trigger)
    return Watched(
        program=program,
        fingerprint=fingerprint(program, names),
        names=names,
        reads={name: names_requirements(program, [name]) for name in names},
        compiled=compile_program(_with_emitted_named(program)),
        reader=facts_reader(program),
        triggers={name: tuple(triggers) for name, triggers in by_name.items()},
        emitted={trigger.name: _emitted_by(trigger) for trigger in program.triggers.values()},
        emit_reads={
            trigger.name: expression_requirements(program, trigger.emit.values())
            for trigger in program.triggers.values()
        },
    )


def subject_of(trigger: Trigger) -> str:
    """The segment or lifecycle whose moves a trigger waits for."""
    moment = trigger.moment
    return moment.subject if isinstance(moment, Becomes) else moment.segment


def _with_emitted_named(program: Program) -> Program:
    """The program without its blocks, and with what triggers emit as values that no author can name."""
    parts = {
        emitted.value: NamedValue(emitted.value, trigger.emit[emitted.key], emitted.type, may_be_missing=True)
        for trigger in program.triggers.values()
        for emitted in _emitted_by(trigger)
    }
    return replace(
        program,
        blocks={},
        values={**program.values, **parts},
        evaluation_order=(*program.evaluation_order, *parts),
    )


def _emitted_by(trigger: Trigger) -> tuple[Emitted, ...]:
    return tuple(
        Emitted(key, f"{trigger.name}/emit {key}", type_of(expression))
        for key, expression in trigger.emit.items()
    )


def _shared(watched: Watched, other: str) -> Watched:
    ours, theirs = meanings_in(watched.fingerprint), meanings_in(other)
    names = tuple(name for name in watched.names if ours[name] == theirs.get(name))
    reads = {name: watched.reads[name] for name in names}
    triggers = {name: each for name, each in watched.triggers.items() if name in names}
    return replace(
        watched, names=names, reads=reads, triggers=triggers, _touched={}, _horizons={}, _shared={}
    )


def _touched_by(watched: Watched, touched: frozenset[str]) -> Touched:
    if ALL_TOUCHED in touched:
        return Touched(watched.names, ())
    by_profile = PROFILE_TOUCHED in touched
    to_compare = [name for name in watched.names if by_profile and watched.reads[name].profile_fields]
    by_events = [name for name in watched.names if not touched.isdisjoint(watched.reads[name].events)]
    return Touched(
        tuple(to_compare),
        to_follow=tuple(name for name in by_events if name not in to_compare),
        by_both=tuple(name for name in by_events if name in to_compare),
    )


def _remember(known: dict[K, V], key: K, value: V) -> V:
    if len(known) < MOST_REMEMBERED:
        known[key] = value
    return value
