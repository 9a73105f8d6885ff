"""The worker: what is not kept is not lost, one customer does not stop the others, several share the work."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from pathlib import Path
from random import Random

import pytest
from structlog.testing import capture_logs

from dearly.membership import MembershipEngine, UnreadableStanding
from dearly.store import Due, EventRecord, GenerationState, Look, ReadCustomers, Store, open_store
from tests.membership.shop import Shop, days, hours, watch
from tests.membership.test_as_of_now import NAMES, random_happenings, true_states


class Killed(Exception):
    """Stands for whatever ends a process in the middle of a batch."""


def kill_a_batch(shop: Shop) -> None:
    """A look that has read its customers and comes to no end."""

    def look_at(due: Sequence[Due], read: ReadCustomers) -> Sequence[Look]:
        assert due
        raise Killed

    with pytest.raises(Killed):
        shop.store.look_at_due(shop.now_us, 100, look_at)


def net(shop: Shop) -> dict[tuple[str, str], str | None]:
    """What the whole feed comes to, by customer and name; each record follows from the one before."""
    states: dict[tuple[str, str], str | None] = {}
    for each in shop.news():
        if each["kind"] in ("segment", "lifecycle"):
            key = (each["customer"], each["name"])
            assert states.get(key) == each["from"] != each["to"]
            states[key] = each["to"]
    return {key: state for key, state in states.items() if state is not None}


def test_batches_that_are_killed_lose_nothing_and_tell_nothing_twice(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    random = Random(7)
    for day in range(12):
        shop.now_us = days(day)
        random_happenings(shop, random, 15)
        if random.randrange(2):
            kill_a_batch(shop)
            shop.restart()
        if random.randrange(3):
            shop.settle()
    shop.settle()

    true = {(customer, name): state for name in NAMES for customer, state in true_states(shop, name).items()}
    assert net(shop) == true
    assert len(true) > 60


def test_two_engines_on_one_store_tell_everything_once(store: Store, store_url: str) -> None:
    shop = Shop(store)
    shop.settle()
    other = open_store(store_url)
    second = MembershipEngine(other, lambda: shop.watched, lambda: shop.now_us, lambda _: "#")
    random = Random(3)
    for day in range(10):
        shop.now_us = days(day)
        random_happenings(shop, random, 20)
        for engine in random.choices((shop.engine, second), k=3):
            engine.step()
    shop.settle()
    other.close()

    true = {(customer, name): state for name in NAMES for customer, state in true_states(shop, name).items()}
    assert net(shop) == true


def test_rules_that_are_known_to_others_only_leave_the_work_to_them(store: Store, store_url: str) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("ordered")
    shop.settle()
    behind = Shop(store, watch("segment lookers { any viewed }"))
    behind.engine.step()  # begins the other generation
    shop.happens("ordered", customer="bea")

    assert behind.engine.wait_us() > 0
    assert [due.customer_id for due in store.due_customers(shop.now_us, None, 10)] == ["bea"]
    assert shop.engine.step() > 0
    assert shop.members("buyers") == {"ada": "in", "bea": "in"}


def test_somebody_who_is_touched_all_the_time_does_not_keep_a_pass_from_its_end(store: Store) -> None:
    shop = Shop(store, watch("segment buyers { any ordered within 10 days }"))
    shop.settle()
    for number in range(150):
        shop.happens("ordered", customer=f"c{number:03}")
    shop.settle()
    looked_at = 0

    def touch_the_first() -> None:  # a robot: once in five looks at anybody
        nonlocal looked_at
        looked_at += 1
        if looked_at % 5 == 0:
            shop.happens("viewed", customer="c000")

    edited = watch("segment buyers { any ordered within 20 days }")
    engine = MembershipEngine(store, lambda: edited, lambda: shop.now_us, lambda _: "#", touch_the_first)
    for _ in range(30):
        engine.step()

    assert [each.state for each in store.generations()] == [GenerationState.SERVING]


def test_a_poke_ends_the_wait(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    assert shop.engine.wait_us() == 1_000_000
    shop.engine.poke()
    shop.engine.wait()


def test_time_that_runs_backwards_changes_nothing(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("added")
    shop.pass_time(hours(60))
    shop.now_us = hours(50)
    shop.happens("viewed")
    shop.settle()

    assert shop.members("left_behind") == {"ada": "in"}
    assert {name for name, *_ in shop.moves()} == {"left_behind", "browsing", "stage"}


@pytest.fixture
def damaged(tmp_path: Path) -> Iterator[Shop]:
    """A store on which one customer's event, of two customers, cannot be read."""
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    shop = Shop(store, watch("segment spenders { sum of ordered.total > 0 } segment lookers { any viewed }"))
    shop.settle()
    shop.happens("ordered", customer="ada")
    shop.happens("ordered", customer="bea")
    _write(tmp_path, "{", "event 1")
    yield shop
    store.close()


def _write(folder: Path, properties: str, event_id: str) -> None:
    with closing(sqlite3.connect(folder / "store.db", isolation_level=None)) as connection:
        connection.execute("UPDATE events SET properties = ? WHERE id = ?", (properties, event_id))


def test_a_customer_who_cannot_be_evaluated_stops_nobody_else(damaged: Shop) -> None:
    with capture_logs() as logs:
        damaged.settle()

    assert [(each["name"], each["customer"]) for each in damaged.news()] == [("spenders", "bea")]
    (line,) = [each for each in logs if each["event"] == "look_failed"]
    assert (line["customer"], line["failures_in_a_row"], line["again_in_s"]) == ("#", 1, 1)


def test_failures_are_tried_again_after_longer_and_longer(damaged: Shop) -> None:
    delays = []
    for _ in range(15):
        damaged.settle()
        next_us = damaged.store.next_due_us()
        assert next_us is not None
        delays.append((next_us - damaged.now_us) // 1_000_000)
        damaged.now_us = next_us

    assert delays[:5] == [1, 2, 4, 8, 16]
    assert delays[-1] == 3_600


def test_what_failed_is_made_up_for_with_all_that_came_meanwhile(damaged: Shop, tmp_path: Path) -> None:
    damaged.settle()
    damaged.now_us = hours(1)
    damaged.happens("viewed", customer="ada")
    damaged.settle()
    damaged.news()

    _write(tmp_path, '{"total":1.0}', "event 1")
    damaged.now_us = hours(2)
    damaged.settle()

    told = [(each["name"], each["to"], each["at_us"]) for each in damaged.news()]
    assert told == [("spenders", "in", hours(0)), ("lookers", "in", hours(1))]


def test_what_a_newer_version_left_is_not_guessed_at(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("ordered")

    def from_the_future(due: Sequence[Due], read: ReadCustomers) -> Sequence[Look]:
        return [Look(each.customer_id, shop.now_us, "[2, {}]", (), ()) for each in due]

    store.look_at_due(shop.now_us, 10, from_the_future)

    with pytest.raises(UnreadableStanding, match="another version of Dearly"):
        shop.engine.step()


def test_what_flips_too_often_to_follow_is_told_by_where_it_ends(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    shop = Shop(store, watch("segment flickering { any viewed within 1 second }"))
    shop.settle()
    seconds = [hours(0) + 3_000_000 * place for place in range(5_002)]
    events = [EventRecord("ada", "viewed", at_us, "test", str(at_us), {}) for at_us in seconds]
    store.append_events(events)
    shop.now_us = seconds[-1]

    with capture_logs() as logs:
        shop.settle()

    assert [(each["to"], each["at_us"]) for each in shop.news()] == [("in", seconds[0])]
    assert shop.members("flickering") == {"ada": "in"}
    assert [each["names"] for each in logs if each["event"] == "restless_names"] == [["flickering"]]
    assert store.next_due_us() == seconds[-1] + 1_000_000
    store.close()
