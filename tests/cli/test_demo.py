"""``dearly demo``: a shop that its own rules believe, the same each time, whole after every interruption."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from pathlib import Path

import msgspec
import pytest

from dearly.cli.demo import FIRST_EVENT, OtherDemo, fill
from dearly.cli.demo_shop import HISTORY_US, Life, customer_id, make_goods, make_life
from dearly.evaluation import Evaluation, build_facts, compile_program
from dearly.ingest import prepare_event, prepare_item, prepare_profile
from dearly.language import Program, check_package, read_package
from dearly.store import (
    EventRecord,
    Stored,
    open_store,
)
from tests.cli.conftest import NOW_US, RULES, Dearly
from tests.store.records import read
from tests.waiting import wait_until

MANY = 700
"""Enough that everything which happens at all happens to somebody."""


@pytest.fixture(scope="module")
def program() -> Program:
    program = check_package(read_package(RULES)).program
    assert program is not None
    return program


@pytest.fixture(scope="module")
def lives() -> list[Life]:
    return [make_life(1, number, NOW_US, make_goods()) for number in range(1, MANY + 1)]


@pytest.fixture(scope="module")
def evaluations(program: Program, lives: list[Life]) -> list[Evaluation]:
    compiled = compile_program(program)
    return [compiled.at(build_facts(program, life.fields, _rows(life)), NOW_US) for life in lives]


def _rows(life: Life) -> list[tuple[str, int, Mapping[str, Stored]]]:
    by_type = sorted(life.events, key=lambda event: (event.type, event.time_us))
    return [(event.type, event.time_us, event.properties) for event in by_type]


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/shop.db"


# ------------------------------------------------------------------------------------------------- believable


def test_every_item_profile_and_event_passes_the_door_unchanged(program: Program, lives: list[Life]) -> None:
    goods = make_goods()
    for item in (*goods.products, *goods.articles):
        assert item == prepare_item(program, catalog=item.catalog, item_id=item.item_id, fields=item.fields)
    for life in lives:
        patch = prepare_profile(
            program, customer_id=life.customer_id, fields=life.fields, time_us=NOW_US, now_us=NOW_US
        )
        assert patch.fields == life.fields
        for event in life.events:
            assert event == through_the_door(program, event)


def through_the_door(program: Program, event: EventRecord) -> EventRecord:
    return prepare_event(
        program,
        customer_id=event.customer_id,
        event_type=event.type,
        time_us=event.time_us,
        source=event.source,
        event_id=event.event_id,
        properties=event.properties,
        now_us=NOW_US,
    )


def test_every_event_lies_in_the_400_days_before_now(lives: list[Life]) -> None:
    times_us = [event.time_us for life in lives for event in life.events]

    assert min(times_us) == NOW_US - HISTORY_US
    assert NOW_US - HISTORY_US // 400 < max(times_us) <= NOW_US


def test_everything_touched_is_sold_or_published_here(lives: list[Life]) -> None:
    goods = make_goods()
    known = {item.item_id for item in (*goods.products, *goods.articles)}
    for life in lives:
        for event in life.events:
            touched = event.properties.get("product_id", event.properties.get("article_id"))
            assert touched is None or touched in known


def test_an_orders_total_is_the_sum_of_its_lines(lives: list[Life]) -> None:
    orders = 0
    for life in lives:
        lines: list[float] = []
        for event in life.events:
            if event.type == "product_purchased":
                lines.append(float(str(event.properties["price"])))
            if event.type == "order_completed":
                assert event.properties["total"] == pytest.approx(sum(lines), abs=0.005)
                lines.clear()
                orders += 1
        assert not lines or life.events[-1].type == "product_purchased"
    assert orders > MANY


def test_only_what_was_put_into_the_basket_is_bought(lives: list[Life]) -> None:
    for life in lives:
        added = set()
        for event in life.events:
            if event.type == "product_added":
                added.add(event.properties["product_id"])
            if event.type == "product_purchased":
                assert event.properties["product_id"] in added


def test_mails_are_opened_after_they_are_received_and_clicked_after_they_are_opened(
    lives: list[Life],
) -> None:
    before = {"email_opened": "email_received", "email_clicked": "email_opened"}
    for life in lives:
        seen = set()
        for event in life.events:
            if event.type in before:
                assert (before[event.type], event.properties["campaign"]) in seen
            seen.add((event.type, event.properties.get("campaign")))


def test_every_segment_has_members_and_none_has_everybody(
    program: Program, evaluations: list[Evaluation]
) -> None:
    members = {
        name: sum(bool(evaluation.value(name)) for evaluation in evaluations) for name in program.segments
    }

    assert all(0 < count < MANY for count in members.values()), members


def test_every_branch_of_every_block_is_for_somebody(program: Program, evaluations: list[Evaluation]) -> None:
    for name, block in program.blocks.items():
        chosen = {evaluation.branch(name) for evaluation in evaluations}
        assert chosen == set(range(len(block.branches)))


def test_tastes_show_most_of_somebodys_views_are_of_few_categories(lives: list[Life]) -> None:
    shares = []
    for life in lives:
        viewed = Counter(
            event.properties["category"]
            for event in life.events
            if event.type == "product_viewed" and "category" in event.properties
        )
        if viewed.total() >= 30:
            shares.append(sum(count for _, count in viewed.most_common(3)) / viewed.total())

    assert len(shares) > 50
    assert sum(shares) / len(shares) > 0.7  # the three of twelve would have 0.25 by chance


# ----------------------------------------------------------------------------------------- the same each time


def test_one_seed_gives_the_same_bytes_each_time_in_any_process() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-c", TELL_LIVES],
            capture_output=True,
            check=True,
            env=os.environ | {"PYTHONHASHSEED": hash_seed},
        ).stdout
        for hash_seed in ("1", "2")
    ]

    assert told[0] == told[1]
    assert len(told[0]) > 10_000


TELL_LIVES = f"""
import msgspec, sys
from dearly.cli.demo_shop import make_goods, make_life
lives = [make_life(7, number, {NOW_US}, make_goods()) for number in range(1, 20)]
sys.stdout.buffer.write(msgspec.json.encode([make_goods().products, make_goods().articles, lives]))
"""


def test_another_seed_gives_other_people() -> None:
    first, second = (make_life(seed, 1, NOW_US, make_goods()) for seed in (1, 2))

    assert first.customer_id != second.customer_id
    assert msgspec.json.encode(first.events) != msgspec.json.encode(second.events)


# ------------------------------------------------------------------------------------------- run again, go on


def assert_whole(url: str, program: Program, customers: int) -> None:
    """The store holds what one uninterrupted run would have put there, and nothing besides."""
    store = open_store(url)
    first = read(store, customer_id(1, 1), FIRST_EVENT)
    now_us = first.events[0][1] + HISTORY_US
    goods = make_goods()
    assert len(store.read_items()[0]) == len(goods.products) + len(goods.articles)
    assert len(store.page_customers(None, customers + 1)) == customers
    for number in range(1, customers + 1):
        life = make_life(1, number, now_us, goods)
        rows = read(store, life.customer_id, *program.events)
        assert rows.fields == life.fields
        assert sorted(map(_encoded, rows.events)) == sorted(map(_encoded, _rows(life)))
    store.close()


def _encoded(event: tuple[str, int, Mapping[str, Stored]]) -> bytes:
    return msgspec.json.encode(event, order="sorted")


def test_running_it_twice_adds_nothing(dearly: Dearly, url: str, program: Program) -> None:
    first = dearly("demo", "--store", url, "--customers", 20)
    second = dearly("demo", "--store", url, "--customers", 20)

    assert (first.code, second.code) == (0, 0)
    assert "the first is c1-00001" in first.out
    assert " 0 events added (" in second.out
    assert_whole(url, program, 20)


def test_more_customers_come_later(dearly: Dearly, url: str, program: Program) -> None:
    dearly("demo", "--store", url, "--customers", 10)
    more = dearly("demo", "--store", url, "--customers", 130)

    assert more.code == 0
    assert "were there already" in more.out
    assert_whole(url, program, 130)


def test_a_run_that_was_killed_half_way_is_finished_by_the_next(url: str, program: Program) -> None:
    customers = 800
    command = [sys.executable, "-m", "dearly.cli", "demo", "--store", url, "--customers", str(customers)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        wait_until_some_are_there(url)
        process.kill()
    store = open_store(url)
    assert 0 < len(store.page_customers(None, customers)) < customers
    store.close()

    subprocess.run(command, check=True, capture_output=True)

    assert_whole(url, program, customers)


def wait_until_some_are_there(url: str) -> None:
    def some_are_there() -> bool:
        if not Path(url.removeprefix("sqlite:///")).exists():
            return False
        store = open_store(url)
        try:
            return bool(store.page_customers(None, 1))
        finally:
            store.close()

    wait_until(some_are_there)


def test_two_seeds_live_side_by_side(dearly: Dearly, url: str) -> None:
    dearly("demo", "--store", url, "--customers", 5)
    other = dearly("demo", "--store", url, "--customers", 5, "--seed", 2)

    store = open_store(url)
    assert other.code == 0
    assert store.page_customers(None, 100) == [
        customer_id(seed, number) for seed in (1, 2) for number in range(1, 6)
    ]
    store.close()


def test_a_store_whose_events_contradict_the_demo_is_refused(url: str) -> None:
    store = open_store(url)
    event = make_life(1, 3, NOW_US, make_goods()).events[0]
    store.append_events(
        [EventRecord("somebody else", event.type, 5, event.source, event.event_id, event.properties)]
    )

    with pytest.raises(OtherDemo, match="another --seed, or an empty --store"):
        fill(store, 5, seed=1, now_us=NOW_US)
    store.close()


def test_a_directory_that_is_missing_is_named_with_what_to_do(dearly: Dearly, tmp_path: Path) -> None:
    ended = dearly("demo", "--store", f"sqlite:///{tmp_path}/nowhere/shop.db")

    assert ended.code == 2
    assert (
        ended.err
        == f"dearly: There is no directory {tmp_path}/nowhere for the store shop.db. Make it first.\n"
    )
