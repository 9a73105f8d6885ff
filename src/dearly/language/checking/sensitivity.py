"""Which expressions hand on what is ``@sensitive``: such data may decide, but may not be shown or sent."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.checking.definitions import Definitions
from dearly.language.checking.symbols import Symbols
from dearly.language.program import (
    Aggregate,
    Arithmetic,
    ContextField,
    Else,
    Expression,
    Negate,
    Pick,
    ProfileField,
    ValueRef,
)


def sensitive_values(symbols: Symbols, definitions: Definitions) -> dict[str, str]:
    """The values that hand on sensitive data, each with the field it comes from.

    Comparisons and counts end it: whether somebody was born before 2000 is no birthday.
    """
    found: dict[str, str] = {}
    for name in definitions.order:
        value = definitions.values.get(name)
        origin = sensitive_origin(value.expression, symbols, found) if value is not None else None
        if origin is not None:
            found[name] = origin
    return found


def sensitive_origin(expression: Expression, symbols: Symbols, known: Mapping[str, str]) -> str | None:
    """The sensitive field that an expression hands on; None where it hands on none.

    ``known`` are the values that hand one on, as :func:`sensitive_values` gives them.
    """
    match expression:
        case ProfileField(name):
            return name if symbols.profile[name].sensitive else None
        case ContextField(name):
            return f"context.{name}" if symbols.context[name].sensitive else None
        case ValueRef(name):
            return known.get(name)
        case Else(first, second) | Arithmetic(_, first, second):
            return sensitive_origin(first, symbols, known) or sensitive_origin(second, symbols, known)
        case Negate(operand):
            return sensitive_origin(operand, symbols, known)
        case Pick() | Aggregate():
            return _sensitive_property(expression, symbols)
        case _:
            return None


def _sensitive_property(expression: Pick | Aggregate, symbols: Symbols) -> str | None:
    event, name = expression.selection.event, expression.property
    counts = isinstance(expression, Aggregate) and expression.kind in ("count", "distinct")
    if name is None or counts or not symbols.events[event].fields[name].sensitive:
        return None
    return f"{event}.{name}"
