"""What both stores keep alike: how rows are made of what comes in, and what is made of rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec

from dearly.store.records import (
    DeadLetter,
    ErasedId,
    EventRange,
    EventRecord,
    FeedRecord,
    Generation,
    GenerationState,
    ItemRecord,
    SinkBacklog,
    SinkState,
    Stored,
)

HASH_BYTES = 16
TOMBSTONE_BYTES = 32
BEFORE_ALL_US = -(2**63)
"""The least time that either database can compare with."""

encode = msgspec.json.Encoder(order="sorted").encode
"""Sorted keys: equal mappings give equal bytes, for the payload's hash and for finding unchanged items."""

decode_fields = msgspec.json.Decoder(dict[str, Any]).decode
decode_times = msgspec.json.Decoder(dict[str, int]).decode


class EventRow(NamedTuple):
    """One event, ready to be bound. A tuple is made three times as fast as a frozen dataclass."""

    customer_id: str
    type: str
    time_us: int
    source: str
    event_id: str
    properties: str
    payload_hash: bytes


def event_row(event: EventRecord) -> EventRow:
    """Encode an event and hash its payload: all but (source, id)."""
    properties = encode(event.properties)
    payload = encode((event.customer_id, event.type, event.time_us)) + properties
    return EventRow(
        event.customer_id,
        event.type,
        event.time_us,
        event.source,
        event.event_id,
        properties.decode(),
        blake2b(payload, digest_size=HASH_BYTES).digest(),
    )


class Fields(NamedTuple):
    """A profile as kept: the values, and when each field changed, those that were cleared included."""

    values: dict[str, Stored]
    times_us: dict[str, int]


def change_fields(kept: Fields, changes: Iterable[tuple[str, Stored | None, int]]) -> None:
    """Change fields (name, value, time) that are not kept of a later time already."""
    for name, value, time_us in changes:
        known_us = kept.times_us.get(name)
        if known_us is None or (time_us, encode(value)) > (known_us, encode(kept.values.get(name))):
            kept.times_us[name] = time_us
            if value is None:
                kept.values.pop(name, None)
            else:
                kept.values[name] = value


def tombstone(customer_id: str, key: bytes) -> bytes:
    """The keyed hash that stands for an erased id."""
    return blake2b(customer_id.encode(), key=key, digest_size=TOMBSTONE_BYTES).digest()


def range_start_us(asked: EventRange) -> int:
    """The time after which a reader needs events, as a number in any case."""
    return BEFORE_ALL_US if asked.since_us is None else asked.since_us


def item_records(rows: Iterable[tuple[str, str, str | None, int]], after_change: int) -> list[ItemRecord]:
    """The items of rows (catalog, id, fields, change). Those without fields were deleted, which readers of
    changes are told, and who reads all there are is not.
    """
    return [
        ItemRecord(catalog, item_id, {} if fields is None else decode_fields(fields), deleted=fields is None)
        for catalog, item_id, fields, _ in rows
        if fields is not None or after_change > 0
    ]


def generation(row: Sequence[Any]) -> Generation:
    """The generation of a row (number, fingerprint, state, since, cursor, done)."""
    number, fingerprint, state, since_us, cursor, done = row
    return Generation(number, fingerprint, GenerationState(state), since_us, cursor, done)


def dead_letter(row: Sequence[Any]) -> DeadLetter:
    """The dead letter of a row (number, sink, position, customer, body, recorded, reason, died)."""
    number, sink, *record, reason, died_us = row
    return DeadLetter(number, sink, FeedRecord(*record), reason, died_us)


SINKS_AS_KEPT = "SELECT name, position, failures, failing_since_us, reason FROM sinks ORDER BY name"
SINK_BACKLOGS = """SELECT name, position, failures, failing_since_us, reason,
    (SELECT count(*) FROM feed WHERE feed.position > sinks.position),
    (SELECT recorded_us FROM feed WHERE feed.position > sinks.position ORDER BY feed.position LIMIT 1),
    (SELECT count(*) FROM dead_letters WHERE dead_letters.sink = sinks.name)
  FROM sinks ORDER BY name"""
"""Both stores understand these words alike."""


def sink_row(state: SinkState) -> tuple[int, int, int | None, str | None]:
    """What is kept of a sink: position, failures, since when, why."""
    reason = None if state.reason is None else _without_nul(state.reason)
    return state.position, state.failures, state.failing_since_us, reason


def sink_backlog(row: Sequence[Any]) -> SinkBacklog:
    """The backlog of a row (name, position, failures, since when, why, waiting, since when, dead)."""
    *state, waiting, waiting_since_us, dead = row
    return SinkBacklog(SinkState(*state), waiting, waiting_since_us, dead)


def dead_letter_rows(
    dead: Iterable[DeadLetter], erased: Mapping[str, ErasedId], who: Mapping[str, str]
) -> list[tuple[str | int, ...]]:
    """The rows of dead letters, as :func:`dead_letter` takes them but for the number, under who their
    customers are by now (``who``); none of those who were erased while a sink was told of them.
    """
    return [
        (
            letter.sink,
            letter.record.position,
            who[letter.record.customer_id],
            letter.record.body,
            letter.record.recorded_us,
            _without_nul(letter.reason),
            letter.died_us,
        )
        for letter in dead
        if (gone := erased.get(letter.record.customer_id)) is None or letter.record.position > gone.position
    ]


def _without_nul(text: str) -> str:
    return text.replace("\x00", "\ufffd")  # PostgreSQL's text holds none
