"""One customer of two."""

from __future__ import annotations

from dearly.store.postgres.customers import (
    get_consents,
    read_fields,
    touch,
    write_consents,
    write_fields,
)
from dearly.store.postgres.feed import append_records
from dearly.store.postgres.reads import resolve
from dearly.store.postgres.schema import Connection
from dearly.store.postgres.tombstones import erased_among
from dearly.store.records import ALL_TOUCHED, JoinStandings, MergeOutcome
from dearly.store.refusals import refused_merge
from dearly.store.rows import change_fields


def merge_customers(
    connection: Connection, from_id: str, into_id: str, now_us: int, record: str, join: JoinStandings
) -> MergeOutcome:
    """See :meth:`dearly.store.Store.merge_customers`. Nobody writes meanwhile, but looks may be under way."""
    gone, survivor = resolve(connection, from_id), resolve(connection, into_id)
    refused = refused_merge(from_id, gone, survivor, erased_among(connection, {from_id, into_id}))
    if refused is not None:
        return refused
    connection.execute(
        "SELECT FROM customers WHERE id = ANY(%s::text[]) ORDER BY id FOR UPDATE", ([gone, survivor],)
    )
    touch(connection, [survivor], ALL_TOUCHED)
    _join_standings(connection, gone, survivor, join)
    _move_profile(connection, gone, survivor)
    _move_consents(connection, gone, survivor)
    _move_rows(connection, gone, survivor)
    append_records(connection, [(survivor, record)], now_us)
    return MergeOutcome.MERGED


def _join_standings(connection: Connection, gone: str, survivor: str, join: JoinStandings) -> None:
    rows = connection.execute(
        "SELECT id, standing FROM customers WHERE id = ANY(%s::text[])", ([gone, survivor],)
    )
    standings: dict[str, str | None] = dict(rows.fetchall())
    joined = join(standings.get(gone), standings.get(survivor))
    connection.execute("UPDATE customers SET standing = %s WHERE id = %s", (joined, survivor))


def _move_profile(connection: Connection, gone: str, survivor: str) -> None:
    profiles = read_fields(connection, [gone, survivor])
    if gone not in profiles:
        return
    rows = connection.execute(
        "DELETE FROM profiles WHERE customer = ANY(%s::text[]) RETURNING updated_us", ([gone, survivor],)
    )
    updated_us = max(updated for (updated,) in rows)
    lost = profiles[gone]
    kept = profiles.get(survivor, lost)
    change_fields(kept, [(name, lost.values.get(name), time_us) for name, time_us in lost.times_us.items()])
    write_fields(connection, {survivor: kept}, updated_us)


def _move_consents(connection: Connection, gone: str, survivor: str) -> None:
    write_consents(connection, survivor, get_consents(connection, gone))
    connection.execute("DELETE FROM consents WHERE customer = %s", (gone,))


def _move_rows(connection: Connection, gone: str, survivor: str) -> None:
    connection.execute("UPDATE events SET customer = %s WHERE customer = %s", (survivor, gone))
    connection.execute("UPDATE aliases SET customer = %s WHERE customer = %s", (survivor, gone))
    connection.execute("DELETE FROM members WHERE customer = %s", (gone,))
    connection.execute("DELETE FROM customers WHERE id = %s", (gone,))
    connection.execute("INSERT INTO aliases (id, customer) VALUES (%s, %s)", (gone, survivor))
