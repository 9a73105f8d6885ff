"""Carries a plan out: rows in, checked records to the store in batches, everything counted."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice

from dearly.cli.importing.groups import Found
from dearly.cli.importing.plan import Plan, Record
from dearly.cli.importing.rejects import RejectsFile
from dearly.ingest import Rejected
from dearly.store import EventRecord, ItemRecord, Outcome, ProfilePatch, Store

BATCH = 10_000
"""Records a commit: pages that many of them touch are then written once."""


@dataclass(slots=True)
class Counts:
    """What became of a section's rows. ``skipped`` are those that its ``where`` left out."""

    section: str
    file: str
    rows: int = 0
    skipped: int = 0
    written: int = 0
    duplicates: int = 0
    rejected: int = 0


def run_plan(
    plan: Plan, store: Store | None, rejects: RejectsFile, now_us: int, advance: Callable[[int], None]
) -> Counts:
    """Import one section; without a store, only check it.

    Raises:
        TableError: the file cannot be read to its end; the whole batches before are kept.
        StoreUnavailable: the same, of the store.
    """
    counts = Counts(plan.title, plan.table.path.name)

    def tell_row(taken: bool) -> None:
        counts.rows += 1
        counts.skipped += not taken
        if counts.rows % 1_000 == 0:
            advance(1_000)

    def reject(found: Found, why: Rejected) -> None:
        counts.rejected += 1
        rejects.write(plan.title, plan.table.path, plan.columns, found, why)

    def good() -> Iterator[tuple[Found, Record]]:
        """The rows that stand by themselves; what is wrong is let go at once, for it may be long."""
        for found in plan.found(tell_row):
            try:
                if isinstance(found.values, Rejected):
                    raise found.values
                yield found, plan.build(found.values, now_us)
            except Rejected as why:
                reject(found, why)

    for kept in _batches(good()):
        outcomes = (
            _write(store, [record for _, record in kept], now_us) if store else [Outcome.ACCEPTED] * len(kept)
        )
        for (found, _), outcome in zip(kept, outcomes, strict=True):
            counts.written += outcome is Outcome.ACCEPTED
            counts.duplicates += outcome is Outcome.DUPLICATE
            if outcome in _REFUSED:
                reject(found, _REFUSED[outcome])
    return counts


_REFUSED = {
    Outcome.CONFLICT: Rejected(
        "event_id",
        "an event of this source and id is kept with other content, and it stands. Give events that differ "
        "different ids.",
    ),
    Outcome.ERASED: Rejected(
        "customer_id",
        "this customer was erased. Nothing more is kept of them, unless a server is told to readmit them.",
    ),
}


def _batches(good: Iterator[tuple[Found, Record]]) -> Iterator[list[tuple[Found, Record]]]:
    while batch := list(islice(good, BATCH)):
        yield batch


def _write(store: Store, records: list[Record], now_us: int) -> list[Outcome]:
    """Write records, which are all of one kind."""
    events = [record for record in records if isinstance(record, EventRecord)]
    items = [record for record in records if isinstance(record, ItemRecord)]
    patches = [record for record in records if isinstance(record, ProfilePatch)]
    if events:
        return store.append_events(events)
    if items:
        store.upsert_items(items)
    if patches:
        return _write_profiles(store, patches, now_us)
    return [Outcome.ACCEPTED] * len(records)


def _write_profiles(store: Store, patches: list[ProfilePatch], now_us: int) -> list[Outcome]:
    """Write patches, but those of customers who were erased."""
    gone = set(store.upsert_profiles(patches, now_us))
    if gone:
        store.upsert_profiles([one for place, one in enumerate(patches) if place not in gone], now_us)
    return [Outcome.ERASED if place in gone else Outcome.ACCEPTED for place in range(len(patches))]
