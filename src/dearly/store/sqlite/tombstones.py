"""Tombstones: that an id was erased, without the id."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from dearly.store.rows import tombstone


def erased_among(connection: sqlite3.Connection, customer_ids: Collection[str]) -> set[str]:
    """Those of the ids that were erased and are not readmitted."""
    if connection.execute("SELECT 1 FROM erased LIMIT 1").fetchone() is None:
        return set()
    hashes = _hashes(connection, customer_ids)
    return {
        customer_id
        for customer_id, found in hashes.items()
        if connection.execute("SELECT 1 FROM erased WHERE hash = ?", (found,)).fetchone()
    }


def set_tombstones(connection: sqlite3.Connection, customer_ids: Collection[str]) -> None:
    """Have nothing more kept of the ids."""
    connection.executemany(
        "INSERT OR IGNORE INTO erased (hash) VALUES (?)",
        [(found,) for found in _hashes(connection, customer_ids).values()],
    )


def readmit(connection: sqlite3.Connection, customer_ids: Collection[str]) -> None:
    """Let the ids come back."""
    connection.executemany(
        "DELETE FROM erased WHERE hash = ?",
        [(found,) for found in _hashes(connection, customer_ids).values()],
    )


def _hashes(connection: sqlite3.Connection, customer_ids: Collection[str]) -> dict[str, bytes]:
    (key,) = connection.execute("SELECT tombstone_key FROM store").fetchone()
    return {customer_id: tombstone(customer_id, key) for customer_id in customer_ids}
