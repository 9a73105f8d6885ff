"""An erasure overtakes records that other couriers, of other processes, have read and not told yet."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest

from dearly.delivery import JsonLinesSink, WebhookSink
from dearly.store import FeedRecord, ProfilePatch, open_store
from tests.delivery.couriers import webhook
from tests.delivery.feeding import opened, put
from tests.delivery.receivers import answers, receiving
from tests.postgres import fresh_database, needs_postgres


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where there is no store yet, of either kind."""
    return fresh_database() if request.param == "postgres" else f"sqlite:///{tmp_path}/store.db"


def read_then_erase(url: str, customer_id: str) -> Sequence[FeedRecord]:
    """What a courier has read when, by another server, a customer is erased, and readmitted at once."""
    with opened(url) as store:
        put(store, "anna", "a")
        put(store, "ben", "b1")
        on_their_way = list(store.read_feed(0, 10))
        with closing(open_store(url)) as other:
            other.erase_customer(customer_id, 5)
            other.upsert_profiles([ProfilePatch(customer_id, {}, 6, readmit=True)], 6)
        put(store, customer_id, "b2")
        return [*on_their_way, store.read_feed(on_their_way[-1].position, 10)[-1]]


def names(lines: Sequence[bytes]) -> list[str]:
    return [json.loads(line)["name"] for line in lines]


async def tell(sink: JsonLinesSink | WebhookSink, records: Sequence[FeedRecord]) -> int:
    taken = 0
    while taken < len(records):
        taken += (await sink.deliver(records[taken : taken + sink.at_once])).taken
    await sink.close()
    return taken


async def test_a_file_is_told_nothing_of_before_the_erasure(url: str, tmp_path: Path) -> None:
    records = read_then_erase(url, "ben")
    path = tmp_path / "feed.jsonl"
    with opened(url) as store:
        await tell(JsonLinesSink("log", path, 10**9, store.erased_ids), records)

    assert names(path.read_bytes().splitlines()) == ["a", "b2"]


async def test_a_webhook_is_told_nothing_of_before_the_erasure(url: str) -> None:
    records = read_then_erase(url, "ben")
    with opened(url) as store:
        async with receiving(answers(200)) as receiver:
            await tell(webhook(receiver.url, store), records)

    assert names(receiver.bodies) == ["a", "b2"]


async def test_files_that_were_not_rewritten_then_are_later_by_what_the_store_knows(
    url: str, tmp_path: Path
) -> None:
    path = tmp_path / "feed.jsonl"
    records = read_then_erase(url, "ben")
    await tell(JsonLinesSink("log", path, 10**9, lambda ids: {}), records)

    with opened(url) as store:
        assert JsonLinesSink("log", path, 10**9, store.erased_ids).erase() == 1

    assert names(path.read_bytes().splitlines()) == ["a", "b2"]
