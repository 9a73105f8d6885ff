"""Tombstones: that an id was erased, and when, without the id."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

from dearly.store.records import ErasedId
from dearly.store.rows import tombstone


def erased_among(connection: sqlite3.Connection, customer_ids: Collection[str]) -> set[str]:
    """Those of the ids that were erased and are not readmitted."""
    if connection.execute("SELECT 1 FROM erased LIMIT 1").fetchone() is None:
        return set()
    hashes = _hashes(connection, customer_ids)
    return {
        customer_id
        for customer_id, found in hashes.items()
        if connection.execute("SELECT 1 FROM erased WHERE hash = ? AND NOT readmitted", (found,)).fetchone()
    }


def erased_ids(connection: sqlite3.Connection, customer_ids: Collection[str]) -> dict[str, ErasedId]:
    """See :meth:`dearly.store.Store.erased_ids`."""
    if connection.execute("SELECT 1 FROM erased LIMIT 1").fetchone() is None:
        return {}
    found = {}
    for customer_id, hashed in _hashes(connection, customer_ids).items():
        row = connection.execute(
            "SELECT position, erased_us FROM erased WHERE hash = ?", (hashed,)
        ).fetchone()
        if row:
            found[customer_id] = ErasedId(*row)
    return found


def set_tombstones(connection: sqlite3.Connection, customer_ids: Collection[str], when: ErasedId) -> None:
    """Have nothing more kept of the ids."""
    connection.executemany(
        """INSERT INTO erased (hash, position, erased_us) VALUES (?, ?, ?)
           ON CONFLICT (hash) DO UPDATE SET
             position = excluded.position, erased_us = excluded.erased_us, readmitted = 0""",
        [(found, *when) for found in _hashes(connection, customer_ids).values()],
    )


def readmit(connection: sqlite3.Connection, customer_ids: Collection[str]) -> None:
    """Let the ids come back."""
    if customer_ids:
        connection.executemany(
            "UPDATE erased SET readmitted = 1 WHERE hash = ?",
            [(found,) for found in _hashes(connection, customer_ids).values()],
        )


def _hashes(connection: sqlite3.Connection, customer_ids: Collection[str]) -> dict[str, bytes]:
    (key,) = connection.execute("SELECT tombstone_key FROM store").fetchone()
    return {customer_id: tombstone(customer_id, key) for customer_id in customer_ids}
