"""Putting records into the feed of a real store."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from dearly.store import Due, Look, ProfilePatch, ReadCustomers, Store, open_store
from tests.delivery.records import NOON_US, body


@contextmanager
def opened(url: str) -> Iterator[Store]:
    """The store at a URL."""
    store = open_store(url)
    try:
        yield store
    finally:
        store.close()


def put(store: Store, customer_id: str, *names: str, now_us: int = NOON_US) -> None:
    """Record that a customer came into segments of these names, in their order."""

    def look_at(dues: Sequence[Due], read: ReadCustomers) -> list[Look]:
        return [Look(due.customer_id, None, "{}", [], [body(name) for name in names]) for due in dues]

    store.upsert_profiles([ProfilePatch(customer_id, {}, now_us)], now_us)
    assert store.look_at_due(now_us, 1_000, look_at) == 1
