"""What was erased is nowhere in the server's files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from dearly.store import Consent, DeadLetter, Look, MemberChange, Outcome, ProfilePatch, SinkState
from dearly.store.postgres import PostgresStore
from tests.postgres import needs_postgres
from tests.store.postgres.conftest import open_postgres
from tests.store.records import event, kept_of_both, times
from tests.waiting import wait_until

pytestmark = needs_postgres

CANARY = "canary-zqxjk"
SMALL_LOG = {"wal_recycle": "off", "min_wal_size": "32MB", "max_wal_size": "32MB", "wal_keep_size": "0"}


@pytest.fixture
def store(own_server: Any) -> Iterator[PostgresStore]:
    with psycopg.connect(own_server.get_uri(), autocommit=True) as connection:
        for name, value in SMALL_LOG.items():
            connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
        connection.execute("SELECT pg_reload_conf()")
    opened = open_postgres(own_server.get_uri())
    yield opened
    opened.close()


def files_with(directory: Path, text: str) -> list[str]:
    """The files below a directory in which a text stands; those that vanish meanwhile have none."""
    found = []
    for path in directory.rglob("*"):
        try:
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(str(path.relative_to(directory)))
        except FileNotFoundError:
            continue
    return found


def keep_everything_of(store: PostgresStore, customer_id: str) -> None:
    store.upsert_profiles([ProfilePatch(customer_id, {"note": f"{CANARY} profile"}, 1)], 1)
    store.append_events(
        [
            event(f"{CANARY}-{number}", customer=customer_id, at=number, note=f"{CANARY} property")
            for number in range(50)
        ]
    )
    store.set_consents(customer_id, [Consent("mail", True, f"{CANARY} form", 1)])
    generation = store.begin_generation("f", 1)
    change = MemberChange(generation.number, "vip", "in", 1)
    look = Look(customer_id, None, f"{CANARY} standing", [change], [f"{CANARY} body"])
    store.look_at_due(10, 10, lambda due, read: [look])
    store.lease_sink("shop", "me", 1, 2)
    (record,) = store.read_feed(0, 10)
    store.settle_sink(
        SinkState("shop", 1, 0, None), "me", 1, [DeadLetter(0, "shop", record, f"{CANARY} reason", 1)]
    )
    store.merge_customers(f"{CANARY}-alias", customer_id, 2, f"{CANARY} merged", kept_of_both)


@pytest.mark.slow
def test_erased_bytes_are_in_no_file_of_the_server_after_a_scrub(
    store: PostgresStore, own_server: Any
) -> None:
    keep_everything_of(store, f"{CANARY}-customer")
    store.append_events([event("1")])
    with psycopg.connect(own_server.get_uri(), autocommit=True) as connection:
        connection.execute("ANALYZE")  # the planner's statistics hold nothing personal
        connection.execute("CHECKPOINT")
    assert files_with(own_server.pgdata, CANARY) != []
    erased = store.erase_customer(f"{CANARY}-alias", 3)
    assert min(erased.rows.values()) > 0
    store.scrub()
    wait_until(lambda: files_with(own_server.pgdata, CANARY) == [])
    assert times(store) == [1_000]
    assert store.append_events([event("1", customer=f"{CANARY}-alias")]) == [Outcome.ERASED]
