"""What is written to a store while a backup is loaded into it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from dearly.store import ItemRecord, Outcome, StoreUnavailable
from dearly.store.sqlite import SqliteStore
from dearly.store.sqlite.backup import load
from tests.store.records import event, times


class Overtaken(sqlite3.Connection):
    """A backup of which no page is copied before somebody else was quick to write."""

    store: SqliteStore
    said: list[Outcome]

    def backup(self, *args: Any, **options: Any) -> None:
        self.said = self.store.append_events([event("quick", at=7)])
        super().backup(*args, **options)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "store.db")) as opened:
        yield opened


@pytest.fixture
def file(tmp_path: Path) -> Path:
    with closing(SqliteStore(tmp_path / "other.db")) as other:
        other.append_events([event("1", at=1)])
        other.backup(tmp_path / "backup.db")
    return tmp_path / "backup.db"


def tell_nobody(_what: str, _count: int) -> None:
    pass


def test_an_event_acknowledged_just_before_the_first_page_stays(store: SqliteStore, file: Path) -> None:
    with closing(sqlite3.connect(file, factory=Overtaken)) as source:
        source.store = store
        with pytest.raises(StoreUnavailable, match="is not empty: it has rows in customers"):
            load(store.path, source, tell_nobody)
        assert source.said == [Outcome.ACCEPTED]
    assert times(store) == [7]


def test_nobody_writes_from_the_first_page_to_the_last(
    store: SqliteStore, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dearly.store.sqlite.backup.PAGES_AT_ONCE", 1)
    refused: list[int] = []

    def try_to_write(_what: str, count: int) -> None:
        with closing(sqlite3.connect(store.path, timeout=0, isolation_level=None)) as other:
            try:
                other.execute("BEGIN IMMEDIATE")
            except sqlite3.OperationalError:
                refused.append(count)

    with closing(sqlite3.connect(file)) as source:
        (pages,) = source.execute("PRAGMA page_count").fetchone()
        load(store.path, source, try_to_write)
    assert refused == list(range(1, pages))  # and no more once all are there
    assert times(store) == [1]
    assert store.append_events([event("2", at=2)]) == [Outcome.ACCEPTED]


def test_a_restore_that_is_kept_waiting_sees_what_was_written_meanwhile(
    store: SqliteStore, file: Path
) -> None:
    class Waiting(sqlite3.Connection):
        """A backup whose first page waits for somebody else's write."""

        def backup(self, target: sqlite3.Connection, *, progress: Any, **options: Any) -> None:
            target.execute("PRAGMA busy_timeout = 0")
            writer.execute("BEGIN IMMEDIATE")
            writer.execute(
                "INSERT INTO items (catalog, id, fields, change) VALUES ('product', 'p1', '{}', 1)"
            )

            def then_commit(status: int, left: int, all_: int) -> None:
                if status == sqlite3.SQLITE_BUSY:
                    writer.execute("COMMIT")
                progress(status, left, all_)

            super().backup(target, progress=then_commit, **options)

    with (
        closing(sqlite3.connect(store.path, isolation_level=None)) as writer,
        closing(sqlite3.connect(file, factory=Waiting)) as source,
        pytest.raises(StoreUnavailable, match="is not empty: it has rows in items"),
    ):
        load(store.path, source, tell_nobody)
    assert store.read_items() == ([ItemRecord("product", "p1", {})], 1)
