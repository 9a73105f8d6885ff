"""The snapshot that serves keeps up with the store and with published indexes, and never gets worse."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from dearly.language.types import MINUTE_US, SECOND_US
from dearly.recommendation import Page, RecommenderKeeper, publish_index
from dearly.store import Store, StoreUnavailable
from tests.recommendation.shop import (
    NOW_US,
    PROGRAM,
    RULES,
    build,
    event,
    product,
    product_id,
    shop_program,
    viewed,
)


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    return tmp_path / "index"


def publish(store: Store, directory: Path, later_s: int = 0) -> str:
    return publish_index(build(store, created_us=NOW_US + later_s * SECOND_US), directory).version


def harm(directory: Path, version: str, file: str = "vectors.npy") -> None:
    path = directory / "product" / version / file
    path.write_bytes(path.read_bytes()[:-1])


def test_before_the_first_look_there_is_nothing_and_no_error(store: Store, directory: Path) -> None:
    keeper = RecommenderKeeper(store, directory)
    assert keeper.current.trending("product", MINUTE_US, Page(3), NOW_US) == []
    assert keeper.current.index_versions == {}


def test_a_published_index_serves_from_the_next_look_on(store: Store, directory: Path) -> None:
    keeper = RecommenderKeeper(store, directory)
    before = keeper.refresh(PROGRAM, NOW_US)
    assert before.index_versions == {}
    version = publish(store, directory)
    after = keeper.refresh(PROGRAM, NOW_US + SECOND_US)
    assert after.index_versions == {"product": version}
    found = after.recommended("product", viewed(product_id(0, 0)), Page(3), NOW_US)
    assert {suggestion.strategy for suggestion in found} == {"recommended"}
    assert before.index_versions == {}


def test_a_newer_index_takes_over_and_who_holds_the_old_snapshot_keeps_it(
    store: Store, directory: Path
) -> None:
    publish(store, directory)
    keeper = RecommenderKeeper(store, directory)
    old = keeper.refresh(PROGRAM, NOW_US)
    newer = publish(store, directory, later_s=5)
    assert keeper.refresh(PROGRAM, NOW_US).index_versions["product"] == newer
    assert old.index_versions["product"] != newer
    assert len(old.recommended("product", viewed(product_id(0, 0)), Page(3), NOW_US)) == 3


def test_a_harmed_index_is_refused_by_name_and_the_old_one_serves_on(store: Store, directory: Path) -> None:
    good = publish(store, directory)
    keeper = RecommenderKeeper(store, directory)
    keeper.refresh(PROGRAM, NOW_US)
    bad = publish(store, directory, later_s=5)
    harm(directory, bad)
    with capture_logs() as lines:
        for _ in range(3):
            assert keeper.refresh(PROGRAM, NOW_US).index_versions["product"] == good
    assert "vectors.npy" in keeper.refused["product"]
    assert [(line["event"], line["version"], line["serving"]) for line in lines] == [
        ("index_refused", bad, good)
    ]


@pytest.mark.timeout(60)
def test_a_refused_index_does_not_keep_other_changes_from_being_seen(store: Store, directory: Path) -> None:
    publish(store, directory)
    keeper = RecommenderKeeper(store, directory)
    keeper.refresh(PROGRAM, NOW_US)
    pointer = directory / "product" / "CURRENT"
    pointer.unlink()
    os.mkfifo(pointer)
    store.upsert_items([product("new")])
    after = keeper.refresh(PROGRAM, NOW_US + SECOND_US)
    assert after.shelves.item("product", "new") is not None
    assert "CURRENT" in keeper.refused["product"]


def test_a_good_index_ends_a_refusal(store: Store, directory: Path) -> None:
    keeper = RecommenderKeeper(store, directory)
    harm(directory, publish(store, directory))
    keeper.refresh(PROGRAM, NOW_US)
    assert set(keeper.refused) == {"product"}
    newer = publish(store, directory, later_s=5)
    assert keeper.refresh(PROGRAM, NOW_US).index_versions["product"] == newer
    assert keeper.refused == {}


def test_a_pointer_that_was_mended_ends_a_refusal(store: Store, directory: Path) -> None:
    version = publish(store, directory)
    keeper = RecommenderKeeper(store, directory)
    keeper.refresh(PROGRAM, NOW_US)
    pointer = directory / "product" / "CURRENT"
    pointer.write_text("nonsense")
    assert keeper.refresh(PROGRAM, NOW_US).index_versions["product"] == version
    assert "CURRENT" in keeper.refused["product"]
    pointer.write_text(version)
    keeper.refresh(PROGRAM, NOW_US)
    assert keeper.refused == {}


def test_items_put_and_deleted_are_seen_at_the_next_look(store: Store, directory: Path) -> None:
    publish(store, directory)
    keeper = RecommenderKeeper(store, directory)
    keeper.refresh(PROGRAM, NOW_US)
    store.upsert_items([product("new"), product(product_id(0, 1), available=False)])
    store.delete_items("product", [product_id(0, 2)])
    now = keeper.refresh(PROGRAM, NOW_US)
    found = now.recommended("product", viewed(product_id(0, 0)), Page(100), NOW_US)
    ids = {suggestion.item.item_id for suggestion in found}
    assert "new" in ids
    assert not ids & {product_id(0, 1), product_id(0, 2)}


def test_where_nothing_changed_the_snapshot_is_the_same(store: Store, directory: Path) -> None:
    publish(store, directory)
    keeper = RecommenderKeeper(store, directory)
    assert keeper.refresh(PROGRAM, NOW_US) is keeper.refresh(PROGRAM, NOW_US + SECOND_US)


def test_trends_are_counted_anew_each_minute(store: Store, directory: Path) -> None:
    keeper = RecommenderKeeper(store, directory)

    def first(now_us: int) -> str:
        now = keeper.refresh(PROGRAM, now_us)
        return now.trending("product", MINUTE_US, Page(1), now_us)[0].item.item_id

    assert first(NOW_US) != product_id(3, 5)
    store.append_events(
        [event(f"n{n}", "product_viewed", product_id(3, 5), NOW_US + n * SECOND_US) for n in range(30)]
    )
    assert first(NOW_US + 59 * SECOND_US) != product_id(3, 5)
    assert first(NOW_US + 60 * SECOND_US) == product_id(3, 5)


def test_other_rules_change_what_items_are(store: Store, directory: Path) -> None:
    publish(store, directory)
    keeper = RecommenderKeeper(store, directory)
    keeper.refresh(PROGRAM, NOW_US)
    wider = shop_program(RULES.replace("catalog article {", "catalog wine { title text }\ncatalog article {"))
    now = keeper.refresh(wider, NOW_US)
    assert set(now.shelves.catalogs) == {"product", "article", "wine"}
    assert now.index_versions["product"]
    assert set(keeper.refresh(PROGRAM, NOW_US).shelves.catalogs) == {"product", "article"}


def test_while_the_store_is_gone_the_snapshot_before_serves_on(
    store: Store, directory: Path, tmp_path: Path
) -> None:
    keeper = RecommenderKeeper(store, directory)
    before = keeper.refresh(PROGRAM, NOW_US)
    version = publish(store, directory)
    for path in list(tmp_path.glob("shop.db*")):
        path.rename(path.with_name("away-" + path.name))
    with pytest.raises(StoreUnavailable):
        keeper.refresh(PROGRAM, NOW_US + MINUTE_US)
    assert keeper.current is before
    for path in list(tmp_path.glob("away-*")):
        path.rename(path.with_name(path.name.removeprefix("away-")))
    assert keeper.refresh(PROGRAM, NOW_US + MINUTE_US).index_versions["product"] == version
