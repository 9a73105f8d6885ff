"""What an expression in a template stands for: a value, an item, a list of items, the customer, the loop."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeAlias

from dearly.language.magnitudes import KEPT, Magnitude
from dearly.language.program import Schema
from dearly.language.types import BOOL, DATE, NUMBER, TEXT, TIME, SetOf, Type, is_textual


@dataclass(frozen=True, slots=True)
class Items:
    """A list of items of one catalog."""

    schema: Schema


@dataclass(frozen=True, slots=True)
class Item:
    """One item of a catalog; its properties are read by name."""

    schema: Schema


@dataclass(frozen=True, slots=True)
class Customer:
    """The customer, whose fields are read by name."""


@dataclass(frozen=True, slots=True)
class CallContext:
    """What the call brings along, whose fields are read by name."""


@dataclass(frozen=True, slots=True)
class Loop:
    """``loop`` inside a ``{% for %}``."""


@dataclass(frozen=True, slots=True)
class TextOrNumber:
    """Now a text and now a number, as of ``number | default("-")``: good for printing only."""


Shape: TypeAlias = "Type | Items | Item | Customer | CallContext | Loop | TextOrNumber | None"
"""None: not known, and already reported."""

LOOP_FIELDS: Mapping[str, Type] = {
    "index": NUMBER,
    "index0": NUMBER,
    "revindex": NUMBER,
    "revindex0": NUMBER,
    "length": NUMBER,
    "first": BOOL,
    "last": BOOL,
}
"""What ``loop`` has."""


@dataclass(frozen=True, slots=True)
class Typed:
    """An expression's shape. ``missing`` spells what makes it missing (a bool: unknown) when that is missing;
    "" when it is always there. ``magnitude`` says how large a number is, ``stages`` what a lifecycle may be.
    """

    shape: Shape
    missing: str = ""
    magnitude: Magnitude = KEPT
    stages: tuple[str, ...] = ()


UNKNOWN = Typed(None)


@dataclass(frozen=True, slots=True)
class Scope:
    """What holds at one place: the loop variables, what is known to be present, and the depth of loops.

    ``present`` holds keys (see ``template_presence.key_of``); a key followed by ``*`` is not empty either.
    """

    variables: Mapping[str, Typed] = field(default_factory=dict)
    present: frozenset[str] = frozenset()
    loops: int = 0

    def knowing(self, keys: frozenset[str]) -> Scope:
        """This scope, where these keys are known to be present as well."""
        return replace(self, present=self.present | keys) if keys else self


def describe(shape: Shape) -> str:
    """The shape in the author's words, after "this is ..."."""
    match shape:
        case Items(schema):
            return f"a list of items ({schema.name})"
        case Item(schema):
            return f"an item ({schema.name})"
        case Customer():
            return "the customer"
        case CallContext():
            return "what the call brings along"
        case Loop():
            return "the loop"
        case TextOrNumber():
            return "sometimes a text and sometimes a number"
        case SetOf():
            return f"a {shape}"
        case None:
            return "unknown"
        case _:
            return "true or false" if shape == BOOL else f"a {shape}"


def is_text(shape: Shape) -> bool:
    """Whether values of this shape are text (a url and an item's id are)."""
    holders = Items | Item | Customer | CallContext | Loop | TextOrNumber | None
    return not isinstance(shape, holders) and is_textual(shape)


def is_printable(shape: Shape) -> bool:
    """Whether a value of this shape has one obvious spelling in a mail."""
    return is_text(shape) or isinstance(shape, TextOrNumber) or shape in (NUMBER, DATE, TIME)


def common(left: Shape, right: Shape) -> Shape:
    """The shape of "the one or the other", or None when nothing could be done with it."""
    if left == right:
        return left
    if not (is_printable(left) and is_printable(right)):
        return None
    # Dates and times are texts by the time that a template sees them.
    return TextOrNumber() if NUMBER in (left, right) or TextOrNumber() in (left, right) else TEXT


def is_condition(shape: Shape) -> bool:
    """Whether ``{% if %}`` can ask for it: it is there, and is not false, 0, or empty."""
    return not isinstance(shape, Customer | CallContext | Loop)


def are_comparable(left: Shape, right: Shape) -> bool:
    """Whether ``==`` and ``<`` mean something between them."""
    if is_text(left) and is_text(right):
        return True
    return left == right and left in (NUMBER, BOOL, DATE, TIME)
