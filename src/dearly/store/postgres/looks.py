"""Looking at customers: who is due is claimed, read and looked at, and kept if nothing came between.

A claim is an advisory lock, which no touch asks for: what comes in does not wait for a look. Each touch makes
a customer's version another, and a look that was made of an older one is dropped; its customer is due still.
Claims end with the transaction, so those of a server that is killed end with its session.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from dearly.store.passes import kept_without_gap
from dearly.store.postgres.feed import append_records
from dearly.store.postgres.reads import read_customers
from dearly.store.postgres.schema import CLAIMS, Connection
from dearly.store.records import Due, Look, LookAt, MemberChange

_SERVERS = 4
"""So many times as many are tried as are asked for, since other servers may have claimed the first."""
_ROWS = "SELECT id, due_us, touched, touched_since_us, standing, version FROM customers"


@dataclass(frozen=True, slots=True)
class _Seen:
    """A customer as read for a look, and which version that was."""

    due: Due
    version: int


def look_at_due(connection: Connection, now_us: int, limit: int, look_at: LookAt) -> int:
    """See :meth:`dearly.store.Store.look_at_due`."""
    claimed = connection.execute(
        """WITH due AS MATERIALIZED (
             SELECT id FROM customers WHERE due_us <= %s ORDER BY due_us, id LIMIT %s)
           SELECT id FROM due WHERE pg_try_advisory_xact_lock(%s, hashtext(id)) LIMIT %s""",
        (now_us, limit * _SERVERS, CLAIMS, limit),
    )
    ids = [customer_id for (customer_id,) in claimed]
    # Read after they were claimed: whoever had them until just now may have looked at them.
    seen = _seen(
        connection,
        f"{_ROWS} WHERE id = ANY(%s::text[]) AND due_us <= %s ORDER BY due_us, id",
        (ids, now_us),
    )
    return len(_look(connection, seen, now_us, look_at))


def look_at_page(connection: Connection, number: int, limit: int, now_us: int, look_at: LookAt) -> int:
    """See :meth:`dearly.store.Store.look_at_page`. Pages of one pass are looked at one after the other."""
    found = connection.execute(
        "SELECT cursor FROM generations WHERE number = %s FOR NO KEY UPDATE", (number,)
    ).fetchone()
    if found is None:
        return 0
    seen = _seen(connection, f"{_ROWS} WHERE id > %s ORDER BY id LIMIT %s", (found[0] or "", limit))
    kept = _look(connection, seen, now_us, look_at)
    done = kept_without_gap([one.due.customer_id for one in seen], kept)
    if done:
        connection.execute(
            "UPDATE generations SET cursor = %s, done = done + %s WHERE number = %s",
            (done[-1], len(done), number),
        )
    return len(seen)


def next_due_us(connection: Connection) -> int | None:
    """See :meth:`dearly.store.Store.next_due_us`."""
    (least,) = connection.execute("SELECT min(due_us) FROM customers").fetchone() or (None,)
    return None if least is None else int(least)


def count_due(connection: Connection, now_us: int) -> int:
    """See :meth:`dearly.store.Store.count_due`."""
    (count,) = connection.execute(
        "SELECT count(*) FROM customers WHERE due_us <= %s", (now_us,)
    ).fetchone() or (0,)
    return int(count)


def due_customers(connection: Connection, now_us: int, after: str | None, limit: int) -> list[Due]:
    """See :meth:`dearly.store.Store.due_customers`."""
    seen = _seen(
        connection,
        f"{_ROWS} WHERE due_us <= %s AND id > %s ORDER BY id LIMIT %s",
        (now_us, "" if after is None else after, limit),
    )
    return [one.due for one in seen]


def _seen(connection: Connection, statement: str, bound: Sequence[Any]) -> list[_Seen]:
    return [
        _Seen(Due(customer_id, due_us, frozenset(touched), since_us, standing), version)
        for customer_id, due_us, touched, since_us, standing, version in connection.execute(statement, bound)
    ]


def _look(connection: Connection, seen: Sequence[_Seen], now_us: int, look_at: LookAt) -> Collection[str]:
    """Look at customers, and keep what comes of it unless something came between; whose was kept."""
    if not seen:
        return ()
    looks = look_at([one.due for one in seen], partial(read_customers, connection))
    # Before anything is kept of them, and until the end: generations that are forgotten keep no members.
    rows = connection.execute("SELECT number FROM generations ORDER BY number FOR KEY SHARE")
    numbers = {number for (number,) in rows}
    kept = _lock_unchanged(connection, seen)
    looks = [look for look in looks if look.customer_id in kept]
    _keep_standings(connection, kept, looks)
    changes = {
        (change.generation, change.name, look.customer_id): change  # the last of each
        for look in looks
        for change in look.changes
        if change.generation in numbers
    }
    _keep_members(connection, changes)
    append_records(connection, [(look.customer_id, body) for look in looks for body in look.feed], now_us)
    return kept


def _lock_unchanged(connection: Connection, seen: Sequence[_Seen]) -> set[str]:
    """Lock the rows that are what they were; who is locked is being touched, and waited for by nobody."""
    rows = connection.execute(
        """SELECT customers.id FROM customers
           JOIN unnest(%s::text[], %s::bigint[]) AS seen (id, version)
             ON seen.id = customers.id AND seen.version = customers.version
           FOR UPDATE OF customers SKIP LOCKED""",
        ([one.due.customer_id for one in seen], [one.version for one in seen]),
    )
    return {customer_id for (customer_id,) in rows}


def _keep_standings(connection: Connection, kept: Collection[str], looks: Sequence[Look]) -> None:
    connection.execute(
        """UPDATE customers SET due_us = look.next_us, touched = '{}', touched_since_us = NULL,
             standing = look.standing, version = version + 1
           FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS look (id, next_us, standing)
           WHERE customers.id = look.id""",
        (
            [look.customer_id for look in looks],
            [look.next_us for look in looks],
            [look.standing for look in looks],
        ),
    )
    passed_over = set(kept) - {look.customer_id for look in looks}
    if passed_over:
        connection.execute(
            "UPDATE customers SET due_us = NULL WHERE id = ANY(%s::text[])", (list(passed_over),)
        )


def _keep_members(connection: Connection, changes: dict[tuple[int, str, str], MemberChange]) -> None:
    left = [key for key, change in changes.items() if change.state is None]
    if left:
        connection.execute(
            """DELETE FROM members
               USING unnest(%s::bigint[], %s::text[], %s::text[]) AS gone (generation, name, id)
               WHERE members.generation = gone.generation AND members.name = gone.name AND customer = id""",
            [list(column) for column in zip(*left, strict=True)],
        )
    here = [
        (*key, change.state, change.since_us) for key, change in changes.items() if change.state is not None
    ]
    if here:
        connection.execute(
            """INSERT INTO members (generation, name, customer, state, since_us)
               SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::bigint[])
               ON CONFLICT (generation, name, customer) DO UPDATE SET
                 state = excluded.state, since_us = excluded.since_us""",
            [list(column) for column in zip(*here, strict=True)],
        )
