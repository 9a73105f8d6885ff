"""What of a store is exported: everything, or what one statement reads."""

from __future__ import annotations

from dataclasses import dataclass

from dearly.evaluation.sql import Statement, Table, tables
from dearly.language.program import Expression, Program
from dearly.language.requirements import expression_requirements
from dearly.language.types import END_OF_TIME_US
from dearly.store import EventRange


@dataclass(frozen=True, slots=True)
class Extent:
    """The tables with their columns, and which events are read for them."""

    customers: Table
    events: dict[str, Table]
    """By event type."""
    ranges: tuple[EventRange, ...]
    until_us: int


def whole_extent(program: Program) -> Extent:
    """Everything that the rules declare, events stamped in the future included: right at every instant."""
    customers, *events = tables(program)
    by_type = dict(zip(program.events, events, strict=True))
    ranges = tuple(EventRange(event, None) for event in by_type)
    return Extent(customers, by_type, ranges, END_OF_TIME_US)


def needed_extent(program: Program, condition: Expression, statement: Statement, now_us: int) -> Extent:
    """No more than a condition's statement reads, as of one instant."""
    customers, *events = tables(program)
    by_type = {
        event: _narrowed(table, statement)
        for event, table in zip(program.events, events, strict=True)
        if table.name in statement.reads
    }
    horizons_us = expression_requirements(program, [condition]).events
    ranges = tuple(
        EventRange(event, None if (horizon_us := horizons_us.get(event)) is None else now_us - horizon_us)
        for event in by_type
    )
    return Extent(_narrowed(customers, statement), by_type, ranges, now_us)


def _narrowed(table: Table, statement: Statement) -> Table:
    read = statement.reads[table.name]
    return Table(table.name, tuple(column for column in table.columns if column.name in read))
