"""A few threads for what blocks: durable writes, reads that may wait for the store, the checker."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from dearly.server.statuses import busy

P = ParamSpec("P")
T = TypeVar("T")

RETRY_AFTER_S = 0.5


class BlockingThreads:
    """Runs blocking calls off the loop, and refuses cheaply what would wait behind too many others."""

    def __init__(self, threads: int, max_waiting: int) -> None:
        self._pool = ThreadPoolExecutor(threads, thread_name_prefix="blocking")
        self._most = threads + max_waiting
        self._under_way = 0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result; what it raises is raised here.

        When the caller gives up, a call that still waits is dropped; one under way goes on.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED when too many calls wait already.
        """
        if self._under_way >= self._most:
            raise busy(f"{self._most} calls of this kind are waiting already. Try again.", RETRY_AFTER_S)
        self._under_way += 1
        loop = asyncio.get_running_loop()
        future = self._pool.submit(function, *args, **kwargs)
        future.add_done_callback(lambda _: loop.call_soon_threadsafe(self._one_less))
        return await asyncio.wrap_future(future)

    def close(self) -> None:
        """Wait for what is under way; what has not begun is dropped."""
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _one_less(self) -> None:
        self._under_way -= 1
