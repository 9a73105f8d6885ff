"""What an evaluator is given about one customer: profile values and events, typed, ordered, plain."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import partial
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias, TypedDict

import msgspec

from dearly.language.program import Field, Program
from dearly.language.types import BOOL, NUMBER, Type, Value, is_textual
from dearly.language.values import stored_reader

Properties: TypeAlias = tuple[Mapping[str, Value], ...]


class EventLog:
    """One type's events, ascending by (time, source, id).

    ``times_us[i]`` is the event time of ``properties[i]``, in microseconds since the epoch; a property that
    is missing is absent from its mapping; declared defaults already stand in it. Events may lie after ``now``
    (stamped in the future): the evaluators leave them out until their time comes.

    Properties may be given as a function that reads them when they are first asked for: of many types only
    the times are ever asked.
    """

    __slots__ = ("_properties", "times_us")

    def __init__(
        self, times_us: tuple[int, ...] = (), properties: Properties | Callable[[], Properties] = ()
    ) -> None:
        self.times_us = times_us
        self._properties = properties

    @property
    def properties(self) -> Properties:
        """What was said with each event."""
        if not isinstance(self._properties, tuple):
            self._properties = self._properties()
        return self._properties

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, EventLog):
            return NotImplemented
        return self.times_us == other.times_us and self.properties == other.properties

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"EventLog(times_us={self.times_us!r}, properties={self.properties!r})"


NO_EVENTS = EventLog()


@dataclass(frozen=True, slots=True)
class Facts:
    """One customer as the evaluators see them; a field that is missing is absent from ``profile``."""

    profile: Mapping[str, Value] = field(default_factory=dict)
    events: Mapping[str, EventLog] = field(default_factory=dict)
    context: Mapping[str, Value] = field(default_factory=dict)
    """What this call brought along, with declared defaults."""
    scores: Mapping[str, float] = field(default_factory=dict)
    """Probabilities by score; one that is missing is absent."""
    variants: Mapping[str, str] = field(default_factory=dict)
    """The variant by experiment; one that the customer takes no part in is absent."""


@dataclass(frozen=True, slots=True)
class _FieldReading:
    """How one declared field is read from its stored form, and what it is where that is missing or unfit."""

    name: str
    read: Callable[[object], Value | None]
    default: Value | None


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the objects of one declaration are read from the JSON that a store keeps.

    Decoding already checks and makes texts, numbers and booleans, in no more time than decoding alone; where
    it meets anything else than is declared, ``fields`` are read one by one. ``unfinished`` are those fields
    that decoding does not settle: dates, times, sets, and all with a default.
    """

    fields: tuple[_FieldReading, ...]
    unfinished: tuple[_FieldReading, ...]
    one: msgspec.json.Decoder[dict[str, Any]]
    many: msgspec.json.Decoder[tuple[dict[str, Any], ...]]


_ANY_ONE = msgspec.json.Decoder(dict[str, Any])
_ANY_MANY = msgspec.json.Decoder(list[dict[str, Any]])


@dataclass(frozen=True, slots=True)
class FactsReader:
    """How to read what a store keeps for one program; made once per program, used for every customer."""

    profile: _Reading
    events: Mapping[str, _Reading]


def facts_reader(program: Program) -> FactsReader:
    """The reader for a program's declared fields."""
    return FactsReader(
        profile=_reading(program.profile),
        events={name: _reading(schema.fields) for name, schema in program.events.items()},
    )


def read_facts(
    reader: FactsReader, profile: str | None, logs: Iterable[tuple[str, tuple[int, ...], str]]
) -> Facts:
    """Facts from what a store keeps as JSON (see ``store.CustomerRows``): typed, with declared defaults.

    ``profile`` is an object, a log a type's name, times, and array of properties. Fields, types and
    properties that the program does not declare, and kept values that no longer fit their declared type, are
    left out: they are missing (or stand at their default).
    """
    known = reader.events
    events = {
        kind: EventLog(times_us, partial(_read_many, known[kind], properties))
        for kind, times_us, properties in logs
        if kind in known
    }
    return Facts(_read_one(reader.profile, profile or "{}"), events)


def build_facts(
    program: Program,
    fields: Mapping[str, Any] | None,
    events: Iterable[tuple[str, int, Mapping[str, Any]]],
) -> Facts:
    """:func:`read_facts` for one customer whose events, ascending by (type, time), are at hand one by one."""
    logs = []
    for kind, of_kind in groupby(events, key=itemgetter(0)):
        _, times_us, properties = zip(*of_kind, strict=True)
        logs.append((kind, times_us, msgspec.json.encode(properties).decode()))
    profile = None if fields is None else msgspec.json.encode(fields).decode()
    return read_facts(facts_reader(program), profile, logs)


def fold_case(text: str) -> str:
    """The one case folding: Unicode's canonical caseless matching (The Unicode Standard, D145), in NFC.

    Texts that differ only in case, or only in how an accented letter is composed, fold to the same text.
    """
    if text.isascii():
        return text.lower()
    folded = unicodedata.normalize("NFD", text).casefold()
    return unicodedata.normalize("NFC", folded)


def _reading(fields: Mapping[str, Field]) -> _Reading:
    readings = tuple(
        _FieldReading(name, stored_reader(field.type), field.default) for name, field in fields.items()
    )
    settled = {name: _settled_by_decoding(field.type) for name, field in fields.items()}
    shape: Any = TypedDict("Kept", settled, total=False)  # type: ignore[misc]
    return _Reading(
        fields=readings,
        unfinished=tuple(each for each in readings if settled[each.name] is Any or each.default is not None),
        one=msgspec.json.Decoder(shape),
        many=msgspec.json.Decoder(tuple[shape, ...]),
    )


def _settled_by_decoding(kind: Type) -> Any:
    """The class of the values that are typed as they are kept; ``Any`` where each must be read."""
    if is_textual(kind):
        return str
    if kind == NUMBER:
        return float
    if kind == BOOL:
        return bool
    return Any


def _read_one(reading: _Reading, kept: str) -> Mapping[str, Value]:
    try:
        values = reading.one.decode(kept)
    except msgspec.ValidationError:
        return _read_fields(reading, _ANY_ONE.decode(kept))
    return _finish(reading, values)


def _read_many(reading: _Reading, kept: str) -> Properties:
    try:
        events = reading.many.decode(kept)
    except msgspec.ValidationError:
        return tuple(_read_fields(reading, stored) for stored in _ANY_MANY.decode(kept))
    if reading.unfinished:
        for values in events:
            _finish(reading, values)
    return events


def _finish(reading: _Reading, values: dict[str, Any]) -> Mapping[str, Value]:
    """Settle what decoding did not, in place."""
    for each in reading.unfinished:
        value = values.get(each.name)
        if value is not None:
            value = each.read(value)
        if value is None:
            value = each.default
        if value is not None:
            values[each.name] = value
        else:
            values.pop(each.name, None)
    return values


def _read_fields(reading: _Reading, stored: Mapping[str, Any]) -> Mapping[str, Value]:
    """Each declared field on its own, where something kept does not fit its declaration."""
    read = ((each, each.read(stored.get(each.name))) for each in reading.fields)
    values = ((each.name, each.default if value is None else value) for each, value in read)
    return {name: value for name, value in values if value is not None}
