"""What is held of a customer: handed out whole, and deleted whole."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection

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
from dearly.store.sqlite.customers import get_consents, read_fields, resolve
from dearly.store.sqlite.events import forget_events
from dearly.store.sqlite.feed import newest_position
from dearly.store.sqlite.reads import get_profile
from dearly.store.sqlite.tombstones import set_tombstones

_BY_ID = {"consents": "customer", "members": "customer", "feed": "customer", "dead_letters": "customer"}
"""Tables that say by its id whose a row is."""
_EVENTS = "SELECT customer, type, time_us, source, id FROM events WHERE customer = ?"


def export_customer(connection: sqlite3.Connection, customer_id: str) -> CustomerExport | None:
    """See :meth:`dearly.store.Store.export_customer`."""
    connection.execute("BEGIN")  # one instant for all
    try:
        return _export(connection, resolve(connection, customer_id))
    finally:
        connection.execute("COMMIT")


def _export(connection: sqlite3.Connection, who: str) -> CustomerExport | None:
    known = connection.execute("SELECT no FROM customers WHERE id = ?", (who,)).fetchone()
    others = _other_ids(connection, who)
    feed = [
        body
        for (body,) in connection.execute(
            "SELECT body FROM feed WHERE customer = ? ORDER BY position", (who,)
        )
    ]
    if known is None and not others and not feed:
        return None
    fields = read_fields(connection, known[0]) if known else None
    return CustomerExport(
        customer_id=who,
        other_ids=others,
        profile=get_profile(connection, who),
        field_times_us=fields.times_us if fields else {},
        consents=get_consents(connection, who),
        events=_events_of(connection, who, known[0]) if known else [],
        standing=_standing(connection, known[0]) if known else None,
        feed=feed,
    )


def erase_customer(connection: sqlite3.Connection, customer_id: str, now_us: int) -> Erasure:
    """See :meth:`dearly.store.Store.erase_customer`."""
    who = resolve(connection, customer_id)
    ids = [who, *_other_ids(connection, who)]
    rows = {
        table: connection.execute(
            f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608 (names of our own)
            (who,),
        ).rowcount
        for table, column in _BY_ID.items()
    }
    rows["aliases"] = connection.execute("DELETE FROM aliases WHERE customer = ?", (who,)).rowcount
    known = connection.execute("SELECT no FROM customers WHERE id = ?", (who,)).fetchone()
    events = connection.execute(_EVENTS, known or (None,)).fetchall()
    forget_events(connection, events)
    rows["events"] = len(events)
    for table, column in (("standings", "customer"), ("customers", "no")):
        rows[table] = connection.execute(
            f"DELETE FROM {table} WHERE {column} = ?",  # noqa: S608 (names of our own)
            known or (None,),
        ).rowcount
    for one in ids:  # a pass goes on behind whoever stands before them
        connection.execute(
            """UPDATE generations SET cursor = (SELECT max(id) FROM customers WHERE id < ?1)
               WHERE cursor = ?1""",
            (one,),
        )
    set_tombstones(connection, ids, ErasedId(newest_position(connection), now_us))
    return Erasure(ids, rows, was_known=any(rows.values()), due=_make_due(connection))


def erasures_due(connection: sqlite3.Connection) -> list[ErasureDue]:
    """See :meth:`dearly.store.Store.erasures_due`."""
    rows = connection.execute("SELECT number, place FROM erasures_due ORDER BY number")
    return [ErasureDue(*row) for row in rows]


def settle_erasures(connection: sqlite3.Connection, numbers: Collection[int]) -> None:
    """See :meth:`dearly.store.Store.settle_erasures`."""
    connection.executemany("DELETE FROM erasures_due WHERE number = ?", [(number,) for number in numbers])


def _make_due(connection: sqlite3.Connection) -> dict[str, int]:
    rows = connection.execute(
        """INSERT INTO erasures_due (place) SELECT ? UNION ALL SELECT ? || name FROM sinks
           RETURNING place, number""",
        (STORE_FILES, SINKS),
    )
    return dict(rows.fetchall())


def _other_ids(connection: sqlite3.Connection, customer_id: str) -> list[str]:
    rows = connection.execute("SELECT id FROM aliases WHERE customer = ? ORDER BY id", (customer_id,))
    return [alias for (alias,) in rows]


def _standing(connection: sqlite3.Connection, number: int) -> str | None:
    found = connection.execute("SELECT standing FROM standings WHERE customer = ?", (number,)).fetchone()
    return found[0] if found else None


def _events_of(connection: sqlite3.Connection, customer_id: str, number: int) -> list[EventRecord]:
    rows = connection.execute(
        """SELECT type, time_us, source, id, properties FROM events
           WHERE customer = ? ORDER BY type, time_us, source, id""",
        (number,),
    )
    return [
        EventRecord(customer_id, kind, time_us, source, event_id, decode_fields(properties))
        for kind, time_us, source, event_id, properties in rows
    ]
