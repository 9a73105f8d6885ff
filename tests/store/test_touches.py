"""Every store gives training and trending the same columns."""

from __future__ import annotations

import pytest

from dearly.language.types import HOUR_US
from dearly.store import Store
from tests.store.records import FOREVER_US, event


@pytest.fixture
def touched(store: Store) -> Store:
    store.append_events(
        [
            event("1", customer="ada", at=10, product_id="x"),
            event("2", customer="bob", at=HOUR_US, product_id="x"),
            event("3", customer="bob", at=HOUR_US + 5, product_id="y"),
            event("4", customer="bob", at=2 * HOUR_US - 1, product_id="x"),
            event("5", customer="bob", at=30),
            event("6", customer="bob", at=30, kind="product_added", product_id="z"),
            event("7", customer="bob", at=30, product_id=7.0),
        ]
    )
    return store


def test_interactions_are_every_touch_of_one_type_that_names_an_item(touched: Store) -> None:
    found = touched.interactions("product_viewed", "product_id", 0, FOREVER_US)
    rows = sorted(zip(found.customer_ids, found.item_ids, found.times_us, strict=True))
    assert rows == [
        ("ada", "x", 10),
        ("bob", "x", HOUR_US),
        ("bob", "x", 2 * HOUR_US - 1),
        ("bob", "y", HOUR_US + 5),
    ]


def test_interactions_are_open_at_the_start_and_closed_at_the_end(touched: Store) -> None:
    assert touched.interactions("product_viewed", "product_id", 10, HOUR_US).times_us == [HOUR_US]


def test_counts_are_by_hour_and_item(touched: Store) -> None:
    found = touched.item_counts("product_viewed", "product_id", 0, FOREVER_US)
    rows = sorted(zip(found.hours, found.item_ids, found.counts, strict=True))
    assert rows == [(0, "x", 1), (1, "x", 2), (1, "y", 1)]


def test_counts_of_a_window_leave_out_what_lies_outside(touched: Store) -> None:
    found = touched.item_counts("product_viewed", "product_id", HOUR_US, HOUR_US + 5)
    assert list(zip(found.hours, found.item_ids, found.counts, strict=True)) == [(1, "y", 1)]


def test_what_was_never_touched_gives_empty_columns(touched: Store) -> None:
    assert list(touched.item_counts("product_viewed", "other", 0, FOREVER_US).hours) == []
    assert list(touched.interactions("unknown", "product_id", 0, FOREVER_US).item_ids) == []


def test_a_property_name_is_never_taken_for_a_path(touched: Store) -> None:
    touched.append_events([event("8", at=50, **{"a.b": "dotted"})])
    assert list(touched.interactions("product_viewed", "a.b", 0, FOREVER_US).item_ids) == ["dotted"]
