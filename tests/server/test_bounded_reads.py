"""Reads that are waited for only so long."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence

import pytest

from dearly.server.bounded_reads import BoundedReads
from dearly.store import CustomerRows, EventRange, StoreUnavailable


class SlowStore:
    """A disk that answers when it is let to."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()

    def read_customer(self, customer_id: str, ranges: Sequence[EventRange], until_us: int) -> CustomerRows:
        self.answers.wait(10)
        if customer_id == "broken":
            raise StoreUnavailable("The store is gone.")
        return CustomerRows({"name": customer_id}, [(one.type, until_us, {}) for one in ranges])


@pytest.fixture
def disk() -> Iterator[SlowStore]:
    disk = SlowStore()
    yield disk
    disk.answers.set()


@pytest.fixture
def reads(disk: SlowStore) -> Iterator[BoundedReads]:
    reads = BoundedReads(disk, patience_s=0.05)
    yield reads
    reads.close()


def test_what_the_store_gives_is_given(reads: BoundedReads) -> None:
    assert reads.read_customer("ada", [EventRange("seen", 0)], 7) == CustomerRows(
        {"name": "ada"}, [("seen", 7, {})]
    )


def test_what_the_store_raises_is_raised(reads: BoundedReads) -> None:
    with pytest.raises(StoreUnavailable, match="gone"):
        reads.read_customer("broken", [], 7)
    assert reads.read_customer("ada", [], 7).fields == {"name": "ada"}


def test_a_read_that_hangs_is_given_up_and_those_after_it_are_refused_at_once(
    disk: SlowStore, reads: BoundedReads
) -> None:
    disk.answers.clear()
    with pytest.raises(StoreUnavailable, match="within 50 ms"):
        reads.read_customer("ada", [], 7)
    started_s = time.monotonic()
    for _ in range(100):
        with pytest.raises(StoreUnavailable, match="earlier read"):
            reads.read_customer("ada", [], 7)
    assert time.monotonic() - started_s < 0.05


def test_once_the_store_answers_again_so_do_reads_and_none_gets_anothers_rows(
    disk: SlowStore, reads: BoundedReads
) -> None:
    disk.answers.clear()
    with pytest.raises(StoreUnavailable):
        reads.read_customer("late", [], 7)
    disk.answers.set()
    time.sleep(0.05)
    assert reads.read_customer("ada", [], 7).fields == {"name": "ada"}
