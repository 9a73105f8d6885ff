"""The SQLite store and its file: what may be opened, and what happens when it is locked, moved or lost."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from dearly.store import EventRange, Outcome, ProfilePatch, StoreUnavailable, StoreUrlError, open_store
from dearly.store.sqlite import SqliteStore
from dearly.store.sqlite.reads import events_statement
from dearly.store.sqlite.schema import APPLICATION_ID, MIGRATIONS
from tests.store.records import FOREVER_US, event, read, times


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "store.db"


@pytest.fixture
def store(path: Path) -> Iterator[SqliteStore]:
    opened = SqliteStore(path)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    "url",
    ["", "store.db", "sqlite:", "sqlite:///", "sqlite://host/x.db", "oracle:///x", "sqlite:///:memory:"],
)
def test_a_url_of_no_known_store_is_refused_with_an_example(url: str) -> None:
    with pytest.raises(StoreUrlError, match=r"sqlite:///dearly\.db"):
        open_store(url)


def test_a_relative_url_is_a_file_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    open_store("sqlite:///odd name?#%41.db").close()
    assert (tmp_path / "odd name?#%41.db").exists()


@pytest.mark.parametrize("path", ["/dev/null", "/dev/full", "/"])
def test_a_device_or_directory_is_no_store(path: str) -> None:
    with pytest.raises(StoreUnavailable, match=rf"{path} is no file"):
        open_store(f"sqlite:///{path}")


def test_a_missing_directory_is_named(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match=r"There is no directory .*nowhere.*Make it first"):
        open_store(f"sqlite:///{tmp_path}/nowhere/store.db")


def test_a_file_that_is_no_database_is_refused_and_left_alone(path: Path) -> None:
    path.write_text("Dear diary, " * 500)
    with pytest.raises(StoreUnavailable, match="is not an SQLite database"):
        SqliteStore(path)
    assert path.read_text().startswith("Dear diary")


def test_another_programs_database_is_refused_and_left_alone(path: Path) -> None:
    with sqlite3.connect(path) as other:
        other.execute("CREATE TABLE diary (day TEXT)")
    other.close()
    before = path.read_bytes()
    with pytest.raises(StoreUnavailable, match="not a Dearly store"):
        SqliteStore(path)
    assert path.read_bytes() == before


def test_a_store_of_a_newer_version_is_refused(path: Path) -> None:
    SqliteStore(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    connection.close()
    with pytest.raises(StoreUnavailable, match="made by a newer Dearly"):
        SqliteStore(path)


def test_an_empty_file_becomes_a_store(path: Path) -> None:
    path.touch()
    SqliteStore(path).close()
    connection = sqlite3.connect(path)
    assert connection.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert connection.execute("PRAGMA user_version").fetchone() == (len(MIGRATIONS),)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    connection.close()


def test_a_damaged_file_is_reported_as_such(path: Path) -> None:
    store = SqliteStore(path)
    store.append_events([event(str(number), at=number, title="x" * 900) for number in range(200)])
    store.close()
    size = path.stat().st_size
    with path.open("r+b") as file:
        file.seek(size // 2)
        file.write(b"\xff" * (size - size // 2))
    damaged = SqliteStore(path)
    with pytest.raises(StoreUnavailable, match="is damaged"):
        read(damaged, "ada", "product_viewed")
    damaged.close()
    with path.open("r+b") as file:
        file.seek(4_096)
        file.write(b"\xff" * (size - 4_096))
    with pytest.raises(StoreUnavailable, match="is damaged"):
        SqliteStore(path)


def test_several_threads_may_open_a_new_store_at_once(path: Path) -> None:
    problems: list[Exception] = []

    def open_one() -> None:
        try:
            SqliteStore(path).close()
        except StoreUnavailable as error:
            problems.append(error)

    threads = [threading.Thread(target=open_one) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert problems == []


def test_every_range_is_one_search_of_the_events_own_tree(store: SqliteStore) -> None:
    connection = sqlite3.connect(store.path)
    bound = [1, 1, *["product_viewed", 0] * 3]
    plan = [row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {events_statement(3)}", bound)]
    connection.close()
    searches = [step for step in plan if "events" in step]
    assert (
        searches
        == ["SEARCH events USING PRIMARY KEY (customer=? AND type=? AND time_us>? AND time_us<?)"] * 3
    )
    assert not [step for step in plan if "TEMP B-TREE" in step]


def test_a_narrow_range_of_a_huge_history_costs_what_a_small_history_does(store: SqliteStore) -> None:
    def steps(customer: str) -> int:
        connection = sqlite3.connect(store.path)
        (number,) = connection.execute("SELECT no FROM customers WHERE id = ?", (customer,)).fetchone()
        counted = 0

        def count() -> int:
            nonlocal counted
            counted += 1
            return 0

        connection.set_progress_handler(count, 1)
        bound = (number, FOREVER_US, "product_viewed", 19_990)
        ((_, times_us, _),) = connection.execute(events_statement(1), bound).fetchall()
        assert times_us == ",".join(map(str, range(19_991, 20_001)))
        connection.close()
        return counted

    store.upsert_profiles([ProfilePatch("huge", {}, 1), ProfilePatch("small", {}, 1)], 1)
    store.append_events([event(f"h{at}", customer="huge", at=at) for at in range(20_001)])
    store.append_events([event(f"s{at}", customer="small", at=at) for at in range(19_991, 20_001)])
    (log,) = store.read_customer("huge", [EventRange("product_viewed", 19_990)], FOREVER_US).logs
    assert len(log.times_us) == 10
    assert abs(steps("huge") - steps("small")) < 5


def lock(path: Path) -> sqlite3.Connection:
    """Another process's hold on the file, as far as SQLite can tell."""
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    return holder


def patience_ms(connection: sqlite3.Connection) -> int:
    """How long SQLite waits for a lock."""
    (patience,) = connection.execute("PRAGMA busy_timeout").fetchone()
    return int(patience)


def test_writes_wait_two_seconds_for_a_lock_and_reads_hardly_at_all(store: SqliteStore) -> None:
    assert store._writer.write(patience_ms) == 2_000
    assert store._readers.read(patience_ms) == 50


def test_a_locked_file_refuses_writes_and_recovers(store: SqliteStore) -> None:
    holder = lock(store.path)
    with pytest.raises(StoreUnavailable, match="locked by another process"):
        store.append_events([event("1")])
    assert times(store) == []  # reads go on
    holder.close()
    assert store.append_events([event("1")]) == [Outcome.ACCEPTED]


def test_a_wholly_locked_file_refuses_reads_and_recovers(store: SqliteStore) -> None:
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("PRAGMA locking_mode = EXCLUSIVE")
    holder.execute("BEGIN EXCLUSIVE")
    with pytest.raises(StoreUnavailable, match="locked by another process"):
        store.page_customers(None, 9)
    with pytest.raises(StoreUnavailable, match="locked by another process"):
        SqliteStore(store.path)
    holder.close()
    assert store.page_customers(None, 9) == []


def test_a_copy_put_back_under_another_inode_is_used_with_its_log(store: SqliteStore, tmp_path: Path) -> None:
    store.append_events([event("1")])
    (tmp_path / "copy.db").write_bytes(store.path.read_bytes())
    store.path.unlink()
    with pytest.raises(StoreUnavailable, match="is gone"):
        times(store)
    (tmp_path / "copy.db").rename(store.path)
    assert times(store) == [1_000]
    assert store.append_events([event("1"), event("2", at=2_000)]) == [Outcome.DUPLICATE, Outcome.ACCEPTED]


def test_a_file_moved_away_is_missed_at_once_and_welcomed_back(store: SqliteStore) -> None:
    store.append_events([event("1")])
    away = store.path.rename(store.path.with_suffix(".away"))
    with pytest.raises(StoreUnavailable, match="is gone"):
        times(store)
    with pytest.raises(StoreUnavailable, match="is gone"):
        store.append_events([event("2", at=2_000)])
    assert not store.path.exists()  # nothing is written to an empty file in its place
    away.rename(store.path)
    assert times(store) == [1_000]
    assert store.append_events([event("1"), event("2", at=2_000)]) == [Outcome.DUPLICATE, Outcome.ACCEPTED]
    assert times(store) == [1_000, 2_000]


def test_a_deleted_file_is_missed_and_its_replacement_is_used(store: SqliteStore, tmp_path: Path) -> None:
    other = SqliteStore(tmp_path / "other.db")
    other.append_events([event("other", at=7)])
    other.close()
    store.append_events([event("1")])
    assert times(store) == [1_000]
    for ending in ("", "-wal", "-shm"):
        Path(f"{store.path}{ending}").unlink()
    with pytest.raises(StoreUnavailable, match="is gone"):
        times(store)
    (tmp_path / "other.db").rename(store.path)
    assert times(store) == [7]
    assert store.append_events([event("2", at=9)]) == [Outcome.ACCEPTED]
    assert times(store) == [7, 9]


def test_a_file_replaced_by_something_else_is_refused(store: SqliteStore) -> None:
    store.append_events([event("1")])
    store.path.unlink()
    store.path.write_text("Dear diary, " * 500)
    with pytest.raises(StoreUnavailable, match="is not an SQLite database"):
        times(store)


def test_a_closed_store_says_so_and_may_be_closed_again(store: SqliteStore) -> None:
    store.close()
    store.close()
    with pytest.raises(StoreUnavailable, match="is closed"):
        store.get_profile("ada")
    with pytest.raises(StoreUnavailable, match="is closed"):
        store.append_events([event("1")])


def test_a_failing_commit_fails_for_all_who_shared_it_and_keeps_nothing(store: SqliteStore) -> None:
    holder = lock(store.path)
    failed: list[StoreUnavailable] = []

    def send(number: int) -> None:
        try:
            store.append_events([event(str(number))])
        except StoreUnavailable as error:
            failed.append(error)

    threads = [threading.Thread(target=send, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    holder.close()
    assert len(failed) == 5
    # They waited together, not one after the other: whoever came while the first one waited shares a commit.
    assert len({error.__cause__ for error in failed}) <= 2
    assert times(store) == []


def test_deleted_bytes_are_gone_from_the_file(store: SqliteStore) -> None:
    secret = "a-secret-nobody-may-find"
    store.upsert_profiles([ProfilePatch("ada", {"note": secret}, 1)], 1)
    store.upsert_profiles([ProfilePatch("ada", {"note": None}, 2)], 2)
    store.close()
    assert secret.encode() not in store.path.read_bytes()
