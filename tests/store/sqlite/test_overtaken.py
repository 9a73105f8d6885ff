"""A look reads without the writer's lock: what comes in meanwhile stands, and the look is dropped."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest

from dearly.store import Due, Look, MemberChange, ReadCustomers
from dearly.store.sqlite import SqliteStore
from tests.store.records import event, kept_of_both


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(tmp_path / "store.db")
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("meanwhile", "due", "told"),
    [
        (lambda it: it.append_events([event("3")]), ["ada"], ["bob"]),
        (lambda it: it.merge_customers("ada", "bob", 1, "merged", kept_of_both), ["bob"], ["merged"]),
        (lambda it: it.erase_customer("ada", 1), [], ["bob"]),
        (lambda it: it.read_feed(0, 1), [], ["ada", "bob"]),
    ],
    ids=["touched", "merged", "erased", "nothing"],
)
def test_a_look_at_somebody_who_changed_meanwhile_is_dropped(
    store: SqliteStore, meanwhile: Callable[[SqliteStore], object], due: list[str], told: list[str]
) -> None:
    generation = store.begin_generation("f", 1).number
    store.append_events([event("1"), event("2", customer="bob")])

    def look_at(seen: Sequence[Due], _read: ReadCustomers) -> list[Look]:
        meanwhile(store)
        enters = [MemberChange(generation, "vip", "in", 1)]
        return [Look(one.customer_id, None, "seen", enters, [one.customer_id]) for one in seen]

    kept = store.look_at_due(1, 10, look_at)
    assert kept == len([body for body in told if body != "merged"])
    assert [one.customer_id for one in store.due_customers(1, None, 10)] == due
    assert sorted(record.body for record in store.read_feed(0, 10)) == told
    members = [one.customer_id for one in store.members(generation, "vip", None, 10)]
    assert members == [body for body in told if body != "merged"]


def test_a_pass_waits_for_whoever_was_overtaken(store: SqliteStore) -> None:
    store.begin_generation("one", 1)
    store.append_events([event(str(n), customer=f"c{n}") for n in range(3)])
    number = store.begin_generation("two", 2).number
    pages: list[list[str]] = []

    def look_at(seen: Sequence[Due], _read: ReadCustomers) -> list[Look]:
        if not pages:
            store.append_events([event("late", customer="c1")])
        pages.append([one.customer_id for one in seen])
        return [Look(one.customer_id, None, "seen", (), ()) for one in seen]

    while store.look_at_page(number, 10, 3, look_at):
        pass
    assert pages == [["c0", "c1", "c2"], ["c1", "c2"]]
    assert store.generations()[-1].done == 3
