"""Constants that a test gives to fields: checked as the same values are checked where data comes in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dearly.language.checking.findings import Findings
from dearly.language.checking.schemas import constant
from dearly.language.checking.scopes import listing
from dearly.language.checking.symbols import Symbols
from dearly.language.program import Field
from dearly.language.syntax import tree
from dearly.language.types import DATE, DURATION, TIME, Type, Value
from dearly.language.values import ValueProblem, date_to_stored, stored_reader, time_to_stored, to_stored


def check_values(
    written: Iterable[tree.GivenField],
    fields: Mapping[str, Field],
    owner: str,
    symbols: Symbols,
    findings: Findings,
) -> dict[str, Value]:
    """The typed values by name; those that are wrong are reported and left out.

    ``owner`` is what has the fields: ``profile``, ``context`` or an event.
    """
    values: dict[str, Value] = {}
    seen: set[str] = set()
    for one in written:
        name = one.name.text
        if name in seen:
            message = f"`{name}` has a value already."
            findings.add("duplicate-field", one.name.span, message, "Leave one of them out.")
        elif name not in fields:
            _report_unknown(one.name, fields, owner, symbols, findings)
        elif (value := _value(one, fields[name].type, findings)) is not None:
            values[name] = value
        seen.add(name)
    return values


def _report_unknown(
    name: tree.Name, fields: Mapping[str, Field], owner: str, symbols: Symbols, findings: Findings
) -> None:
    of_package = owner in ("profile", "context")
    if symbols.is_excused_field(name.text) if of_package else symbols.is_excused(name.text):
        return
    code = "unknown-name" if of_package else "unknown-property"
    hint = findings.did_you_mean(name.text, fields, at=name.span) or listing("It has", fields)
    findings.add(code, name.span, f"The {owner} has no field `{name.text}`.", hint)


def _value(written: tree.GivenField, kind: Type, findings: Findings) -> Value | None:
    if kind in (DATE, TIME) and isinstance(written.value, tree.TextLiteral):
        message = f"`{written.name.text}` is a {kind}: expected a {kind}, got text."
        hint = f"Write it without quotes: `{_EXAMPLES[kind]}`."
        findings.add("bad-value", written.value.span, message, hint)
        return None
    try:
        return stored_reader(kind)(to_stored(kind, _incoming(written.value)))
    except ValueProblem as problem:
        message = f"`{written.name.text}` is a {kind}: {problem}"
        findings.add("bad-value", written.value.span, message)
        return None


def _incoming(written: tree.Expression | tree.ListLiteral) -> object:
    """The constant as it would come in from outside."""
    if isinstance(written, tree.ListLiteral):
        return [_incoming(element) for element in written.elements]
    found = constant(written)
    if found is None:
        return None
    kind, value = found
    if isinstance(value, int) and kind == DATE:
        return date_to_stored(value)
    if isinstance(value, int) and kind == TIME:
        return time_to_stored(value)
    return _DURATION if kind == DURATION else value


_EXAMPLES: Mapping[Type, str] = {DATE: "1990-12-31", TIME: "2026-03-01T10:00:00Z"}

_DURATION = object()
"""A length of time is never the value of a field."""
