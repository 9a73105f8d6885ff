"""What every store promises. SQLite is the default; PostgreSQL is for several servers on one truth."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from pathlib import Path
from typing import Protocol

from dearly import DearlyError
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

READ_TIMEOUT_S = 0.05
"""How long a read waits for a lock: a render has no more to spare."""
WRITE_TIMEOUT_S = 2.0
"""How long a write waits for one."""
OLDEST_LOOKED_AT = 10_000
"""Positions at the feed's beginning among which :meth:`Store.trim_feed` looks for old records: they come in
order, nearly."""


class StoreUnavailable(DearlyError):
    """The store cannot answer now (locked, gone, full); trying again later may succeed."""


class Store(Protocol):
    """The verbs. Writes return when they are durable. Every verb may raise :class:`StoreUnavailable`.

    Verbs block: a read waits for a lock :data:`READ_TIMEOUT_S` long, a write :data:`WRITE_TIMEOUT_S`. They
    may be called from several threads. The id of a customer who was merged into another stands for that
    other, in every verb.
    """

    # ------------------------------------------------------------------------------- events and profiles

    def read_customers(self, queries: Sequence[CustomerQuery]) -> list[CustomerRows]:
        """One answer a query, in their order, all as of one instant; each is some indexed range reads.

        Only what the ranges name is read, whatever else the customers' histories hold.
        """
        ...

    def read_customer(self, customer_id: str, ranges: Sequence[EventRange], until_us: int) -> CustomerRows:
        """:meth:`read_customers` for one."""
        ...

    def append_events(self, events: Sequence[EventRecord]) -> list[Outcome]:
        """Keep events in one durable commit; one outcome each, in order (repeats in the call included).

        The same commit makes the customers of accepted events due at once.
        """
        ...

    def upsert_profiles(self, patches: Sequence[ProfilePatch], now_us: int) -> list[int]:
        """Patch profiles, all or none; makes the customers due at once.

        Gives the places of those patches whose customer was erased and is not readmitted: when there are any,
        nothing was kept.
        """
        ...

    def get_profile(self, customer_id: str) -> ProfileRecord | None:
        """One profile, or None. It has the id that stands for the customer now."""
        ...

    def set_consents(self, customer_id: str, consents: Sequence[Consent]) -> bool:
        """Keep what a customer agreed to; False, and nothing, for one who was erased.

        A customer who was not known so far is from now on, and becomes due at once.
        """
        ...

    def get_consents(self, customer_id: str) -> Sequence[Consent]:
        """What is known of a customer's consent, by purpose in order of their names; a purpose not there was
        never asked."""
        ...

    def merge_customers(
        self, from_id: str, into_id: str, now_us: int, record: str, join: JoinStandings
    ) -> MergeOutcome:
        """Make one customer of two, who has the id ``into_id`` stands for; either may be unknown so far.

        An id that forwards to somebody else already is not merged: behind it may be another person, such as
        the last who used a browser that several share.

        Events move; of each field and consent the latest stands; the other id forwards for good. The survivor
        becomes due at once, with the standing that ``join`` makes of both; the other's memberships are gone.
        What the feed holds stays as it was told, under the id of then. ``record`` is a body that goes into
        it, under the survivor's, when the two were merged now.
        """
        ...

    def ids_of(self, customer_id: str) -> Sequence[str]:
        """The id that stands for a customer now, then those that forward to it. Cheap."""
        ...

    def export_customer(self, customer_id: str) -> CustomerExport | None:
        """Everything that is held of a customer; None when there is nothing."""
        ...

    def erase_customer(self, customer_id: str, now_us: int) -> Erasure:
        """Delete everything that is held of a customer, in one durable commit, and leave a tombstone (a keyed
        hash) for each of the ids: until somebody readmits them, nothing more is kept.

        The same commit keeps what is yet to be done: for the store's files, and for every sink there is.
        """
        ...

    def erased_ids(self, customer_ids: Collection[str]) -> Mapping[str, ErasedId]:
        """Those of the ids that were ever erased, readmitted since or not. Cheap.

        Whoever is about to tell a record outside asks, and keeps back what stands at or before the position:
        it was read before the erasure.
        """
        ...

    def erasures_due(self) -> Sequence[ErasureDue]:
        """What erasures have yet to reach, by number. Cheap when there is nothing."""
        ...

    def settle_erasures(self, numbers: Collection[int]) -> None:
        """Some of it is done."""
        ...

    def scrub(self) -> bool:
        """Overwrite what deleted rows left in the store's files, and settle what is due of it; False when
        somebody else is at it, and nothing was done. Slow, and safe to do at any time."""
        ...

    def expire_events(self, before_us: int, limit: int) -> int:
        """Delete at most so many events with ``time_us <= before_us``, and what tells repeats of them; how
        many it was."""
        ...

    def page_customers(self, after: str | None, limit: int) -> Sequence[str]:
        """The ids of known customers (with a profile, a consent or an event; none who was merged into
        another), ascending by code point: the next so many after ``after``, or the first (None)."""
        ...

    def count_customers(self) -> int:
        """How many customers :meth:`page_customers` gives; a recent estimate will do where counting is
        slow.
        """
        ...

    # --------------------------------------------------------------------------------------------- items

    def upsert_items(self, items: Sequence[ItemRecord]) -> None:
        """Replace items whole."""
        ...

    def delete_items(self, catalog: str, item_ids: Sequence[str]) -> list[bool]:
        """Delete items; whether each was there."""
        ...

    def read_items(self, after_change: int = 0) -> tuple[Sequence[ItemRecord], int]:
        """Items (deletions included) changed after a change number, and the newest change number.

        ``after_change=0`` gives every item that is there.
        """
        ...

    def item_change(self) -> int:
        """The newest change number of the items; cheap, for pollers."""
        ...

    def interactions(self, event_type: str, property_name: str, since_us: int, until_us: int) -> Interactions:
        """Every (customer, item, time) of a type with ``since_us < time_us <= until_us``, for training."""
        ...

    def item_counts(self, event_type: str, property_name: str, since_us: int, until_us: int) -> ItemCounts:
        """How often an item was touched in each hour of ``since_us < time_us <= until_us``, for trending."""
        ...

    # ---------------------------------------------------------------------------------------- membership

    def generations(self) -> Sequence[Generation]:
        """All there are, by number."""
        ...

    def begin_generation(self, fingerprint: str, now_us: int) -> Generation:
        """The generation of this fingerprint: the one that serves or is built if there is one, else a new
        one.

        In a store without customers a new one serves at once, else it is built; one that was being built
        until now is given up, with its members.
        """
        ...

    def cut_over(self, number: int, now_us: int) -> bool:
        """Let a generation that was built serve, in one step, and the one before be left; False when that was
        done already. Its pass begins anew, over those who have yet to leave."""
        ...

    def end_generation(self, number: int) -> None:
        """Forget a generation that was left, or given up. Its members are left to :meth:`sweep_members`."""
        ...

    def sweep_members(self, limit: int) -> int:
        """Delete at most so many members of generations that were forgotten; how many it was."""
        ...

    def look_at_due(self, now_us: int, limit: int, look_at: LookAt) -> int:
        """Look at the customers with ``due_us <= now_us``, earliest first, at most so many, and keep what
        comes of it, in one durable commit; of how many something was kept.

        Several callers may be given the same customer, but what comes of one look alone is kept. (PostgreSQL
        gives each those whom nobody else has at that moment, so that servers share the work.) A customer who
        was touched meanwhile stays due. Of a customer whom ``look_at`` gives no :class:`Look`, nothing is
        changed but that they are no more due.
        """
        ...

    def look_at_page(self, number: int, limit: int, now_us: int, look_at: LookAt) -> int:
        """Look at the next customers of a generation's pass (in order of :meth:`page_customers`), whether due
        or not, and move its cursor behind them in the same commit; 0 when the pass has come to its end."""
        ...

    def next_due_us(self) -> int | None:
        """The earliest time at which somebody is due; None: nobody ever. Cheap, for a worker that waits."""
        ...

    def count_due(self, now_us: int) -> int:
        """How many customers are due now."""
        ...

    def members(self, generation: int, name: str, after: str | None, limit: int) -> Sequence[Member]:
        """Who is in a segment or lifecycle, as last looked at, ascending by id: the next so many."""
        ...

    def count_members(self, generation: int, name: str) -> Mapping[str, int]:
        """How many customers are in each state of a segment or lifecycle, as last looked at."""
        ...

    def due_customers(self, now_us: int, after: str | None, limit: int) -> Sequence[Due]:
        """Who is due now, ascending by id: the next so many."""
        ...

    # ---------------------------------------------------------------------------------------------- feed

    def read_feed(self, after: int, limit: int, most_bytes: int | None = None) -> Sequence[FeedRecord]:
        """The next records after a position, in order. A record once passed by never turns up later.

        It ends early with the record whose body brings the bodies to so many bytes of UTF-8.
        """
        ...

    def feed_ends(self) -> tuple[int, int]:
        """The greatest position that was ever trimmed, and that of the newest record ever (0: none yet).

        Who has read up to the first has lost nothing: what is missing behind it was erased.
        """
        ...

    def trim_feed(self, before_us: int, untold_before_us: int, limit: int) -> Sequence[int]:
        """Delete at most so many records that were recorded before a time; their positions.

        A record that some sink has yet to be told is kept until it is of before ``untold_before_us``. The
        oldest are looked at: one that stands behind many younger ones (a clock was wrong) waits for them.
        """
        ...

    def sinks(self) -> Sequence[SinkState]:
        """How far each sink has been told, by name: every one that ever was, until it is forgotten."""
        ...

    def sink_backlogs(self) -> Sequence[SinkBacklog]:
        """How each sink stands, by name, as of one instant: counted, so that it takes a while with many."""
        ...

    def forget_sink(self, name: str, now_us: int) -> bool:
        """Forget a sink that is told no more, with its dead letters and what erasures have left to do there;
        False when somebody has it, and nothing was forgotten. One that is told after all is a new one."""
        ...

    def lease_sink(
        self, name: str, owner: str, now_us: int, until_us: int, begins: int | None = None
    ) -> SinkState | None:
        """Take a sink for oneself until a time, making it when it is new: behind ``begins``, or at the feed's
        end. None while somebody else has it, or it waits for its next try. Who has it may take it again."""
        ...

    def settle_sink(self, state: SinkState, owner: str, retry_us: int, dead: Sequence[DeadLetter]) -> bool:
        """Keep how far a sink has been told, with what it would not take (their ``number`` is given here),
        and let go of it until ``retry_us``; False when somebody else has it by now, and nothing was kept."""
        ...

    def dead_letters(self, sink: str | None, after: int, limit: int) -> Sequence[DeadLetter]:
        """What sinks (or one) would not take, by number: the next so many."""
        ...

    def drop_dead_letters(self, numbers: Sequence[int]) -> int:
        """Forget some; how many there were."""
        ...

    # --------------------------------------------------------------------------------------------- whole

    def identity(self) -> str:
        """Which store this is: lower-case letters and digits, made by chance with the store and kept for
        good.

        A store made of a backup has another, since from there on its feed goes its own way.
        """
        ...

    def backup(self, path: Path) -> None:
        """Write the whole store, as of one instant, to a new file: an SQLite store, whatever this one is.

        Raises:
            StoreUnavailable: the file is there already, or cannot be written.
        """
        ...

    def load(self, path: Path, progress: Callable[[str, int], None]) -> None:
        """Make this store, which is empty, what a backup is, wholly or not at all; but for its identity.

        ``progress`` is told what is being read (a table; pages), and how many rows or pages of it were.

        Raises:
            StoreUnavailable: the file is no backup, or one of a newer version; or this store is not empty.
        """
        ...

    def close(self) -> None:
        """Give back what is held open; safe to call twice."""
        ...
