"""Customers are erased while others' events come in; then no file anywhere holds a byte of what was theirs.

All goes over the socket of a real server, which keeps membership, runs a trigger that emits what is personal,
tells a file the feed, and writes its log.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import psycopg
import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from dearly.v1 import events_pb2, events_pb2_grpc, profiles_pb2, profiles_pb2_grpc
from tests.postgres import needs_postgres, postgres_server
from tests.serving import server_process
from tests.waiting import wait_until

CANARY = "canary7zq"
CUSTOMERS = 200
RULES = """
profile { name text? }
catalog product { title text }
event viewed { product_id product, note text? }
segment lookers { any viewed within 1 day }
trigger looked { when entering lookers  emit { product: latest viewed.product_id, who: latest viewed.note } }
block hero { otherwise show "hero.html" }
"""
SMALL_LOG = {"wal_recycle": "off", "min_wal_size": "32MB", "max_wal_size": "32MB", "wal_keep_size": "0"}


def event(number: int, customer_id: str, note: str) -> events_pb2.Event:
    happened = Timestamp()
    happened.FromMicroseconds(time.time_ns() // 1_000)
    made = events_pb2.Event(
        event_id=f"{note}-{number}", customer_id=customer_id, type="viewed", time=happened
    )
    made.properties.update({"product_id": f"{note}-product", "note": note})
    return made


@contextmanager
def others_events_come_in(channel: grpc.Channel) -> Iterator[None]:
    """For as long as the block lasts, batch after batch."""
    over = threading.Event()
    stub = events_pb2_grpc.EventServiceStub(channel)

    def send() -> None:
        number = 0
        while not over.is_set():
            batch = [event(number + place, f"other{place}", "other") for place in range(100)]
            stub.TrackEvents(events_pb2.TrackEventsRequest(events=batch), timeout=30)
            number += 100

    sending = threading.Thread(target=send)
    sending.start()
    try:
        yield
    finally:
        over.set()
        sending.join()


def everything_becomes_known(channel: grpc.Channel, customer_ids: list[str]) -> None:
    profiles = profiles_pb2_grpc.ProfileServiceStub(channel)
    for customer_id in customer_ids:
        patch = profiles_pb2.ProfilePatch(customer_id=customer_id)
        patch.fields.update({"name": f"{customer_id} name"})
        profiles.UpsertProfiles(profiles_pb2.UpsertProfilesRequest(profiles=[patch]), timeout=30)
        profiles.SetConsent(
            profiles_pb2.SetConsentRequest(
                customer_id=customer_id, purpose="marketing", granted=True, source=f"{customer_id} form"
            ),
            timeout=30,
        )
    sent = [event(number, one, f"{one} note") for one in customer_ids for number in range(3)]
    reply = events_pb2_grpc.EventServiceStub(channel).TrackEvents(
        events_pb2.TrackEventsRequest(events=sent), timeout=30
    )
    assert {result.outcome for result in reply.results} == {events_pb2.EVENT_OUTCOME_ACCEPTED}


def erase(channel: grpc.Channel, customer_id: str) -> profiles_pb2.ErasureReceipt:
    stub = profiles_pb2_grpc.ProfileServiceStub(channel)
    return stub.EraseProfile(profiles_pb2.EraseProfileRequest(customer_id=customer_id), timeout=60).receipt


def files_with(folders: list[Path], text: str) -> list[str]:
    """The files below folders in which a text stands; those that vanish meanwhile have none."""
    found = []
    for path in (path for folder in folders for path in folder.rglob("*")):
        try:
            if path.is_file() and text.encode() in path.read_bytes():
                found.append(path.name)
        except FileNotFoundError:
            continue
    return found


def nothing_is_left_of_the_erased(folder: Path, url: str, *elsewhere: Path) -> None:
    """The whole of it, on one store."""
    rules, feed, everywhere = folder / "rules", folder / "feed.jsonl", [folder, *elsewhere]
    (rules / "templates").mkdir(parents=True)
    (rules / "shop.rules").write_text(RULES)
    (rules / "templates/hero.html").write_text("<p>Hello</p>")
    customer_ids = [f"{CANARY}-{number}" for number in range(CUSTOMERS)]
    with (
        server_process(folder, rules, "--store", url, "--sink", f"file=file://{feed}") as server,
        grpc.insecure_channel(server.address) as channel,
        others_events_come_in(channel),
    ):
        everything_becomes_known(channel, customer_ids)
        wait_until(lambda: feed.exists() and feed.read_text().count(f'"who":"{CANARY}') == CUSTOMERS)
        assert {"feed.jsonl"} < set(files_with(everywhere, CANARY))

        receipts = [erase(channel, customer_id) for customer_id in customer_ids]

        wait_until(lambda: files_with(everywhere, CANARY) == [])
        late = events_pb2.TrackEventsRequest(events=[event(9, customer_ids[0], "late")])
        (refused,) = events_pb2_grpc.EventServiceStub(channel).TrackEvents(late, timeout=30).results
    for receipt in receipts:
        reached = {place.place: place.deleted_count for place in receipt.places}
        assert reached["store/events"] == 3
        assert reached["store/consents"] == 1
        assert reached["store/feed"] >= 2
        assert reached["sinks/file"] >= 2
    assert (refused.outcome, refused.field) == (events_pb2.EVENT_OUTCOME_REJECTED, "customer_id")
    assert files_with(everywhere, CANARY) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_no_file_of_an_sqlite_store_holds_the_erased(tmp_path: Path) -> None:
    nothing_is_left_of_the_erased(tmp_path, f"sqlite:///{tmp_path}/shop.db")


@pytest.mark.slow
@pytest.mark.timeout(300)
@needs_postgres
def test_no_file_of_a_postgresql_store_holds_the_erased(tmp_path: Path) -> None:
    with postgres_server() as server:
        with psycopg.connect(server.get_uri(), autocommit=True) as connection:
            for name, value in SMALL_LOG.items():
                connection.execute(f"ALTER SYSTEM SET {name} = '{value}'")
            connection.execute("SELECT pg_reload_conf()")
        nothing_is_left_of_the_erased(tmp_path, server.get_uri(), Path(server.pgdata))
