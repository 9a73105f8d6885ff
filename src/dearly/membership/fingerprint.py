"""Which meaning a program's segments and lifecycles have: one hash a name for one meaning, however written.

A name keeps its hash as long as it and all that it leads to mean the same, whatever becomes of others.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import msgspec

from dearly.language.program import (
    Aggregate,
    EventProperty,
    Expression,
    Field,
    Occurs,
    Pick,
    Program,
    Selection,
    TimeSince,
)
from dearly.language.requirements import expression_requirements
from dearly.language.traversal import definitions, names_directly_within, walk

MEANING = 1
"""Counts the changes of what the language itself means by the same words."""

_HASH_BYTES = 12
_NOT_MEANT = frozenset({"span", "title", "may_be_missing", "optional", "sensitive"})


def fingerprint(program: Program, names: Sequence[str]) -> str:
    """What the names mean: a JSON object with a hash of each one's conditions, all that these lead to and the
    zone of the package.

    Titles, places, comments and what no condition reads have no part in it.
    """
    hashes: dict[str, str] = {}
    for name in program.evaluation_order:  # what a name leads to stands before it
        hashes[name] = _hash_of(program, name, hashes)
    return msgspec.json.encode({name: hashes[name] for name in names}, order="sorted").decode()


@lru_cache(maxsize=16)
def meanings_in(fingerprint: str) -> Mapping[str, str]:
    """The hashes by name; none where the fingerprint is of a version that kept one hash for all."""
    try:
        return msgspec.json.decode(fingerprint, type=dict[str, str])
    except msgspec.MsgspecError:
        return {}


def _hash_of(program: Program, name: str, known: Mapping[str, str]) -> str:
    roots = definitions(program, name)
    meaning = {
        "meaning": MEANING,
        "timezone": program.settings.timezone,
        "declared": _plain(_declared(program, name)),
        "leads to": {other: known[other] for other in names_directly_within(roots)},
        "fields": sorted(_plain(field) for field in _fields_read(program, roots)),
    }
    return blake2b(msgspec.json.encode(meaning, order="sorted"), digest_size=_HASH_BYTES).hexdigest()


def _declared(program: Program, name: str) -> object:
    for declared in (program.segments, program.values, program.lifecycles):
        if name in declared:
            return declared[name]
    raise KeyError(name)


def _fields_read(program: Program, roots: Sequence[Expression]) -> Iterator[tuple[str, Field]]:
    """Every field that is read, with where it stands: its type and default belong to the meaning."""
    # Of the profile also what no condition names: `today` goes by the customer's time zone.
    for name in sorted(expression_requirements(program, roots).profile_fields):
        yield "profile", program.profile[name]
    for expression in (part for root in roots for part in walk(root)):
        if isinstance(expression, Occurs | Aggregate | Pick | TimeSince):
            yield from _properties_read(program, expression)


def _properties_read(
    program: Program, expression: Occurs | Aggregate | Pick | TimeSince
) -> Iterator[tuple[str, Field]]:
    selection: Selection = expression.selection
    asked = [(selection.event, selection.where)]
    if selection.sequence is not None:
        asked.append((selection.sequence.event, selection.sequence.where))
    for event, where in asked:
        for part in walk(where) if where is not None else ():
            if isinstance(part, EventProperty):
                yield event, program.events[event].fields[part.name]
    if isinstance(expression, Aggregate | Pick) and expression.property is not None:
        yield selection.event, program.events[selection.event].fields[expression.property]


def _plain(part: Any) -> Any:
    """A part of a program as lists and scalars that JSON can carry, each with the name of its class."""
    if is_dataclass(part) and not isinstance(part, type):
        told = [_plain(getattr(part, each.name)) for each in fields(part) if each.name not in _NOT_MEANT]
        return [type(part).__name__, *told]
    if isinstance(part, frozenset):
        return ["set", *sorted(part)]
    if isinstance(part, tuple | list):
        return [_plain(each) for each in part]
    return part
