"""Short ways to write down an event, and to ask for everything."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import msgspec

from dearly.store import CustomerRows, EventRange, EventRecord, Store, Stored

FOREVER_US = 2**62

_FIELDS = msgspec.json.Decoder(dict[str, Any])
_MANY_FIELDS = msgspec.json.Decoder(list[dict[str, Any]])


class Decoded(NamedTuple):
    """What a read gave of a customer: the profile, and each event as (type, time, properties), in order."""

    fields: Mapping[str, Stored] | None
    events: list[tuple[str, int, Mapping[str, Stored]]]


def decoded(rows: CustomerRows) -> Decoded:
    return Decoded(
        None if rows.profile is None else _FIELDS.decode(rows.profile),
        [
            (log.type, time_us, properties)
            for log in rows.logs
            for time_us, properties in zip(log.times_us, _MANY_FIELDS.decode(log.properties), strict=True)
        ],
    )


def event(
    event_id: str,
    *,
    customer: str = "ada",
    kind: str = "product_viewed",
    at: int = 1_000,
    source: str = "web",
    **properties: Stored,
) -> EventRecord:
    return EventRecord(customer, kind, at, source, event_id, properties)


def read(store: Store, customer: str = "ada", *kinds: str) -> Decoded:
    """A customer's profile and all events of the types."""
    return decoded(store.read_customer(customer, [EventRange(kind, None) for kind in kinds], FOREVER_US))


def times(store: Store, kind: str = "product_viewed", customer: str = "ada") -> list[int]:
    return [time_us for _, time_us, _ in read(store, customer, kind).events]


def kept_of_both(lost: str | None, kept: str | None) -> str | None:
    """A standing that shows of which two it was made."""
    return " + ".join(each for each in (lost, kept) if each is not None) or None
