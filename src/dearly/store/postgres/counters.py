"""Numbers that become visible in their order: those of the feed's records, and of the items' changes."""

from __future__ import annotations

from dearly.store.postgres.schema import Connection


def take(connection: Connection, name: str, count: int) -> int:
    """The last of the next so many numbers of a counter.

    Nobody else gets numbers before this transaction has ended, so whoever sees a number will never see a
    lower one come later. Nothing else may be waited for from here on.
    """
    (last,) = connection.execute(
        "UPDATE counters SET newest = newest + %s WHERE name = %s RETURNING newest", (count, name)
    ).fetchone() or (count,)
    return int(last)


def newest(connection: Connection, name: str) -> int:
    """The last number that was taken."""
    (found,) = connection.execute("SELECT newest FROM counters WHERE name = %s", (name,)).fetchone() or (0,)
    return int(found)
