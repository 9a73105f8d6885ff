"""Which types go together, and which type an expression has."""

from __future__ import annotations

from dearly.language.program import (
    Aggregate,
    Arithmetic,
    ContextField,
    DayStart,
    Else,
    EventProperty,
    Expression,
    ItemProperty,
    Literal,
    Negate,
    Now,
    Pick,
    ProfileField,
    ScoreRef,
    TimeSince,
    Today,
    ValueRef,
)
from dearly.language.types import (
    BOOL,
    DATE,
    DURATION,
    NUMBER,
    TEXT,
    TIME,
    ItemRef,
    SetOf,
    Type,
    is_textual,
)


def type_of(expression: Expression) -> Type:
    """The type of the values that a checked expression gives."""
    match expression:
        case Arithmetic() | Negate() | ScoreRef():
            return NUMBER
        case Literal() | ProfileField() | ContextField() | EventProperty() | ItemProperty():
            return expression.type
        case ValueRef() | Aggregate() | Pick():
            return expression.type
        case TimeSince():
            return DURATION
        case Today():
            return DATE
        case Now() | DayStart():
            return TIME
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
