"""Every customer of a store, some at a time."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from dearly.store.contract import Store
from dearly.store.records import CustomerQuery, CustomerRows, EventRange

CUSTOMERS_AT_ONCE = 500
"""So many customers' rows are held at a time."""


def customer_pages(
    store: Store, ranges: Sequence[EventRange], until_us: int
) -> Iterator[list[tuple[str, CustomerRows]]]:
    """Each known customer's id and rows, ascending by id, page by page; only the ranges are read.

    The whole is not of one instant: what is written meanwhile may be seen in later pages.
    """
    after: str | None = None
    while ids := store.page_customers(after, CUSTOMERS_AT_ONCE):
        rows = store.read_customers([CustomerQuery(customer_id, ranges, until_us) for customer_id in ids])
        yield list(zip(ids, rows, strict=True))
        after = ids[-1]
