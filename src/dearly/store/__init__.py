"""Profiles, events and items: one contract, and the stores that keep it."""

from dearly.store.contract import (
    CustomerRows,
    EventRange,
    EventRecord,
    Interactions,
    ItemCounts,
    ItemRecord,
    Outcome,
    ProfileRecord,
    Store,
    Stored,
    StoreUnavailable,
)
from dearly.store.opening import StoreUrlError, open_store

__all__ = [
    "CustomerRows",
    "EventRange",
    "EventRecord",
    "Interactions",
    "ItemCounts",
    "ItemRecord",
    "Outcome",
    "ProfileRecord",
    "Store",
    "StoreUnavailable",
    "StoreUrlError",
    "Stored",
    "open_store",
]
