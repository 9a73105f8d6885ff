"""Reads that are waited for only so long, and never by the loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Sequence
from typing import Any, cast

import pytest

from dearly.server.bounded_reads import MOST_PATIENCE_S, BoundedReads
from dearly.store import CustomerQuery, CustomerRows, KeptEvents, Store, StoreUnavailable

LONG_S = 10.0
SHORT_S = 0.01


class SlowDisk:
    """A disk that answers when it is let to."""

    def __init__(self) -> None:
        self.answers = threading.Event()
        self.answers.set()
        self.asked: list[str] = []

    def read_customers(self, queries: Sequence[CustomerQuery]) -> list[CustomerRows]:
        self.asked += [query.customer_id for query in queries]
        self.answers.wait(LONG_S)
        if ask("broken") in queries:
            raise StoreUnavailable("The store is gone.")
        return [rows_of(query) for query in queries]


def ask(customer_id: str) -> CustomerQuery:
    return CustomerQuery(customer_id, [], 7)


def rows_of(query: CustomerQuery) -> CustomerRows:
    return CustomerRows(f'{{"name":"{query.customer_id}"}}', [KeptEvents("seen", (query.until_us,), "[{}]")])


@pytest.fixture
def disk() -> SlowDisk:
    return SlowDisk()


@pytest.fixture
async def reads(disk: SlowDisk) -> AsyncIterator[BoundedReads]:
    reads = BoundedReads(cast(Store, disk))
    yield reads
    disk.answers.set()
    await asyncio.to_thread(reads.close)


async def test_what_the_store_gives_is_given_for_every_query_in_order(reads: BoundedReads) -> None:
    queries = [ask("ada"), ask("bob"), ask("cyd")]
    assert await reads.read(queries, LONG_S) == [rows_of(query) for query in queries]
    assert await reads.read([], LONG_S) == []


async def test_what_the_store_raises_is_raised(reads: BoundedReads) -> None:
    with pytest.raises(StoreUnavailable, match="gone"):
        await reads.read([ask("ada"), ask("broken")], LONG_S)
    assert await reads.read([ask("ada")], LONG_S) == [rows_of(ask("ada"))]


async def test_a_caller_in_a_hurry_gives_up_alone_and_the_patient_are_served(
    disk: SlowDisk, reads: BoundedReads
) -> None:
    disk.answers.clear()
    patient = asyncio.create_task(reads.read([ask("ada")], LONG_S))
    await asyncio.sleep(0)
    with pytest.raises(TimeoutError):
        await reads.read([ask("hasty")], SHORT_S)
    disk.answers.set()
    assert await patient == [rows_of(ask("ada"))]
    assert await reads.read([ask("bob")], LONG_S) == [rows_of(ask("bob"))]
    assert disk.asked == ["ada", "bob"]  # what was given up before its turn is not read at all


async def test_a_store_that_does_not_answer_is_refused_at_once_by_those_who_come_later(
    disk: SlowDisk, reads: BoundedReads
) -> None:
    disk.answers.clear()
    with pytest.raises(StoreUnavailable, match="has not answered"):
        await reads.read([ask("ada")], LONG_S)
    for _ in range(100):
        with pytest.raises(StoreUnavailable, match="has not answered"):
            await reads.read([ask("bob")], LONG_S)
    assert disk.asked == ["ada"]


async def test_the_loop_looks_after_others_while_a_read_takes_long(
    disk: SlowDisk, reads: BoundedReads
) -> None:
    disk.answers.clear()
    waiting = asyncio.create_task(reads.read([ask("ada")], LONG_S))
    turns = 0
    while not waiting.done():
        await asyncio.sleep(MOST_PATIENCE_S / 50)
        turns += 1
    assert turns > 5
    assert isinstance(cast(Any, waiting).exception(), StoreUnavailable)


async def test_once_the_store_answers_again_so_do_reads_and_none_gets_anothers_rows(
    disk: SlowDisk, reads: BoundedReads
) -> None:
    disk.answers.clear()
    with pytest.raises(StoreUnavailable):
        await reads.read([ask("late")], LONG_S)
    disk.answers.set()
    while True:
        try:
            rows = await reads.read([ask("ada")], LONG_S)
            break
        except StoreUnavailable:
            await asyncio.sleep(SHORT_S)
    assert rows == [rows_of(ask("ada"))]
