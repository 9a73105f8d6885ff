"""Watchers who open a stream and never read cost the server next to nothing, however long its records are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import grpc
import pytest

from dearly.server import watching as watching_module
from dearly.server.watching import watch
from dearly.store import Due, Look, ProfilePatch, ReadCustomers, Store, open_store
from dearly.v1 import segments_pb2, segments_pb2_grpc
from tests.server.conftest import NOW_US, Shop
from tests.server.shop import write_rules
from tests.serving import server_process

BEGINNING = segments_pb2.WATCH_START_BEGINNING
STREAMS = 32
LONG = 60_000
"""Bytes that a trigger emits."""


def fill(store: Store, count: int, length: int) -> None:
    """Put records of a trigger into the feed that emits long texts."""
    told = {
        "kind": "trigger",
        "name": "remind",
        "at_us": NOW_US,
        "cause": "event",
        "emit": {"x": "y" * length},
    }
    bodies = [json.dumps(told)] * count

    def look_at(dues: Sequence[Due], read: ReadCustomers) -> list[Look]:
        del read
        return [Look(due.customer_id, None, "[1,{},{}]", (), bodies) for due in dues]

    store.upsert_profiles([ProfilePatch("ada", {}, NOW_US)], NOW_US)
    assert store.look_at_due(NOW_US, 10, look_at) == 1


async def test_long_records_come_in_small_messages_and_none_is_missed(shop: Shop) -> None:
    application = shop.running.application
    fill(application.store, 20, LONG)
    _, newest = application.store.feed_ends()
    messages = watch(application, segments_pb2.WatchTransitionsRequest(start=BEGINNING))
    positions: list[int] = []
    while not positions or positions[-1] < newest:
        message = await anext(messages)
        assert message.ByteSize() < watching_module.PAGE_BYTES + LONG + 1_000
        positions += [each.position for each in message.transitions]
    await messages.aclose()
    assert positions == list(range(newest - 19, newest + 1))


@pytest.mark.slow
async def test_streams_that_nobody_reads_take_little_memory(tmp_path: Path) -> None:
    rules = write_rules(tmp_path / "rules")
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    fill(store, 1_000, LONG)
    store.close()
    with server_process(tmp_path, rules) as server:
        before = peak_mb(server.process.pid)
        async with grpc.aio.insecure_channel(server.address) as channel:
            stub = segments_pb2_grpc.SegmentServiceStub(channel)
            request = segments_pb2.WatchTransitionsRequest(start=BEGINNING)
            calls = [stub.WatchTransitions(request) for _ in range(STREAMS)]
            for call in calls:
                assert (await asyncio.wait_for(call.read(), 30)).resume_token
            await asyncio.sleep(2)  # for whatever is sent ahead
            grown = peak_mb(server.process.pid) - before
    assert grown < STREAMS * 8, "a stream holds a few pages, not what it has yet to tell"


def peak_mb(pid: int) -> float:
    """The most memory that a process ever had."""
    (line,) = (
        line for line in Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 1024
