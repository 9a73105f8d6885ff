"""A few threads for what blocks: durable writes, reads that may wait for the store, the checker."""

from __future__ import annotations

import asyncio
import threading
import time
from collections import deque
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from typing import Any, ParamSpec, TypeVar

from dearly.server.statuses import busy

P = ParamSpec("P")
T = TypeVar("T")

RETRY_AFTER_S = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class _Work:
    """One call that waits, and where its result is waited for."""

    call: Callable[[], Any]
    future: Future[Any]

    def carry_out(self) -> Callable[[], None]:
        """Make the call, and give what tells its result to whoever waits."""
        if not self.future.set_running_or_notify_cancel():
            return lambda: None
        try:
            return partial(self.future.set_result, self.call())
        except BaseException as error:  # noqa: BLE001 - raised again where the result is waited for
            return partial(self.future.set_exception, error)


class BlockingThreads:
    """Runs blocking calls off the loop, and refuses cheaply what would wait behind too many others.

    Unlike with an executor, a call that is given up leaves nothing behind in the queue, and a thread that is
    stuck does not keep the process from ending.
    """

    def __init__(self, threads: int, max_waiting: int) -> None:
        self._most = threads + max_waiting
        self._waiting: deque[_Work] = deque()
        self._under_way = 0  # those that wait and those that have begun
        self._closed = False
        self._changed = threading.Condition()
        self._threads = [
            threading.Thread(target=self._work_all, name=f"blocking-{number}", daemon=True)
            for number in range(threads)
        ]
        for thread in self._threads:
            thread.start()

    @property
    def is_busy(self) -> bool:
        """Whether a call waits or is under way."""
        return self._under_way > 0

    async def run(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The function's result; what it raises is raised here.

        When the caller gives up, a call that still waits is dropped; one under way goes on, and counts.

        Raises:
            CallRefused: RESOURCE_EXHAUSTED when too many calls wait already.
        """
        work = _Work(partial(function, *args, **kwargs), Future())
        self._add(work)
        try:
            result: T = await asyncio.wrap_future(work.future)
        except asyncio.CancelledError:
            self._drop(work)
            raise
        return result

    def close(self, within_s: float) -> bool:
        """Drop what has not begun and wait for what has, but no longer; whether all of it ended."""
        ends_s = time.monotonic() + within_s
        with self._changed:
            self._closed = True
            while self._waiting:
                self._forget(self._waiting[0])
            self._changed.notify_all()
        for thread in self._threads:
            thread.join(max(0.0, ends_s - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def _add(self, work: _Work) -> None:
        with self._changed:
            if self._closed or self._under_way >= self._most:
                raise busy(f"{self._most} calls of this kind are waiting already. Try again.", RETRY_AFTER_S)
            self._under_way += 1
            self._waiting.append(work)
            self._changed.notify()

    def _drop(self, work: _Work) -> None:
        with self._changed:
            if work in self._waiting:
                self._forget(work)

    def _forget(self, work: _Work) -> None:
        self._waiting.remove(work)
        self._under_way -= 1
        work.future.cancel()

    def _work_all(self) -> None:
        while self._do_next():
            pass

    def _do_next(self) -> bool:
        """Carry out one call, once there is one; False when there will be none any more."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._closed)
            if not self._waiting:
                return False
            work = self._waiting.popleft()
        tell = work.carry_out()
        with self._changed:
            self._under_way -= 1  # before it is told: whoever waited may call again at once
        tell()
        return True
