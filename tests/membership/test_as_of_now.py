"""Who is in what as of now, whatever the worker has got round to."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any, NoReturn, cast

import pytest

from dearly.evaluation import read_facts
from dearly.membership import NotKeptYet, state_of
from dearly.store import EventRange, Member, Store
from tests.membership.shop import Shop, days, hours, watch

NAMES = ("buyers", "browsing", "left_behind", "stage", "dutch")


def true_states(shop: Shop, name: str) -> dict[str, str]:
    """From scratch, for every customer there is."""
    watched, found = shop.watched, {}
    for customer in shop.store.page_customers(None, 10_000):
        ranges = [EventRange(kind, None) for kind in watched.program.events]
        rows = shop.store.read_customer(customer, ranges, 2**62)
        facts = read_facts(watched.reader, rows.profile, rows.logs)
        state = state_of(watched.compiled.at(facts, shop.now_us).value(name))
        if state is not None:
            found[customer] = state
    return found


def random_happenings(shop: Shop, random: Random, count: int) -> None:
    for _ in range(count):
        kind = random.choice(("added", "ordered", "viewed"))
        at_us = shop.now_us - random.randrange(days(12) - days(0))
        shop.happens(kind, at_us, f"customer {random.randrange(60):03d}")


def test_a_worker_that_never_got_to_it_makes_no_difference(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    random = Random(1)
    random_happenings(shop, random, 150)
    shop.settle()
    for day in (1, 3, 9):
        shop.now_us = days(day)
        random_happenings(shop, random, 20)
        shop.signs_up(f"customer {random.randrange(60):03d}", country="NL")
        assert store.count_due(shop.now_us) > 0
        for name in NAMES:
            true = true_states(shop, name)
            assert shop.members(name) == true
            assert shop.counts(name) == _counted(true)


def test_pages_follow_each_other_whoever_is_due(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    for number in range(30):
        shop.happens("ordered", customer=f"customer {number:03d}")
        if number % 3 == 0:
            shop.settle()

    paged: list[str] = []
    while page := shop.members_page("buyers", 7, paged[-1] if paged else None):
        assert len(page) <= 7
        paged += [each.customer_id for each in page]

    assert paged == [f"customer {number:03d}" for number in range(30)]


def test_the_states_of_a_lifecycle_are_counted_each(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("viewed", customer="bea")
    shop.happens("viewed", customer="ada")
    shop.settle()
    shop.happens("ordered", customer="ada")

    assert shop.counts("stage") == {"customer": 1, "guest": 1}
    assert shop.counts("buyers") == {"in": 1}


def test_since_is_the_exact_instant_though_nobody_looked(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("added")
    shop.settle()
    shop.now_us = hours(60)

    (member,) = shop.members_page("left_behind", 10)

    assert member.since_us == hours(48)


def test_asking_keeps_nothing_and_tells_nothing(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("ordered")
    shop.members("buyers")
    shop.counts("buyers")

    assert shop.news() == []
    assert store.count_due(shop.now_us) == 1


def test_counting_ends_when_whoever_asks_waits_no_longer(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("ordered", customer="ada")
    shop.happens("ordered", customer="bea")

    class GivenUp(Exception):
        pass

    def give_up() -> NoReturn:
        raise GivenUp

    with pytest.raises(GivenUp):
        shop.engine.count_now("buyers", shop.now_us, give_up)
    with pytest.raises(GivenUp):
        shop.engine.members_now("stage", shop.now_us, None, 1, "guest", give_up)


class ReadsCounted:
    """A store that counts what it is asked for members, and how many of them it gave."""

    def __init__(self, store: Store) -> None:
        self.store, self.reads, self.rows = store, 0, 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self.store, name)

    def members(self, *asked: Any) -> Sequence[Member]:
        found = self.store.members(*asked)
        self.reads, self.rows = self.reads + 1, self.rows + len(found)
        return found


def with_one_rare_customer(store: Store, count: int) -> Shop:
    """Of so many the last alone has ordered; everybody was looked at."""
    shop = Shop(store)
    shop.settle()
    for number in range(count - 1):
        shop.happens("viewed", customer=f"customer {number:04d}")
    shop.happens("ordered", customer="the last")
    shop.settle()
    return shop


def test_whoever_is_in_a_rare_stage_is_found_in_few_reads_however_small_the_page(store: Store) -> None:
    shop = with_one_rare_customer(store, 700)
    shop.store = counted = cast(Any, ReadsCounted(store))
    shop.restart()
    shop.engine.step()

    (found,), last = shop.engine.members_now("stage", shop.now_us, None, 1, "customer")

    assert (found.customer_id, last) == ("the last", None)
    assert counted.reads <= 7  # 1, 4, 16, 64, 256 and 500 customers at a time
    assert counted.rows <= 700


def test_a_page_reads_no_more_than_it_needs_where_everybody_counts(store: Store) -> None:
    shop = with_one_rare_customer(store, 50)
    shop.store = counted = cast(Any, ReadsCounted(store))
    shop.restart()
    shop.engine.step()

    page, last = shop.engine.members_now("stage", shop.now_us, None, 3)

    assert [each.customer_id for each in page] == [f"customer {number:04d}" for number in range(3)]
    assert last == "customer 0002"
    assert (counted.reads, counted.rows) == (1, 3)


def test_a_page_that_is_ended_early_says_how_far_it_came(store: Store) -> None:
    shop = with_one_rare_customer(store, 30)
    found: list[str] = []
    ends: list[str | None] = []
    last: str | None = None
    while not ends or last is not None:
        page, last = shop.engine.members_now("stage", shop.now_us, last, 4, "customer", lambda: False)
        found += [each.customer_id for each in page]
        ends.append(last)

    assert found == ["the last"]
    assert ends == [f"customer {number:04d}" for number in range(3, 30, 4)] + [None]


def test_a_name_that_is_new_is_said_to_be_in_the_making(store: Store) -> None:
    shop = Shop(store)
    shop.settle()
    shop.happens("viewed")
    shop.settle()
    shop.watched = watch("segment lookers { any viewed }")
    shop.engine.step()

    with pytest.raises(NotKeptYet, match="`lookers` is still being worked out"):
        shop.members("lookers")


def _counted(states: dict[str, str]) -> dict[str, int]:
    values = list(states.values())
    return {state: values.count(state) for state in sorted(set(values))}
