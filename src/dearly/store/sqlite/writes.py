"""What is kept in a store: rows prepared outside the writer's lock, and the statements run inside it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from dearly.store.records import EventRecord, ItemRecord, Outcome, Stored

HASH_BYTES = 16

_ENCODE = msgspec.json.Encoder(order="sorted").encode
"""Sorted keys: equal mappings give equal bytes, for the payload's hash and for finding unchanged items."""


class EventRow(NamedTuple):
    """One event, ready to be bound. A tuple is made three times as fast as a frozen dataclass."""

    customer_id: str
    type: str
    time_us: int
    source: str
    event_id: str
    properties: str
    payload_hash: bytes


def prepare_event(event: EventRecord) -> EventRow:
    """Encode an event and hash its payload: all but (source, id)."""
    properties = _ENCODE(event.properties)
    payload = _ENCODE((event.customer_id, event.type, event.time_us)) + properties
    return EventRow(
        event.customer_id,
        event.type,
        event.time_us,
        event.source,
        event.event_id,
        properties.decode(),
        blake2b(payload, digest_size=HASH_BYTES).digest(),
    )


def append_events(connection: sqlite3.Connection, events: Sequence[EventRow]) -> list[Outcome]:
    """Keep the events that are new; one outcome each."""
    outcomes = [_claim(connection, event) for event in events]
    fresh = [event for event, outcome in zip(events, outcomes, strict=True) if outcome is Outcome.ACCEPTED]
    numbers = {customer: _number(connection, customer) for customer in {event.customer_id for event in fresh}}
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
    return outcomes


def prepare_profiles(profiles: Iterable[tuple[str, Mapping[str, Stored | None]]]) -> list[tuple[str, str]]:
    """Encode patches."""
    return [(customer_id, _ENCODE(fields).decode()) for customer_id, fields in profiles]


def upsert_profiles(connection: sqlite3.Connection, patches: Sequence[tuple[str, str]], now_us: int) -> None:
    """Patch profiles: JSON merge patch (RFC 7396) is just what is wanted, since values are never nested."""
    connection.executemany(
        """INSERT INTO customers (id, fields, updated_us) VALUES (?1, json_patch('{}', ?2), ?3)
           ON CONFLICT (id) DO UPDATE SET
             fields = json_patch(coalesce(fields, '{}'), ?2), updated_us = ?3""",
        [(customer_id, patch, now_us) for customer_id, patch in patches],
    )


def prepare_items(items: Iterable[ItemRecord]) -> list[tuple[str, str, str]]:
    """Encode items."""
    return [(item.catalog, item.item_id, _ENCODE(item.fields).decode()) for item in items]


def upsert_items(connection: sqlite3.Connection, items: Sequence[tuple[str, str, str]]) -> None:
    """Replace items; one that is the same already keeps its change number."""
    first = _next_change(connection)
    connection.executemany(
        """INSERT INTO items (catalog, id, fields, change) VALUES (?, ?, ?, ?)
           ON CONFLICT (catalog, id) DO UPDATE SET fields = excluded.fields, change = excluded.change
           WHERE fields IS NOT excluded.fields""",
        [(*item, change) for change, item in enumerate(items, start=first)],
    )


def delete_items(connection: sqlite3.Connection, catalog: str, item_ids: Sequence[str]) -> list[bool]:
    """Leave a tombstone with a change number for each item that was there."""
    first = _next_change(connection)
    return [
        connection.execute(
            "UPDATE items SET fields = NULL, change = ? WHERE catalog = ? AND id = ? AND fields IS NOT NULL",
            (change, catalog, item_id),
        ).rowcount
        == 1
        for change, item_id in enumerate(item_ids, start=first)
    ]


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


def _number(connection: sqlite3.Connection, customer_id: str) -> int:
    found = connection.execute("SELECT no FROM customers WHERE id = ?", (customer_id,)).fetchone()
    if found is None:
        return int(connection.execute("INSERT INTO customers (id) VALUES (?)", (customer_id,)).lastrowid or 0)
    return int(found[0])


def _next_change(connection: sqlite3.Connection) -> int:
    (newest,) = connection.execute("SELECT coalesce(max(change), 0) FROM items").fetchone()
    return int(newest) + 1
