"""Generations of membership, and who is in what."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.store.postgres.schema import LOCKS, Connection
from dearly.store.records import Generation, GenerationState, Member
from dearly.store.rows import generation

GENERATIONS_LOCK = 3
"""Generations come and go one at a time."""

_GENERATIONS = "SELECT number, fingerprint, state, since_us, cursor, done FROM generations"


def generations(connection: Connection) -> list[Generation]:
    """See :meth:`dearly.store.Store.generations`."""
    return [generation(row) for row in connection.execute(f"{_GENERATIONS} ORDER BY number")]


def begin_generation(connection: Connection, fingerprint: str, now_us: int) -> Generation:
    """See :meth:`dearly.store.Store.begin_generation`."""
    _lock(connection)
    for known in generations(connection):
        if known.fingerprint == fingerprint and known.state is not GenerationState.LEAVING:
            return known
    is_empty = connection.execute("SELECT FROM customers LIMIT 1").fetchone() is None
    for over in generations(connection):
        if is_empty or over.state is GenerationState.BUILDING:
            end_generation(connection, over.number)
    state = GenerationState.SERVING if is_empty else GenerationState.BUILDING
    row = connection.execute(
        """INSERT INTO generations (fingerprint, state, since_us) VALUES (%s, %s, %s)
           RETURNING number, fingerprint, state, since_us, cursor, done""",
        (fingerprint, state.value, now_us),
    ).fetchone()
    assert row is not None  # an INSERT returns what it inserted
    return generation(row)


def cut_over(connection: Connection, number: int, now_us: int) -> bool:
    """See :meth:`dearly.store.Store.cut_over`."""
    _lock(connection)
    building = GenerationState.BUILDING.value
    found = connection.execute(
        "SELECT number FROM generations WHERE number = %s AND state = %s", (number, building)
    ).fetchone()
    if found is None:
        return False
    connection.execute(
        "UPDATE generations SET state = %s, since_us = %s WHERE state = %s",
        (GenerationState.LEAVING.value, now_us, GenerationState.SERVING.value),
    )
    connection.execute(
        "UPDATE generations SET state = %s, since_us = %s, cursor = NULL, done = 0 WHERE number = %s",
        (GenerationState.SERVING.value, now_us, number),
    )
    return True


def end_generation(connection: Connection, number: int) -> None:
    """See :meth:`dearly.store.Store.end_generation`."""
    _lock(connection)
    # The row first: looks that may still add members hold it, and those that come later find it gone.
    connection.execute("DELETE FROM generations WHERE number = %s", (number,))


def sweep_members(connection: Connection, limit: int) -> int:
    """See :meth:`dearly.store.Store.sweep_members`."""
    live = {number for (number,) in connection.execute("SELECT number FROM generations")}
    swept, number = 0, 0
    while swept < limit:
        found = connection.execute(
            "SELECT min(generation) FROM members WHERE generation > %s", (number,)
        ).fetchone()
        if found is None or found[0] is None:
            break
        number = found[0]
        if number not in live:
            swept += connection.execute(
                """DELETE FROM members WHERE (generation, name, customer) IN (
                     SELECT generation, name, customer FROM members WHERE generation = %s
                     LIMIT %s FOR UPDATE SKIP LOCKED)""",
                (number, limit - swept),
            ).rowcount
    return swept


def members(
    connection: Connection, generation: int, name: str, after: str | None, limit: int
) -> list[Member]:
    """See :meth:`dearly.store.Store.members`."""
    rows = connection.execute(
        """SELECT customer, state, since_us FROM members
           WHERE generation = %s AND name = %s AND customer > %s ORDER BY customer LIMIT %s""",
        (generation, name, "" if after is None else after, limit),
    )
    return [Member(*row) for row in rows]


def count_members(connection: Connection, generation: int, name: str) -> Mapping[str, int]:
    """See :meth:`dearly.store.Store.count_members`."""
    return dict(
        connection.execute(
            "SELECT state, count(*) FROM members WHERE generation = %s AND name = %s GROUP BY state",
            (generation, name),
        ).fetchall()
    )


def _lock(connection: Connection) -> None:
    connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS, GENERATIONS_LOCK))
