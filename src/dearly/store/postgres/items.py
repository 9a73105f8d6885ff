"""Items, and the number that tells pollers what changed."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.store.postgres.counters import take
from dearly.store.postgres.schema import Connection
from dearly.store.records import ItemRecord
from dearly.store.rows import encode, item_records


def upsert_items(connection: Connection, items: Sequence[ItemRecord]) -> None:
    """Replace items; one that is the same already keeps its change number."""
    given = {(item.catalog, item.item_id): encode(item.fields).decode() for item in items}
    catalogs, ids = [catalog for catalog, _ in given], [item_id for _, item_id in given]
    last = take(connection, "items", len(given))  # first, so that nobody else changes items meanwhile
    connection.execute(
        """INSERT INTO items AS kept (catalog, id, fields, change)
           SELECT catalog, id, fields, %s + place
           FROM unnest(%s::text[], %s::text[], %s::text[])
             WITH ORDINALITY AS given (catalog, id, fields, place)
           ON CONFLICT (catalog, id) DO UPDATE SET fields = excluded.fields, change = excluded.change
           WHERE kept.fields IS DISTINCT FROM excluded.fields""",
        (last - len(given), catalogs, ids, list(given.values())),
    )


def delete_items(connection: Connection, catalog: str, item_ids: Sequence[str]) -> list[bool]:
    """Leave a tombstone with a change number for each item that was there."""
    once = list(dict.fromkeys(item_ids))
    last = take(connection, "items", len(once))
    rows = connection.execute(
        """UPDATE items SET fields = NULL, change = %s + place
           FROM unnest(%s::text[]) WITH ORDINALITY AS given (id, place)
           WHERE items.catalog = %s AND items.id = given.id AND items.fields IS NOT NULL
           RETURNING items.id""",
        (last - len(once), once, catalog),
    )
    deleted = {item_id for (item_id,) in rows}
    outcomes = []
    for item_id in item_ids:
        outcomes.append(item_id in deleted)
        deleted.discard(item_id)
    return outcomes


def read_items(connection: Connection, after_change: int) -> tuple[list[ItemRecord], int]:
    """See :meth:`dearly.store.Store.read_items`."""
    newest = item_change(connection)  # before the rows, lest it be that of an item that came after them
    rows = connection.execute(
        "SELECT catalog, id, fields, change FROM items WHERE change > %s ORDER BY change", (after_change,)
    ).fetchall()
    return item_records(rows, after_change), rows[-1][3] if rows else newest


def item_change(connection: Connection) -> int:
    """See :meth:`dearly.store.Store.item_change`."""
    (newest,) = connection.execute("SELECT coalesce(max(change), 0) FROM items").fetchone() or (0,)
    return int(newest)
