"""A database from before erasures were remembered with their time; and one scrub at a time."""

from __future__ import annotations

from contextlib import closing
from typing import Any

import pytest

from dearly.store import STORE_FILES, ErasedId, Outcome, ProfilePatch
from dearly.store.postgres import PostgresStore
from dearly.store.postgres.schema import LOCKS, MIGRATIONS, SCRUB_LOCK
from dearly.store.rows import tombstone
from tests.postgres import needs_postgres
from tests.store.postgres.conftest import open_postgres
from tests.store.records import event

pytestmark = needs_postgres


def test_whoever_was_erased_stays_out_until_they_are_readmitted(
    url: str, other: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as before:
        before.setattr("dearly.store.postgres.schema.MIGRATIONS", MIGRATIONS[:1])
        open_postgres(url).close()
    (key,) = other.execute("SELECT tombstone_key FROM dearly_store").fetchone()
    other.execute("INSERT INTO erased (hash) VALUES (%s)", (tombstone("gone", key),))
    with closing(open_postgres(url)) as store:
        assert store.append_events([event("1", customer="gone")]) == [Outcome.ERASED]
        assert store.erased_ids(["gone"]) == {"gone": ErasedId(0, 0)}
        assert store.erasures_due() == []
        store.upsert_profiles([ProfilePatch("gone", {}, 1, readmit=True)], 1)
        assert store.append_events([event("1", customer="gone")]) == [Outcome.ACCEPTED]


def test_while_somebody_scrubs_nobody_else_does_and_nothing_is_settled(
    store: PostgresStore, other: Any
) -> None:
    store.erase_customer("ada", 1)
    other.execute("SELECT pg_advisory_lock(%s, %s)", (LOCKS, SCRUB_LOCK))
    assert not store.scrub()
    assert [due.place for due in store.erasures_due()] == [STORE_FILES]
    other.execute("SELECT pg_advisory_unlock(%s, %s)", (LOCKS, SCRUB_LOCK))
    assert store.scrub()
    assert store.erasures_due() == []
