"""Several servers on one database: each customer is looked at by one of them, and nothing is lost."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from dearly.store import (
    CustomerQuery,
    Due,
    EventRange,
    Look,
    MemberChange,
    Outcome,
    ProfilePatch,
    ReadCustomers,
)
from dearly.store.postgres import PostgresStore
from tests.postgres import needs_postgres
from tests.store.postgres.conftest import open_postgres
from tests.store.records import FOREVER_US, decoded, event, kept_of_both, times
from tests.waiting import wait_until

pytestmark = needs_postgres

CUSTOMERS = [f"c{number:03}" for number in range(60)]


@pytest.fixture
def second(url: str, store: PostgresStore):  # type: ignore[no-untyped-def]
    """Another server's store on the same database."""
    opened = open_postgres(url)
    yield opened
    opened.close()


def look(due: Due, *feed: str) -> Look:
    return Look(due.customer_id, None, "looked at", (), feed)


def look_at_all(due: Sequence[Due], read: ReadCustomers) -> list[Look]:
    return [look(each, each.customer_id) for each in due]


def touch_all(store: PostgresStore) -> None:
    store.append_events([event(customer, customer=customer) for customer in CUSTOMERS])


class Meanwhile:
    """A look that tells when it is under way, and ends when it is told to."""

    def __init__(
        self, look_at: Callable[[Sequence[Due], ReadCustomers], Sequence[Look]] = look_at_all
    ) -> None:
        self.seen: list[Due] = []
        self.under_way, self.may_end = threading.Event(), threading.Event()
        self._look_at = look_at

    def __call__(self, due: Sequence[Due], read: ReadCustomers) -> Sequence[Look]:
        self.seen = list(due)
        self.under_way.set()
        assert self.may_end.wait(60)
        return self._look_at(due, read)


def test_two_servers_that_look_at_once_are_given_different_customers(
    store: PostgresStore, second: PostgresStore
) -> None:
    touch_all(store)
    first_look, second_look = Meanwhile(), Meanwhile()
    with ThreadPoolExecutor() as pool:
        one = pool.submit(store.look_at_due, 10, 20, first_look)
        assert first_look.under_way.wait(60)
        two = pool.submit(second.look_at_due, 10, 20, second_look)
        assert second_look.under_way.wait(60)
        first_look.may_end.set()
        second_look.may_end.set()
        assert (one.result(), two.result()) == (20, 20)
    ids = [each.customer_id for each in first_look.seen + second_look.seen]
    assert ids == CUSTOMERS[:40]
    assert store.count_due(10) == 20


def test_servers_that_race_look_at_everybody_once(store: PostgresStore, second: PostgresStore) -> None:
    touch_all(store)

    def work(each: PostgresStore) -> None:
        while each.look_at_due(10, 7, look_at_all):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [store, second, store, second]))
    feed = store.read_feed(0, 1_000)
    assert sorted(record.customer_id for record in feed) == CUSTOMERS
    assert [record.position for record in feed] == list(range(1, len(CUSTOMERS) + 1))
    assert store.next_due_us() is None


def test_who_is_touched_during_a_look_is_not_kept_waiting_and_stays_due(
    store: PostgresStore, second: PostgresStore
) -> None:
    store.append_events([event("1", at=1_000), event("2", customer="bob")])
    looking = Meanwhile()
    with ThreadPoolExecutor() as pool:
        looked = pool.submit(store.look_at_due, 10, 20, looking)
        assert looking.under_way.wait(60)
        assert second.append_events([event("3", at=500)]) == [Outcome.ACCEPTED]
        looking.may_end.set()
        assert looked.result() == 1
    (due,) = store.due_customers(10, None, 10)
    assert due == Due("ada", 0, frozenset({"product_viewed"}), 500, None)
    assert [record.customer_id for record in store.read_feed(0, 9)] == ["bob"]


def test_a_look_sees_every_touch_that_was_kept_before_it_began(
    store: PostgresStore, second: PostgresStore
) -> None:
    """A touch that comes first has what it brought read; one that comes later waits and is looked at next."""
    seen: list[int] = []

    def count(due: Sequence[Due], read: ReadCustomers) -> list[Look]:
        (rows,) = read([CustomerQuery("ada", [EventRange("product_viewed", None)], FOREVER_US)])
        seen.append(len(decoded(rows).events))
        return [look(each) for each in due]

    with ThreadPoolExecutor() as pool:
        sent = pool.submit(lambda: [second.append_events([event(str(at), at=at)]) for at in range(100)])
        while not sent.done() or store.count_due(10):
            store.look_at_due(10, 5, count)
    assert seen == sorted(seen)
    assert seen[-1] == 100


def test_pages_of_a_pass_are_taken_once_by_whichever_server(
    store: PostgresStore, second: PostgresStore
) -> None:
    touch_all(store)
    generation = store.begin_generation("f", 1)

    def work(each: PostgresStore) -> None:
        while each.look_at_page(generation.number, 7, 10, look_at_all):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, [store, second, store, second]))
    assert [record.customer_id for record in store.read_feed(0, 1_000)] == CUSTOMERS
    assert store.generations()[0].done == len(CUSTOMERS)


def test_whoever_is_merged_away_during_a_look_leaves_no_member(
    store: PostgresStore, second: PostgresStore
) -> None:
    store.append_events([event("1", customer="ada"), event("2", customer="bob")])
    store.begin_generation("f", 1)

    def enter(due: Sequence[Due], read: ReadCustomers) -> list[Look]:
        return [
            Look(each.customer_id, None, "s", [MemberChange(1, "vip", "in", 1)], [each.customer_id])
            for each in due
        ]

    looking = Meanwhile(enter)
    with ThreadPoolExecutor() as pool:
        looked = pool.submit(store.look_at_due, 10, 20, looking)
        assert looking.under_way.wait(60)
        merged = pool.submit(second.merge_customers, "ada", "bob", 5, "merged", kept_of_both)
        looking.may_end.set()
        assert looked.result() == 2
        merged.result()
    assert [member.customer_id for member in store.members(1, "vip", None, 9)] == ["bob"]
    assert [(record.customer_id, record.body) for record in store.read_feed(0, 9)] == [
        ("ada", "ada"),
        ("bob", "bob"),
        ("bob", "merged"),
    ]
    assert [due.customer_id for due in store.due_customers(10, None, 9)] == ["bob"]


def test_nothing_is_kept_of_who_is_erased_while_others_write(
    store: PostgresStore, second: PostgresStore
) -> None:
    start = threading.Barrier(3)

    def send(source: str) -> list[Outcome]:
        start.wait()
        return [
            outcome
            for number in range(40)
            for outcome in second.append_events([event(str(number), source=source)])
        ]

    with ThreadPoolExecutor(3) as pool:
        sent = [pool.submit(send, source) for source in ("web", "app")]
        start.wait()
        wait_until(lambda: bool(times(store)))
        store.erase_customer("ada", 1)
        outcomes = [each.result() for each in sent]
    for each in outcomes:
        assert each == sorted(each, key=[Outcome.ACCEPTED, Outcome.ERASED].index)
    assert store.export_customer("ada") is None
    assert times(store) == []


def test_batches_that_cross_never_wait_for_each_other_for_good(
    store: PostgresStore, second: PostgresStore
) -> None:
    def send(number: int) -> None:
        there = [event(f"{number}-{name}", customer=name) for name in CUSTOMERS]
        patches = [ProfilePatch(name, {"n": float(number)}, number) for name in CUSTOMERS]
        each = (store, second)[number % 2]
        each.append_events(there if number % 3 else there[::-1])
        each.upsert_profiles(patches if number % 3 else patches[::-1], 1)

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(send, range(24)))
    rows = store.read_customers([CustomerQuery(name, (), 1) for name in CUSTOMERS])
    assert [decoded(each).fields for each in rows] == [{"n": 23.0}] * len(CUSTOMERS)


def test_a_reader_of_the_feed_never_finds_a_lower_position_later(
    store: PostgresStore, second: PostgresStore
) -> None:
    seen: list[int] = []

    def write(each: PostgresStore) -> None:
        for number in range(40):
            each.append_events([event(f"{id(each)}{number}", customer=f"{id(each)}{number}")])
            each.look_at_due(10, 1, look_at_all)

    with ThreadPoolExecutor(3) as pool:
        writers = [pool.submit(write, each) for each in (store, second)]
        while not all(each.done() for each in writers):
            seen += [record.position for record in store.read_feed(seen[-1] if seen else 0, 5)]
        for each in writers:
            each.result()
    seen += [record.position for record in store.read_feed(seen[-1] if seen else 0, 1_000)]
    assert seen == [record.position for record in store.read_feed(0, 1_000)]


def test_two_servers_never_have_one_sink(store: PostgresStore, second: PostgresStore) -> None:
    barrier = threading.Barrier(8)

    def lease(number: int) -> bool:
        barrier.wait()
        return (store, second)[number % 2].lease_sink("shop", f"server {number}", 10, 20) is not None

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(lease, range(8))) == 1


LOOKER = """
import sys, time
from dearly.store import open_store

def stand_still(due, read):
    print(len(due), flush=True)
    time.sleep(600)

open_store(sys.argv[1]).look_at_due(10, 50, stand_still)
"""


def test_a_server_killed_in_the_middle_of_a_look_leaves_no_lock_behind(
    store: PostgresStore, url: str
) -> None:
    touch_all(store)
    with subprocess.Popen([sys.executable, "-c", LOOKER, url], stdout=subprocess.PIPE, text=True) as looker:
        assert looker.stdout is not None
        assert looker.stdout.readline().strip() == "50"
        assert store.look_at_due(10, 100, look_at_all) == 10
        looker.kill()
    looked_at: list[Any] = []
    wait_until(lambda: looked_at.append(store.look_at_due(10, 100, look_at_all)) or sum(looked_at) == 50)
    assert store.count_due(10) == 0
    assert store.append_events([event("again", customer=CUSTOMERS[0])]) == [Outcome.ACCEPTED]


def test_a_server_that_stands_still_in_a_look_holds_up_no_write(
    store: PostgresStore, second: PostgresStore
) -> None:
    store.append_events([event("1")])
    looking = Meanwhile()
    with ThreadPoolExecutor() as pool:
        looked = pool.submit(store.look_at_due, 10, 20, looking)
        assert looking.under_way.wait(60)
        kept = second.append_events([event("2"), event("3", customer="bob")])
        assert kept == [Outcome.ACCEPTED, Outcome.ACCEPTED]
        assert second.look_at_due(10, 20, look_at_all) == 1
        looking.may_end.set()
        assert looked.result() == 0
    assert [due.customer_id for due in store.due_customers(10, None, 9)] == ["ada"]
    assert times(store) == [1_000, 1_000]
