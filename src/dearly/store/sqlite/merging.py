"""One customer of two."""

from __future__ import annotations

import sqlite3

from dearly.store.records import ALL_TOUCHED, JoinStandings, MergeOutcome
from dearly.store.refusals import refused_merge
from dearly.store.rows import Fields, change_fields
from dearly.store.sqlite.customers import (
    Touch,
    get_consents,
    number_of,
    read_fields,
    read_standing,
    resolve,
    touch,
    write_consents,
    write_fields,
)
from dearly.store.sqlite.feed import append_records
from dearly.store.sqlite.tombstones import erased_among


def merge_customers(
    connection: sqlite3.Connection,
    from_id: str,
    into_id: str,
    now_us: int,
    record: str,
    join: JoinStandings,
) -> MergeOutcome:
    """See :meth:`dearly.store.Store.merge_customers`."""
    gone, survivor = resolve(connection, from_id), resolve(connection, into_id)
    refused = refused_merge(from_id, gone, survivor, erased_among(connection, {from_id, into_id}))
    if refused is not None:
        return refused
    number, into = number_of(connection, gone), number_of(connection, survivor)
    _move_profile(connection, number, into)
    write_consents(connection, survivor, get_consents(connection, gone))
    touch(connection, [Touch(into, ALL_TOUCHED, None)])
    joined = join(read_standing(connection, number), read_standing(connection, into))
    connection.execute("UPDATE standings SET standing = ? WHERE customer = ?", (joined, into))
    _move_rows(connection, gone, survivor, number, into)
    append_records(connection, [(survivor, record)], now_us)
    return MergeOutcome.MERGED


def _move_profile(connection: sqlite3.Connection, number: int, into: int) -> None:
    lost = read_fields(connection, number)
    if lost is None:
        return
    (updated_us,) = connection.execute(
        "SELECT max(updated_us) FROM customers WHERE no IN (?, ?)", (number, into)
    ).fetchone()
    kept = read_fields(connection, into) or Fields({}, {})
    change_fields(kept, [(name, lost.values.get(name), time_us) for name, time_us in lost.times_us.items()])
    write_fields(connection, into, kept, updated_us)


def _move_rows(connection: sqlite3.Connection, gone: str, survivor: str, number: int, into: int) -> None:
    connection.execute("UPDATE events SET customer = ? WHERE customer = ?", (into, number))
    connection.execute("UPDATE aliases SET customer = ? WHERE customer = ?", (survivor, gone))
    connection.execute("DELETE FROM consents WHERE customer = ?", (gone,))
    connection.execute("DELETE FROM members WHERE customer = ?", (gone,))
    connection.execute("DELETE FROM standings WHERE customer = ?", (number,))
    connection.execute("DELETE FROM customers WHERE no = ?", (number,))
    connection.execute("INSERT INTO aliases (id, customer) VALUES (?, ?)", (gone, survivor))
