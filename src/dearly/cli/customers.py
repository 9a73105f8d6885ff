"""Every customer of a store as the evaluators see them, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from dearly.evaluation import Facts, facts_reader, read_facts
from dearly.language import Program
from dearly.language.requirements import Requirements
from dearly.language.types import END_OF_TIME_US
from dearly.store import CustomerRows, EventRange, Store, customer_pages


def each_customer(
    store: Store,
    program: Program,
    requirements: Requirements,
    now_us: int,
    progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[str, Facts]]:
    """Each known customer's id and facts up to now, ascending by id; only the required events are read.

    ``progress`` is told how many more were read, page by page. The whole is not of one instant: what is
    written meanwhile may be seen in later pages.
    """
    reader = facts_reader(program)
    ranges = event_ranges(requirements, now_us)
    for customer_id, kept in each_customers_rows(store, ranges, now_us, progress):
        yield customer_id, read_facts(reader, kept.profile, kept.logs)


def each_customers_rows(
    store: Store,
    ranges: Sequence[EventRange],
    until_us: int,
    progress: Callable[[int], None] | None = None,
) -> Iterator[tuple[str, CustomerRows]]:
    """:func:`each_customer` for who reads facts of one customer by several programs."""
    for page in customer_pages(store, ranges, until_us):
        yield from page
        if progress is not None:
            progress(len(page))


def event_ranges(requirements: Requirements, now_us: int) -> list[EventRange]:
    """Which events a store is to be asked for, to meet requirements as of now."""
    return [
        EventRange(event, None if horizon_us is None else now_us - horizon_us)
        for event, horizon_us in requirements.events.items()
    ]


def read_all_of(store: Store, program: Program, customer_id: str) -> tuple[bool, Facts]:
    """Whether a store knows a customer, and all that it has of them, events stamped in the future as well."""
    ranges = [EventRange(event, None) for event in program.events]
    kept = store.read_customer(customer_id, ranges, END_OF_TIME_US)
    facts = read_facts(facts_reader(program), kept.profile, kept.logs)
    return kept.profile is not None or bool(kept.logs), facts
