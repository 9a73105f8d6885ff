"""Events: kept once each, and expired."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

from dearly.store.postgres.customers import touching
from dearly.store.postgres.schema import Connection
from dearly.store.postgres.tombstones import erased_among
from dearly.store.records import Outcome
from dearly.store.rows import EventRow

Key: TypeAlias = tuple[str, str]


_INSERT = f"""WITH fresh AS (
    INSERT INTO events (customer, type, time_us, source, id, properties, payload_hash)
    SELECT coalesce(aliases.customer, given.customer), type, time_us, source, given.id, properties, hash
    FROM unnest(%s::text[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::text[], %s::bytea[])
      WITH ORDINALITY AS given (customer, type, time_us, source, id, properties, hash, place)
    LEFT JOIN aliases ON aliases.id = given.customer
    ORDER BY source COLLATE "C", given.id COLLATE "C", place
    ON CONFLICT (source, id) DO NOTHING
    RETURNING customer, type, time_us, source, id),
  touched AS ({touching("(SELECT customer, type, time_us FROM fresh)")})
  SELECT source, id FROM fresh"""  # noqa: S608 (words of our own)


def append_events(connection: Connection, events: Sequence[EventRow]) -> list[Outcome]:
    """Keep the events that are new; one outcome each."""
    gone = erased_among(connection, {event.customer_id for event in events})
    fresh = _insert(connection, [event for event in events if event.customer_id not in gone])
    kept = _kept_hashes(connection, [event for event in events if _key(event) not in fresh])
    outcomes = []
    for event in events:
        key = _key(event)
        if event.customer_id in gone:
            outcomes.append(Outcome.ERASED)
        elif key in fresh:
            fresh.remove(key)
            kept[key] = event.payload_hash
            outcomes.append(Outcome.ACCEPTED)
        else:
            same = kept.get(key, event.payload_hash) == event.payload_hash  # none: it expired just now
            outcomes.append(Outcome.DUPLICATE if same else Outcome.CONFLICT)
    return outcomes


def expire_events(connection: Connection, before_us: int, limit: int) -> int:
    """See :meth:`dearly.store.Store.expire_events`."""
    return connection.execute(
        """WITH RECURSIVE types AS (
             SELECT min(type) AS type FROM events
             UNION ALL
             SELECT (SELECT min(type) FROM events WHERE events.type > types.type) FROM types
             WHERE type IS NOT NULL)
           DELETE FROM events WHERE (source, id) IN (
             SELECT source, id FROM types CROSS JOIN LATERAL (
               SELECT source, id FROM events WHERE events.type = types.type AND time_us <= %(before)s
               ORDER BY time_us LIMIT %(limit)s FOR UPDATE SKIP LOCKED) AS oldest
             LIMIT %(limit)s)""",
        {"before": before_us, "limit": limit},
    ).rowcount


def _insert(connection: Connection, events: Sequence[EventRow]) -> set[Key]:
    """Keep the events whose key is new, the first of each, and touch their customers: the keys of those."""
    if not events:
        return set()
    columns = [list(column) for column in zip(*events, strict=True)]
    return set(connection.execute(_INSERT, columns).fetchall())


def _kept_hashes(connection: Connection, events: Sequence[EventRow]) -> dict[Key, bytes]:
    if not events:
        return {}
    rows = connection.execute(
        """SELECT source, id, payload_hash FROM events
           WHERE (source, id) IN (SELECT * FROM unnest(%s::text[], %s::text[]))""",
        ([event.source for event in events], [event.event_id for event in events]),
    )
    return {(source, event_id): bytes(payload_hash) for source, event_id, payload_hash in rows}


def _key(event: EventRow) -> Key:
    return event.source, event.event_id
