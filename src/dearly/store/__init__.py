"""Profiles, events and items: one contract, and the stores that keep it."""

from dearly.store.contract import (
    CustomerQuery,
    CustomerRows,
    EventRange,
    EventRecord,
    ItemCounts,
    ItemRecord,
    KeptEvents,
    Outcome,
    ProfileRecord,
    Store,
    Stored,
    StoreUnavailable,
)
from dearly.store.ingest import Rejected, prepare_event, prepare_item, prepare_profile
from dearly.store.opening import StoreUrlError, open_store

__all__ = [
    "CustomerQuery",
    "CustomerRows",
    "EventRange",
    "EventRecord",
    "ItemCounts",
    "ItemRecord",
    "KeptEvents",
    "Outcome",
    "ProfileRecord",
    "Rejected",
    "Store",
    "StoreUnavailable",
    "StoreUrlError",
    "Stored",
    "open_store",
    "prepare_event",
    "prepare_item",
    "prepare_profile",
]
