"""What goes into a store and comes out of it, as plain frozen data.

Values in ``fields`` and ``properties`` are in *stored form*: JSON scalars and lists; dates as ``YYYY-MM-DD``,
times as RFC 3339 in UTC, sets as sorted lists. :mod:`dearly.language.values` turns them into typed values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple, TypeAlias

from dearly.language import values

Stored: TypeAlias = values.Stored


# --------------------------------------------------------------------------------------- events and profiles


class Outcome(Enum):
    """What became of one event that was well-formed."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    """The same (source, id) with the same payload is already kept."""
    CONFLICT = "conflict"
    """The same (source, id) is kept with another payload; the kept one stands."""
    ERASED = "erased"
    """The customer was erased and has not been readmitted since; nothing is kept."""


class EventRecord(NamedTuple):
    """One event as kept. ``(source, event_id)`` is unique; ``time_us`` is event time.

    A tuple is made in half the time of a frozen dataclass, and there are many.
    """

    customer_id: str
    type: str
    time_us: int
    source: str
    event_id: str
    properties: Mapping[str, Stored]


@dataclass(frozen=True, slots=True)
class ProfilePatch:
    """A change of one customer's fields: those not named stay, None clears.

    ``time_us`` is when it changed where it was changed: a field keeps the value of the latest such time,
    whichever patch comes first (of two at one instant, the one whose value is the greater as JSON text).
    ``readmit`` lets an erased customer come back.
    """

    customer_id: str
    fields: Mapping[str, Stored | None]
    time_us: int
    readmit: bool = False


@dataclass(frozen=True, slots=True)
class ProfileRecord:
    """One customer's fields as kept."""

    customer_id: str
    fields: Mapping[str, Stored]
    updated_us: int


@dataclass(frozen=True, slots=True)
class Consent:
    """Whether a customer agreed to one purpose: who says so, and since when. The latest time stands (of two
    at one instant, the refusal; of two that say the same then, the one whose source is greater as text).
    """

    purpose: str
    granted: bool
    source: str
    time_us: int


class MergeOutcome(Enum):
    """What became of a merge."""

    MERGED = "merged"
    ALREADY_ONE = "already one"
    ERASED = "erased"
    """One of the two was erased and has not been readmitted since."""
    TAKEN = "taken"
    """The id to merge forwards to somebody else already: to merge those two, name that one."""


@dataclass(frozen=True, slots=True)
class CustomerExport:
    """Everything that is held of one customer. ``feed`` are the bodies of their records, oldest first, and
    ``dead_letters`` those that some sink would not take."""

    customer_id: str
    other_ids: Sequence[str]
    profile: ProfileRecord | None
    field_times_us: Mapping[str, int]
    consents: Sequence[Consent]
    events: Sequence[EventRecord]
    standing: str | None
    feed: Sequence[str]
    dead_letters: Sequence[DeadLetter]


@dataclass(frozen=True, slots=True)
class Erasure:
    """What was erased: rows by table, and the ids that stood for the customer.

    ``was_known`` is False when there was nothing; the tombstone is set all the same. ``due`` are the numbers
    of what is yet to be done, by place (see :class:`ErasureDue`).
    """

    ids: Sequence[str]
    rows: Mapping[str, int]
    was_known: bool
    due: Mapping[str, int]


STORE_FILES = "store/files"
"""Where bytes of deleted rows are, until a scrub."""
SINKS = "sinks/"
"""What the places of sinks begin with; behind it stands the sink's name."""


@dataclass(frozen=True, slots=True)
class ErasureDue:
    """That an erasure has yet to reach a place outside the store's tables: :data:`STORE_FILES`, or a sink's
    (:data:`SINKS`). It says nothing of whom: the tombstones tell.
    """

    number: int
    place: str


class ErasedId(NamedTuple):
    """When an id was erased, the last time: ``position`` was the newest of the feed."""

    position: int
    erased_us: int


# -------------------------------------------------------------------------------------------------- items


@dataclass(frozen=True, slots=True)
class ItemRecord:
    """One catalog item as kept. ``deleted`` items are told to readers of changes and to nobody else."""

    catalog: str
    item_id: str
    fields: Mapping[str, Stored]
    deleted: bool = False


# ------------------------------------------------------------------------------------------------ reading


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


# --------------------------------------------------------------------------------------------- membership


AT_ONCE_US = 0
"""Due before everything else: something came in that may change the customer's standing."""

PROFILE_TOUCHED = "@profile"
"""Among what was touched: fields of the profile."""
ALL_TOUCHED = "@all"
"""Among what was touched: anything, since two customers became one."""


@dataclass(frozen=True, slots=True)
class Due:
    """A customer whose standing is to be looked at.

    ``touched`` names the types of the events that came since the last look, and :data:`PROFILE_TOUCHED`,
    :data:`ALL_TOUCHED`; it is empty when only time has passed. ``touched_since_us`` is the least time of
    those events. ``standing`` is what the last look left (None: there was none).
    """

    customer_id: str
    due_us: int | None
    touched: frozenset[str]
    touched_since_us: int | None
    standing: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """That a customer is in something: of a segment, ``state`` is "in"; of a lifecycle, the stage."""

    customer_id: str
    state: str
    since_us: int


@dataclass(frozen=True, slots=True)
class MemberChange:
    """That a customer's state in one name of a generation changed; None: is in it no more."""

    generation: int
    name: str
    state: str | None
    since_us: int


@dataclass(frozen=True, slots=True)
class Look:
    """What a look at a customer came to, to be kept in one commit.

    ``next_us`` is when the next look is due by time alone (None: never); ``feed`` are bodies of records for
    the feed, in order.
    """

    customer_id: str
    next_us: int | None
    standing: str
    changes: Sequence[MemberChange]
    feed: Sequence[str]


ReadCustomers: TypeAlias = Callable[[Sequence[CustomerQuery]], list[CustomerRows]]
"""As :meth:`dearly.store.Store.read_customers`, as of the moment of the look."""

LookAt: TypeAlias = Callable[[Sequence[Due], ReadCustomers], Sequence[Look]]
"""Pure but for what it reads; it may be called again for the same customers when another writer was
faster.
"""


JoinStandings: TypeAlias = Callable[[str | None, str | None], str | None]
"""What is to be remembered of a customer into whom another was merged, given what was of that other and of
themselves (None: nothing). Pure."""


class GenerationState(Enum):
    """Where a generation stands: it is built, then serves, then is left."""

    BUILDING = "building"
    SERVING = "serving"
    LEAVING = "leaving"


@dataclass(frozen=True, slots=True)
class Generation:
    """One meaning of all segments and lifecycles, for which membership is kept.

    ``fingerprint`` says which meaning; ``cursor`` is the last customer that the pass over all customers has
    come to (None: at the beginning) and ``done`` how many it was.
    """

    number: int
    fingerprint: str
    state: GenerationState
    since_us: int
    cursor: str | None
    done: int


# ------------------------------------------------------------------------------------------------ the feed


@dataclass(frozen=True, slots=True)
class FeedRecord:
    """One record of the feed; positions grow without a reader ever finding a lower one later."""

    position: int
    customer_id: str
    body: str
    recorded_us: int


@dataclass(frozen=True, slots=True)
class SinkState:
    """How far a sink has been told; ``failures`` in a row at the record after ``position``."""

    name: str
    position: int
    failures: int
    failing_since_us: int | None
    reason: str | None = None
    """Why the last try failed, while it fails; holds nobody's data."""


@dataclass(frozen=True, slots=True)
class SinkBacklog:
    """What a sink has yet to be told (``waiting`` records, the oldest recorded at ``waiting_since_us``; None:
    it has all), and how many records it would not take (``dead``)."""

    state: SinkState
    waiting: int
    waiting_since_us: int | None
    dead: int


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A record that a sink would not take; kept until it is replayed or dropped."""

    number: int
    sink: str
    record: FeedRecord
    reason: str
    died_us: int
