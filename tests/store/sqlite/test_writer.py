"""Writes that arrive together share one durable commit."""

from __future__ import annotations

import sqlite3
import struct
import threading
from pathlib import Path

from dearly.store import Outcome
from dearly.store.sqlite import SqliteStore
from tests.store.records import event, times
from tests.waiting import wait_until

WRITERS = 20
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24


def commits(path: Path) -> int:
    """How many commits the write-ahead log holds: frames that say the database's size after them.

    See https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    """
    log = Path(f"{path}-wal").read_bytes()
    (page_bytes,) = struct.unpack_from(">I", log, 8)
    starts = range(WAL_HEADER_BYTES, len(log), FRAME_HEADER_BYTES + page_bytes)
    return sum(struct.unpack_from(">I", log, start + 4)[0] > 0 for start in starts)


def test_calls_that_wait_for_one_another_are_committed_together(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    store.append_events([event("first", at=0)])
    before = commits(store.path)
    outcomes: list[Outcome] = []
    threads = [
        threading.Thread(target=lambda at=at: outcomes.extend(store.append_events([event(str(at), at=at)])))
        for at in range(1, WRITERS + 1)
    ]
    holder = sqlite3.connect(store.path, isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    writer = store._writer
    threads[0].start()
    wait_until(lambda: writer._leading.locked() and not writer._waiting)  # it waits for the file, alone
    for thread in threads[1:]:
        thread.start()
    wait_until(lambda: len(writer._waiting) == WRITERS - 1)
    holder.execute("ROLLBACK")
    holder.close()
    for thread in threads:
        thread.join()
    assert outcomes == [Outcome.ACCEPTED] * WRITERS
    assert times(store) == list(range(WRITERS + 1))
    assert commits(store.path) - before == 2
    store.close()
