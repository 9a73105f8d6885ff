"""Writes that arrive together share one durable commit."""

from __future__ import annotations

import sqlite3
import struct
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from dearly.store import Outcome, ProfilePatch, StoreUnavailable
from dearly.store.sqlite import SqliteStore
from tests.store.records import event, times
from tests.waiting import wait_until

WRITERS = 20
WAL_HEADER_BYTES = 32
FRAME_HEADER_BYTES = 24


class UnreadableHereError(Exception):
    """What a caller's own function raises."""


def commits(path: Path) -> int:
    """How many commits the write-ahead log holds: frames that say the database's size after them.

    See https://www.sqlite.org/fileformat2.html#the_write_ahead_log
    """
    log = Path(f"{path}-wal").read_bytes()
    (page_bytes,) = struct.unpack_from(">I", log, 8)
    starts = range(WAL_HEADER_BYTES, len(log), FRAME_HEADER_BYTES + page_bytes)
    return sum(struct.unpack_from(">I", log, start + 4)[0] > 0 for start in starts)


def write_together(store: SqliteStore, calls: Sequence[Callable[[], object]]) -> list[object]:
    """What calls give or raise, of which the first waits for the file, and the others for one commit."""
    came_of: list[object] = [None] * len(calls)

    def make(place: int) -> None:
        try:
            came_of[place] = calls[place]()
        except BaseException as error:  # noqa: BLE001 (it is what came of it)
            came_of[place] = error

    threads = [threading.Thread(target=make, args=(place,)) for place in range(len(calls))]
    writer = store._writer
    with closing(sqlite3.connect(store.path, isolation_level=None)) as holder:
        holder.execute("BEGIN IMMEDIATE")
        threads[0].start()
        wait_until(lambda: writer._leading.locked() and not writer._waiting)
        for count, thread in enumerate(threads[1:], start=1):
            thread.start()
            wait_until(lambda count=count: len(writer._waiting) == count)  # in order
        holder.execute("ROLLBACK")
    for thread in threads:
        thread.join()
    return came_of


def appending(store: SqliteStore, at: int) -> Callable[[], list[Outcome]]:
    return lambda: store.append_events([event(str(at), at=at)])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    with closing(SqliteStore(tmp_path / "store.db")) as opened:
        opened.append_events([event("first", at=0)])
        yield opened


def test_calls_that_wait_for_one_another_are_committed_together(store: SqliteStore) -> None:
    before = commits(store.path)
    came_of = write_together(store, [appending(store, at) for at in range(1, WRITERS + 1)])
    assert came_of == [[Outcome.ACCEPTED]] * WRITERS
    assert times(store) == list(range(WRITERS + 1))
    assert commits(store.path) - before == 2


def test_a_call_that_fails_fails_alone(store: SqliteStore) -> None:
    def join(lost: str | None, kept: str | None) -> str | None:
        raise UnreadableHereError

    before = commits(store.path)
    alone, one, merged, other = write_together(
        store,
        [
            appending(store, 1),
            appending(store, 2),
            lambda: store.merge_customers("bob", "ada", 9, "merged", join),
            appending(store, 3),
        ],
    )
    assert [alone, one, other] == [[Outcome.ACCEPTED]] * 3
    assert isinstance(merged, UnreadableHereError)
    assert times(store) == [0, 1, 2, 3]
    assert store.ids_of("bob") == ["bob"]
    assert commits(store.path) - before == 2  # without it, the others share theirs all the same


def test_each_call_that_fails_gets_its_own_error(store: SqliteStore) -> None:
    too_late = 2**63  # more than SQLite can keep

    def break_a_rule(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO customers (id) VALUES ('eve'), ('eve')")

    *errors, kept = write_together(
        store,
        [
            appending(store, too_late),
            lambda: store._writer.write(lambda connection: 1 // 0),
            lambda: store._writer.write(break_a_rule),
            lambda: store.upsert_profiles([ProfilePatch("\ud800", {}, 1)], 2),
            appending(store, 1),
        ],
    )
    assert [type(error) for error in errors] == [
        OverflowError,
        ZeroDivisionError,
        StoreUnavailable,
        UnicodeEncodeError,
    ]
    assert "UNIQUE constraint failed: customers.id" in str(errors[2])
    assert kept == [Outcome.ACCEPTED]
    assert times(store) == [0, 1]
    assert list(store.page_customers(None, 9)) == ["ada"]


def test_an_interrupt_is_the_leading_call_s_alone(store: SqliteStore) -> None:
    interrupted = False

    def interrupt(connection: sqlite3.Connection) -> None:
        nonlocal interrupted
        if not interrupted:
            interrupted = True
            raise KeyboardInterrupt

    alone, leader, other = write_together(
        store, [appending(store, 1), lambda: store._writer.write(interrupt), appending(store, 2)]
    )
    assert alone == [Outcome.ACCEPTED]
    # Whichever of the two leads is interrupted; the other is told to come again.
    assert {type(leader), type(other)} == {KeyboardInterrupt, StoreUnavailable}
    assert "was interrupted. Write again." in f"{leader} {other}"
    assert times(store) == [0, 1]
    assert appending(store, 2)() == [Outcome.ACCEPTED]
