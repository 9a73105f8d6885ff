"""Batches of renders: their answers have an end, and so has the number of them under way."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any, cast

import grpc
import pytest
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from dearly.server.content_service import _next_at_once
from dearly.server.limits import MAX_BATCH_REPLY_BYTES, MAX_BATCHES
from dearly.v1 import content_pb2, content_pb2_grpc
from tests.server.conftest import OpenShop, Shop
from tests.server.requests import batch, render
from tests.server.shop import write_rules
from tests.server.waiting import eventually, until

EXHAUSTED = grpc.StatusCode.RESOURCE_EXHAUSTED
FAT = "x" * 60_000
WIDE = [("grpc.max_receive_message_length", 2 * MAX_BATCH_REPLY_BYTES)]


async def test_what_has_no_room_in_a_batchs_answer_is_refused_one_by_one(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    write_rules(tmp_path / "rules", {"templates/hero/plain.html": FAT})
    requests = batch(*(render(f"c{number}") for number in range(400)))
    async with open_shop() as shop, grpc.aio.insecure_channel(shop.running.address, WIDE) as channel:
        reply = await content_pb2_grpc.ContentServiceStub(channel).BatchRenderContent(requests)
    assert len(reply.results) == 400
    answered = [result.HasField("content") for result in reply.results]
    count = answered.index(False)
    assert not any(answered[count:])
    size = reply.results[0].ByteSize()
    assert count == MAX_BATCH_REPLY_BYTES // size
    refused = reply.results[count].status
    assert refused.code == EXHAUSTED.value[0]
    assert refused.message == "The batch's answer is 32 MiB long already. Ask in smaller batches."


async def test_batches_beyond_the_fourth_are_refused_and_welcome_when_others_are_done(shop: Shop) -> None:
    requests = batch(*(render(f"c{number}") for number in range(1_000)))
    calls = [shop.client.content.BatchRenderContent(requests) for _ in range(2 * MAX_BATCHES)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    refused = [one for one in outcomes if isinstance(one, grpc.aio.AioRpcError)]
    assert 1 <= len(refused) <= MAX_BATCHES
    assert {one.code() for one in refused} == {EXHAUSTED}
    assert rpc_status.from_call(cast(Any, refused[0])).details[0].Is(error_details_pb2.RetryInfo.DESCRIPTOR)
    assert await eventually(lambda: batches_that_fit(shop, MAX_BATCHES), MAX_BATCHES)


async def test_batches_that_were_given_up_make_room_for_others(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = 0

    async def render_for_ever(*_: Any) -> Any:
        nonlocal begun
        begun += 1
        await asyncio.Event().wait()

    with monkeypatch.context() as patched:
        patched.setattr(shop.running.application.personalizer, "render_many", render_for_ever)
        calls = [shop.client.content.BatchRenderContent(batch(render())) for _ in range(MAX_BATCHES)]
        await until(lambda: begun == MAX_BATCHES)
        assert await batches_that_fit(shop, 1) == 0
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
    assert await eventually(lambda: batches_that_fit(shop, MAX_BATCHES), MAX_BATCHES)


async def batches_that_fit(shop: Shop, count: int) -> int:
    calls = [shop.client.content.BatchRenderContent(batch(render())) for _ in range(count)]
    outcomes = await asyncio.gather(*calls, return_exceptions=True)
    return sum(isinstance(one, content_pb2.BatchRenderContentResponse) for one in outcomes)


def test_fewer_customers_are_read_at_once_after_a_slow_read_and_more_after_quick_ones() -> None:
    assert _next_at_once(16, 0.2) == 1
    assert _next_at_once(1, 0.2) == 1
    assert [_next_at_once(at_once, 0.0001) for at_once in (1, 2, 8, 16)] == [2, 4, 16, 16]
    assert _next_at_once(8, 0.01) == 4
