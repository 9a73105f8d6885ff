"""The feed, how far each sink has been told of it, and what sinks would not take."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence

from dearly.store.contract import OLDEST_LOOKED_AT
from dearly.store.records import SINKS, DeadLetter, FeedRecord, SinkBacklog, SinkState
from dearly.store.rows import (
    SINK_BACKLOGS,
    SINKS_AS_KEPT,
    dead_letter,
    dead_letter_rows,
    sink_backlog,
    sink_row,
)
from dearly.store.sqlite.customers import resolve
from dearly.store.sqlite.tombstones import erased_ids


def append_records(connection: sqlite3.Connection, records: Sequence[tuple[str, str]], now_us: int) -> None:
    """Put (customer, body) into the feed, in order."""
    connection.executemany(
        "INSERT INTO feed (customer, body, recorded_us) VALUES (?, ?, ?)",
        [(customer_id, body, now_us) for customer_id, body in records],
    )


def read_feed(
    connection: sqlite3.Connection, after: int, limit: int, most_bytes: int | None
) -> list[FeedRecord]:
    """See :meth:`dearly.store.Store.read_feed`."""
    rows = connection.execute(
        "SELECT position, customer, body, recorded_us FROM feed WHERE position > ? ORDER BY position LIMIT ?",
        (after, limit),
    )
    records = (FeedRecord(*row) for row in rows)
    return list(records if most_bytes is None else _within(records, most_bytes))


def _within(records: Iterable[FeedRecord], most_bytes: int) -> Iterator[FeedRecord]:
    """The first of them, up to the one that brings their bodies to so many bytes; the rest are not read."""
    for record in records:
        yield record
        most_bytes -= len(record.body.encode())
        if most_bytes <= 0:
            return


def feed_ends(connection: sqlite3.Connection) -> tuple[int, int]:
    """See :meth:`dearly.store.Store.feed_ends`."""
    (trimmed,) = connection.execute("SELECT feed_trimmed FROM store").fetchone()
    return int(trimmed), newest_position(connection)


def newest_position(connection: sqlite3.Connection) -> int:
    """The last position that was given to a record, whether it is kept or not."""
    found = connection.execute("SELECT seq FROM sqlite_sequence WHERE name = 'feed'").fetchone()
    return int(found[0]) if found else 0


def trim_feed(connection: sqlite3.Connection, before_us: int, untold_before_us: int, limit: int) -> list[int]:
    """See :meth:`dearly.store.Store.trim_feed`."""
    rows = connection.execute(
        """DELETE FROM feed WHERE position IN (
             SELECT position FROM feed
             WHERE position < (SELECT min(position) FROM feed) + ? AND recorded_us < ?
               AND (recorded_us < ? OR NOT EXISTS (SELECT 1 FROM sinks WHERE sinks.position < feed.position))
             ORDER BY position LIMIT ?)
           RETURNING position""",
        (OLDEST_LOOKED_AT, before_us, untold_before_us, limit),
    )
    trimmed = [position for (position,) in rows]
    if trimmed:
        connection.execute("UPDATE store SET feed_trimmed = max(feed_trimmed, ?)", (max(trimmed),))
    return trimmed


def sinks(connection: sqlite3.Connection) -> list[SinkState]:
    """See :meth:`dearly.store.Store.sinks`."""
    return [SinkState(*row) for row in connection.execute(SINKS_AS_KEPT)]


def sink_backlogs(connection: sqlite3.Connection) -> list[SinkBacklog]:
    """See :meth:`dearly.store.Store.sink_backlogs`."""
    return [sink_backlog(row) for row in connection.execute(SINK_BACKLOGS)]


def forget_sink(connection: sqlite3.Connection, name: str, now_us: int) -> bool:
    """See :meth:`dearly.store.Store.forget_sink`."""
    connection.execute(
        "DELETE FROM sinks WHERE name = ? AND (owner IS NULL OR taken_until_us <= ?)", (name, now_us)
    )
    if connection.execute("SELECT 1 FROM sinks WHERE name = ?", (name,)).fetchone():
        return False
    connection.execute("DELETE FROM dead_letters WHERE sink = ?", (name,))
    connection.execute("DELETE FROM erasures_due WHERE place = ?", (SINKS + name,))
    return True


def lease_sink(
    connection: sqlite3.Connection, name: str, owner: str, now_us: int, until_us: int, begins: int | None
) -> SinkState | None:
    """See :meth:`dearly.store.Store.lease_sink`."""
    position = newest_position(connection) if begins is None else begins
    row = connection.execute(
        """INSERT INTO sinks AS kept (name, position, owner, taken_until_us) VALUES (?, ?, ?, ?)
           ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, taken_until_us = excluded.taken_until_us
           WHERE kept.owner = excluded.owner OR kept.taken_until_us <= ?
           RETURNING name, position, failures, failing_since_us, reason""",
        (name, position, owner, until_us, now_us),
    ).fetchone()
    return SinkState(*row) if row else None


def settle_sink(
    connection: sqlite3.Connection, state: SinkState, owner: str, retry_us: int, dead: Sequence[DeadLetter]
) -> bool:
    """See :meth:`dearly.store.Store.settle_sink`."""
    settled = connection.execute(
        """UPDATE sinks SET position = ?, failures = ?, failing_since_us = ?, reason = ?, owner = NULL,
             taken_until_us = ?
           WHERE name = ? AND owner = ?""",
        (*sink_row(state), retry_us, state.name, owner),
    ).rowcount
    if settled:
        _bury(connection, dead)
    return settled == 1


def _bury(connection: sqlite3.Connection, dead: Sequence[DeadLetter]) -> None:
    """Keep dead letters, but none of those who were erased while a sink was told of them."""
    told = {letter.record.customer_id for letter in dead}
    erased, who = erased_ids(connection, told), {one: resolve(connection, one) for one in told}
    connection.executemany(
        """INSERT INTO dead_letters (sink, position, customer, body, recorded_us, reason, died_us)
           VALUES (?, ?, ?, ?, ?, ?, ?)""",
        dead_letter_rows(dead, erased, who),
    )


def dead_letters(
    connection: sqlite3.Connection, sink: str | None, after: int, limit: int
) -> list[DeadLetter]:
    """See :meth:`dearly.store.Store.dead_letters`."""
    rows = connection.execute(
        """SELECT number, sink, position, customer, body, recorded_us, reason, died_us FROM dead_letters
           WHERE number > ?1 AND (?2 IS NULL OR sink = ?2) ORDER BY number LIMIT ?3""",
        (after, sink, limit),
    )
    return [dead_letter(row) for row in rows]


def dead_letters_of(connection: sqlite3.Connection, customer_ids: Sequence[str]) -> list[DeadLetter]:
    """The dead letters about a customer, by number; the ids are those of then."""
    rows = connection.execute(
        """SELECT number, sink, position, customer, body, recorded_us, reason, died_us FROM dead_letters
           WHERE customer IN (SELECT value FROM json_each(?)) ORDER BY number""",
        (json.dumps(customer_ids),),
    )
    return [dead_letter(row) for row in rows]


def drop_dead_letters(connection: sqlite3.Connection, numbers: Sequence[int]) -> int:
    """See :meth:`dearly.store.Store.drop_dead_letters`."""
    return sum(
        connection.execute("DELETE FROM dead_letters WHERE number = ?", (number,)).rowcount
        for number in dict.fromkeys(numbers)
    )
