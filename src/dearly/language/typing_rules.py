"""Which types go together, and how types and expressions are called when talking to an author."""

from __future__ import annotations

from datetime import date, timedelta

from dearly.language.program import (
    Aggregate,
    Arithmetic,
    Else,
    EventProperty,
    Expression,
    ItemProperty,
    Literal,
    Negate,
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
    DURATION,
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
from dearly.language.values import time_to_stored

_EPOCH = date(1970, 1, 1)


def type_of(expression: Expression) -> Type:
    """The type of the values that a checked expression gives."""
    match expression:
        case (
            Literal() | ProfileField() | EventProperty() | ItemProperty() | ValueRef() | Aggregate() | Pick()
        ):
            return expression.type
        case TimeSince():
            return DURATION
        case Arithmetic() | Negate():
            return NUMBER
        case Else():
            return common_type(expression.operand, expression.default) or type_of(expression.operand)
        case _:
            return BOOL


def are_comparable(left: Type, right: Type) -> bool:
    """Whether ``==`` means something: both of one scalar type, or textual and not of two catalogs."""
    if isinstance(left, SetOf) or isinstance(right, SetOf):
        return False
    if isinstance(left, ItemRef) and isinstance(right, ItemRef):
        return left == right
    return left == right or (is_textual(left) and is_textual(right))


def are_ordered(kind: Type) -> bool:
    """Whether ``<`` means something between values of this type."""
    return kind != BOOL and not isinstance(kind, SetOf)


def common_type(first: Expression, second: Expression) -> Type | None:
    """The type of "the one or the other", or None when they do not go together.

    A constant text takes the other's type, so that ``latest E.item else "A1"`` is still an item's id.
    """
    left, right = type_of(first), type_of(second)
    if left == right:
        return left
    if not are_comparable(left, right):
        return None
    if isinstance(second, Literal):
        return left
    return right if isinstance(first, Literal) else TEXT


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
        return (_EPOCH + timedelta(days=value)).isoformat()
    if kind == TIME:
        return time_to_stored(value)
    name, unit = next((name, unit) for name, unit in _UNITS if value % unit == 0 or unit == SECOND_US)
    return f"{value // unit} {name}" if value == unit else f"{value // unit} {name}s"


_UNITS = (("day", DAY_US), ("hour", HOUR_US), ("minute", MINUTE_US), ("second", SECOND_US))


def default_for(kind: Type) -> str | None:
    """A constant to suggest after ``else``; None where none suggests itself."""
    if is_textual(kind):
        return '"none"'
    return "0" if kind == NUMBER else "false" if kind == BOOL else None
