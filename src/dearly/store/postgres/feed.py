"""The feed, how far each sink has been told of it, and what sinks would not take."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.store.contract import OLDEST_LOOKED_AT
from dearly.store.postgres.counters import newest, take
from dearly.store.postgres.customers import resolve_all
from dearly.store.postgres.schema import Connection
from dearly.store.postgres.tombstones import erased_ids
from dearly.store.records import SINKS, DeadLetter, FeedRecord, SinkBacklog, SinkState
from dearly.store.rows import (
    SINK_BACKLOGS,
    SINKS_AS_KEPT,
    dead_letter,
    dead_letter_rows,
    sink_backlog,
    sink_row,
)


def append_records(connection: Connection, records: Sequence[tuple[str, str]], now_us: int) -> None:
    """Put (customer, body) into the feed, in order: the last thing that a transaction does."""
    if not records:
        return
    last = take(connection, "feed", len(records))
    connection.execute(
        """INSERT INTO feed (position, customer, body, recorded_us)
           SELECT %s + place, customer, body, %s
           FROM unnest(%s::text[], %s::text[]) WITH ORDINALITY AS given (customer, body, place)""",
        (last - len(records), now_us, [customer for customer, _ in records], [body for _, body in records]),
    )


_NEXT_RECORDS = """SELECT position, customer, body, recorded_us FROM feed
                   WHERE position > %s ORDER BY position LIMIT %s"""
_NEXT_WITHIN_BYTES = f"""
    SELECT position, customer, body, recorded_us FROM (
      SELECT *, sum(octet_length(body)) OVER (ORDER BY position) - octet_length(body) AS bytes_before
      FROM ({_NEXT_RECORDS}) AS next_records) AS counted
    WHERE bytes_before < %s ORDER BY position"""  # noqa: S608 (our own text)


def read_feed(connection: Connection, after: int, limit: int, most_bytes: int | None) -> list[FeedRecord]:
    """See :meth:`dearly.store.Store.read_feed`."""
    if most_bytes is None:
        rows = connection.execute(_NEXT_RECORDS, (after, limit))
    else:
        rows = connection.execute(_NEXT_WITHIN_BYTES, (after, limit, most_bytes))
    return [FeedRecord(*row) for row in rows]


def feed_ends(connection: Connection) -> tuple[int, int]:
    """See :meth:`dearly.store.Store.feed_ends`."""
    trimmed, last = connection.execute(
        "SELECT feed_trimmed, newest FROM dearly_store, counters WHERE name = 'feed'"
    ).fetchone() or (0, 0)
    return trimmed, last


def trim_feed(connection: Connection, before_us: int, untold_before_us: int, limit: int) -> list[int]:
    """See :meth:`dearly.store.Store.trim_feed`."""
    rows = connection.execute(
        """DELETE FROM feed WHERE position IN (
             SELECT position FROM feed
             WHERE position < (SELECT min(position) FROM feed) + %s AND recorded_us < %s
               AND (recorded_us < %s OR NOT EXISTS (SELECT 1 FROM sinks WHERE sinks.position < feed.position))
             ORDER BY position LIMIT %s
             FOR UPDATE SKIP LOCKED)
           RETURNING position""",
        (OLDEST_LOOKED_AT, before_us, untold_before_us, limit),
    )
    trimmed = [position for (position,) in rows]
    if trimmed:
        connection.execute(
            "UPDATE dearly_store SET feed_trimmed = greatest(feed_trimmed, %s)", (max(trimmed),)
        )
    return trimmed


def sinks(connection: Connection) -> list[SinkState]:
    """See :meth:`dearly.store.Store.sinks`."""
    return [SinkState(*row) for row in connection.execute(SINKS_AS_KEPT)]


def sink_backlogs(connection: Connection) -> list[SinkBacklog]:
    """See :meth:`dearly.store.Store.sink_backlogs`."""
    return [sink_backlog(row) for row in connection.execute(SINK_BACKLOGS)]


def forget_sink(connection: Connection, name: str, now_us: int) -> bool:
    """See :meth:`dearly.store.Store.forget_sink`."""
    connection.execute(
        "DELETE FROM sinks WHERE name = %s AND (owner IS NULL OR taken_until_us <= %s)", (name, now_us)
    )
    if connection.execute("SELECT 1 FROM sinks WHERE name = %s", (name,)).fetchone():
        return False
    connection.execute("DELETE FROM dead_letters WHERE sink = %s", (name,))
    connection.execute("DELETE FROM erasures_due WHERE place = %s", (SINKS + name,))
    return True


def lease_sink(
    connection: Connection, name: str, owner: str, now_us: int, until_us: int, begins: int | None
) -> SinkState | None:
    """See :meth:`dearly.store.Store.lease_sink`."""
    position = newest(connection, "feed") if begins is None else begins
    row = connection.execute(
        """INSERT INTO sinks AS kept (name, position, owner, taken_until_us) VALUES (%s, %s, %s, %s)
           ON CONFLICT (name) DO UPDATE SET owner = excluded.owner, taken_until_us = excluded.taken_until_us
           WHERE kept.owner = excluded.owner OR kept.taken_until_us <= %s
           RETURNING name, position, failures, failing_since_us, reason""",
        (name, position, owner, until_us, now_us),
    ).fetchone()
    return SinkState(*row) if row else None


def settle_sink(
    connection: Connection, state: SinkState, owner: str, retry_us: int, dead: Sequence[DeadLetter]
) -> bool:
    """See :meth:`dearly.store.Store.settle_sink`."""
    settled = connection.execute(
        """UPDATE sinks SET position = %s, failures = %s, failing_since_us = %s, reason = %s, owner = NULL,
             taken_until_us = %s
           WHERE name = %s AND owner = %s""",
        (*sink_row(state), retry_us, state.name, owner),
    ).rowcount
    if settled:
        _bury(connection, dead)
    return settled == 1


def dead_letters(connection: Connection, sink: str | None, after: int, limit: int) -> list[DeadLetter]:
    """See :meth:`dearly.store.Store.dead_letters`."""
    rows = connection.execute(
        """SELECT number, sink, position, customer, body, recorded_us, reason, died_us FROM dead_letters
           WHERE number > %s AND (%s::text IS NULL OR sink = %s) ORDER BY number LIMIT %s""",
        (after, sink, sink, limit),
    )
    return [dead_letter(row) for row in rows]


def dead_letters_of(connection: Connection, customer_ids: Sequence[str]) -> list[DeadLetter]:
    """The dead letters about a customer, by number; the ids are those of then."""
    rows = connection.execute(
        """SELECT number, sink, position, customer, body, recorded_us, reason, died_us FROM dead_letters
           WHERE customer = ANY(%s::text[]) ORDER BY number""",
        (list(customer_ids),),
    )
    return [dead_letter(row) for row in rows]


def drop_dead_letters(connection: Connection, numbers: Sequence[int]) -> int:
    """See :meth:`dearly.store.Store.drop_dead_letters`."""
    return connection.execute(
        "DELETE FROM dead_letters WHERE number = ANY(%s::bigint[])", (list(numbers),)
    ).rowcount


def _bury(connection: Connection, dead: Sequence[DeadLetter]) -> None:
    """Keep dead letters, but none of those who were erased while a sink was told of them."""
    told = {letter.record.customer_id for letter in dead}
    erased, who = erased_ids(connection, told), resolve_all(connection, told)
    connection.cursor().executemany(
        """INSERT INTO dead_letters (sink, position, customer, body, recorded_us, reason, died_us)
           VALUES (%s, %s, %s, %s, %s, %s, %s)""",
        dead_letter_rows(dead, erased, who),
    )
