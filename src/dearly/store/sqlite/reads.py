"""What is asked of a store, as statements on one SQLite connection."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from functools import lru_cache
from operator import attrgetter

import msgspec

from dearly.language.types import HOUR_US
from dearly.store.records import (
    CustomerQuery,
    CustomerRows,
    EventRange,
    Interactions,
    ItemCounts,
    KeptEvents,
    ProfileRecord,
)
from dearly.store.rows import decode_fields, range_start_us

_type_of = attrgetter("type")

RANGES_AT_ONCE = 400
"""SQLite joins at most 500 SELECTs into one statement."""

_KNOWN = "SELECT no, fields FROM customers WHERE id = ?"
_WHO = "(SELECT customer FROM aliases WHERE aliases.id = ?1)"
"""The id that stands for whoever was merged into another: asked for only of those not known by their own."""

_TIMES = msgspec.json.Decoder(tuple[int, ...])


@lru_cache(maxsize=RANGES_AT_ONCE)
def events_statement(ranges: int) -> str:
    """One statement for so many ranges of a customer's events, one row each: its place, times, properties.

    A row a range, joined up within SQLite, takes a third less time than a row an event. The order within is
    that of the table's own tree, and SQLite keeps a subquery's ORDER BY for ``group_concat``.
    """
    return " UNION ALL ".join(_range_statement(place) for place in range(ranges))


def _range_statement(place: int) -> str:
    event_type, since = 3 + 2 * place, 4 + 2 * place
    return f"""SELECT {place}, group_concat(time_us), group_concat(properties) FROM (
        SELECT time_us, properties FROM events
        WHERE customer = ?1 AND type = ?{event_type} AND time_us > ?{since} AND time_us <= ?2
        ORDER BY time_us, source, id)"""  # noqa: S608 (only the numbers of places and placeholders)


def read_customers(connection: sqlite3.Connection, queries: Sequence[CustomerQuery]) -> list[CustomerRows]:
    """See :meth:`dearly.store.Store.read_customers`."""
    connection.execute("BEGIN")  # one instant for all; and one lock, not one a statement: 2 µs each
    found = [_read_customer(connection, query) for query in queries]
    connection.execute("COMMIT")
    return found


def _read_customer(connection: sqlite3.Connection, query: CustomerQuery) -> CustomerRows:
    known = (
        connection.execute(_KNOWN, (query.customer_id,)).fetchone()
        or connection.execute(
            f"SELECT no, fields FROM customers WHERE id = {_WHO}",  # noqa: S608
            (query.customer_id,),
        ).fetchone()
    )
    if known is None:
        return CustomerRows(None, ())
    number, profile = known
    ranges = sorted(query.ranges, key=_type_of)
    logs: list[KeptEvents] = []
    for start in range(0, len(ranges), RANGES_AT_ONCE):
        logs += _read_logs(connection, number, ranges[start : start + RANGES_AT_ONCE], query.until_us)
    return CustomerRows(profile, logs)


def _read_logs(
    connection: sqlite3.Connection, number: int, ranges: Sequence[EventRange], until_us: int
) -> list[KeptEvents]:
    bound: list[str | int] = [number, until_us]
    for asked in ranges:
        bound += (asked.type, range_start_us(asked))
    return [
        KeptEvents(ranges[place].type, _TIMES.decode(f"[{times}]"), f"[{properties}]")
        for place, times, properties in connection.execute(events_statement(len(ranges)), bound)
        if times is not None
    ]


def get_profile(connection: sqlite3.Connection, customer_id: str) -> ProfileRecord | None:
    """See :meth:`dearly.store.Store.get_profile`."""
    found = connection.execute(
        f"""SELECT id, fields, updated_us FROM customers
            WHERE id = coalesce({_WHO}, ?1) AND fields IS NOT NULL""",  # noqa: S608
        (customer_id,),
    ).fetchone()
    return ProfileRecord(found[0], decode_fields(found[1]), found[2]) if found else None


def count_customers(connection: sqlite3.Connection) -> int:
    """See :meth:`dearly.store.Store.count_customers`."""
    (count,) = connection.execute("SELECT count(*) FROM customers").fetchone()
    return int(count)


def page_customers(connection: sqlite3.Connection, after: str | None, limit: int) -> list[str]:
    """See :meth:`dearly.store.Store.page_customers`."""
    # SQLite compares text byte by byte, which in UTF-8 is the order of code points.
    rows = connection.execute(
        "SELECT id FROM customers WHERE id > ? ORDER BY id LIMIT ?", ("" if after is None else after, limit)
    )
    return [customer_id for (customer_id,) in rows]


def interactions(
    connection: sqlite3.Connection, event_type: str, property_name: str, since_us: int, until_us: int
) -> Interactions:
    """See :meth:`dearly.store.Store.interactions`."""
    customers: list[str] = []
    items: list[str] = []
    times_us: list[int] = []
    once: dict[str, str] = {}  # each id is kept once, however often it comes
    for customer_id, item_id, time_us in connection.execute(
        """SELECT customers.id, json_extract(properties, ?), time_us FROM events
           JOIN customers ON customers.no = events.customer
           WHERE type = ? AND time_us > ? AND time_us <= ? AND json_type(properties, ?1) = 'text'""",
        (_path(property_name), event_type, since_us, until_us),
    ):
        customers.append(once.setdefault(customer_id, customer_id))
        items.append(once.setdefault(item_id, item_id))
        times_us.append(time_us)
    return Interactions(customers, items, times_us)


def item_counts(
    connection: sqlite3.Connection, event_type: str, property_name: str, since_us: int, until_us: int
) -> ItemCounts:
    """See :meth:`dearly.store.Store.item_counts`."""
    rows = connection.execute(
        """SELECT time_us / ?, json_extract(properties, ?2), count(*) FROM events
           WHERE type = ? AND time_us > ? AND time_us <= ? AND json_type(properties, ?2) = 'text'
           GROUP BY 1, 2""",
        (HOUR_US, _path(property_name), event_type, since_us, until_us),
    ).fetchall()
    hours, items, counts = zip(*rows, strict=True) if rows else ((), (), ())
    return ItemCounts(hours, items, counts)


def _path(property_name: str) -> str:
    return f'$."{property_name}"'
