"""Tombstones: that an id was erased, without the id."""

from __future__ import annotations

from collections.abc import Collection

from dearly.store.postgres.schema import Connection
from dearly.store.rows import tombstone


def erased_among(connection: Connection, customer_ids: Collection[str]) -> set[str]:
    """Those of the ids that were erased and are not readmitted."""
    if not customer_ids:
        return set()
    hashes = _hashes(connection, customer_ids)
    rows = connection.execute("SELECT hash FROM erased WHERE hash = ANY(%s::bytea[])", (list(hashes),))
    return {hashes[bytes(found)] for (found,) in rows}


def set_tombstones(connection: Connection, customer_ids: Collection[str]) -> None:
    """Have nothing more kept of the ids."""
    connection.execute(
        "INSERT INTO erased SELECT * FROM unnest(%s::bytea[]) ON CONFLICT DO NOTHING",
        (list(_hashes(connection, customer_ids)),),
    )


def readmit(connection: Connection, customer_ids: Collection[str]) -> None:
    """Let the ids come back."""
    if customer_ids:
        connection.execute(
            "DELETE FROM erased WHERE hash = ANY(%s::bytea[])", (list(_hashes(connection, customer_ids)),)
        )


def _hashes(connection: Connection, customer_ids: Collection[str]) -> dict[bytes, str]:
    """The ids by their keyed hashes."""
    (key,) = connection.execute("SELECT tombstone_key FROM dearly_store").fetchone() or (b"",)
    return {tombstone(customer_id, key): customer_id for customer_id in customer_ids}
