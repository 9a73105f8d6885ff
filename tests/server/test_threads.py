"""Blocking work off the loop: bounded, and cheap to refuse."""

from __future__ import annotations

import asyncio
import threading

import grpc
import pytest

from dearly.server.statuses import CallRefused
from dearly.server.threads import BlockingThreads
from tests.server.waiting import until


async def test_results_and_errors_come_back() -> None:
    threads = BlockingThreads(1, 1)
    assert await threads.run(divmod, 7, 2) == (3, 1)
    with pytest.raises(ZeroDivisionError):
        await threads.run(divmod, 7, 0)
    assert threads.close(within_s=5)


async def test_what_would_wait_behind_too_many_is_refused_at_once_and_later_welcome() -> None:
    threads, free = BlockingThreads(1, 1), threading.Event()
    waiting = [asyncio.ensure_future(threads.run(free.wait, 10)) for _ in range(2)]
    await asyncio.sleep(0)  # each is handed over
    with pytest.raises(CallRefused) as caught:
        await threads.run(free.wait, 10)
    assert caught.value.code is grpc.StatusCode.RESOURCE_EXHAUSTED
    free.set()
    assert await asyncio.gather(*waiting) == [True, True]
    await until(lambda: threads._under_way == 0)
    assert await threads.run(free.is_set)
    assert threads.close(within_s=5)


async def test_a_call_that_still_waits_is_dropped_when_its_caller_gives_up() -> None:
    threads, free, begun = BlockingThreads(1, 5), threading.Event(), threading.Event()
    first = asyncio.ensure_future(threads.run(free.wait, 10))
    second = asyncio.ensure_future(threads.run(begun.set))
    await until(lambda: threads._under_way == 2)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    free.set()
    assert await first
    assert threads.close(within_s=5)
    assert not begun.is_set()


async def test_calls_that_were_given_up_leave_nothing_waiting() -> None:
    threads, free = BlockingThreads(1, 2), threading.Event()
    first = asyncio.ensure_future(threads.run(free.wait, 10))
    for _ in range(10):
        given_up = asyncio.ensure_future(threads.run(free.wait, 10))
        await until(lambda: threads._under_way == 2)
        given_up.cancel()
        with pytest.raises(asyncio.CancelledError):
            await given_up
        assert threads._under_way == 1
    free.set()
    assert await first
    assert threads.close(within_s=5)


async def test_an_end_that_does_not_come_is_not_waited_for() -> None:
    threads, free = BlockingThreads(1, 1), threading.Event()
    calls = [asyncio.ensure_future(threads.run(free.wait, 10)) for _ in range(2)]
    await until(lambda: threads._under_way == 2)
    assert not threads.close(within_s=0.01)
    with pytest.raises(asyncio.CancelledError):
        await calls[1]  # which had not begun
    with pytest.raises(CallRefused):
        await threads.run(free.wait, 10)
    free.set()
    assert await calls[0]
    assert threads.close(within_s=5)
