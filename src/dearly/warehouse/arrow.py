"""What is known of customers as Arrow tables, typed as the rules declare it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeAlias

import pyarrow as pa

from dearly.evaluation import NO_EVENTS, EventLog, Facts, fold_case
from dearly.evaluation.sql import Column, Storage, Table
from dearly.language.calendar import zone_of
from dearly.language.program import Program
from dearly.language.types import Value

Customers: TypeAlias = Sequence[tuple[str, Facts]]
"""Customers by id."""

_SCALARS: dict[str, Any] = {
    "text": pa.string(),
    "double": pa.float64(),
    "boolean": pa.bool_(),
    "int": pa.int32(),
    "bigint": pa.int64(),
}


def arrow_type(storage: Storage) -> Any:
    """The Arrow type of a column."""
    scalar = _SCALARS[storage.scalar]
    return pa.list_(scalar) if storage.many else scalar


def arrow_schema(table: Table) -> Any:
    """The Arrow schema of a table."""
    return pa.schema([(each.name, arrow_type(each.storage)) for each in table.columns])


def customer_rows(program: Program, table: Table, customers: Customers) -> Any:
    """A row a customer."""
    return _filled(table, [_customer_column(program, each, customers) for each in table.columns])


def event_rows(event: str, table: Table, customers: Customers) -> Any:
    """A row an event of the type, customer after customer, each one's in their order."""
    logs = [(customer_id, facts.events.get(event, NO_EVENTS)) for customer_id, facts in customers]
    return _filled(table, [_event_column(each, logs) for each in table.columns])


def _filled(table: Table, columns: Iterable[list[Any]]) -> Any:
    arrays = [
        pa.array(values, arrow_type(each.storage))
        for each, values in zip(table.columns, columns, strict=True)
    ]
    return pa.Table.from_arrays(arrays, schema=arrow_schema(table))


def _customer_column(program: Program, column: Column, customers: Customers) -> list[Any]:
    match column.role:
        case "customer_id":
            return [customer_id for customer_id, _ in customers]
        case "zone":
            return [zone_of(program.settings, facts.profile) for _, facts in customers]
        case "score":
            return [facts.scores.get(column.declared) for _, facts in customers]
        case "variant":
            return [facts.variants.get(column.declared) for _, facts in customers]
        case _:
            plain = _plain(column)
            return [plain(facts.profile.get(column.declared)) for _, facts in customers]


def _event_column(column: Column, logs: Sequence[tuple[str, EventLog]]) -> list[Any]:
    match column.role:
        case "customer_id":
            return [customer_id for customer_id, log in logs for _ in log.times_us]
        case "time_us":
            return [time_us for _, log in logs for time_us in log.times_us]
        case "position":
            return [place for _, log in logs for place in range(len(log.times_us))]
        case _:
            plain, name = _plain(column), column.declared
            return [plain(said.get(name)) for _, log in logs for said in log.properties]


def _plain(column: Column) -> Callable[[Any], Any]:
    """From a value as evaluators have it to what Arrow takes."""
    if column.role == "folded":
        return lambda text: None if text is None else fold_case(text)
    if column.storage.many:
        return _in_order
    return lambda value: value


def _in_order(values: frozenset[Any] | None) -> list[Value] | None:
    return None if values is None else sorted(values)
