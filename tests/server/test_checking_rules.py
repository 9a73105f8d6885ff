"""``CheckRules``: what it takes, and how many at a time."""

from __future__ import annotations

import asyncio
import threading

import grpc
import pytest

from dearly.server.application import CHECK_THREADS, MAX_WAITING_CHECKS
from dearly.server.limits import MAX_CHECKED_BYTES
from dearly.v1 import rules_pb2
from tests.server.conftest import Shop

COUNTRY = b"profile { country text? }\n"


async def checked(shop: Shop, files: dict[str, bytes]) -> rules_pb2.CheckRulesResponse:
    response: rules_pb2.CheckRulesResponse = await shop.client.rules.CheckRules(
        rules_pb2.CheckRulesRequest(files=files)
    )
    return response


async def test_a_package_of_the_most_bytes_is_checked_and_one_of_more_is_for_the_command(shop: Shop) -> None:
    files = {"shop.rules": COUNTRY, "long.rules": b"#" * (MAX_CHECKED_BYTES - len(COUNTRY))}
    assert (await checked(shop, files)).valid
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await checked(shop, files | {"more.rules": b"#"})
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details() == (
        "files: expected at most 262,144 bytes in all, got 262,145. "
        "Check larger packages with `dearly check`."
    )


async def test_checks_beyond_one_and_two_that_wait_are_refused(shop: Shop) -> None:
    free, checks = threading.Event(), shop.running.application.checks
    waiting = [
        asyncio.ensure_future(checks.run(free.wait, 60)) for _ in range(CHECK_THREADS + MAX_WAITING_CHECKS)
    ]
    await asyncio.sleep(0)  # each is handed over
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await checked(shop, {"shop.rules": COUNTRY})
    assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    free.set()
    assert await asyncio.gather(*waiting) == [True] * 3
