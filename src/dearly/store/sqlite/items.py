"""Items: replaced whole, deleted with a tombstone that readers of changes are told of."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence

from dearly.store.records import ItemRecord
from dearly.store.rows import encode, item_records


def prepare_items(items: Iterable[ItemRecord]) -> list[tuple[str, str, str]]:
    """Encode items."""
    return [(item.catalog, item.item_id, encode(item.fields).decode()) for item in items]


def upsert_items(connection: sqlite3.Connection, items: Sequence[tuple[str, str, str]]) -> None:
    """Replace items; one that is the same already keeps its change number."""
    first = _next_change(connection)
    connection.executemany(
        """INSERT INTO items (catalog, id, fields, change) VALUES (?, ?, ?, ?)
           ON CONFLICT (catalog, id) DO UPDATE SET fields = excluded.fields, change = excluded.change
           WHERE fields IS NOT excluded.fields""",
        [(*item, change) for change, item in enumerate(items, start=first)],
    )


def delete_items(connection: sqlite3.Connection, catalog: str, item_ids: Sequence[str]) -> list[bool]:
    """Leave a tombstone with a change number for each item that was there."""
    first = _next_change(connection)
    return [
        connection.execute(
            "UPDATE items SET fields = NULL, change = ? WHERE catalog = ? AND id = ? AND fields IS NOT NULL",
            (change, catalog, item_id),
        ).rowcount
        == 1
        for change, item_id in enumerate(item_ids, start=first)
    ]


def read_items(connection: sqlite3.Connection, after_change: int) -> tuple[list[ItemRecord], int]:
    """See :meth:`dearly.store.Store.read_items`."""
    rows = connection.execute(
        "SELECT catalog, id, fields, change FROM items WHERE change > ? ORDER BY change", (after_change,)
    ).fetchall()
    newest = rows[-1][3] if rows else item_change(connection)
    return item_records(rows, after_change), newest


def item_change(connection: sqlite3.Connection) -> int:
    """See :meth:`dearly.store.Store.item_change`."""
    (newest,) = connection.execute("SELECT coalesce(max(change), 0) FROM items").fetchone()
    return int(newest)


def _next_change(connection: sqlite3.Connection) -> int:
    return item_change(connection) + 1
