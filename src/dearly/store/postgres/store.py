"""The verbs of the PostgreSQL store."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path

from dearly.store.contract import READ_TIMEOUT_S, WRITE_TIMEOUT_S
from dearly.store.postgres import (
    backup,
    customers,
    erasure,
    events,
    feed,
    generations,
    items,
    looks,
    merging,
    reads,
    tombstones,
)
from dearly.store.postgres.advice import in_our_words
from dearly.store.postgres.connections import (
    Access,
    Database,
    Sessions,
    connect,
)
from dearly.store.postgres.schema import identity, migrate
from dearly.store.records import (
    Consent,
    CustomerExport,
    CustomerQuery,
    CustomerRows,
    DeadLetter,
    Due,
    ErasedId,
    Erasure,
    ErasureDue,
    EventRange,
    EventRecord,
    FeedRecord,
    Generation,
    Interactions,
    ItemCounts,
    ItemRecord,
    JoinStandings,
    LookAt,
    Member,
    MergeOutcome,
    Outcome,
    ProfilePatch,
    ProfileRecord,
    SinkBacklog,
    SinkState,
)
from dearly.store.rows import event_row
from dearly.store.sqlite import opened_backup


class PostgresStore:
    """A :class:`dearly.store.Store` in a database's schema ``dearly``. Any number of servers may share it.

    An ack means durable, as far as the server's ``synchronous_commit`` goes (``off`` is overruled). Reads
    wait 50 ms for a lock, writes two seconds. A server that is gone makes the verbs raise
    :class:`dearly.store.StoreUnavailable` until it is back; no restart is needed.

    Raises:
        StoreUnavailable: the database cannot be reached, or holds a store of a newer version, or none and is
            to have none made (``create``).
    """

    def __init__(self, database: Database, *, create: bool = True) -> None:
        self.database = database
        with in_our_words(database.name), connect(database, WRITE_TIMEOUT_S) as connection:
            migrate(connection, database.name, create=create)
        self._readers = Sessions(database, READ_TIMEOUT_S)
        self._writers = Sessions(database, WRITE_TIMEOUT_S)

    # ------------------------------------------------------------------------------- events and profiles

    def read_customers(self, queries: Sequence[CustomerQuery]) -> list[CustomerRows]:
        """See :meth:`dearly.store.Store.read_customers`."""
        return self._readers.read(reads.read_customers, queries)

    def read_customer(self, customer_id: str, ranges: Sequence[EventRange], until_us: int) -> CustomerRows:
        """See :meth:`dearly.store.Store.read_customer`."""
        (found,) = self.read_customers([CustomerQuery(customer_id, ranges, until_us)])
        return found

    def append_events(self, events_: Sequence[EventRecord]) -> list[Outcome]:
        """See :meth:`dearly.store.Store.append_events`."""
        if not events_:
            return []
        rows = [event_row(event) for event in events_]
        return self._writers.write(lambda connection: events.append_events(connection, rows))

    def upsert_profiles(self, patches: Sequence[ProfilePatch], now_us: int) -> list[int]:
        """See :meth:`dearly.store.Store.upsert_profiles`."""
        return self._writers.write(lambda connection: customers.upsert_profiles(connection, patches, now_us))

    def get_profile(self, customer_id: str) -> ProfileRecord | None:
        """See :meth:`dearly.store.Store.get_profile`."""
        return self._readers.read(reads.get_profile, customer_id)

    def set_consents(self, customer_id: str, consents: Sequence[Consent]) -> bool:
        """See :meth:`dearly.store.Store.set_consents`."""
        return self._writers.write(
            lambda connection: customers.set_consents(connection, customer_id, consents)
        )

    def get_consents(self, customer_id: str) -> Sequence[Consent]:
        """See :meth:`dearly.store.Store.get_consents`."""
        return self._readers.read(customers.get_consents, customer_id)

    def merge_customers(
        self, from_id: str, into_id: str, now_us: int, record: str, join: JoinStandings
    ) -> MergeOutcome:
        """See :meth:`dearly.store.Store.merge_customers`."""
        return self._writers.write(
            lambda connection: merging.merge_customers(connection, from_id, into_id, now_us, record, join),
            Access.ALONE,
        )

    def ids_of(self, customer_id: str) -> Sequence[str]:
        """See :meth:`dearly.store.Store.ids_of`."""
        return self._readers.read(customers.ids_of, customer_id)

    def export_customer(self, customer_id: str) -> CustomerExport | None:
        """See :meth:`dearly.store.Store.export_customer`."""
        return self._readers.read(erasure.export_customer, customer_id)

    def erase_customer(self, customer_id: str, now_us: int) -> Erasure:
        """See :meth:`dearly.store.Store.erase_customer`."""
        return self._writers.write(
            lambda connection: erasure.erase_customer(connection, customer_id, now_us), Access.ALONE
        )

    def erased_ids(self, customer_ids: Collection[str]) -> Mapping[str, ErasedId]:
        """See :meth:`dearly.store.Store.erased_ids`."""
        return self._readers.read(tombstones.erased_ids, customer_ids)

    def erasures_due(self) -> Sequence[ErasureDue]:
        """See :meth:`dearly.store.Store.erasures_due`."""
        return self._readers.read(erasure.erasures_due)

    def settle_erasures(self, numbers: Collection[int]) -> None:
        """See :meth:`dearly.store.Store.settle_erasures`."""
        self._writers.write(lambda connection: erasure.settle_erasures(connection, numbers), Access.APART)

    def scrub(self) -> bool:
        """See :meth:`dearly.store.Store.scrub`. How far it goes is the database's."""
        return self._writers.read(erasure.scrub)

    def expire_events(self, before_us: int, limit: int) -> int:
        """See :meth:`dearly.store.Store.expire_events`."""
        return self._writers.write(
            lambda connection: events.expire_events(connection, before_us, limit), Access.APART
        )

    def page_customers(self, after: str | None, limit: int) -> Sequence[str]:
        """See :meth:`dearly.store.Store.page_customers`."""
        return self._readers.read(reads.page_customers, after, limit)

    def count_customers(self) -> int:
        """See :meth:`dearly.store.Store.count_customers`."""
        return self._readers.read(reads.count_customers)

    # --------------------------------------------------------------------------------------------- items

    def upsert_items(self, items_: Sequence[ItemRecord]) -> None:
        """See :meth:`dearly.store.Store.upsert_items`."""
        self._writers.write(lambda connection: items.upsert_items(connection, items_), Access.APART)

    def delete_items(self, catalog: str, item_ids: Sequence[str]) -> list[bool]:
        """See :meth:`dearly.store.Store.delete_items`."""
        return self._writers.write(
            lambda connection: items.delete_items(connection, catalog, item_ids), Access.APART
        )

    def read_items(self, after_change: int = 0) -> tuple[Sequence[ItemRecord], int]:
        """See :meth:`dearly.store.Store.read_items`."""
        return self._readers.read(items.read_items, after_change)

    def item_change(self) -> int:
        """See :meth:`dearly.store.Store.item_change`."""
        return self._readers.read(items.item_change)

    def interactions(self, event_type: str, property_name: str, since_us: int, until_us: int) -> Interactions:
        """See :meth:`dearly.store.Store.interactions`."""
        return self._readers.read(reads.interactions, event_type, property_name, since_us, until_us)

    def item_counts(self, event_type: str, property_name: str, since_us: int, until_us: int) -> ItemCounts:
        """See :meth:`dearly.store.Store.item_counts`."""
        return self._readers.read(reads.item_counts, event_type, property_name, since_us, until_us)

    # ---------------------------------------------------------------------------------------- membership

    def generations(self) -> Sequence[Generation]:
        """See :meth:`dearly.store.Store.generations`."""
        return self._readers.read(generations.generations)

    def begin_generation(self, fingerprint: str, now_us: int) -> Generation:
        """See :meth:`dearly.store.Store.begin_generation`."""
        return self._writers.write(
            lambda connection: generations.begin_generation(connection, fingerprint, now_us), Access.APART
        )

    def cut_over(self, number: int, now_us: int) -> bool:
        """See :meth:`dearly.store.Store.cut_over`."""
        return self._writers.write(
            lambda connection: generations.cut_over(connection, number, now_us), Access.APART
        )

    def end_generation(self, number: int) -> None:
        """See :meth:`dearly.store.Store.end_generation`."""
        self._writers.write(lambda connection: generations.end_generation(connection, number), Access.APART)

    def sweep_members(self, limit: int) -> int:
        """See :meth:`dearly.store.Store.sweep_members`."""
        return self._writers.write(
            lambda connection: generations.sweep_members(connection, limit), Access.APART
        )

    def look_at_due(self, now_us: int, limit: int, look_at: LookAt) -> int:
        """See :meth:`dearly.store.Store.look_at_due`."""
        return self._writers.write(
            lambda connection: looks.look_at_due(connection, now_us, limit, look_at), Access.APART
        )

    def look_at_page(self, number: int, limit: int, now_us: int, look_at: LookAt) -> int:
        """See :meth:`dearly.store.Store.look_at_page`."""
        return self._writers.write(
            lambda connection: looks.look_at_page(connection, number, limit, now_us, look_at), Access.APART
        )

    def next_due_us(self) -> int | None:
        """See :meth:`dearly.store.Store.next_due_us`."""
        return self._readers.read(looks.next_due_us)

    def count_due(self, now_us: int) -> int:
        """See :meth:`dearly.store.Store.count_due`."""
        return self._readers.read(looks.count_due, now_us)

    def members(self, generation: int, name: str, after: str | None, limit: int) -> Sequence[Member]:
        """See :meth:`dearly.store.Store.members`."""
        return self._readers.read(generations.members, generation, name, after, limit)

    def count_members(self, generation: int, name: str) -> Mapping[str, int]:
        """See :meth:`dearly.store.Store.count_members`."""
        return self._readers.read(generations.count_members, generation, name)

    def due_customers(self, now_us: int, after: str | None, limit: int) -> Sequence[Due]:
        """See :meth:`dearly.store.Store.due_customers`."""
        return self._readers.read(looks.due_customers, now_us, after, limit)

    # ---------------------------------------------------------------------------------------------- feed

    def read_feed(self, after: int, limit: int, most_bytes: int | None = None) -> Sequence[FeedRecord]:
        """See :meth:`dearly.store.Store.read_feed`."""
        return self._readers.read(feed.read_feed, after, limit, most_bytes)

    def feed_ends(self) -> tuple[int, int]:
        """See :meth:`dearly.store.Store.feed_ends`."""
        return self._readers.read(feed.feed_ends)

    def trim_feed(self, before_us: int, untold_before_us: int, limit: int) -> Sequence[int]:
        """See :meth:`dearly.store.Store.trim_feed`."""
        return self._writers.write(
            lambda connection: feed.trim_feed(connection, before_us, untold_before_us, limit), Access.APART
        )

    def sinks(self) -> Sequence[SinkState]:
        """See :meth:`dearly.store.Store.sinks`."""
        return self._readers.read(feed.sinks)

    def sink_backlogs(self) -> Sequence[SinkBacklog]:
        """See :meth:`dearly.store.Store.sink_backlogs`."""
        return self._readers.read(feed.sink_backlogs)

    def forget_sink(self, name: str, now_us: int) -> bool:
        """See :meth:`dearly.store.Store.forget_sink`."""
        return self._writers.write(
            lambda connection: feed.forget_sink(connection, name, now_us), Access.APART
        )

    def lease_sink(
        self, name: str, owner: str, now_us: int, until_us: int, begins: int | None = None
    ) -> SinkState | None:
        """See :meth:`dearly.store.Store.lease_sink`."""
        return self._writers.write(
            lambda connection: feed.lease_sink(connection, name, owner, now_us, until_us, begins),
            Access.APART,
        )

    def settle_sink(self, state: SinkState, owner: str, retry_us: int, dead: Sequence[DeadLetter]) -> bool:
        """See :meth:`dearly.store.Store.settle_sink`."""
        return self._writers.write(
            lambda connection: feed.settle_sink(connection, state, owner, retry_us, dead)
        )

    def dead_letters(self, sink: str | None, after: int, limit: int) -> Sequence[DeadLetter]:
        """See :meth:`dearly.store.Store.dead_letters`."""
        return self._readers.read(feed.dead_letters, sink, after, limit)

    def drop_dead_letters(self, numbers: Sequence[int]) -> int:
        """See :meth:`dearly.store.Store.drop_dead_letters`."""
        return self._writers.write(
            lambda connection: feed.drop_dead_letters(connection, numbers), Access.APART
        )

    # --------------------------------------------------------------------------------------------- whole

    def identity(self) -> str:
        """See :meth:`dearly.store.Store.identity`."""
        return self._readers.read(identity)

    def backup(self, path: Path) -> None:
        """See :meth:`dearly.store.Store.backup`."""
        self._readers.read(backup.backup, path)

    def load(self, path: Path, progress: Callable[[str, int], None]) -> None:
        """See :meth:`dearly.store.Store.load`."""
        with opened_backup(path) as source:
            self._writers.write(
                lambda connection: backup.load(connection, self.database.name, source, progress),
                Access.ALONE,
            )

    def close(self) -> None:
        """See :meth:`dearly.store.Store.close`."""
        self._writers.close()
        self._readers.close()
