"""The tables that generated SQL reads: what is in each column, and in which form.

=====================  ================================================================================
``customers``          one row a customer: id, zone, every profile field, scores, variants
``event_TYPE``         one row an event of the type: customer, time, place in the customer's order, properties
``zones``              one row a time zone in use: where its days and calendar periods stand *now*
``clocks``             one row for each time between two changes of a zone's clocks
=====================  ================================================================================

Text stands as text, numbers as doubles, dates as days since 1970-01-01, times as microseconds since the
epoch, sets as lists without repeats. What an engine would do in its own way, it is handed: texts with their
case folded, and all that a calendar knows.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.program import Field, Program
from dearly.language.types import BOOL, DATE, DURATION, NUMBER, TIME, SetOf, Type, is_textual

CUSTOMERS = "customers"
ZONES = "zones"
CLOCKS = "clocks"

CUSTOMER_ID = "customer_id"
ZONE = "zone"
TIME_US = "time_us"
POSITION = "position"
_RESERVED = frozenset((CUSTOMER_ID, ZONE, TIME_US, POSITION))

LONGEST_NAME = 48
"""PostgreSQL cuts names at 63 bytes, and some get an ending of ours."""

Scalar: TypeAlias = OneOf["text", "double", "boolean", "int", "bigint"]
Role: TypeAlias = OneOf["customer_id", "zone", "time_us", "position", "field", "folded", "score", "variant"]


@dataclass(frozen=True, slots=True)
class Storage:
    """The type of a column: a scalar, or a list of them."""

    scalar: Scalar
    many: bool = False


TEXT_STORAGE = Storage("text")
INSTANT_STORAGE = Storage("bigint")


@dataclass(frozen=True, slots=True)
class Column:
    """A column, and what it holds: of ``declared`` (a field, property, score or experiment) in that role."""

    name: str
    storage: Storage
    role: Role
    declared: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table by its name and its columns."""

    name: str
    columns: tuple[Column, ...]


def storage_of(kind: Type) -> Storage:
    """How values of a type of the language are stored."""
    if isinstance(kind, SetOf):
        return Storage(storage_of(kind.element).scalar, many=True)
    if is_textual(kind):
        return TEXT_STORAGE
    scalars: dict[Type, Scalar] = {
        NUMBER: "double",
        BOOL: "boolean",
        DATE: "int",
        TIME: "bigint",
        DURATION: "bigint",
    }
    return Storage(scalars[kind])


def column_name(declared: str) -> str:
    """The column of a declared name; no name of the language has a ``$`` in it, so that nothing collides."""
    if len(declared) > LONGEST_NAME:
        digest = blake2b(declared.encode(), digest_size=6).hexdigest()
        return f"{declared[: LONGEST_NAME - 13]}${digest}"
    return f"{declared}$" if declared in _RESERVED else declared


def folded_name(declared: str) -> str:
    """The column that holds a text field with its case folded."""
    return f"{column_name(declared)}$folded"


def score_name(score: str) -> str:
    """The customers' column that holds a score."""
    return f"{column_name(score)}$score"


def variant_name(experiment: str) -> str:
    """The customers' column that holds the variant of an experiment."""
    return f"{column_name(experiment)}$variant"


def event_table_name(event: str) -> str:
    """The table of an event type."""
    return f"event_{column_name(event)}"


def customers_table(program: Program) -> Table:
    """All of the customers' columns."""
    columns = [Column(CUSTOMER_ID, TEXT_STORAGE, "customer_id"), Column(ZONE, TEXT_STORAGE, "zone")]
    for field in program.profile.values():
        columns += _field_columns(field)
    columns += [Column(score_name(name), Storage("double"), "score", name) for name in program.scores]
    columns += [Column(variant_name(name), TEXT_STORAGE, "variant", name) for name in program.experiments]
    return Table(CUSTOMERS, tuple(columns))


def event_table(program: Program, event: str) -> Table:
    """All of the columns of an event type."""
    columns = [
        Column(CUSTOMER_ID, TEXT_STORAGE, "customer_id"),
        Column(TIME_US, INSTANT_STORAGE, "time_us"),
        Column(POSITION, INSTANT_STORAGE, "position"),
    ]
    for field in program.events[event].fields.values():
        columns += _field_columns(field)
    return Table(event_table_name(event), tuple(columns))


def tables(program: Program) -> tuple[Table, ...]:
    """The tables that hold what is known of customers; the zones' tables are made for each instant."""
    return (customers_table(program), *(event_table(program, event) for event in program.events))


def _field_columns(field: Field) -> list[Column]:
    columns = [Column(column_name(field.name), storage_of(field.type), "field", field.name)]
    if is_textual(field.type):
        columns.append(Column(folded_name(field.name), TEXT_STORAGE, "folded", field.name))
    return columns
