"""Which expressions hand on what is ``@sensitive``: such data may decide, but may not be shown or sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Protocol

from dearly.language.program import (
    Aggregate,
    Arithmetic,
    ContextField,
    Else,
    Expression,
    Field,
    NamedValue,
    Negate,
    Pick,
    ProfileField,
    Schema,
    ValueRef,
)


class Declared(Protocol):
    """What is declared of data: by a program, or by the names that one is being checked with."""

    @property
    def profile(self) -> Mapping[str, Field]:
        """The customers' fields."""
        ...

    @property
    def context(self) -> Mapping[str, Field]:
        """What a call may bring along."""
        ...

    @property
    def events(self) -> Mapping[str, Schema]:
        """The types of events."""
        ...


def sensitive_values(
    declared: Declared, order: Iterable[str], values: Mapping[str, NamedValue]
) -> dict[str, str]:
    """The values that hand on sensitive data, each with the field it comes from.

    ``order`` has each name after all that it refers to. Comparisons and counts end it: whether somebody was
    born before 2000 is no birthday.
    """
    found: dict[str, str] = {}
    for name in order:
        value = values.get(name)
        origin = sensitive_origin(value.expression, declared, found) if value is not None else None
        if origin is not None:
            found[name] = origin
    return found


def sensitive_origin(expression: Expression, declared: Declared, known: Mapping[str, str]) -> str | None:
    """The sensitive field that an expression hands on; None where it hands on none.

    ``known`` are the values that hand one on, as :func:`sensitive_values` gives them.
    """
    match expression:
        case ProfileField(name):
            return name if declared.profile[name].sensitive else None
        case ContextField(name):
            return f"context.{name}" if declared.context[name].sensitive else None
        case ValueRef(name):
            return known.get(name)
        case Else(first, second) | Arithmetic(_, first, second):
            return sensitive_origin(first, declared, known) or sensitive_origin(second, declared, known)
        case Negate(operand):
            return sensitive_origin(operand, declared, known)
        case Pick() | Aggregate():
            return _sensitive_property(expression, declared)
        case _:
            return None


def _sensitive_property(expression: Pick | Aggregate, declared: Declared) -> str | None:
    event, name = expression.selection.event, expression.property
    counts = isinstance(expression, Aggregate) and expression.kind in ("count", "distinct")
    if name is None or counts or not declared.events[event].fields[name].sensitive:
        return None
    return f"{event}.{name}"
