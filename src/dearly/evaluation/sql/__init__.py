"""Whole audiences at once: a program's conditions as SQL for DuckDB, PostgreSQL and Spark. It runs nothing.

Needs sqlglot, of the extra ``warehouse``; ``dearly.warehouse`` fills the tables and runs the statements.
"""

from dearly.evaluation.sql.dialects import DIALECTS, Dialect
from dearly.evaluation.sql.relations import Column, Storage, Table, tables
from dearly.evaluation.sql.statement import (
    Statement,
    bindings,
    compile_audience,
    compile_values,
    inline_sql,
)
from dearly.evaluation.sql.zones import CLOCK_COLUMNS, clock_rows, zone_columns, zone_rows

__all__ = [
    "CLOCK_COLUMNS",
    "DIALECTS",
    "Column",
    "Dialect",
    "Statement",
    "Storage",
    "Table",
    "bindings",
    "clock_rows",
    "compile_audience",
    "compile_values",
    "inline_sql",
    "tables",
    "zone_columns",
    "zone_rows",
]
