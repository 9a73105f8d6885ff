"""A whole store as of one instant: written to an SQLite store's file, and loaded from one."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

from dearly.store.contract import StoreUnavailable
from dearly.store.postgres.schema import Connection
from dearly.store.postgres.tables import COUNTERS, TABLES, Table
from dearly.store.sqlite import KEPT, migrate, new_store_file

ROWS_AT_ONCE = 5_000


def backup(connection: Connection, path: Path) -> None:
    """See :meth:`dearly.store.Store.backup`."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        connection.execute("SET LOCAL enable_seqscan = on")  # whole tables, for once
        with new_store_file(path) as target:
            migrate(target, path)
            target.execute("BEGIN")
            for table in TABLES:
                _write(connection, table, target)
            _write_counters(connection, target)
            target.execute("COMMIT")


def load(
    connection: Connection, name: str, source: sqlite3.Connection, progress: Callable[[str, int], None]
) -> None:
    """Make an empty store what an SQLite store is; within a transaction, so wholly or not at all.

    ``name`` is what messages call the store; ``progress`` is told a table, and how many of its rows are read.

    Raises:
        StoreUnavailable: the store is not empty.
    """
    connection.execute("LOCK TABLE customers, items, feed, generations, sinks IN EXCLUSIVE MODE")
    for table in KEPT:
        if connection.execute(f"SELECT FROM {table} LIMIT 1").fetchone() is not None:
            raise StoreUnavailable(
                f"The store {name} is not empty: it has rows in {table}. Name an empty database."
            )
    connection.execute("DELETE FROM generations")
    connection.execute("DELETE FROM sinks")
    for each in TABLES:
        _load(connection, each, source, progress)
    _load_counters(connection, source)
    connection.execute(f"ANALYZE {', '.join(each.name for each in TABLES)}")


def _write(connection: Connection, table: Table, target: sqlite3.Connection) -> None:
    with connection.cursor(name="backup") as rows:
        rows.itersize = ROWS_AT_ONCE
        rows.execute(table.read_postgres)
        while some := rows.fetchmany(ROWS_AT_ONCE):
            bound = [dict(zip(table.columns, row, strict=True)) for row in some]
            for statement in table.write_sqlite:
                target.executemany(statement, bound)


def _write_counters(connection: Connection, target: sqlite3.Connection) -> None:
    kept = _first(connection.execute("SELECT tombstone_key, feed_trimmed FROM dearly_store").fetchone())
    target.execute("UPDATE store SET tombstone_key = ?, feed_trimmed = ?", kept)
    for counter in COUNTERS:
        (newest,) = _first(connection.execute(counter.read_postgres).fetchone())
        target.execute("DELETE FROM sqlite_sequence WHERE name = ?", (counter.name,))
        target.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (counter.name, newest))


def _load(
    connection: Connection, table: Table, source: sqlite3.Connection, progress: Callable[[str, int], None]
) -> None:
    listed = ", ".join(table.columns)
    done = 0
    with connection.cursor().copy(f"COPY {table.name} ({listed}) FROM STDIN") as copy:
        for some in _batches(source.execute(table.read_sqlite)):
            for row in some:
                copy.write_row(row)
            done += len(some)
            progress(table.name, done)


def _load_counters(connection: Connection, source: sqlite3.Connection) -> None:
    kept = source.execute("SELECT tombstone_key, feed_trimmed FROM store").fetchone()
    connection.execute("UPDATE dearly_store SET tombstone_key = %s, feed_trimmed = %s", kept)
    connection.execute(
        "UPDATE counters SET newest = (SELECT coalesce(max(change), 0) FROM items) WHERE name = 'items'"
    )
    for counter in COUNTERS:
        found = source.execute("SELECT seq FROM sqlite_sequence WHERE name = ?", (counter.name,)).fetchone()
        connection.execute(counter.write_postgres, {"newest": found[0] if found else 0})


def _batches(rows: sqlite3.Cursor) -> Iterator[list[Sequence[Any]]]:
    while some := rows.fetchmany(ROWS_AT_ONCE):
        yield some


def _first(row: tuple[Any, ...] | None) -> tuple[Any, ...]:
    """The one row of a table that always has one."""
    assert row is not None
    return row
