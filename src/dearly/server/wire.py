"""Between the wire's types and plain Python ones."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeAlias

from google.protobuf import struct_pb2, timestamp_pb2

from dearly.language import Diagnostic
from dearly.language.program import Schema
from dearly.language.types import DATE, TIME, SetOf, Type, Value
from dearly.language.values import time_to_stored
from dearly.store import Stored
from dearly.v1 import rules_pb2

Plain: TypeAlias = "str | float | bool | list[Plain] | dict[str, Plain] | None"

_EARLIEST_S = -62_135_596_800
_LATEST_S = 253_402_300_799
"""0001-01-01 and 9999-12-31, as timestamp.proto bounds it."""

_EPOCH_ORDINAL = date(1970, 1, 1).toordinal()

_SEVERITIES = {"error": rules_pb2.SEVERITY_ERROR, "warning": rules_pb2.SEVERITY_WARNING}


def time_problem(stamp: timestamp_pb2.Timestamp) -> str | None:
    """What is wrong with a timestamp; None when nothing is."""
    if _EARLIEST_S <= stamp.seconds <= _LATEST_S and 0 <= stamp.nanos < 1_000_000_000:
        return None
    return "expected a time between the years 1 and 9999, with nanos from 0 to 999,999,999"


def to_us(stamp: timestamp_pb2.Timestamp) -> int:
    """A timestamp without a :func:`time_problem` in microseconds since the epoch, rounded down."""
    return stamp.seconds * 1_000_000 + stamp.nanos // 1_000


def to_timestamp(time_us: int | None) -> timestamp_pb2.Timestamp | None:
    """Microseconds since the epoch as a timestamp; None stays absent."""
    if time_us is None:
        return None
    seconds, rest_us = divmod(time_us, 1_000_000)
    return timestamp_pb2.Timestamp(seconds=seconds, nanos=rest_us * 1_000)


def to_plain(struct: struct_pb2.Struct) -> dict[str, Plain]:
    """A struct as a dict. Protobuf refuses messages nested deeper than 100, so recursion is bounded."""
    return to_plain_values(struct.fields)


def to_plain_values(values: Mapping[str, struct_pb2.Value]) -> dict[str, Plain]:
    """Values by name as a dict."""
    return {name: _plain(values[name]) for name in values}  # items() of a protobuf map takes twice as long


def _plain(value: struct_pb2.Value) -> Plain:
    match value.WhichOneof("kind"):
        case "string_value":
            return value.string_value
        case "number_value":
            return value.number_value
        case "bool_value":
            return value.bool_value
        case "list_value":
            return [_plain(element) for element in value.list_value.values]
        case "struct_value":
            return to_plain(value.struct_value)
        case _:
            return None


def to_struct(fields: Mapping[str, Stored]) -> struct_pb2.Struct:
    """Stored fields as a struct."""
    struct = struct_pb2.Struct()
    struct.update(fields)
    return struct


def item_struct(schema: Schema, fields: Mapping[str, Value]) -> struct_pb2.Struct:
    """An item's typed fields as a struct, each in its stored form."""
    return to_struct({name: _stored(schema.fields[name].type, value) for name, value in fields.items()})


def _stored(kind: Type, value: Any) -> Stored:
    if kind == DATE:
        return date.fromordinal(_EPOCH_ORDINAL + value).isoformat()
    if kind == TIME:
        return time_to_stored(value)
    if isinstance(kind, SetOf):
        return sorted(_stored(kind.element, element) for element in value)  # type: ignore[return-value]
    stored: Stored = value
    return stored


def printable(text: str) -> str:
    """A text as UTF-8 can hold it: a file's name may be other bytes, which Python keeps as surrogates."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def to_wire_diagnostics(diagnostics: Iterable[Diagnostic]) -> list[rules_pb2.Diagnostic]:
    """The checker's findings as the wire has them."""
    return [
        rules_pb2.Diagnostic(
            code=diagnostic.code,
            severity=_SEVERITIES[diagnostic.severity],
            message=printable(diagnostic.message),
            hint=printable(diagnostic.hint or ""),
            file=printable(diagnostic.span.file),
            line=diagnostic.span.line,
            column=diagnostic.span.column,
            end_line=diagnostic.span.end_line,
            end_column=diagnostic.span.end_column,
        )
        for diagnostic in diagnostics
    ]
