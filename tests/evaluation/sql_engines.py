"""Engines that run generated SQL over customers at hand: what each says of every name in a program."""

from __future__ import annotations

import importlib.util
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, TypeAlias

import duckdb
import psycopg
import pyarrow as pa
import pyarrow.parquet as pq
from psycopg import sql

from dearly.evaluation import Facts
from dearly.evaluation.sql import Statement, Table, bindings, compile_values, tables
from dearly.language.calendar import zone_of
from dearly.language.program import Program
from dearly.language.types import Value
from dearly.warehouse.arrow import customer_rows, event_rows
from dearly.warehouse.zones import clocks_table, zones_table
from tests.postgres import fresh_database

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


# ------------------------------------------------------------------------------------------------- PostgreSQL


@contextmanager
def postgresql() -> Iterator[psycopg.Connection[Any]]:
    """A connection to a database of our own, in the tests' own PostgreSQL server."""
    with psycopg.connect(fresh_database(), autocommit=False) as connection:
        yield connection


def postgresql_values(
    connection: psycopg.Connection[Any], program: Program, customers: Sequence[Facts], instants: Iterable[int]
) -> list[Values]:
    """What PostgreSQL says at each instant; nothing stays behind."""
    statement = compile_values(program, program.evaluation_order, "postgres")
    text = statement.sql
    answers = []
    with connection.transaction(force_rollback=True):
        _create(connection, loaded(program, statement, customers))
        for now_us in instants:
            with connection.transaction(force_rollback=True):
                _create(connection, zones_of(program, statement, customers, now_us))
                found = connection.execute(text, bindings(statement, now_us)).fetchall()
            answers.append(in_order(program, found))
    return answers


_POSTGRESQL_TYPES = {
    "string": "text",
    "double": "double precision",
    "bool": "boolean",
    "int32": "integer",
    "int64": "bigint",
}


def _create(connection: psycopg.Connection[Any], filled: Mapping[str, Any]) -> None:
    for name, rows in filled.items():
        columns = [
            sql.SQL("{} {}").format(sql.Identifier(each.name), sql.SQL(_postgresql_type(each.type)))
            for each in rows.schema
        ]
        table = sql.Identifier(name)
        connection.execute(sql.SQL("CREATE TEMP TABLE {} ({})").format(table, sql.SQL(", ").join(columns)))
        with connection.cursor().copy(sql.SQL("COPY {} FROM STDIN").format(table)) as copy:
            for row in zip(*(column.to_pylist() for column in rows.columns), strict=True):
                copy.write_row(row)


def _postgresql_type(kind: Any) -> str:
    if pa.types.is_list(kind):
        return f"{_POSTGRESQL_TYPES[str(kind.value_type)]}[]"
    return _POSTGRESQL_TYPES[str(kind)]


# ------------------------------------------------------------------------------------------------------ Spark


def why_no_spark() -> str | None:
    """What Spark lacks here, or None."""
    if shutil.which("java") is None:
        return "there is no java; install openjdk-17-jre-headless"
    if importlib.util.find_spec("pyspark") is None:
        return "there is no pyspark; install what .ci/spark.lock names"
    return None


@contextmanager
def spark() -> Iterator[Any]:
    """A Spark session in this process's own Java, bound to loopback, which ends with it."""
    from pyspark.sql import SparkSession

    os.environ["SPARK_LOCAL_IP"] = "127.0.0.1"
    session = (
        SparkSession.builder.master("local[1]")
        .appName("dearly")
        .config("spark.driver.host", "127.0.0.1")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.ui.enabled", "false")
        .config("spark.ui.showConsoleProgress", "false")
        # A query runs once, on little: compiling it would be all that it does.
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.sql.adaptive.enabled", "false")
        .config("spark.log.level", "ERROR")
        .getOrCreate()
    )
    try:
        yield session
    finally:
        session.stop()


def spark_values(
    session: Any, program: Program, customers: Sequence[Facts], instants: Iterable[int]
) -> list[Values]:
    """What Spark says at each instant."""
    statement = compile_values(program, program.evaluation_order, "spark")
    text = statement.sql
    answers = []
    with TemporaryDirectory(prefix="dearly-spark-") as directory:
        _show(session, Path(directory), loaded(program, statement, customers))
        for place, now_us in enumerate(instants):
            zones = zones_of(program, statement, customers, now_us)
            _show(session, Path(directory) / str(place), zones)
            found = session.sql(text, args=bindings(statement, now_us)).collect()
            answers.append(in_order(program, found))
    return answers


def _show(session: Any, directory: Path, filled: Mapping[str, Any]) -> None:
    directory.mkdir(exist_ok=True)
    for name, rows in filled.items():
        path = directory / f"{name}.parquet"
        pq.write_table(rows, path)
        session.read.parquet(str(path)).createOrReplaceTempView(name)
