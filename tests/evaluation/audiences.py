"""Who is in a segment, by the SQL that an author is shown: its parameters written out."""

from __future__ import annotations

from collections.abc import Sequence

import duckdb

from dearly.evaluation import Facts
from dearly.evaluation.sql import compile_audience, inline_sql
from dearly.language.program import Program
from tests.evaluation.sql_engines import loaded, zones_of


def duckdb_audience(program: Program, segment: str, customers: Sequence[Facts], now_us: int) -> list[int]:
    """The places of the customers whom DuckDB finds."""
    statement = compile_audience(program, segment)
    tables = loaded(program, statement, customers) | zones_of(program, statement, customers, now_us)
    with duckdb.connect() as connection:
        connection.execute("SET threads = 1")
        for name, rows in tables.items():
            connection.register(name, rows)
        found = connection.execute(inline_sql(statement, now_us)).fetchall()
    return sorted(int(customer_id) for (customer_id,) in found)
