"""What every store promises. SQLite is the default; another database is another module with these verbs.

Values in ``fields`` and ``properties`` are in *stored form*: JSON scalars and lists; dates as ``YYYY-MM-DD``,
times as RFC 3339 in UTC, sets as sorted lists. :mod:`dearly.language.values` turns them into typed values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any, NamedTuple, Protocol, TypeAlias

import msgspec

from dearly import DearlyError
from dearly.language import values

Stored: TypeAlias = values.Stored

_FIELDS = msgspec.json.Decoder(dict[str, Any])
_MANY_FIELDS = msgspec.json.Decoder(list[dict[str, Any]])


class StoreUnavailable(DearlyError):
    """The store cannot answer now (locked, gone, full); trying again later may succeed."""


class Outcome(Enum):
    """What became of one event that was well-formed."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """The same (source, id) with the same payload is already kept."""
    CONFLICT = "conflict"
    """The same (source, id) is kept with another payload; the kept one stands."""


@dataclass(frozen=True, slots=True)
class EventRecord:
    """One event as kept. ``(source, event_id)`` is unique; ``time_us`` is event time."""

    customer_id: str
    type: str
    time_us: int
    source: str
    event_id: str
    properties: Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """One customer's fields as kept."""

    customer_id: str
    fields: Mapping[str, Stored]
    updated_us: int


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One catalog item as kept. ``deleted`` items are told to readers of changes and to nobody else."""

    catalog: str
    item_id: str
    fields: Mapping[str, Stored]
    deleted: bool = False


@dataclass(frozen=True, slots=True)
class EventRange:
    """Which events of a type a reader needs: those with ``since_us < time_us`` (None: all)."""

    type: str
    since_us: int | None


@dataclass(frozen=True, slots=True)
class CustomerQuery:
    """What a reader needs of one customer: the profile, and the ranges' events with ``time_us <= until_us``.

    Each type stands once in ``ranges``.
    """

    customer_id: str
    ranges: Sequence[EventRange]
    until_us: int


class KeptEvents(NamedTuple):
    """One type's events, at least one, ascending by (time, source, id)."""

    type: str
    times_us: tuple[int, ...]
    properties: str
    """A JSON array: the properties of each event, in the same order."""


@dataclass(frozen=True, slots=True)
class CustomerRows:
    """What one read gives of a customer, as JSON, just as kept: who knows the types that the rules declare
    decodes only what is needed, straight into those types (see ``evaluation.read_facts``).
    """

    profile: str | None
    """An object; None for a customer who is unknown, or known by events only."""
    logs: Sequence[KeptEvents]
    """Ascending by type; a type without events is left out."""

    @property
    def fields(self) -> Mapping[str, Stored] | None:
        """The profile, decoded at each use."""
        return None if self.profile is None else _FIELDS.decode(self.profile)

    @property
    def events(self) -> list[tuple[str, int, Mapping[str, Stored]]]:
        """Each event as (type, time, properties), in order by type, time, source, id; decoded at each use."""
        return [
            (log.type, time_us, properties)
            for log in self.logs
            for time_us, properties in zip(log.times_us, _MANY_FIELDS.decode(log.properties), strict=True)
        ]


class Store(Protocol):
    """The verbs. Writes return when they are durable. Every verb may raise :class:`StoreUnavailable`.

    Verbs block; none waits for a lock longer than the store's own short time-out. They may be called
    from several threads.
    """

    def read_customers(self, queries: Sequence[CustomerQuery]) -> list[CustomerRows]:
        """One answer a query, in their order, all as of one instant; each is some indexed range reads.

        Only what the ranges name is read, whatever else the customers' histories hold.
        """
        ...

    def read_customer(self, customer_id: str, ranges: Sequence[EventRange], until_us: int) -> CustomerRows:
        """:meth:`read_customers` for one."""
        ...

    def append_events(self, events: Sequence[EventRecord]) -> list[Outcome]:
        """Keep events in one durable commit; one outcome each, in order (repeats in the call included)."""
        ...

    def upsert_profiles(
        self, profiles: Sequence[tuple[str, Mapping[str, Stored | None]]], now_us: int
    ) -> None:
        """Patch profiles by customer id: absent fields stay, None clears."""
        ...

    def upsert_items(self, items: Sequence[ItemRecord]) -> None:
        """Replace items whole."""
        ...

    def delete_items(self, catalog: str, item_ids: Sequence[str]) -> list[bool]:
        """Delete items; whether each was there."""
        ...

    def get_profile(self, customer_id: str) -> ProfileRecord | None:
        """One profile, or None."""
        ...

    def read_items(self, after_change: int = 0) -> tuple[Sequence[ItemRecord], int]:
        """Items (deletions included) changed after a change number, and the newest change number.

        ``after_change=0`` gives every item that is there.
        """
        ...

    def item_change(self) -> int:
        """The newest change number of the items; cheap, for pollers."""
        ...

    def page_customers(self, after: str | None, limit: int) -> Sequence[str]:
        """The ids of known customers (with a profile or an event), ascending by code point: the next so many
        after ``after``, or the first (None)."""
        ...

    def interactions(self, event_type: str, property_name: str, since_us: int, until_us: int) -> Interactions:
        """Every (customer, item, time) of a type with ``since_us < time_us <= until_us``, for training."""
        ...

    def item_counts(self, event_type: str, property_name: str, since_us: int, until_us: int) -> ItemCounts:
        """How often an item was touched in each hour of ``since_us < time_us <= until_us``, for trending."""
        ...

    def close(self) -> None:
        """Give back what is held open; safe to call twice."""
        ...


@dataclass(frozen=True, slots=True)
class Interactions:
    """Parallel columns, in no particular order."""

    customer_ids: Sequence[str]
    item_ids: Sequence[str]
    times_us: Sequence[int]


@dataclass(frozen=True, slots=True)
class ItemCounts:
    """Parallel columns: the hour (whole hours since the epoch), the item, how many events."""

    hours: Sequence[int]
    item_ids: Sequence[str]
    counts: Sequence[int]
