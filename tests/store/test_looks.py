"""Every store says who is due, keeps what comes of a look, and lets no look undo what came in meanwhile."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from dearly.store import (
    AT_ONCE_US,
    Due,
    EventRange,
    GenerationState,
    Look,
    LookAt,
    MemberChange,
    ProfilePatch,
    ReadCustomers,
    Store,
)
from dearly.store import CustomerQuery as Query
from tests.store.records import event

NOTHING = "nothing yet"


def looks(make: Callable[[Due], Look | None]) -> LookAt:
    """A look at each customer."""

    def look_at(due: Sequence[Due], _read: ReadCustomers) -> list[Look]:
        return [look for one in due if (look := make(one)) is not None]

    return look_at


def settled(due: Due, next_us: int | None = None) -> Look:
    return Look(due.customer_id, next_us, "seen", (), ())


def due_now(store: Store, now_us: int = 10) -> list[Due]:
    return list(store.due_customers(now_us, None, 100))


# ----------------------------------------------------------------------------------------- who is due


def test_an_event_makes_its_customer_due_at_once_and_says_what_came(store: Store) -> None:
    store.append_events([event("1", at=7), event("2", at=5, kind="ordered"), event("3", at=9)])
    (due,) = due_now(store, now_us=0)
    assert (due.customer_id, due.due_us, due.standing) == ("ada", AT_ONCE_US, None)
    assert (due.touched, due.touched_since_us) == ({"product_viewed", "ordered"}, 5)
    assert store.next_due_us() == AT_ONCE_US
    assert store.count_due(0) == 1


def test_a_repeat_makes_nobody_due(store: Store) -> None:
    store.append_events([event("1")])
    store.look_at_due(1, 10, looks(settled))
    store.append_events([event("1"), event("1", note="other")])
    assert due_now(store) == []


def test_a_patch_makes_its_customer_due_by_the_profile(store: Store) -> None:
    store.upsert_profiles([ProfilePatch("ada", {"name": "Ada"}, 1)], 1)
    (due,) = due_now(store)
    assert (due.touched, due.touched_since_us) == ({"@profile"}, None)


def test_a_timer_makes_due_when_its_time_comes_and_not_before(store: Store) -> None:
    store.append_events([event("1")])
    store.look_at_due(1, 10, looks(lambda due: settled(due, next_us=50)))
    assert (store.next_due_us(), due_now(store, 49), store.count_due(49)) == (50, [], 0)
    (due,) = due_now(store, 50)
    assert (due.due_us, due.touched, due.touched_since_us, due.standing) == (50, frozenset(), None, "seen")


def test_whoever_has_no_timer_is_never_due(store: Store) -> None:
    store.append_events([event("1")])
    store.look_at_due(1, 10, looks(settled))
    assert (store.next_due_us(), due_now(store, 2**60)) == (None, [])


def test_the_earliest_are_looked_at_first_and_no_more_than_asked(store: Store) -> None:
    store.append_events([event(str(n), customer=f"c{n}") for n in range(5)])
    store.look_at_due(1, 10, looks(lambda due: settled(due, next_us=100 - int(due.customer_id[1:]))))
    seen: list[str] = []

    def note(due: Due) -> Look:
        seen.append(due.customer_id)
        return settled(due)

    taken = store.look_at_due(200, 3, looks(note))
    assert (taken, seen) == (3, ["c4", "c3", "c2"])
    assert [due.customer_id for due in due_now(store, 200)] == ["c0", "c1"]


def test_whoever_gets_no_look_is_no_more_due_and_nothing_else_changes(store: Store) -> None:
    store.append_events([event("1")])
    store.look_at_due(1, 10, looks(settled))
    store.append_events([event("2")])
    assert store.look_at_due(1, 10, looks(lambda _: None)) == 1
    assert due_now(store) == []
    held = store.export_customer("ada")
    assert held is not None
    assert held.standing == "seen"


# ----------------------------------------------------------------------------------------- what is kept


def test_a_look_reads_what_it_asks_for(store: Store) -> None:
    store.append_events([event("1", at=7)])
    found: list[tuple[int, ...]] = []

    def look_at(due: Sequence[Due], read: ReadCustomers) -> list[Look]:
        queries = [Query(one.customer_id, [EventRange("product_viewed", None)], 100) for one in due]
        found.extend(log.times_us for rows in read(queries) for log in rows.logs)
        return [settled(one) for one in due]

    store.look_at_due(1, 10, look_at)
    assert found == [(7,)]


def test_members_and_records_are_kept_with_the_standing(store: Store) -> None:
    generation = store.begin_generation("f", 1)
    store.append_events([event(str(n), customer=f"c{n}") for n in range(3)])

    def enters(due: Due) -> Look:
        changes = [
            MemberChange(generation.number, "vip", "in", 5),
            MemberChange(generation.number, "stage", due.customer_id, 6),
        ]
        told = [f"{due.customer_id} {word}" for word in ("one", "two")]
        return Look(due.customer_id, None, "seen", changes, told)

    store.look_at_due(9, 10, looks(enters))

    vips = store.members(generation.number, "vip", None, 2)
    assert [(one.customer_id, one.state, one.since_us) for one in vips] == [("c0", "in", 5), ("c1", "in", 5)]
    assert [one.customer_id for one in store.members(generation.number, "vip", "c1", 2)] == ["c2"]
    assert store.count_members(generation.number, "vip") == {"in": 3}
    assert store.count_members(generation.number, "stage") == {"c0": 1, "c1": 1, "c2": 1}
    told = [(record.customer_id, record.body, record.recorded_us) for record in store.read_feed(0, 10)]
    assert sorted(told) == [(f"c{n}", f"c{n} {word}", 9) for n in range(3) for word in ("one", "two")]

    store.append_events([event("9", customer="c1")])
    leaves = [MemberChange(generation.number, "vip", None, 7)]
    store.look_at_due(9, 10, looks(lambda due: Look(due.customer_id, None, "gone", leaves, [])))
    assert [one.customer_id for one in store.members(generation.number, "vip", None, 9)] == ["c0", "c2"]


def test_what_comes_after_a_look_makes_due_again(store: Store) -> None:
    store.append_events([event("1")])
    store.look_at_due(1, 10, looks(settled))
    store.append_events([event("2", kind="ordered")])
    (due,) = due_now(store)
    assert due.touched == {"ordered"}


def test_two_who_look_at_once_keep_each_customers_look_once(store: Store) -> None:
    store.append_events([event(str(n), customer=f"c{n}") for n in range(60)])

    def told(due: Due) -> Look:
        return Look(due.customer_id, None, "seen", (), [due.customer_id])

    def work(_: int) -> None:
        while store.look_at_due(1, 7, looks(told)):
            pass

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert sorted(record.body for record in store.read_feed(0, 100)) == sorted(f"c{n}" for n in range(60))
    assert due_now(store) == []


def test_a_look_that_fails_keeps_nothing(store: Store) -> None:
    store.append_events([event("1")])

    def fails(due: Sequence[Due], read: ReadCustomers) -> list[Look]:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        store.look_at_due(1, 10, fails)
    assert [due.customer_id for due in due_now(store)] == ["ada"]


# ----------------------------------------------------------------------------------------- generations


def test_the_first_meaning_of_an_empty_store_serves_at_once(store: Store) -> None:
    generation = store.begin_generation("one", 5)
    assert (generation.state, generation.since_us) == (GenerationState.SERVING, 5)
    assert store.begin_generation("one", 6) == generation
    assert store.generations() == [generation]


def test_another_meaning_is_built_and_then_serves_in_one_step(store: Store) -> None:
    first = store.begin_generation("one", 1)
    store.append_events([event(str(n), customer=f"c{n}") for n in range(5)])
    second = store.begin_generation("two", 2)
    assert second.state is GenerationState.BUILDING

    seen: list[str] = []

    def note(due: Due) -> Look:
        seen.append(due.customer_id)
        return settled(due)

    while store.look_at_page(second.number, 2, 3, looks(note)):
        pass
    assert seen == [f"c{n}" for n in range(5)]
    (_, built) = store.generations()
    assert (built.cursor, built.done) == ("c4", 5)

    assert store.cut_over(second.number, 4)
    assert not store.cut_over(second.number, 5)
    states = {one.number: (one.state, one.cursor, one.done) for one in store.generations()}
    assert states[first.number][0] is GenerationState.LEAVING
    assert states[second.number] == (GenerationState.SERVING, None, 0)

    store.end_generation(first.number)
    assert [one.number for one in store.generations()] == [second.number]


def test_the_members_of_a_meaning_that_is_given_up_are_swept_away_bit_by_bit(store: Store) -> None:
    first = store.begin_generation("one", 1)
    store.append_events([event(str(number), customer=f"c{number}") for number in range(5)])
    second = store.begin_generation("two", 2)
    enters = [MemberChange(each.number, "vip", "in", 1) for each in (first, second)]
    store.look_at_page(second.number, 9, 3, looks(lambda due: Look(due.customer_id, None, "s", enters, [])))
    assert store.sweep_members(10) == 0
    assert store.count_members(second.number, "vip") == {"in": 5}

    third = store.begin_generation("three", 4)

    assert [one.fingerprint for one in store.generations()] == ["one", "three"]
    assert third.number > second.number
    assert [store.sweep_members(3) for _ in range(3)] == [3, 2, 0]
    assert store.count_members(second.number, "vip") == {}
    assert store.count_members(first.number, "vip") == {"in": 5}
