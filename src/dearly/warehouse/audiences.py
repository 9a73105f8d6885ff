"""Audiences of an export, by DuckDB. It reads the export's files and nothing else, and fetches nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from dearly.evaluation.sql import Statement, bindings
from dearly.language.program import Program
from dearly.warehouse.manifest import Manifest, read_manifest
from dearly.warehouse.zones import clocks_table, zones_table

_NOTHING_FROM_OUTSIDE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": False,
    "autoload_known_extensions": False,
}


@dataclass(frozen=True, slots=True)
class Warehouse:
    """An export, open to be asked."""

    manifest: Manifest
    connection: Any
    """DuckDB's, with a view for each table."""


@contextmanager
def open_warehouse(directory: Path, program: Program) -> Iterator[Warehouse]:
    """The export in a directory.

    Raises:
        ExportRefused: there is none, or it was made for other declarations than the program's.
    """
    manifest = read_manifest(directory, program)
    with duckdb.connect(config=_NOTHING_FROM_OUTSIDE) as connection:
        for path in sorted(directory.glob("*.parquet")):
            connection.from_parquet(str(path)).create_view(path.stem)
        yield Warehouse(manifest, connection)


def ask(warehouse: Warehouse, statement: Statement, now_us: int) -> Any:
    """What a statement gives at an instant, as an Arrow table."""
    connection, manifest = warehouse.connection, warehouse.manifest
    if "zones" in statement.reads:
        connection.register("zones", zones_table(manifest.zones, now_us, statement.day_starts))
    if "clocks" in statement.reads:
        earliest_us = min(manifest.earliest_us, now_us)
        connection.register("clocks", clocks_table(manifest.zones, earliest_us, now_us))
    return connection.sql(statement.sql, params=bindings(statement, now_us)).to_arrow_table()


def find_audience(warehouse: Warehouse, statement: Statement, now_us: int) -> list[str]:
    """The ids of a statement's audience, ascending by code point."""
    found: list[str] = ask(warehouse, statement, now_us).column(0).to_pylist()
    return sorted(found)
