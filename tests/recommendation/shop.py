"""A shop with planted tastes: each customer touches items of one shelf only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from dearly.language import Package, Program, check_package
from dearly.language.types import DAY_US, HOUR_US
from dearly.recommendation import CatalogIndex, Item, Recommender, Shelves, Touch, build_from_store
from dearly.recommendation.aisle import lay_out
from dearly.recommendation.index import Recipe, build_index
from dearly.recommendation.interactions import TouchColumns, gather_feedback
from dearly.recommendation.signals import consuming_events, signals_of
from dearly.store import EventRecord, ItemRecord, Store, Stored, open_store

NOW_US = 1_772_000_000_000_000

RULES = """
profile { first_name text? }
catalog product { title text, shelf number, price number, added date?, available bool = true }
catalog article { title text }
event product_viewed    { product_id product }
event product_purchased { product_id product, instead_of product? }
event article_opened    { article_id article }
event email_opened      { campaign text? }
block hero { otherwise show "hero/plain.html" }
"""

SHELVES, ITEMS_A_SHELF = 4, 6


def shop_program(rules: str = RULES) -> Program:
    """The shop's rules, checked."""
    report = check_package(
        Package({"shop.rules": rules.encode(), "templates/hero/plain.html": b"<p>Welcome.</p>"})
    )
    assert report.program is not None, report.diagnostics
    return report.program


PROGRAM = shop_program()


def product_id(shelf: int, number: int) -> str:
    """``p2-4``: the fifth item of the third shelf."""
    return f"p{shelf}-{number}"


def product(item_id: str, shelf: int = 0, **fields: Stored) -> ItemRecord:
    """A product as the store keeps it."""
    return ItemRecord("product", item_id, {"title": item_id, "shelf": float(shelf), "price": 10.0, **fields})


def event(customer_id: str, type_: str, item_id: str, time_us: int, **more: Stored) -> EventRecord:
    """An event in which a customer touched an item."""
    name = "article_id" if type_ == "article_opened" else "product_id"
    number = f"{customer_id}/{type_}/{item_id}/{time_us}"
    return EventRecord(customer_id, type_, time_us, "test", number, {name: item_id, **more})


def planted_events(customers: int = 60, seed: int = 7) -> list[EventRecord]:
    """Customer n likes shelf n mod 4: some four views each within the last 20 days, and a purchase."""
    rng = np.random.default_rng(seed)
    events = []
    for number in range(customers):
        shelf = number % SHELVES
        for item in rng.choice(ITEMS_A_SHELF, 4, replace=False):
            age_us = int(rng.integers(1, 20 * 24)) * HOUR_US
            events.append(
                event(f"c{number:02d}", "product_viewed", product_id(shelf, int(item)), NOW_US - age_us)
            )
        bought = product_id(shelf, int(rng.integers(ITEMS_A_SHELF)))
        events.append(event(f"c{number:02d}", "product_purchased", bought, NOW_US - DAY_US))
    return events


def fill_store(path: Path, events: Sequence[EventRecord] | None = None) -> Store:
    """A store with the planted shop."""
    store = open_store(f"sqlite:///{path}")
    store.upsert_items(
        [product(product_id(shelf, n), shelf) for shelf in range(SHELVES) for n in range(ITEMS_A_SHELF)]
    )
    store.append_events(planted_events() if events is None else events)
    return store


def build(
    store: Store,
    catalog: str = "product",
    created_us: int = NOW_US,
    seed: int = 1,
    dimensions: int | None = 16,
) -> CatalogIndex:
    """The index of a store's catalog as of now."""
    return build_from_store(
        store,
        PROGRAM,
        catalog,
        weights={},
        dimensions=dimensions,
        seed=seed,
        as_of_us=NOW_US,
        created_us=created_us,
        report=lambda step: None,
    )


def learn(
    touches: Sequence[tuple[str, str, str, int]], dimensions: int | None = None, seed: int = 1
) -> CatalogIndex:
    """An index of (customer, event, item, time) touches, without a store."""
    kinds = sorted({kind for _, kind, _, _ in touches})
    columns = []
    for kind in kinds:
        rows = [touch for touch in touches if touch[1] == kind]
        columns.append(
            TouchColumns(kind, [row[0] for row in rows], [row[2] for row in rows], [row[3] for row in rows])
        )
    weights = dict.fromkeys(kinds, 1.0)
    half_life_us = 180 * DAY_US
    recipe = Recipe(
        catalog="product",
        event_weights=weights,
        consuming_events=consuming_events(signals_of(PROGRAM, "product")),
        half_life_us=half_life_us,
        since_us=0,
        as_of_us=NOW_US,
        created_us=NOW_US,
        seed=seed,
        dimensions=dimensions,
    )
    return build_index(gather_feedback(columns, weights, half_life_us, NOW_US), recipe, lambda step: None)


def item(item_id: str, **fields: float | bool | str) -> Item:
    """A product on the shelves."""
    return Item("product", item_id, fields, {})


def recommender(items: Mapping[str, Item], index: CatalogIndex | None) -> Recommender:
    """A snapshot without trends."""
    aisle = lay_out(signals_of(PROGRAM, "product"), items, index)
    return Recommender(Shelves({"product": items}), {"product": aisle}, {})


def viewed(*item_ids: str, time_us: int = NOW_US - DAY_US) -> list[Touch]:
    """Views of items, all at once."""
    return [Touch(item_id, "product_viewed", time_us) for item_id in item_ids]
