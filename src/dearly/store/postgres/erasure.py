"""What is held of a customer: handed out whole, and deleted whole."""

from __future__ import annotations

from collections.abc import Collection

from dearly.store.postgres.counters import newest
from dearly.store.postgres.customers import get_consents, ids_of, read_fields
from dearly.store.postgres.feed import dead_letters_of
from dearly.store.postgres.reads import get_profile
from dearly.store.postgres.schema import LOCKS, SCRUB_LOCK, Connection
from dearly.store.postgres.tombstones import set_tombstones
from dearly.store.records import (
    SINKS,
    STORE_FILES,
    CustomerExport,
    ErasedId,
    Erasure,
    ErasureDue,
    EventRecord,
)
from dearly.store.rows import decode_fields

_HELD = {
    "customers": "id",
    "profiles": "customer",
    "consents": "customer",
    "events": "customer",
    "members": "customer",
    "feed": "customer",
    "dead_letters": "customer",
    "aliases": "customer",
}
"""The tables that hold something of a customer, and in which column they say whose it is: those of
the feed by the id of then."""


def export_customer(connection: Connection, customer_id: str) -> CustomerExport | None:
    """See :meth:`dearly.store.Store.export_customer`."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        who, *others = ids = ids_of(connection, customer_id)
        known = connection.execute("SELECT standing FROM customers WHERE id = %s", (who,)).fetchone()
        feed = connection.execute(
            "SELECT body FROM feed WHERE customer = ANY(%s::text[]) ORDER BY position", (ids,)
        )
        bodies, dead = [body for (body,) in feed], dead_letters_of(connection, ids)
        if known is None and not others and not bodies and not dead:
            return None
        profiles = read_fields(connection, [who])
        return CustomerExport(
            customer_id=who,
            other_ids=others,
            profile=get_profile(connection, who),
            field_times_us=profiles[who].times_us if who in profiles else {},
            consents=get_consents(connection, who),
            events=_events_of(connection, who),
            standing=known[0] if known else None,
            feed=bodies,
            dead_letters=dead,
        )


def erase_customer(connection: Connection, customer_id: str, now_us: int) -> Erasure:
    """See :meth:`dearly.store.Store.erase_customer`. Nobody writes meanwhile, but looks may be under way."""
    ids = ids_of(connection, customer_id)
    # First the customer's row, which a look under way holds; its standing is a place of its own in receipts.
    stood = connection.execute(
        "DELETE FROM customers WHERE id = ANY(%s::text[]) RETURNING standing IS NOT NULL", (ids,)
    ).fetchall()
    rows = {"customers": len(stood), "standings": stood.count((True,))} | {
        table: connection.execute(
            f"DELETE FROM {table} WHERE {column} = ANY(%s::text[])",  # noqa: S608 (names of our own)
            (ids,),
        ).rowcount
        for table, column in _HELD.items()
        if table != "customers"
    }
    for one in ids:  # a pass goes on behind whoever stands before them
        connection.execute(
            """UPDATE generations SET cursor = (SELECT max(id) FROM customers WHERE id < %(id)s)
               WHERE cursor = %(id)s""",
            {"id": one},
        )
    # Read after the customer's row has gone: a look that was under way has put its records into the feed.
    set_tombstones(connection, ids, ErasedId(newest(connection, "feed"), now_us))
    return Erasure(ids, rows, was_known=any(rows.values()), due=_make_due(connection))


def erasures_due(connection: Connection) -> list[ErasureDue]:
    """See :meth:`dearly.store.Store.erasures_due`."""
    rows = connection.execute("SELECT number, place FROM erasures_due ORDER BY number")
    return [ErasureDue(*row) for row in rows]


def settle_erasures(connection: Connection, numbers: Collection[int]) -> None:
    """See :meth:`dearly.store.Store.settle_erasures`."""
    connection.execute("DELETE FROM erasures_due WHERE number = ANY(%s::bigint[])", (list(numbers),))


def scrub(connection: Connection) -> bool:
    """See :meth:`dearly.store.Store.scrub`: one at a time does it, so that nobody queues for its locks."""
    locks = (LOCKS, SCRUB_LOCK)
    if connection.execute("SELECT pg_try_advisory_lock(%s, %s)", locks).fetchone() != (True,):
        return False
    try:
        due = [each.number for each in erasures_due(connection) if each.place == STORE_FILES]
        _overwrite(connection)
        settle_erasures(connection, due)
    finally:
        connection.execute("SELECT pg_advisory_unlock(%s, %s)", locks)
    return True


def _make_due(connection: Connection) -> dict[str, int]:
    rows = connection.execute(
        """INSERT INTO erasures_due (place) SELECT %s UNION ALL SELECT %s || name FROM sinks
           RETURNING place, number""",
        (STORE_FILES, SINKS),
    )
    return dict(rows.fetchall())


def _overwrite(connection: Connection) -> None:
    """Overwrite what deleted rows left, as far as a user of the database can.

    ``VACUUM (FULL)`` writes the tables that erasure reaches, and their indexes, anew without them, and the
    old files are deleted. What is left then is the write-ahead log: here it is switched to a new file, and a
    checkpoint lets the old ones go, where the user may do so (``pg_checkpoint``, and the right to execute
    ``pg_switch_wal``). PostgreSQL deletes them by and by as ``max_wal_size`` says, or, with ``wal_recycle``,
    writes over them. Archived log, replicas and backups of the server are the business of who keeps them.

    Rows that a transaction may still see that began before they were deleted are written along: scrub again
    once it has ended. Each table is locked while it is written: verbs that need it find the store unavailable
    for that while.
    """
    for table in (*_HELD, "generations"):
        connection.execute(f"VACUUM (FULL) {table}")
    for statement, right in (
        ("SELECT pg_switch_wal()", "has_function_privilege('pg_switch_wal()', 'execute')"),
        ("CHECKPOINT", "pg_has_role('pg_checkpoint', 'usage')"),
    ):
        if connection.execute(f"SELECT {right}").fetchone() == (True,):
            connection.execute(statement)


def _events_of(connection: Connection, customer_id: str) -> list[EventRecord]:
    rows = connection.execute(
        """SELECT customer, type, time_us, source, id, properties FROM events
           WHERE customer = %s ORDER BY type, time_us, source, id""",
        (customer_id,),
    )
    return [
        EventRecord(customer, kind, time_us, source, event_id, decode_fields(properties))
        for customer, kind, time_us, source, event_id, properties in rows
    ]
