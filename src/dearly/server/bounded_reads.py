"""Reads for renders that never hold up the loop for long, whatever the disk or another process does.

SQLite gives up on a lock in 50 ms, but a stalled disk, or a lock that it does not expect, can keep one read
for ten seconds or for ever, and a call into SQLite cannot be broken off. So a render's read happens in a
thread of its own, and the render waits for it only so long. (Measured: the hand-over costs 10 µs, so
a batch hands over at once all that it reads.)
"""

from __future__ import annotations

import queue
import threading
from collections.abc import Sequence

from dearly.store import CustomerQuery, CustomerRows, Store, StoreUnavailable

MOST_PATIENCE_S = 0.2
"""Longer than SQLite itself waits for a lock."""


class _Read:
    """One read under way."""

    __slots__ = ("done", "error", "queries", "rows")

    def __init__(self, queries: Sequence[CustomerQuery]) -> None:
        self.queries = queries
        self.rows: list[CustomerRows] | None = None
        self.error: BaseException | None = None
        self.done = threading.Lock()
        self.done.acquire()


class BoundedReads:
    """A reader of customers for one caller at a time. While a read that was given up on is still under way,
    further ones are refused at once.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        self._reads: queue.SimpleQueue[_Read | None] = queue.SimpleQueue()
        self._stuck: _Read | None = None
        self._thread = threading.Thread(target=self._read_all, name="render-reads", daemon=True)
        self._thread.start()

    def read(self, queries: Sequence[CustomerQuery], patience_s: float) -> list[CustomerRows]:
        """See :meth:`dearly.store.Store.read_customers`; it is waited for so long, and never over 0.2 s.

        Raises:
            StoreUnavailable: as the store does, or when it did not answer in time.
        """
        if self._stuck is not None and not self._stuck.done.acquire(blocking=False):
            raise StoreUnavailable("The store has not answered an earlier read yet.")
        self._stuck = None
        read = _Read(queries)
        patience_s = min(patience_s, MOST_PATIENCE_S)
        self._reads.put(read)
        if not read.done.acquire(timeout=max(0.0, patience_s)):
            self._stuck = read
            raise StoreUnavailable(f"The store did not answer within {patience_s * 1000:.0f} ms.")
        if read.error is not None:
            raise read.error
        assert read.rows is not None
        return read.rows

    def close(self) -> None:
        """End the thread; one that is stuck is left behind."""
        self._reads.put(None)
        self._thread.join(timeout=MOST_PATIENCE_S)

    def _read_all(self) -> None:
        while (read := self._reads.get()) is not None:
            try:
                read.rows = self._store.read_customers(read.queries)
            except BaseException as error:  # noqa: BLE001 - raised again where the read was asked for
                read.error = error
            read.done.release()
