"""Items in memory: typed, with defaults, changed in place without disturbing those who read."""

from __future__ import annotations

from dearly.recommendation.shelves import restock_shelves, stock_shelves
from dearly.store import ItemRecord
from tests.recommendation.shop import PROGRAM, product


def test_items_are_typed_and_defaults_stand_in_them() -> None:
    shelves = stock_shelves(PROGRAM, [product("a", added="1970-01-03")], 1)
    found = shelves.item("product", "a")
    assert found is not None
    assert found.fields == {"title": "a", "shelf": 0.0, "price": 10.0, "added": 2, "available": True}


def test_templates_see_plain_data_and_none_for_what_is_missing() -> None:
    shelves = stock_shelves(PROGRAM, [product("a", added="1970-01-03"), product("b")], 1)
    shown = [shelves.catalogs["product"][item_id].template_data for item_id in ("a", "b")]
    assert shown == [
        {"title": "a", "shelf": 0.0, "price": 10.0, "added": "1970-01-03", "available": True},
        {"title": "b", "shelf": 0.0, "price": 10.0, "added": None, "available": True},
    ]


def test_a_kept_value_that_no_longer_fits_its_type_is_missing() -> None:
    shelves = stock_shelves(PROGRAM, [product("a", price="dear", available="perhaps")], 1)
    found = shelves.item("product", "a")
    assert found is not None
    assert "price" not in found.fields
    assert found.is_available


def test_changes_make_new_shelves_and_leave_the_old_as_they_were() -> None:
    old = stock_shelves(PROGRAM, [product("a"), product("b"), ItemRecord("article", "x", {"title": "X"})], 1)
    changes = [product("a", price=7.0), ItemRecord("product", "b", {}, deleted=True), product("c")]
    new = restock_shelves(old, PROGRAM, changes, 2)
    assert set(new.catalogs["product"]) == {"a", "c"}
    assert new.catalogs["product"]["a"].fields["price"] == 7.0
    assert new.change == 2
    assert set(old.catalogs["product"]) == {"a", "b"}
    assert new.catalogs["article"] is old.catalogs["article"]


def test_items_of_a_catalog_that_is_not_declared_are_left_out() -> None:
    shelves = stock_shelves(PROGRAM, [ItemRecord("wine", "w", {})], 1)
    assert shelves.item("wine", "w") is None
    assert shelves.item("product", "none") is None
