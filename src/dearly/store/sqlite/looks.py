"""Looking at customers: they are read first, and what comes of it is kept only if nothing came between.

Evaluating takes far longer than writing, and there is one writer. So nobody is locked meanwhile: each touch
makes a standing's version another, and a look that was made of an older one is dropped. Its customer is due
still.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

from dearly.store.records import Due, Look
from dearly.store.sqlite.feed import append_records

_STANDINGS = """SELECT customers.id, due_us, touched, touched_since_us, standing, customers.no, version
  FROM standings JOIN customers ON customers.no = standings.customer"""
_CUSTOMERS = """SELECT customers.id, due_us, coalesce(touched, ''), touched_since_us, standing, customers.no,
    coalesce(version, -1)
  FROM customers LEFT JOIN standings ON standings.customer = customers.no"""
_NOBODY_YET = -1
"""The version of a standing that is not there yet."""


@dataclass(frozen=True, slots=True)
class Seen:
    """A customer as read for a look, and which version of the standing that was."""

    due: Due
    number: int
    version: int


def see_due(connection: sqlite3.Connection, now_us: int, limit: int) -> list[Seen]:
    """Who is due, the earliest first."""
    return _seen(
        connection.execute(
            f"{_STANDINGS} WHERE due_us <= ? ORDER BY due_us LIMIT ?",
            (now_us, limit),
        )
    )


def see_due_by_id(connection: sqlite3.Connection, now_us: int, after: str | None, limit: int) -> list[Due]:
    """See :meth:`dearly.store.Store.due_customers`."""
    rows = connection.execute(
        f"{_STANDINGS} WHERE due_us <= ? AND customers.id > ? ORDER BY customers.id LIMIT ?",
        (now_us, "" if after is None else after, limit),
    )
    return [seen.due for seen in _seen(rows)]


def see_page(connection: sqlite3.Connection, number: int, limit: int) -> tuple[str | None, list[Seen]]:
    """The cursor of a generation's pass, and the customers behind it; nobody where it is gone."""
    found = connection.execute("SELECT cursor FROM generations WHERE number = ?", (number,)).fetchone()
    if found is None:
        return None, []
    rows = connection.execute(
        f"{_CUSTOMERS} WHERE customers.id > ? ORDER BY customers.id LIMIT ?",
        (found[0] or "", limit),
    )
    return found[0], _seen(rows)


def keep_looks(
    connection: sqlite3.Connection, seen: Sequence[Seen], looks: Sequence[Look], now_us: int
) -> set[str]:
    """Keep what came of looks unless something came between; of whom it was kept."""
    by_id = {look.customer_id: look for look in looks}
    kept = {one.due.customer_id for one in seen if _settle(connection, one, by_id.get(one.due.customer_id))}
    looks = [look for look in looks if look.customer_id in kept]
    _keep_members(connection, looks)
    append_records(connection, [(look.customer_id, body) for look in looks for body in look.feed], now_us)
    return kept


def move_cursor(
    connection: sqlite3.Connection, number: int, before: str | None, cursor: str, count: int
) -> bool:
    """Move a pass on, unless another has by now."""
    moved = connection.execute(
        "UPDATE generations SET cursor = ?, done = done + ? WHERE number = ? AND cursor IS ?",
        (cursor, count, number, before),
    )
    return moved.rowcount == 1


def next_due_us(connection: sqlite3.Connection) -> int | None:
    """See :meth:`dearly.store.Store.next_due_us`."""
    (least,) = connection.execute("SELECT min(due_us) FROM standings WHERE due_us IS NOT NULL").fetchone()
    return None if least is None else int(least)


def count_due(connection: sqlite3.Connection, now_us: int) -> int:
    """See :meth:`dearly.store.Store.count_due`."""
    (count,) = connection.execute("SELECT count(*) FROM standings WHERE due_us <= ?", (now_us,)).fetchone()
    return int(count)


def _seen(rows: sqlite3.Cursor) -> list[Seen]:
    return [
        Seen(Due(customer_id, due_us, frozenset(touched.split()), since_us, standing), number, version)
        for customer_id, due_us, touched, since_us, standing, number, version in rows
    ]


def _settle(connection: sqlite3.Connection, seen: Seen, look: Look | None) -> bool:
    """Keep a standing, or that its customer is no more due; False when it is another by now, or gone."""
    if seen.version == _NOBODY_YET:
        if connection.execute("SELECT 1 FROM customers WHERE no = ?", (seen.number,)).fetchone() is None:
            return False
        begun = connection.execute("INSERT OR IGNORE INTO standings (customer) VALUES (?)", (seen.number,))
        if begun.rowcount == 0:
            return False
    version = max(seen.version, 0)
    if look is None:
        settled = connection.execute(
            "UPDATE standings SET due_us = NULL WHERE customer = ? AND version = ?", (seen.number, version)
        )
    else:
        settled = connection.execute(
            """UPDATE standings SET due_us = ?, touched = '', touched_since_us = NULL, standing = ?,
                 version = version + 1
               WHERE customer = ? AND version = ?""",
            (look.next_us, look.standing, seen.number, version),
        )
    return settled.rowcount == 1


def _keep_members(connection: sqlite3.Connection, looks: Sequence[Look]) -> None:
    """Who is in what now; of generations that are forgotten, nothing."""
    changes = [(look.customer_id, change) for look in looks for change in look.changes]
    if not changes:
        return
    live = {number for (number,) in connection.execute("SELECT number FROM generations")}
    for customer_id, change in changes:
        if change.generation not in live:
            continue
        key = (change.generation, change.name, customer_id)
        if change.state is None:
            connection.execute("DELETE FROM members WHERE generation = ? AND name = ? AND customer = ?", key)
        else:
            connection.execute(
                """INSERT INTO members (generation, name, customer, state, since_us) VALUES (?, ?, ?, ?, ?)
                   ON CONFLICT (generation, name, customer) DO UPDATE SET
                     state = excluded.state, since_us = excluded.since_us""",
                (*key, change.state, change.since_us),
            )
