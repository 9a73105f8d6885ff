"""Looking at customers: who is due is claimed by locking their rows, until what comes of it is kept."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any

from dearly.store.postgres.feed import append_records
from dearly.store.postgres.reads import read_customers
from dearly.store.postgres.schema import Connection
from dearly.store.records import Due, Look, LookAt, MemberChange

_DUE = "SELECT id, due_us, touched, touched_since_us, standing FROM customers"


def look_at_due(connection: Connection, now_us: int, limit: int, look_at: LookAt) -> int:
    """See :meth:`dearly.store.Store.look_at_due`.

    Whoever is locked is looked at, or written to, by another, and stays due. Whatever came in of the others
    before they were locked is read, and nothing more comes in until this transaction ends, since a touch
    needs the lock too.
    """
    due = _due(
        connection,
        f"{_DUE} WHERE due_us <= %s ORDER BY due_us, id LIMIT %s FOR UPDATE SKIP LOCKED",
        (now_us, limit),
    )
    _look(connection, due, now_us, look_at)
    return len(due)


def look_at_page(connection: Connection, number: int, limit: int, now_us: int, look_at: LookAt) -> int:
    """See :meth:`dearly.store.Store.look_at_page`. Pages of one pass are looked at one after the other."""
    found = connection.execute(
        "SELECT cursor FROM generations WHERE number = %s FOR NO KEY UPDATE", (number,)
    ).fetchone()
    page = _lock_page(connection, found[0] or "", limit) if found else []
    if page:
        connection.execute(
            "UPDATE generations SET cursor = %s, done = done + %s WHERE number = %s",
            (page[-1].customer_id, len(page), number),
        )
        _look(connection, page, now_us, look_at)
    return len(page)


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
    return _due(
        connection,
        f"{_DUE} WHERE due_us <= %s AND id > %s ORDER BY id LIMIT %s",
        (now_us, "" if after is None else after, limit),
    )


def _lock_page(connection: Connection, after: str, limit: int) -> list[Due]:
    """The next customers; none only when there are none, and not when all were merged or erased meanwhile."""
    while True:
        page = _due(connection, f"{_DUE} WHERE id > %s ORDER BY id LIMIT %s FOR UPDATE", (after, limit))
        more = "SELECT FROM customers WHERE id > %s LIMIT 1"
        if page or connection.execute(more, (after,)).fetchone() is None:
            return page


def _due(connection: Connection, statement: str, bound: Sequence[Any]) -> list[Due]:
    return [
        Due(customer_id, due_us, frozenset(touched), since_us, standing)
        for customer_id, due_us, touched, since_us, standing in connection.execute(statement, bound)
    ]


def _look(connection: Connection, due: Sequence[Due], now_us: int, look_at: LookAt) -> None:
    if not due:
        return
    # Before anything is kept of them, and until the end: generations that are forgotten keep no members.
    rows = connection.execute("SELECT number FROM generations ORDER BY number FOR KEY SHARE")
    numbers = {number for (number,) in rows}
    looks = look_at(due, partial(read_customers, connection))
    _keep_standings(connection, due, looks)
    changes = {
        (change.generation, change.name, look.customer_id): change  # the last of each
        for look in looks
        for change in look.changes
        if change.generation in numbers
    }
    _keep_members(connection, changes)
    append_records(connection, [(look.customer_id, body) for look in looks for body in look.feed], now_us)


def _keep_standings(connection: Connection, due: Sequence[Due], looks: Sequence[Look]) -> None:
    connection.execute(
        """UPDATE customers SET due_us = look.next_us, touched = '{}', touched_since_us = NULL,
             standing = look.standing
           FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS look (id, next_us, standing)
           WHERE customers.id = look.id""",
        (
            [look.customer_id for look in looks],
            [look.next_us for look in looks],
            [look.standing for look in looks],
        ),
    )
    passed_over = {each.customer_id for each in due} - {look.customer_id for look in looks}
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
