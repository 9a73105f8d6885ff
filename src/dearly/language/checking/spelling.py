"""How types, constants and expressions are called when talking to an author."""

from __future__ import annotations

from dearly.language.checking.typing_rules import type_of
from dearly.language.program import (
    Aggregate,
    Arithmetic,
    EventProperty,
    Expression,
    ItemProperty,
    Literal,
    Pick,
    ProfileField,
    SegmentRef,
    StageIs,
    TimeSince,
    ValueRef,
)
from dearly.language.types import (
    BOOL,
    DATE,
    DAY_US,
    HOUR_US,
    MINUTE_US,
    NUMBER,
    SECOND_US,
    TEXT,
    TIME,
    ItemRef,
    SetOf,
    Type,
    is_textual,
)
from dearly.language.values import date_to_stored, time_to_stored

_UNITS = (("day", DAY_US), ("hour", HOUR_US), ("minute", MINUTE_US), ("second", SECOND_US))


def describe(kind: Type) -> str:
    """The type in an author's words, after "is ..."."""
    match kind:
        case ItemRef(catalog):
            return f"an item's id ({catalog})"
        case SetOf(element):
            return f"a set of {element}"
        case _:
            return "text" if kind == TEXT else "true or false" if kind == BOOL else f"a {kind}"


def spell(expression: Expression) -> str:
    """A short name for an expression, as its author would point at it."""
    match expression:
        case ProfileField() | EventProperty() | ItemProperty() | SegmentRef() | ValueRef():
            return f"`{expression.name}`"
        case StageIs():
            return f"`{expression.lifecycle} is {expression.stage}`"
        case Literal():
            return f"`{spell_constant(expression)}`"
        case Aggregate():
            over = f"{expression.selection.event}.{expression.property}" if expression.property else ""
            return f"`{expression.kind} of {over or expression.selection.event}`"
        case Pick():
            return f"`{expression.which} {expression.selection.event}.{expression.property}`"
        case TimeSince():
            which = "last" if expression.which == "latest" else "first"
            return f"`time since {which} {expression.selection.event}`"
        case Arithmetic():
            return "this calculation"
        case _:
            return "this condition" if type_of(expression) == BOOL else "this"


def spell_constant(literal: Literal) -> str:
    """A constant as it may be written; a long text is cut."""
    value = literal.value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    if isinstance(value, int):
        return _spell_moment(literal.type, value)
    text = str(value)
    return f'"{text}"' if len(text) <= 40 else f'"{text[:37]}..."'


def _spell_moment(kind: Type, value: int) -> str:
    if kind == DATE:
        return date_to_stored(value)
    if kind == TIME:
        return time_to_stored(value)
    name, unit = next((name, unit) for name, unit in _UNITS if value % unit == 0 or unit == SECOND_US)
    return f"{value // unit} {name}" if value == unit else f"{value // unit} {name}s"


def default_for(kind: Type) -> str | None:
    """A constant to suggest after ``else``; None where none suggests itself."""
    if is_textual(kind):
        return '"none"'
    return "0" if kind == NUMBER else "false" if kind == BOOL else None


def capitalised(text: str) -> str:
    """The text as the beginning of a sentence."""
    return text[0].upper() + text[1:]
