"""A store of an earlier version is carried forward with all that it holds."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from dearly.store import ALL_TOUCHED, Outcome, ProfilePatch
from dearly.store.rows import event_row
from dearly.store.sqlite import SqliteStore
from dearly.store.sqlite.schema import APPLICATION_ID, MIGRATIONS
from tests.store.records import event, times

KEPT = event("1", customer="bob", at=10)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path)) as first, first:
        for statement in MIGRATIONS[0]:
            first.execute(statement)
        first.execute(
            """INSERT INTO customers (id, fields, updated_us)
               VALUES ('ada', '{"name":"Ada"}', 7), ('bob', NULL, NULL)"""
        )
        row = event_row(KEPT)
        first.execute(
            "INSERT INTO events VALUES (2, ?, ?, ?, ?, ?)",
            (row.type, row.time_us, row.source, row.event_id, row.properties),
        )
        first.execute("INSERT INTO event_ids VALUES (?, ?, ?)", (row.source, row.event_id, row.payload_hash))
        first.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        first.execute("PRAGMA user_version = 1")
    opened = SqliteStore(path)
    yield opened
    opened.close()


def test_its_events_are_there_and_their_repeats_are_known(store: SqliteStore) -> None:
    assert times(store, customer="bob") == [10]
    assert store.append_events([KEPT]) == [Outcome.DUPLICATE]


def test_its_fields_are_as_old_as_their_profile(store: SqliteStore) -> None:
    for time_us, name in ((6, "Older"), (8, "Newer")):
        store.upsert_profiles([ProfilePatch("ada", {"name": name}, time_us)], 9)
        profile = store.get_profile("ada")
        assert profile is not None
        assert profile.fields == {"name": "Ada" if time_us < 7 else "Newer"}


def test_everybody_is_due_at_once_for_everything(store: SqliteStore) -> None:
    due = store.due_customers(0, None, 10)
    assert {one.customer_id: one.touched for one in due} == dict.fromkeys(
        ["ada", "bob"], frozenset({ALL_TOUCHED})
    )


@pytest.mark.parametrize(("kept", "trimmed"), [((3, 4), 2), ((1, 2), 0), ((), 4)])
def test_what_was_gone_from_its_feed_counts_as_trimmed(
    tmp_path: Path, kept: tuple[int, ...], trimmed: int
) -> None:
    path = tmp_path / "before.db"
    with closing(sqlite3.connect(path)) as before, before:
        for statements in MIGRATIONS[:3]:
            for statement in statements:
                before.execute(statement)
        for position in (1, 2, 3, 4):
            before.execute("INSERT INTO feed VALUES (?, 'ada', '{}', 1)", (position,))
            if position not in kept:
                before.execute("DELETE FROM feed WHERE position = ?", (position,))
        before.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        before.execute("PRAGMA user_version = 3")
    with closing(SqliteStore(path)) as store:
        assert store.feed_ends() == (trimmed, 4)
