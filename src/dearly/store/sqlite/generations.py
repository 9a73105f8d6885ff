"""Generations of membership, and who is in what."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping

from dearly.store.records import Generation, GenerationState, Member
from dearly.store.rows import generation

_GENERATIONS = "SELECT number, fingerprint, state, since_us, cursor, done FROM generations"


def generations(connection: sqlite3.Connection) -> list[Generation]:
    """See :meth:`dearly.store.Store.generations`."""
    return [generation(row) for row in connection.execute(f"{_GENERATIONS} ORDER BY number")]


def begin_generation(connection: sqlite3.Connection, fingerprint: str, now_us: int) -> Generation:
    """See :meth:`dearly.store.Store.begin_generation`."""
    known = generations(connection)
    for one in known:
        if one.fingerprint == fingerprint and one.state is not GenerationState.LEAVING:
            return one
    is_empty = connection.execute("SELECT 1 FROM customers LIMIT 1").fetchone() is None
    for over in known:
        if is_empty or over.state is GenerationState.BUILDING:
            end_generation(connection, over.number)
    state = GenerationState.SERVING if is_empty else GenerationState.BUILDING
    row = connection.execute(
        """INSERT INTO generations (fingerprint, state, since_us) VALUES (?, ?, ?)
           RETURNING number, fingerprint, state, since_us, cursor, done""",
        (fingerprint, state.value, now_us),
    ).fetchone()
    return generation(row)


def cut_over(connection: sqlite3.Connection, number: int, now_us: int) -> bool:
    """See :meth:`dearly.store.Store.cut_over`."""
    found = connection.execute(
        "SELECT 1 FROM generations WHERE number = ? AND state = ?", (number, GenerationState.BUILDING.value)
    ).fetchone()
    if found is None:
        return False
    connection.execute(
        "UPDATE generations SET state = ?, since_us = ? WHERE state = ?",
        (GenerationState.LEAVING.value, now_us, GenerationState.SERVING.value),
    )
    connection.execute(
        "UPDATE generations SET state = ?, since_us = ?, cursor = NULL, done = 0 WHERE number = ?",
        (GenerationState.SERVING.value, now_us, number),
    )
    return True


def end_generation(connection: sqlite3.Connection, number: int) -> None:
    """See :meth:`dearly.store.Store.end_generation`."""
    connection.execute("DELETE FROM generations WHERE number = ?", (number,))


def sweep_members(connection: sqlite3.Connection, limit: int) -> int:
    """See :meth:`dearly.store.Store.sweep_members`."""
    live = {number for (number,) in connection.execute("SELECT number FROM generations")}
    swept, number = 0, 0
    while swept < limit:
        (next_number,) = connection.execute(
            "SELECT min(generation) FROM members WHERE generation > ?", (number,)
        ).fetchone()
        if next_number is None:
            break
        number = next_number
        if number not in live:
            swept += connection.execute(
                """DELETE FROM members WHERE (generation, name, customer) IN (
                     SELECT generation, name, customer FROM members WHERE generation = ? LIMIT ?)""",
                (number, limit - swept),
            ).rowcount
    return swept


def members(
    connection: sqlite3.Connection, generation: int, name: str, after: str | None, limit: int
) -> list[Member]:
    """See :meth:`dearly.store.Store.members`."""
    rows = connection.execute(
        """SELECT customer, state, since_us FROM members
           WHERE generation = ? AND name = ? AND customer > ? ORDER BY customer LIMIT ?""",
        (generation, name, "" if after is None else after, limit),
    )
    return [Member(*row) for row in rows]


def count_members(connection: sqlite3.Connection, generation: int, name: str) -> Mapping[str, int]:
    """See :meth:`dearly.store.Store.count_members`."""
    rows = connection.execute(
        "SELECT state, count(*) FROM members WHERE generation = ? AND name = ? GROUP BY state",
        (generation, name),
    )
    return dict(rows.fetchall())
