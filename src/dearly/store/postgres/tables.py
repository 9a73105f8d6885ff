"""The tables of a store, as rows that are read from and written to either kind of store."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Table:
    """A table in PostgreSQL, and where its rows come from and go to in SQLite.

    The two reads give the same ``columns``; what is written to SQLite binds them by their names.
    """

    name: str
    columns: tuple[str, ...]
    read_postgres: str
    read_sqlite: str
    write_sqlite: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Counter:
    """A number that only grows: SQLite keeps it for the table of this name."""

    name: str
    read_postgres: str
    write_postgres: str
    """Binds the number as ``newest``."""


def _same_in_both(name: str, *columns: str) -> Table:
    listed, named = ", ".join(columns), ", ".join(f":{column}" for column in columns)
    read = f"SELECT {listed} FROM {name}"  # noqa: S608 (names of our own, here and below)
    return Table(name, columns, read, read, (f"INSERT INTO {name} ({listed}) VALUES ({named})",))  # noqa: S608


_CUSTOMERS = Table(
    "customers",
    ("id", "due_us", "touched", "touched_since_us", "standing"),
    # In order, so that SQLite, which clusters events by customer, is given them in its order too.
    """SELECT id, due_us,
         CASE touched WHEN '{}' THEN '' ELSE ' ' || array_to_string(touched, ' ') || ' ' END,
         touched_since_us, standing
       FROM customers ORDER BY id""",
    """SELECT id, due_us, '{' || replace(trim(coalesce(touched, '')), ' ', ',') || '}',
         touched_since_us, standing
       FROM customers LEFT JOIN standings ON standings.customer = customers.no""",
    (
        "INSERT INTO customers (id) VALUES (:id)",
        """INSERT INTO standings (customer, due_us, touched, touched_since_us, standing)
           SELECT no, :due_us, :touched, :touched_since_us, :standing FROM customers WHERE id = :id""",
    ),
)
_PROFILES = Table(
    "profiles",
    ("customer", "fields", "times", "updated_us"),
    "SELECT customer, fields, times, updated_us FROM profiles",
    "SELECT id, fields, coalesce(field_times, '{}'), updated_us FROM customers WHERE fields IS NOT NULL",
    (
        """UPDATE customers SET fields = :fields, field_times = :times, updated_us = :updated_us
           WHERE id = :customer""",
    ),
)
_EVENTS = Table(
    "events",
    ("customer", "type", "time_us", "source", "id", "properties", "payload_hash"),
    """SELECT customer, type, time_us, source, id, properties, payload_hash FROM events
       ORDER BY customer, type, time_us, source, id""",
    """SELECT customers.id, type, time_us, events.source, events.id, properties, payload_hash
       FROM events JOIN customers ON customers.no = events.customer
       JOIN event_ids ON event_ids.source = events.source AND event_ids.id = events.id""",
    (
        """INSERT INTO events (customer, type, time_us, source, id, properties)
           SELECT no, :type, :time_us, :source, :id, :properties FROM customers
           WHERE customers.id = :customer""",
        "INSERT INTO event_ids (source, id, payload_hash) VALUES (:source, :id, :payload_hash)",
    ),
)

TABLES = (
    _CUSTOMERS,
    _PROFILES,
    _EVENTS,
    _same_in_both("consents", "customer", "purpose", "granted", "source", "time_us"),
    _same_in_both("aliases", "id", "customer"),
    _same_in_both("erased", "hash", "position", "erased_us", "readmitted"),
    _same_in_both("erasures_due", "number", "place"),
    _same_in_both("items", "catalog", "id", "fields", "change"),
    _same_in_both("generations", "number", "fingerprint", "state", "since_us", "cursor", "done"),
    _same_in_both("members", "generation", "name", "customer", "state", "since_us"),
    _same_in_both("feed", "position", "customer", "body", "recorded_us"),
    _same_in_both(
        "sinks",
        *("name", "position", "failures", "failing_since_us", "reason", "owner", "taken_until_us"),
    ),
    _same_in_both(
        "dead_letters",
        *("number", "sink", "position", "customer", "body", "recorded_us", "reason", "died_us"),
    ),
)


def _counted_by_sequence(table: str) -> Counter:
    sequence = f"{table}_number_seq"
    return Counter(
        table,
        f"SELECT CASE WHEN is_called THEN last_value ELSE 0 END FROM {sequence}",  # noqa: S608
        f"SELECT setval('{sequence}', greatest(%(newest)s, 1), %(newest)s > 0)",
    )


COUNTERS = (
    Counter(
        "feed",
        "SELECT newest FROM counters WHERE name = 'feed'",
        "UPDATE counters SET newest = %(newest)s WHERE name = 'feed'",
    ),
    _counted_by_sequence("generations"),
    _counted_by_sequence("dead_letters"),
    _counted_by_sequence("erasures_due"),
)
