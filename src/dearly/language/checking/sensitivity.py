"""Which named values hand on what is ``@sensitive``: such data may decide, but may not be shown."""

from __future__ import annotations

from dearly.language.checking.definitions import Definitions
from dearly.language.checking.symbols import Symbols
from dearly.language.program import (
    Aggregate,
    Arithmetic,
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
        origin = _origin(value.expression, symbols, found) if value is not None else None
        if origin is not None:
            found[name] = origin
    return found


def _origin(expression: Expression, symbols: Symbols, known: dict[str, str]) -> str | None:
    match expression:
        case ProfileField(name):
            return name if symbols.profile[name].sensitive else None
        case ValueRef(name):
            return known.get(name)
        case Else(first, second) | Arithmetic(_, first, second):
            return _origin(first, symbols, known) or _origin(second, symbols, known)
        case Negate(operand):
            return _origin(operand, symbols, known)
        case Pick() | Aggregate():
            event, origin = expression.selection.event, expression.property
            return f"{event}.{origin}" if origin and symbols.events[event].fields[origin].sensitive else None
        case _:
            return None
