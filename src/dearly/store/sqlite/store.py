"""The default store: one SQLite file, nothing to install."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from dearly.store.records import (
    CustomerQuery,
    CustomerRows,
    EventRange,
    EventRecord,
    Interactions,
    ItemCounts,
    ItemRecord,
    Outcome,
    ProfileRecord,
    Stored,
)
from dearly.store.sqlite import reads, writes
from dearly.store.sqlite.connections import Readers, create_or_migrate
from dearly.store.sqlite.file import StoreFile
from dearly.store.sqlite.writer import Writer


class SqliteStore:
    """A :class:`dearly.store.Store` in one file. Several processes may have it open at once.

    An ack means durable: write-ahead log, ``synchronous=FULL``; calls from several threads share commits.
    Deleted bytes are overwritten (``secure_delete``). Reads wait 50 ms for a lock, writes two seconds. A
    file that is locked, moved or deleted makes the verbs raise :class:`dearly.store.StoreUnavailable` until
    it is back; no restart is needed.

    Raises:
        StoreUnavailable: the file cannot be made or opened, is no Dearly store, or is one of a newer version.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        create_or_migrate(path)
        file = StoreFile(path)
        self._readers = Readers(file)
        self._writer = Writer(file)

    def append_events(self, events: Sequence[EventRecord]) -> list[Outcome]:
        """See :meth:`dearly.store.Store.append_events`."""
        if not events:
            return []
        rows = [writes.prepare_event(event) for event in events]
        return self._writer.write(lambda connection: writes.append_events(connection, rows))

    def upsert_profiles(
        self, profiles: Sequence[tuple[str, Mapping[str, Stored | None]]], now_us: int
    ) -> None:
        """See :meth:`dearly.store.Store.upsert_profiles`."""
        patches = writes.prepare_profiles(profiles)
        self._writer.write(lambda connection: writes.upsert_profiles(connection, patches, now_us))

    def upsert_items(self, items: Sequence[ItemRecord]) -> None:
        """See :meth:`dearly.store.Store.upsert_items`."""
        rows = writes.prepare_items(items)
        self._writer.write(lambda connection: writes.upsert_items(connection, rows))

    def delete_items(self, catalog: str, item_ids: Sequence[str]) -> list[bool]:
        """See :meth:`dearly.store.Store.delete_items`."""
        return self._writer.write(lambda connection: writes.delete_items(connection, catalog, item_ids))

    def read_customers(self, queries: Sequence[CustomerQuery]) -> list[CustomerRows]:
        """See :meth:`dearly.store.Store.read_customers`."""
        return self._readers.read(reads.read_customers, queries)

    def read_customer(self, customer_id: str, ranges: Sequence[EventRange], until_us: int) -> CustomerRows:
        """See :meth:`dearly.store.Store.read_customer`."""
        (found,) = self.read_customers([CustomerQuery(customer_id, ranges, until_us)])
        return found

    def get_profile(self, customer_id: str) -> ProfileRecord | None:
        """See :meth:`dearly.store.Store.get_profile`."""
        return self._readers.read(reads.get_profile, customer_id)

    def read_items(self, after_change: int = 0) -> tuple[Sequence[ItemRecord], int]:
        """See :meth:`dearly.store.Store.read_items`."""
        return self._readers.read(reads.read_items, after_change)

    def item_change(self) -> int:
        """See :meth:`dearly.store.Store.item_change`."""
        return self._readers.read(reads.item_change)

    def page_customers(self, after: str | None, limit: int) -> Sequence[str]:
        """See :meth:`dearly.store.Store.page_customers`."""
        return self._readers.read(reads.page_customers, after, limit)

    def interactions(self, event_type: str, property_name: str, since_us: int, until_us: int) -> Interactions:
        """See :meth:`dearly.store.Store.interactions`."""
        return self._readers.read(reads.interactions, event_type, property_name, since_us, until_us)

    def item_counts(self, event_type: str, property_name: str, since_us: int, until_us: int) -> ItemCounts:
        """See :meth:`dearly.store.Store.item_counts`."""
        return self._readers.read(reads.item_counts, event_type, property_name, since_us, until_us)

    def close(self) -> None:
        """See :meth:`dearly.store.Store.close`."""
        self._writer.close()
        self._readers.close()
