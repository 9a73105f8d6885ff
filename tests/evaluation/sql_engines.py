"""Engines that run generated SQL over customers at hand: what each says of every name in a program."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias

import duckdb

from dearly.evaluation import Facts
from dearly.evaluation.sql import Statement, Table, bindings, compile_values, tables
from dearly.language.calendar import zone_of
from dearly.language.program import Program
from dearly.language.types import Value
from dearly.warehouse.arrow import customer_rows, event_rows
from dearly.warehouse.zones import clocks_table, zones_table

Values: TypeAlias = "list[Mapping[str, Value | None]]"
"""Of each customer, in order: the value by name."""


def duckdb_values(program: Program, customers: Sequence[Facts], instants: Iterable[int]) -> list[Values]:
    """What DuckDB says at each instant."""
    statement = compile_values(program, program.evaluation_order)
    text = statement.sql
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        for name, rows in loaded(program, statement, customers).items():
            connection.register(name, rows)
        answers = []
        for now_us in instants:
            for name, rows in zones_of(program, statement, customers, now_us).items():
                connection.register(name, rows)
            found = connection.execute(text, bindings(statement, now_us)).fetchall()
            answers.append(in_order(program, found))
    return answers


def loaded(program: Program, statement: Statement, customers: Sequence[Facts]) -> dict[str, Any]:
    """The tables that a statement reads, as Arrow, with no more columns than it reads."""
    by_id = [(f"{place:06d}", facts) for place, facts in enumerate(customers)]
    found = {}
    for table, event in zip(tables(program), (None, *program.events), strict=True):
        read = statement.reads.get(table.name)
        if read is not None:
            narrow = Table(table.name, tuple(each for each in table.columns if each.name in read))
            found[table.name] = (
                customer_rows(program, narrow, by_id) if event is None else event_rows(event, narrow, by_id)
            )
    return found


def zones_of(
    program: Program, statement: Statement, customers: Sequence[Facts], now_us: int
) -> dict[str, Any]:
    """The zones' tables that a statement reads, as Arrow."""
    zones = {zone_of(program.settings, facts.profile) for facts in customers}
    times = [time_us for facts in customers for log in facts.events.values() for time_us in log.times_us]
    found = {}
    if "zones" in statement.reads:
        found["zones"] = zones_table(zones, now_us, statement.day_starts)
    if "clocks" in statement.reads:
        found["clocks"] = clocks_table(zones, min(times, default=now_us), now_us)
    return found


def in_order(program: Program, rows: Iterable[Sequence[Any]]) -> Values:
    """Rows of an id and the values of all names, as evaluators have them, in the customers' order."""
    names = program.evaluation_order
    return [
        {name: _as_value(value) for name, value in zip(names, row[1:], strict=True)}
        for row in sorted(rows, key=lambda row: row[0])
    ]


def _as_value(value: Any) -> Value | None:
    return frozenset(value) if isinstance(value, list) else value
