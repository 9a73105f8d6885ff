"""What is held of a customer: handed out whole, and deleted whole."""

from __future__ import annotations

import json
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
from dearly.store.sqlite.customers import get_consents, ids_of, read_fields, read_standing
from dearly.store.sqlite.events import forget_events
from dearly.store.sqlite.feed import dead_letters_of, newest_position
from dearly.store.sqlite.reads import get_profile
from dearly.store.sqlite.tombstones import set_tombstones

_BY_ID = ("consents", "members", "feed", "dead_letters")
"""Tables that say by its id whose a row is; those of the feed by the id of then."""
_EVENTS = "SELECT customer, type, time_us, source, id FROM events WHERE customer = ?"


def export_customer(connection: sqlite3.Connection, customer_id: str) -> CustomerExport | None:
    """See :meth:`dearly.store.Store.export_customer`."""
    connection.execute("BEGIN")  # one instant for all
    try:
        return _export(connection, *ids_of(connection, customer_id))
    finally:
        connection.execute("COMMIT")


def _export(connection: sqlite3.Connection, who: str, *others: str) -> CustomerExport | None:
    known = connection.execute("SELECT no FROM customers WHERE id = ?", (who,)).fetchone()
    told = connection.execute(
        "SELECT body FROM feed WHERE customer IN (SELECT value FROM json_each(?)) ORDER BY position",
        (json.dumps((who, *others)),),
    )
    feed, dead = [body for (body,) in told], dead_letters_of(connection, (who, *others))
    if known is None and not others and not feed and not dead:
        return None
    fields = read_fields(connection, known[0]) if known else None
    return CustomerExport(
        customer_id=who,
        other_ids=list(others),
        profile=get_profile(connection, who),
        field_times_us=fields.times_us if fields else {},
        consents=get_consents(connection, who),
        events=_events_of(connection, who, known[0]) if known else [],
        standing=read_standing(connection, known[0]) if known else None,
        feed=feed,
        dead_letters=dead,
    )


def erase_customer(connection: sqlite3.Connection, customer_id: str, now_us: int) -> Erasure:
    """See :meth:`dearly.store.Store.erase_customer`."""
    who, *_ = ids = ids_of(connection, customer_id)
    rows = {
        table: connection.executemany(
            f"DELETE FROM {table} WHERE customer = ?",  # noqa: S608 (names of our own)
            [(one,) for one in ids],
        ).rowcount
        for table in _BY_ID
    }
    rows["aliases"] = connection.execute("DELETE FROM aliases WHERE customer = ?", (who,)).rowcount
    known = connection.execute("SELECT no FROM customers WHERE id = ?", (who,)).fetchone()
    events = connection.execute(_EVENTS, known or (None,)).fetchall()
    forget_events(connection, events)
    rows["events"] = len(events)
    rows |= _forget_customer(connection, known or (None,))
    for one in ids:  # a pass goes on behind whoever stands before them
        connection.execute(
            """UPDATE generations SET cursor = (SELECT max(id) FROM customers WHERE id < ?1)
               WHERE cursor = ?1""",
            (one,),
        )
    set_tombstones(connection, ids, ErasedId(newest_position(connection), now_us))
    return Erasure(ids, rows, was_known=any(rows.values()), due=_make_due(connection))


def _forget_customer(connection: sqlite3.Connection, number: tuple[int | None]) -> dict[str, int]:
    """Delete the rows of a customer's own; how many held what, by the names that both stores call it."""
    profiles, standings = connection.execute(
        """SELECT count(fields), count(standing)
           FROM customers LEFT JOIN standings ON standings.customer = no WHERE no = ?""",
        number,
    ).fetchone()
    connection.execute("DELETE FROM standings WHERE customer = ?", number)
    customers = connection.execute("DELETE FROM customers WHERE no = ?", number).rowcount
    return {"customers": customers, "profiles": profiles, "standings": standings}


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
