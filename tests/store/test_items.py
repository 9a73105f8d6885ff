"""Every store tells pollers of items alike: what is there, what changed, what is gone."""

from __future__ import annotations

from dearly.store import ItemRecord, Store, open_store


def product(item_id: str, title: str = "Tent", catalog: str = "product") -> ItemRecord:
    return ItemRecord(catalog, item_id, {"title": title})


def test_a_store_begins_without_items(store: Store) -> None:
    assert store.item_change() == 0
    assert store.read_items() == ([], 0)


def test_items_are_read_back_as_they_were_kept(store: Store) -> None:
    kept = ItemRecord("article", "a1", {"title": "Zelt & 'Co'", "minutes": 4.0, "tags": ["x"], "free": False})
    store.upsert_items([product("p1"), kept])
    items, change = store.read_items()
    assert items == [product("p1"), kept]
    assert change == store.item_change() > 0


def test_an_item_is_replaced_whole(store: Store) -> None:
    store.upsert_items([ItemRecord("product", "p1", {"title": "Tent", "price": 9.0})])
    store.upsert_items([product("p1", "Big tent")])
    assert store.read_items()[0] == [product("p1", "Big tent")]


def test_only_what_changed_since_is_read(store: Store) -> None:
    store.upsert_items([product("p1"), product("p2")])
    _, before = store.read_items()
    store.upsert_items([product("p2", "Bigger tent"), product("p3")])
    items, after = store.read_items(before)
    assert items == [product("p2", "Bigger tent"), product("p3")]
    assert after > before
    assert store.read_items(after) == ([], after)


def test_an_item_that_stays_the_same_is_no_change(store: Store) -> None:
    store.upsert_items([product("p1"), product("p2")])
    before = store.item_change()
    store.upsert_items([product("p2"), product("p1")])
    assert store.item_change() == before


def test_a_deleted_item_is_told_once_to_those_who_knew_it(store: Store) -> None:
    store.upsert_items([product("p1"), product("p2")])
    before = store.item_change()
    assert store.delete_items("product", ["p1", "p9", "p1"]) == [True, False, False]
    items, after = store.read_items(before)
    assert items == [ItemRecord("product", "p1", {}, deleted=True)]
    assert store.read_items() == ([product("p2")], after)


def test_a_deleted_item_may_come_back(store: Store) -> None:
    store.upsert_items([product("p1")])
    store.delete_items("product", ["p1"])
    before = store.item_change()
    store.upsert_items([product("p1")])
    assert store.read_items(before)[0] == [product("p1")]


def test_one_id_in_two_catalogs_is_two_items(store: Store) -> None:
    store.upsert_items([product("1"), product("1", catalog="article")])
    assert store.delete_items("article", ["1"]) == [True]
    assert store.read_items()[0] == [product("1")]


def test_deleting_the_newest_item_still_moves_the_change_number_on(store: Store) -> None:
    store.upsert_items([product("p1")])
    before = store.item_change()
    store.delete_items("product", ["p1"])
    assert store.item_change() > before
    assert store.read_items() == ([], store.item_change())


def test_another_process_sees_the_change(store_url: str) -> None:
    first, second = open_store(store_url), open_store(store_url)
    first.upsert_items([product("p1")])
    assert second.read_items()[0] == [product("p1")]
    first.close()
    second.close()
