"""Reads for renders that never hold up the loop, whatever the disk or another process does.

SQLite gives up on a lock in 50 ms, but a stalled disk, or a lock that it does not expect, can keep one read
for ten seconds or for ever, and a call into SQLite cannot be broken off. So renders' reads happen in a thread
of their own. The loop waits a moment for each, since nearly all are over by then, and looks after others when
one takes longer. (Measured: the hand-over costs 10 µs, so a batch hands over at once all that it reads.)
"""

from __future__ import annotations

import asyncio
import queue
import threading
import time
from collections.abc import Sequence

from dearly.store import CustomerQuery, CustomerRows, Store, StoreUnavailable

MOST_PATIENCE_S = 0.2
"""A store that takes longer does not answer. SQLite itself waits less for a lock."""

MOMENT_S = 0.002
"""So long the loop itself waits; then it looks again each time as much has passed."""


class _Read:
    """One read, asked for and perhaps given up."""

    __slots__ = ("done", "error", "given_up", "queries", "rows")

    def __init__(self, queries: Sequence[CustomerQuery]) -> None:
        self.queries = queries
        self.rows: list[CustomerRows] | None = None
        self.error: BaseException | None = None
        self.given_up = False
        self.done = threading.Lock()
        self.done.acquire()


class BoundedReads:
    """A reader of customers, for one event loop."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reads: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._reading_since_s: float | None = None
        self._thread = threading.Thread(target=self._read_all, name="render-reads", daemon=True)
        self._thread.start()

    async def read(self, queries: Sequence[CustomerQuery], patience_s: float) -> list[CustomerRows]:
        """See :meth:`dearly.store.Store.read_customers`.

        Raises:
            StoreUnavailable: as the store does, or when it has not answered somebody for 0.2 s.
            TimeoutError: it has not answered for as long as the patience lasts, which is not as long.
        """
        self._require_answers()
        read = _Read(queries)
        self._reads.put(read)
        ends_s = time.monotonic() + min(patience_s, MOST_PATIENCE_S)
        if not read.done.acquire(timeout=max(0.0, min(MOMENT_S, patience_s))):
            await self._wait(read, ends_s, has_time=patience_s >= MOST_PATIENCE_S)
        if read.error is not None:
            raise read.error
        assert read.rows is not None
        return read.rows

    async def _wait(self, read: _Read, ends_s: float, *, has_time: bool) -> None:
        try:
            while not read.done.acquire(blocking=False):
                if time.monotonic() >= ends_s:
                    if has_time:
                        raise _no_answer()
                    raise TimeoutError("the store did not answer in the time that the caller has")
                await asyncio.sleep(MOMENT_S)
        except BaseException:
            read.given_up = True
            raise

    def _require_answers(self) -> None:
        since_s = self._reading_since_s
        if since_s is not None and time.monotonic() - since_s >= MOST_PATIENCE_S:
            raise _no_answer()

    def close(self) -> None:
        """End the thread; one that is stuck is left behind."""
        self._reads.put(None)
        self._thread.join(timeout=MOST_PATIENCE_S)

    def _read_all(self) -> None:
        while (read := self._reads.get()) is not None:
            if read.given_up:
                continue
            self._reading_since_s = time.monotonic()
            try:
                read.rows = self._store.read_customers(read.queries)
            except BaseException as error:  # noqa: BLE001 - raised again where the read was asked for
                read.error = error
            self._reading_since_s = None
            read.done.release()


def _no_answer() -> StoreUnavailable:
    return StoreUnavailable(f"The store has not answered for {MOST_PATIENCE_S * 1000:.0f} ms.")
