"""Reads that are waited for only so long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from dearly.server.bounded_reads import BoundedReads
from dearly.store import CustomerQuery, CustomerRows, KeptEvents, StoreUnavailable

PATIENCE_S = 0.05


class SlowStore:
    """A disk that answers when it is let to."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.asked = 0

    def read_customers(self, queries: Sequence[CustomerQuery]) -> list[CustomerRows]:
        self.asked += 1
        self.answers.wait(10)
        if ask("broken") in queries:
            raise StoreUnavailable("The store is gone.")
        return [rows_of(query) for query in queries]


def ask(customer_id: str) -> CustomerQuery:
    return CustomerQuery(customer_id, [], 7)


def rows_of(query: CustomerQuery) -> CustomerRows:
    return CustomerRows(f'{{"name":"{query.customer_id}"}}', [KeptEvents("seen", (query.until_us,), "[{}]")])


@pytest.fixture
def disk() -> Iterator[SlowStore]:
    disk = SlowStore()
    yield disk
    disk.answers.set()


@pytest.fixture
def reads(disk: SlowStore) -> Iterator[BoundedReads]:
    reads = BoundedReads(disk)
    yield reads
    reads.close()


def test_what_the_store_gives_is_given_for_every_query_in_order(reads: BoundedReads) -> None:
    queries = [ask("ada"), ask("bob"), ask("cyd")]
    assert reads.read(queries, 5.0) == [rows_of(query) for query in queries]
    assert reads.read([], 5.0) == []


def test_what_the_store_raises_is_raised(reads: BoundedReads) -> None:
    with pytest.raises(StoreUnavailable, match="gone"):
        reads.read([ask("ada"), ask("broken")], PATIENCE_S)
    assert reads.read([ask("ada")], PATIENCE_S) == [rows_of(ask("ada"))]


def test_a_read_that_hangs_is_given_up_and_those_after_it_are_refused_at_once(
    disk: SlowStore, reads: BoundedReads
) -> None:
    disk.answers.clear()
    with pytest.raises(StoreUnavailable, match="within 50 ms"):
        reads.read([ask("ada")], PATIENCE_S)
    for _ in range(100):
        with pytest.raises(StoreUnavailable, match="earlier read"):
            reads.read([ask("ada")], PATIENCE_S)
    assert disk.asked == 1


def test_once_the_store_answers_again_so_do_reads_and_none_gets_anothers_rows(
    disk: SlowStore, reads: BoundedReads
) -> None:
    disk.answers.clear()
    with pytest.raises(StoreUnavailable):
        reads.read([ask("late")], PATIENCE_S)
    disk.answers.set()
    time.sleep(0.05)
    assert reads.read([ask("ada")], PATIENCE_S) == [rows_of(ask("ada"))]
