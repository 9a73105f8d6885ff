"""Tombstones: that an id was erased, and when, without the id."""

from __future__ import annotations

from collections.abc import Collection

from dearly.store.postgres.schema import Connection
from dearly.store.records import ErasedId
from dearly.store.rows import tombstone


def erased_among(connection: Connection, customer_ids: Collection[str]) -> set[str]:
    """Those of the ids that were erased and are not readmitted."""
    if not customer_ids or connection.execute("SELECT FROM erased LIMIT 1").fetchone() is None:
        return set()
    hashes = _hashes(connection, customer_ids)
    rows = connection.execute(
        "SELECT hash FROM erased WHERE hash = ANY(%s::bytea[]) AND NOT readmitted", (list(hashes),)
    )
    return {hashes[bytes(found)] for (found,) in rows}


def erased_ids(connection: Connection, customer_ids: Collection[str]) -> dict[str, ErasedId]:
    """See :meth:`dearly.store.Store.erased_ids`."""
    if not customer_ids:
        return {}
    hashes = _hashes(connection, customer_ids)
    rows = connection.execute(
        "SELECT hash, position, erased_us FROM erased WHERE hash = ANY(%s::bytea[])", (list(hashes),)
    )
    return {hashes[bytes(found)]: ErasedId(position, erased_us) for found, position, erased_us in rows}


def set_tombstones(connection: Connection, customer_ids: Collection[str], when: ErasedId) -> None:
    """Have nothing more kept of the ids."""
    connection.execute(
        """INSERT INTO erased (hash, position, erased_us) SELECT hash, %s, %s FROM unnest(%s::bytea[]) AS hash
           ON CONFLICT (hash) DO UPDATE SET
             position = excluded.position, erased_us = excluded.erased_us, readmitted = false""",
        (*when, list(_hashes(connection, customer_ids))),
    )


def readmit(connection: Connection, customer_ids: Collection[str]) -> None:
    """Let the ids come back."""
    if customer_ids:
        connection.execute(
            "UPDATE erased SET readmitted = true WHERE hash = ANY(%s::bytea[])",
            (list(_hashes(connection, customer_ids)),),
        )


def _hashes(connection: Connection, customer_ids: Collection[str]) -> dict[bytes, str]:
    """The ids by their keyed hashes."""
    (key,) = connection.execute("SELECT tombstone_key FROM dearly_store").fetchone() or (b"",)
    return {tombstone(customer_id, key): customer_id for customer_id in customer_ids}
