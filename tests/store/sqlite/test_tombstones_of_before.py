"""A store from before erasures were remembered with their time is carried forward with its tombstones."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from dearly.store import ErasedId, Outcome, ProfilePatch
from dearly.store.rows import tombstone
from dearly.store.sqlite import SqliteStore
from dearly.store.sqlite.schema import APPLICATION_ID, MIGRATIONS
from tests.store.records import event

SECOND = 2


def second_version(path: Path) -> None:
    """A store of the second version, of which ``gone`` was erased."""
    with closing(sqlite3.connect(path)) as made, made:
        for statements in MIGRATIONS[:SECOND]:
            for statement in statements:
                made.execute(statement)
        (key,) = made.execute("SELECT tombstone_key FROM store").fetchone()
        made.execute("INSERT INTO erased (hash) VALUES (?)", (tombstone("gone", key),))
        made.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        made.execute(f"PRAGMA user_version = {SECOND}")


def test_whoever_was_erased_stays_out_until_they_are_readmitted(tmp_path: Path) -> None:
    second_version(tmp_path / "store.db")
    with closing(SqliteStore(tmp_path / "store.db")) as store:
        assert store.append_events([event("1", customer="gone")]) == [Outcome.ERASED]
        assert store.erased_ids(["gone"]) == {"gone": ErasedId(0, 0)}
        assert store.erasures_due() == []
        store.upsert_profiles([ProfilePatch("gone", {}, 1, readmit=True)], 1)
        assert store.append_events([event("1", customer="gone")]) == [Outcome.ACCEPTED]
