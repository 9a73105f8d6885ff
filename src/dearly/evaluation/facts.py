"""What an evaluator is given about one customer: profile values and events, typed, ordered, plain."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from dearly.language.program import Field, Program
from dearly.language.types import BOOL, NUMBER, Type, Value, is_textual
from dearly.language.values import stored_reader


@dataclass(frozen=True, slots=True)
class EventLog:
    """One type's events, ascending by (time, source, id).

    ``times_us[i]`` is the event time of ``properties[i]``, in microseconds since the epoch; a property that
    is missing is absent from its mapping; declared defaults already stand in it. Events may lie after ``now``
    (stamped in the future): the evaluators leave them out until their time comes.
    """

    times_us: tuple[int, ...] = ()
    properties: tuple[Mapping[str, Value], ...] = ()


NO_EVENTS = EventLog()


@dataclass(frozen=True, slots=True)
class Facts:
    """One customer as the evaluators see them; a field that is missing is absent from ``profile``."""

    profile: Mapping[str, Value] = field(default_factory=dict)
    events: Mapping[str, EventLog] = field(default_factory=dict)


_Reader: TypeAlias = "Callable[[object], Value | None]"
_Plan: TypeAlias = "tuple[tuple[str, type, _Reader, Value | None], ...]"
"""Each declared field: its name, the class of the values that are typed as they are kept, how to read others,
its default."""


@dataclass(frozen=True, slots=True)
class FactsReader:
    """How to read what a store keeps for one program; made once per program, used for every customer."""

    profile: _Plan
    events: Mapping[str, _Plan]


def facts_reader(program: Program) -> FactsReader:
    """The reader for a program's declared fields."""
    return FactsReader(
        profile=_plan(program.profile),
        events={name: _plan(schema.fields) for name, schema in program.events.items()},
    )


def read_facts(
    reader: FactsReader,
    fields: Mapping[str, Any] | None,
    events: Iterable[tuple[str, int, Mapping[str, Any]]],
) -> Facts:
    """Facts from what a store keeps; as :func:`build_facts`, with the reader already made."""
    profile = _read_fields(reader.profile, fields or {})
    times: dict[str, list[int]] = {}
    properties: dict[str, list[Mapping[str, Value]]] = {}
    current = plan = None
    for kind, time_us, stored in events:
        if kind != current:
            current, plan = kind, reader.events.get(kind)
            if plan is not None:
                times_of, properties_of = times.setdefault(kind, []), properties.setdefault(kind, [])
        if plan is not None:
            times_of.append(time_us)
            properties_of.append(_read_fields(plan, stored))
    return Facts(profile, {kind: EventLog(tuple(times[kind]), tuple(properties[kind])) for kind in times})


def build_facts(
    program: Program,
    fields: Mapping[str, Any] | None,
    events: Iterable[tuple[str, int, Mapping[str, Any]]],
) -> Facts:
    """Facts from what a store keeps (see ``store.CustomerRows``): typed, with declared defaults.

    ``events`` ascend by (type, time, source, id). Fields, types and properties that the program does not
    declare, and kept values that no longer fit their declared type, are left out: they are missing (or stand
    at their default). Where many customers are read, make a :func:`facts_reader` once and :func:`read_facts`.
    """
    return read_facts(facts_reader(program), fields, events)


def fold_case(text: str) -> str:
    """The one case folding: Unicode's canonical caseless matching (The Unicode Standard, D145), in NFC.

    Texts that differ only in case, or only in how an accented letter is composed, fold to the same text.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", folded)


def _plan(fields: Mapping[str, Field]) -> _Plan:
    return tuple(
        (name, _typed_class(field.type), stored_reader(field.type), field.default)
        for name, field in fields.items()
    )


def _typed_class(kind: Type) -> type:
    """The class whose stored values of this type need no reading: most values, so this is the fast path."""
    if is_textual(kind):
        return str
    if kind == NUMBER:
        return float
    if kind == BOOL:
        return bool
    return object  # nothing kept is a bare object: each value is read


def _read_fields(plan: _Plan, stored: Mapping[str, Any]) -> dict[str, Value]:
    """Typed values by name. Some 0.1 µs a field: a render reads hundreds."""
    typed: dict[str, Value] = {}
    for name, typed_class, read, default in plan:
        value: Value | None = stored.get(name)
        if value is not None and type(value) is not typed_class:
            value = read(value)
        if value is None:
            value = default
        if value is not None:
            typed[name] = value
    return typed
