"""JSON of other systems: what one document becomes, and what its forms have in common."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeAlias

import msgspec

from dearly.ingest.door import Rejected
from dearly.language.types import TIME
from dearly.language.values import ValueProblem, time_from_stored, to_stored
from dearly.store import EventRecord, ProfilePatch

Object: TypeAlias = "dict[str, Any]"

MAX_PROPERTIES = 1_000
"""Members of one event's properties or one change's traits, whether the rules declare them or not."""

_DECODE = msgspec.json.Decoder(dict[str, Any]).decode
_BETWEEN_WORDS = re.compile("(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
_NO_LETTERS = re.compile("[^a-z0-9]+")


class PartKind(Enum):
    """What a part of a document is about."""

    DOCUMENT = "document"
    """The document as a whole, which could not be read."""
    EVENT = "event"
    PROFILE = "profile"
    MERGE = "merge"


@dataclass(frozen=True, slots=True)
class Merge:
    """That two ids stand for one customer, who has the id ``into_id`` from now on."""

    from_id: str
    into_id: str


Content: TypeAlias = "EventRecord | ProfilePatch | Merge"


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a document says, or why it is not taken.

    ``customer_fields`` are where the document says of whom; ``event_id`` is empty but for events.
    """

    kind: PartKind
    content: Content | Rejected
    customer_fields: tuple[str, ...] = ()
    event_id: str = ""


@dataclass(frozen=True, slots=True)
class Document:
    """What a document says, and how many of its values the rules do not declare: those are left out."""

    parts: tuple[Part, ...]
    ignored: int = 0


def read_object(document: bytes) -> Object:
    """A document as a JSON object.

    Raises:
        Rejected: it is none.
    """
    try:
        return _DECODE(document)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        raise Rejected("document", "expected a JSON object in UTF-8, got something else.") from None


def refused(rejected: Rejected) -> Document:
    """A document that cannot be read."""
    return Document((Part(PartKind.DOCUMENT, rejected),))


def part(
    kind: PartKind, names: Mapping[str, str], prepare: Callable[[], Content], event_id: str = ""
) -> Part:
    """One part, prepared; when it is rejected, the field is called as the document's form calls it."""
    customer_fields = (names["customer_id"],)
    try:
        return Part(kind, prepare(), customer_fields, event_id)
    except Rejected as rejected:
        field = names.get(rejected.field, rejected.field)
        return Part(kind, Rejected(field, rejected.message), customer_fields, event_id)


def moment_of(field: str, incoming: object) -> int:
    """A time of a document in microseconds.

    Raises:
        Rejected: it is not RFC 3339 with its offset.
    """
    try:
        return time_from_stored(str(to_stored(TIME, incoming)))
    except ValueProblem as problem:
        raise Rejected(field, str(problem)) from None


def object_in(field: str, incoming: object) -> Object:
    """An object within a document; absent and null are an empty one.

    Raises:
        Rejected: it is something else, or has too many members.
    """
    if incoming is None:
        return {}
    if not isinstance(incoming, dict):
        raise Rejected(field, "expected a JSON object, got something else.")
    if len(incoming) > MAX_PROPERTIES:
        raise Rejected(field, f"expected at most {MAX_PROPERTIES:,} members, got {len(incoming):,}.")
    return incoming


def snake_case(name: str) -> str:
    """A name as rules spell names: ``Product Viewed`` and ``productViewed`` are ``product_viewed``."""
    return _NO_LETTERS.sub("_", _BETWEEN_WORDS.sub("_", name).lower()).strip("_")


def declared_only(declared: Mapping[str, object], incoming: Mapping[str, object]) -> tuple[Object, int]:
    """The values under their declared names, and how many have none. Of two, the one spelled as declared."""
    found = {name: value for name, value in incoming.items() if name in declared}
    for name, value in incoming.items():
        if name not in declared and (spelled := snake_case(name)) in declared:
            found.setdefault(spelled, value)
    return found, len(incoming) - len(found)
