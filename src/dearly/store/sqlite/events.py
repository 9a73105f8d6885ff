"""Events: kept once each, and expired."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from dearly.store.records import Outcome
from dearly.store.rows import EventRow
from dearly.store.sqlite.customers import Touch, numbers_of, touch
from dearly.store.sqlite.tombstones import erased_among


def append_events(connection: sqlite3.Connection, events: Sequence[EventRow]) -> list[Outcome]:
    """Keep the events that are new, and touch their customers; one outcome each."""
    gone = erased_among(connection, {event.customer_id for event in events})
    outcomes = [
        Outcome.ERASED if event.customer_id in gone else _claim(connection, event) for event in events
    ]
    fresh = [event for event, outcome in zip(events, outcomes, strict=True) if outcome is Outcome.ACCEPTED]
    numbers = numbers_of(connection, {event.customer_id for event in fresh})
    connection.executemany(
        "INSERT INTO events (customer, type, time_us, source, id, properties) VALUES (?, ?, ?, ?, ?, ?)",
        [
            (
                numbers[event.customer_id],
                event.type,
                event.time_us,
                event.source,
                event.event_id,
                event.properties,
            )
            for event in fresh
        ],
    )
    touch(connection, _touches(fresh, numbers))
    return outcomes


def _touches(events: Sequence[EventRow], numbers: dict[str, int]) -> list[Touch]:
    """Each type of each customer once, with the least time."""
    found: dict[tuple[int, str], int] = {}
    for event in events:
        key = (numbers[event.customer_id], event.type)
        found[key] = min(event.time_us, found.get(key, event.time_us))
    return [Touch(number, kind, time_us) for (number, kind), time_us in found.items()]


def _claim(connection: sqlite3.Connection, event: EventRow) -> Outcome:
    key = (event.source, event.event_id)
    claimed = connection.execute(
        "INSERT OR IGNORE INTO event_ids (source, id, payload_hash) VALUES (?, ?, ?)",
        (*key, event.payload_hash),
    )
    if claimed.rowcount == 1:
        return Outcome.ACCEPTED
    (kept,) = connection.execute(
        "SELECT payload_hash FROM event_ids WHERE source = ? AND id = ?", key
    ).fetchone()
    return Outcome.DUPLICATE if kept == event.payload_hash else Outcome.CONFLICT


def expire_events(connection: sqlite3.Connection, before_us: int, limit: int) -> int:
    """See :meth:`dearly.store.Store.expire_events`."""
    expired: list[tuple[int, str, int, str, str]] = []
    for kind in _types(connection):
        expired += connection.execute(
            """SELECT customer, type, time_us, source, id FROM events
               WHERE type = ? AND time_us <= ? ORDER BY time_us LIMIT ?""",
            (kind, before_us, limit - len(expired)),
        )
    forget_events(connection, expired)
    return len(expired)


def forget_events(connection: sqlite3.Connection, events: Sequence[tuple[int, str, int, str, str]]) -> None:
    """Delete events (customer, type, time, source, id), and what tells repeats of them."""
    connection.executemany(
        "DELETE FROM events WHERE customer = ? AND type = ? AND time_us = ? AND source = ? AND id = ?", events
    )
    connection.executemany(
        "DELETE FROM event_ids WHERE source = ? AND id = ?", [(source, name) for *_, source, name in events]
    )


def _types(connection: sqlite3.Connection) -> list[str]:
    """The types that there are events of, each found by one step into the index."""
    rows = connection.execute(
        """WITH RECURSIVE types AS (
             SELECT min(type) AS type FROM events
             UNION ALL
             SELECT (SELECT min(type) FROM events WHERE events.type > types.type) FROM types
             WHERE type IS NOT NULL)
           SELECT type FROM types WHERE type IS NOT NULL"""
    )
    return [kind for (kind,) in rows]
