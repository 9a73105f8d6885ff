"""A disk that is full: writes are refused with a clear status, nothing acknowledged is lost, all recovers."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest

from dearly.server.wire import to_struct
from dearly.v1 import content_pb2, events_pb2
from tests.server.conftest import OpenShop, Shop
from tests.server.requests import patch, render, track, viewed
from tests.server.test_faults import refused_for_a_while
from tests.server.waiting import eventually

DISK = "8m"
NOTE = to_struct({"product_id": "p" * 200})


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, of some megabytes."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounting = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(folder)]
    if subprocess.run(mounting, check=False, capture_output=True).returncode:
        pytest.skip("this user may not mount a small file system")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def fill(folder: Path) -> Path:
    """Take up what is left of a disk."""
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while file.write(b"\0" * 4096):
                pass
        except OSError as error:
            if error.errno != errno.ENOSPC:
                raise
    return filler


def numbered(first: int, count: int) -> list[events_pb2.Event]:
    return [
        viewed(f"e{number}", customer_id=f"c{number % 50}", properties=NOTE)
        for number in range(first, first + count)
    ]


async def acknowledged_until_full(shop: Shop) -> int:
    """How many events were acknowledged, one call of fifty after the other, before one was refused."""
    acknowledged = 0
    while acknowledged < 100_000:
        try:
            await track(shop, *numbered(acknowledged, 50))
        except grpc.aio.AioRpcError as error:
            if error.code() is not grpc.StatusCode.UNAVAILABLE:
                raise
            return acknowledged
        acknowledged += 50
    raise AssertionError("the disk never filled up")


async def test_a_full_disk_refuses_writes_loses_nothing_and_recovers_without_a_restart(
    open_shop: OpenShop, small_disk: Path
) -> None:
    async with open_shop(store=f"sqlite:///{small_disk}/shop.db") as shop:
        await patch(shop, "ada", first_name="Ada")
        filler = fill(small_disk)
        acknowledged = await acknowledged_until_full(shop)
        await refused_for_a_while(track(shop, *numbered(acknowledged, 50)), shop.store)
        stream = shop.client.events.StreamEvents(
            iter([events_pb2.StreamEventsRequest(events=numbered(acknowledged, 50))])
        )
        await refused_for_a_while(stream.read(), shop.store)
        reply = await shop.client.content.RenderContent(render("ada", "greeting"))
        assert reply.blocks[0].reason == content_pb2.BLOCK_REASON_MATCHED
        filler.unlink()

        async def taken() -> bool:
            try:
                results = await track(shop, *numbered(acknowledged, 50))
            except grpc.aio.AioRpcError:
                return False
            return {each.outcome for each in results} <= {
                events_pb2.EVENT_OUTCOME_ACCEPTED,
                events_pb2.EVENT_OUTCOME_DUPLICATE,
            }

        assert await eventually(taken, True)
        for first in range(0, acknowledged, 50):
            results = await track(shop, *numbered(first, 50))
            assert {each.outcome for each in results} == {events_pb2.EVENT_OUTCOME_DUPLICATE}
        worker = shop.running.application.membership
        assert worker is not None

        async def due() -> int:
            return worker.engine.progress().due

        assert await eventually(due, 0)
