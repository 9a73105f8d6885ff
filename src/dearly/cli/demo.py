"""``dearly demo``: fill a store with a believable invented shop."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import islice
from typing import Annotated

import typer

from dearly import DearlyError
from dearly.cli.demo_shop import HISTORY_US, Goods, Life, customer_id, make_goods, make_life
from dearly.cli.options import DEFAULT_STORE, StoreOption
from dearly.cli.progress import track_progress
from dearly.store import EventRange, Outcome, ProfilePatch, Store, open_store, shown_url

CUSTOMERS_A_COMMIT = 100
FIRST_EVENT = "email_received"


class OtherDemo(DearlyError):
    """The store holds what this demo would contradict."""


def demo(
    store: StoreOption = DEFAULT_STORE,
    customers: Annotated[
        int, typer.Option(min=1, max=10_000_000, help="How many customers to invent.")
    ] = 5_000,
    seed: Annotated[
        int, typer.Option(min=0, help="Another seed gives other people with the same goods.")
    ] = 1,
) -> None:
    """Fill the store with an invented shop.

    792 products, 150 articles, and customers with 400 days of history that ends now; the rules package for
    it is rules/. Running it again adds nothing twice, goes on
    where an earlier run was broken off, and adds customers when more are asked for.
    """
    opened = open_store(store)
    try:
        now_us = _end_of_history(opened, seed, int(time.time() * 1_000_000))
        added, kept = fill(opened, customers, seed, now_us)
    finally:
        opened.close()
    repeats = f" ({kept:,} were there already)" if kept else ""
    first = customer_id(seed, 1)
    typer.echo(
        f"{shown_url(store)}: {customers:,} customers, {added:,} events added{repeats}, the first is {first}"
    )


def fill(store: Store, customers: int, seed: int, now_us: int) -> tuple[int, int]:
    """Write goods, customers and events; how many events were added and how many were there already.

    Raises:
        OtherDemo: the store holds an event of the same id with another payload.
    """
    goods = make_goods()
    store.upsert_items([*goods.products, *goods.articles])
    added = kept = 0
    with track_progress("inventing customers", customers, "customers") as advance:
        for lives in _batches(_lives(seed, customers, now_us, goods)):
            store.upsert_profiles(
                [ProfilePatch(life.customer_id, life.fields, now_us) for life in lives], now_us
            )
            outcomes = store.append_events([event for life in lives for event in life.events])
            if Outcome.CONFLICT in outcomes:
                raise OtherDemo(
                    "The store holds another demo of this seed. Take another --seed, or an empty --store."
                )
            added += outcomes.count(Outcome.ACCEPTED)
            kept += outcomes.count(Outcome.DUPLICATE)
            advance(len(lives))
    return added, kept


def _lives(seed: int, customers: int, now_us: int, goods: Goods) -> Iterator[Life]:
    return (make_life(seed, number, now_us, goods) for number in range(1, customers + 1))


def _batches(lives: Iterator[Life]) -> Iterator[list[Life]]:
    while batch := list(islice(lives, CUSTOMERS_A_COMMIT)):
        yield batch


def _end_of_history(store: Store, seed: int, now_us: int) -> int:
    """Now, or where an earlier run's history ended: its first customer joined at the very start."""
    rows = store.read_customer(customer_id(seed, 1), [EventRange(FIRST_EVENT, None)], now_us)
    return rows.logs[0].times_us[0] + HISTORY_US if rows.logs else now_us
