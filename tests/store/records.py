"""Short ways to write down an event, and to ask for everything."""

from __future__ import annotations

from dearly.store import CustomerRows, EventRange, EventRecord, Store, Stored

FOREVER_US = 2**62


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


def read(store: Store, customer: str = "ada", *kinds: str) -> CustomerRows:
    """A customer's profile and all events of the types."""
    return store.read_customer(customer, [EventRange(kind, None) for kind in kinds], FOREVER_US)


def times(store: Store, kind: str = "product_viewed", customer: str = "ada") -> list[int]:
    return [time_us for _, time_us, _ in read(store, customer, kind).events]


def kept_of_both(lost: str | None, kept: str | None) -> str | None:
    """A standing that shows of which two it was made."""
    return " + ".join(each for each in (lost, kept) if each is not None) or None
