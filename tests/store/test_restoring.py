"""A backup of either store, restored into either, is the same store again, but for its identity."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from dearly.store import (
    Consent,
    DeadLetter,
    ItemRecord,
    Look,
    MemberChange,
    Outcome,
    ProfilePatch,
    SinkState,
    Store,
    StoreUnavailable,
    open_store,
    restore_backup,
)
from dearly.store.sqlite.schema import MIGRATIONS
from tests.postgres import needs_postgres
from tests.store.conftest import STORES
from tests.store.records import event, kept_of_both
from tests.store.test_two_stores import everything, plain

GONE = "gone@example.com"


def fill(store: Store) -> None:
    """Something in every table, and something that was there and is no more."""
    store.upsert_items([ItemRecord("product", "p1", {"title": "Tent"}), ItemRecord("product", "p2", {})])
    store.delete_items("product", ["p2"])
    store.upsert_profiles([ProfilePatch("ada", {"name": "Ada\x00", "old": None}, 5)], 6)
    store.upsert_profiles([ProfilePatch(GONE, {"name": "Gone"}, 5)], 6)
    store.append_events([event(str(at), at=at, customer="Bob", product_id="p1") for at in (3, 1, 2)])
    store.set_consents("é", [Consent("mail", True, "web", 4), Consent("ads", False, "web", 4)])
    number = store.begin_generation("f", 7).number
    store.look_at_due(
        10,
        9,
        lambda due, read: [
            Look(each.customer_id, 20, "looked", [MemberChange(number, "vip", "in", 3)], ["in"])
            for each in due
            if each.customer_id != "Bob"
        ],
    )
    store.lease_sink("shop", "me", 8, 9)
    records = store.read_feed(0, 1)
    store.settle_sink(
        SinkState("shop", 1, 2, 8), "me", 9, [DeadLetter(0, "shop", each, "no", 8) for each in records]
    )
    store.merge_customers("Bob", "ada", 9, "merged", kept_of_both)
    store.append_events([event("late", kind="product_added", at=9, customer="ada")])
    store.erase_customer(GONE, 11)


def restored(store: Store, directory: Path, kind: str) -> Store:
    file = directory / "backup.db"
    store.backup(file)
    url = STORES[kind](directory / "new")
    restore_backup(file, url)
    return open_store(url)


@pytest.fixture(autouse=True)
def new_directory(tmp_path: Path) -> None:
    (tmp_path / "new").mkdir()


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_everything_is_there_again(store: Store, tmp_path: Path, kind: str) -> None:
    fill(store)
    with closing(restored(store, tmp_path, kind)) as again:
        assert plain(everything(again)) == plain(everything(store))
        assert again.identity() != store.identity()
        assert again.item_change() == store.item_change()


def test_what_was_told_before_is_told_again_and_numbers_go_on(
    store: Store, tmp_path: Path, kind: str
) -> None:
    fill(store)
    _, newest = store.feed_ends()
    store.trim_feed(100, 100, 100)
    with closing(restored(store, tmp_path, kind)) as again:
        assert again.append_events([event("1", at=1, customer="Bob", product_id="p1")]) == [Outcome.DUPLICATE]
        assert again.append_events([event("x", customer=GONE)]) == [Outcome.ERASED]
        assert again.feed_ends() == (newest, newest)
        again.merge_customers("cyd", "ada", 20, "merged", kept_of_both)
        assert [record.position for record in again.read_feed(0, 9)] == [newest + 1]
        assert again.begin_generation("g", 20).number == 2
        again.upsert_items([ItemRecord("product", "p3", {})])
        assert again.item_change() > store.item_change()


def test_a_store_that_is_not_empty_is_left_alone(store: Store, tmp_path: Path, store_url: str) -> None:
    fill(store)
    file = tmp_path / "backup.db"
    store.backup(file)
    before = plain(everything(store))
    with pytest.raises(StoreUnavailable, match="is not empty"):
        restore_backup(file, store_url)
    assert plain(everything(store)) == before


def test_a_store_that_remembers_an_erasure_is_not_empty(store: Store, tmp_path: Path, store_url: str) -> None:
    file = tmp_path / "backup.db"
    store.backup(file)
    store.erase_customer(GONE, 1)
    with pytest.raises(StoreUnavailable, match="is not empty"):
        restore_backup(file, store_url)


def test_a_store_that_only_a_server_has_started_on_is_empty(
    store: Store, tmp_path: Path, store_url: str
) -> None:
    file = tmp_path / "backup.db"
    store.backup(file)
    store.begin_generation("f", 1)
    store.lease_sink("shop", "me", 1, 2)
    restore_backup(file, store_url)
    assert store.generations() == []


def test_who_restores_is_told_how_far_it_is(store: Store, tmp_path: Path, kind: str) -> None:
    fill(store)
    file, told = tmp_path / "backup.db", list[tuple[str, int]]()
    store.backup(file)
    restore_backup(file, STORES[kind](tmp_path / "new"), lambda what, count: told.append((what, count)))
    assert told
    assert min(count for _, count in told) > 0


def spoil(file: Path, how: Callable[[sqlite3.Connection], object]) -> None:
    with closing(sqlite3.connect(file)) as connection:
        how(connection)
        connection.commit()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (None, "backup.db is not there. Name the file that `dearly backup` wrote"),
        (b"Dear diary, " * 500, "backup.db is no backup: expected a Dearly store, got something else. Name"),
        (b"", "is no backup"),
    ],
)
def test_a_file_that_is_no_backup_is_refused(
    store: Store, store_url: str, tmp_path: Path, content: bytes | None, words: str
) -> None:
    file = tmp_path / "backup.db"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(StoreUnavailable, match=words):
        restore_backup(file, store_url)


def test_a_mistaken_name_makes_no_store(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="is not there"):
        restore_backup(tmp_path / "bakcup.db", f"sqlite:///{tmp_path}/new/store.db")
    assert list((tmp_path / "new").iterdir()) == []


def test_a_backup_of_a_newer_dearly_is_refused(store: Store, store_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    store.backup(file)
    spoil(file, lambda made: made.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}"))
    with pytest.raises(StoreUnavailable, match=r"made by a newer Dearly.* reads up to") as caught:
        restore_backup(file, store_url)
    assert "--store" not in str(caught.value)


def test_a_backup_of_an_older_dearly_is_migrated_and_left_as_it_was(store_url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"

    def make_first_version(made: sqlite3.Connection) -> None:
        for statement in MIGRATIONS[0]:
            made.execute(statement)
        made.execute("INSERT INTO customers (id, fields, updated_us) VALUES ('ada', '{\"n\":1.0}', 7)")
        made.execute("PRAGMA user_version = 1")
        made.execute(f"PRAGMA application_id = {0x44524C59}")

    spoil(file, make_first_version)
    before = file.read_bytes()
    restore_backup(file, store_url)
    with closing(open_store(store_url)) as store:
        profile = store.get_profile("ada")
        assert profile is not None
        assert profile.fields == {"n": 1.0}
        assert [due.customer_id for due in store.due_customers(0, None, 9)] == ["ada"]
    assert file.read_bytes() == before


def test_a_broken_restore_leaves_the_store_empty(
    store: Store, store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dearly.store.sqlite.backup.PAGES_AT_ONCE", 1)
    fill(store)
    file = tmp_path / "backup.db"
    store.backup(file)
    url = STORES["postgres" if "postgres" in store_url else "sqlite"](tmp_path / "new")

    def interrupt(_what: str, _count: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        restore_backup(file, url, interrupt)
    with closing(open_store(url)) as again:
        assert again.page_customers(None, 9) == []
        assert again.read_items()[0] == []
        assert again.feed_ends() == (0, 0)


def test_a_backup_replaces_nothing(store: Store, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("precious")
    with pytest.raises(StoreUnavailable, match="is there already"):
        store.backup(file)
    assert file.read_text() == "precious"
    assert [each.name for each in tmp_path.glob("*backup*")] == ["backup.db"]


def test_a_backup_is_as_of_one_instant_while_others_write(store: Store, tmp_path: Path) -> None:
    fill(store)
    file = tmp_path / "backup.db"
    store.backup(file)
    store.append_events([event("later", at=50)])
    with closing(open_store(f"sqlite:///{file}")) as kept:
        assert kept.feed_ends() == store.feed_ends()
        assert kept.append_events([event("later", at=50)]) == [Outcome.ACCEPTED]
