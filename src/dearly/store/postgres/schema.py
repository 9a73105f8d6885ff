"""What a Dearly store looks like inside PostgreSQL, and how a database comes to look like that.

Everything lies in the schema ``dearly``. Ids are ``COLLATE "C"``, so that they come in the order of code
points, and JSON is ``text``: kept to the byte, and it may hold ``\\u0000``, which ``jsonb`` may not.

``dearly_store``
    One row: the version, the store's identity, the key of the tombstones' hashes, up to where the feed was
    trimmed.
``customers``
    One row a known customer: when they are due, what was touched, what the last look left. Whoever changes
    anything about a customer locks this row first, and several in the order of their ids.
``profiles``, ``consents``
    ``times`` are when each field changed, those that were cleared included.
``aliases``
    The id of a customer who was merged into another, and that other's: never an alias itself.
``erased``
    Tombstones: keyed hashes of erased ids, with when it was, by the clock and by the feed's newest position.
    Readmission marks a row and leaves it, for what is still on its way from before.
``erasures_due``
    The places that erasures have yet to reach. Says nothing of whom.
``events``
    ``events_by_customer`` serves a render's ranges, ``events_by_time`` the readers that go over everybody.
    ``payload_hash`` tells a repeat from a conflict.
``items``
    ``fields`` NULL is a deleted item. ``change`` grows with every change, so that pollers read only the news.
``generations``, ``members``
    Who is in what, for each meaning of the rules.
``feed``, ``sinks``, ``dead_letters``
    The feed, how far each sink has been told of it, and what they would not take.
``counters``
    The newest position of the feed and change of the items. A transaction locks its row after all others and
    keeps it to the commit, so that numbers become visible in their order.

No statistics are kept of columns that hold what is personal: they would outlive an erasure in the planner's
own tables, and no statement here needs them.
"""

from __future__ import annotations

import secrets
from typing import Any, TypeAlias

import psycopg

from dearly.store.contract import StoreUnavailable

Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

OLDEST_POSTGRES = 15
"""A user who is no superuser may be let make checkpoints since then (``pg_checkpoint``)."""

LOCKS = 0x44524C59
"""``DRLY``: the first of the two numbers that name each of our advisory locks."""
CLAIMS = LOCKS + 1
"""The first of the two that claim a customer for a look; the second is a hash of the id. Two ids of one hash
are claimed together, which does no harm."""
MIGRATION_LOCK = 1
SCRUB_LOCK = 4
MIGRATION_PATIENCE_S = 60
"""Servers that start together wait for the one of them that makes the tables."""
IDENTITY_BYTES = 16
TOMBSTONE_KEY_BYTES = 32

_PERSONAL_COLUMNS = {
    "customers": ("id", "standing"),
    "profiles": ("customer", "fields", "times"),
    "consents": ("customer", "source"),
    "aliases": ("id", "customer"),
    "events": ("customer", "id", "properties"),
    "members": ("customer",),
    "feed": ("customer", "body"),
    "dead_letters": ("customer", "body", "reason"),
}

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE customers (
             id text COLLATE "C" PRIMARY KEY,
             due_us bigint,
             touched text[] COLLATE "C" NOT NULL DEFAULT '{}',
             touched_since_us bigint,
             standing text
           )""",
        "CREATE INDEX customers_by_due ON customers (due_us, id) WHERE due_us IS NOT NULL",
        """CREATE TABLE profiles (
             customer text COLLATE "C" PRIMARY KEY,
             fields text NOT NULL,
             times text NOT NULL,
             updated_us bigint NOT NULL
           )""",
        """CREATE TABLE consents (
             customer text COLLATE "C",
             purpose text COLLATE "C",
             granted boolean NOT NULL,
             source text NOT NULL,
             time_us bigint NOT NULL,
             PRIMARY KEY (customer, purpose)
           )""",
        """CREATE TABLE aliases (
             id text COLLATE "C" PRIMARY KEY,
             customer text COLLATE "C" NOT NULL
           )""",
        "CREATE INDEX aliases_by_customer ON aliases (customer, id)",
        "CREATE TABLE erased (hash bytea PRIMARY KEY)",
        """CREATE TABLE events (
             customer text COLLATE "C" NOT NULL,
             type text COLLATE "C" NOT NULL,
             time_us bigint NOT NULL,
             source text COLLATE "C" NOT NULL,
             id text COLLATE "C" NOT NULL,
             properties text NOT NULL,
             payload_hash bytea NOT NULL,
             PRIMARY KEY (source, id)
           )""",
        "CREATE INDEX events_by_customer ON events (customer, type, time_us, source, id)",
        "CREATE INDEX events_by_time ON events (type, time_us)",
        """CREATE TABLE items (
             catalog text COLLATE "C",
             id text COLLATE "C",
             fields text,
             change bigint NOT NULL UNIQUE,
             PRIMARY KEY (catalog, id)
           )""",
        """CREATE TABLE generations (
             number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             fingerprint text NOT NULL,
             state text NOT NULL,
             since_us bigint NOT NULL,
             cursor text COLLATE "C",
             done bigint NOT NULL DEFAULT 0
           )""",
        """CREATE TABLE members (
             generation bigint,
             name text COLLATE "C",
             customer text COLLATE "C",
             state text COLLATE "C" NOT NULL,
             since_us bigint NOT NULL,
             PRIMARY KEY (generation, name, customer)
           )""",
        "CREATE INDEX members_by_customer ON members (customer)",
        """CREATE TABLE feed (
             position bigint PRIMARY KEY,
             customer text COLLATE "C" NOT NULL,
             body text NOT NULL,
             recorded_us bigint NOT NULL
           )""",
        "CREATE INDEX feed_by_customer ON feed (customer, position)",
        """CREATE TABLE sinks (
             name text COLLATE "C" PRIMARY KEY,
             position bigint NOT NULL,
             failures bigint NOT NULL DEFAULT 0,
             failing_since_us bigint,
             owner text,
             taken_until_us bigint NOT NULL
           )""",
        """CREATE TABLE dead_letters (
             number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             sink text COLLATE "C" NOT NULL,
             position bigint NOT NULL,
             customer text COLLATE "C" NOT NULL,
             body text NOT NULL,
             recorded_us bigint NOT NULL,
             reason text NOT NULL,
             died_us bigint NOT NULL
           )""",
        "CREATE INDEX dead_letters_by_customer ON dead_letters (customer)",
        "CREATE TABLE counters (name text PRIMARY KEY, newest bigint NOT NULL)",
        "INSERT INTO counters VALUES ('feed', 0), ('items', 0)",
        *(
            f"ALTER TABLE {table} ALTER COLUMN {column} SET STATISTICS 0"
            for table, columns in _PERSONAL_COLUMNS.items()
            for column in columns
        ),
    ),
    (
        """ALTER TABLE erased
             ADD COLUMN position bigint NOT NULL DEFAULT 0,
             ADD COLUMN erased_us bigint NOT NULL DEFAULT 0,
             ADD COLUMN readmitted boolean NOT NULL DEFAULT false""",
        "ALTER TABLE customers ADD COLUMN version bigint NOT NULL DEFAULT 0",
        # Whoever is made anew, after an erasure, is of no version that a look under way has seen.
        "ALTER TABLE customers ALTER COLUMN version SET DEFAULT floor(random() * 2 ^ 53)::bigint",
        """CREATE TABLE erasures_due (
             number bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
             place text NOT NULL
           )""",
    ),
    (
        "ALTER TABLE dearly_store ADD COLUMN feed_trimmed bigint NOT NULL DEFAULT 0",
        # What is gone from the beginning was erased or trimmed: nobody can say any more, so that it counts
        # as trimmed.
        """UPDATE dearly_store SET feed_trimmed = coalesce(
             (SELECT min(position) - 1 FROM feed),
             (SELECT newest FROM counters WHERE name = 'feed'))""",
    ),
    ("ALTER TABLE sinks ADD COLUMN reason text",),
)
"""The statements that lead from each version to the next; a store's version is how many it has seen."""


def migrate(connection: Connection, name: str, *, create: bool) -> None:
    """Bring an empty database, or a store of an older version, to this version, in one transaction.

    ``name`` is what messages call the database.

    Raises:
        StoreUnavailable: its schema ``dearly`` is something else, the store is of a newer version, or there
            is none and none is to be made (``create``).
    """
    _check_server(connection, name)
    version = _version(connection)
    if version is None and not create:
        raise StoreUnavailable(f"There is no store {name}. Name one with --store, or set DEARLY_STORE.")
    if version != len(MIGRATIONS):
        with connection.transaction():
            connection.execute(f"SET LOCAL lock_timeout = '{MIGRATION_PATIENCE_S}s'")
            connection.execute("SELECT pg_advisory_xact_lock(%s, %s)", (LOCKS, MIGRATION_LOCK))
            _migrate_locked(connection, name)
    check_schema(connection, name)


def check_schema(connection: Connection, name: str) -> None:
    """See that a database has a Dearly store of this very version.

    Raises:
        StoreUnavailable: it has none, or one of another version.
    """
    version, known = _version(connection), len(MIGRATIONS)
    if version == known:
        return
    if version is None:
        raise StoreUnavailable(
            f"The database {name} holds no Dearly store any more. Put a backup in its place, or start anew."
        )
    if version > known:
        raise StoreUnavailable(
            f"The store {name} was made by a newer Dearly: it is a store of version {version}, and this one "
            f"knows up to {known}. Run the newer Dearly, or name another database with --store."
        )
    raise StoreUnavailable(
        f"The store {name} is of version {version}, and this Dearly needs {known}. "
        "Start it anew to migrate it."
    )


def identity(connection: Connection) -> str:
    """See :meth:`dearly.store.Store.identity`."""
    (found,) = connection.execute("SELECT identity FROM dearly_store").fetchone() or ("",)
    return str(found)


def _migrate_locked(connection: Connection, name: str) -> None:
    version = _version(connection)
    if version is None:
        _make_room(connection, name)
        version = 0
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute("UPDATE dearly_store SET version = greatest(version, %s)", (len(MIGRATIONS),))


def _make_room(connection: Connection, name: str) -> None:
    """The schema, unless somebody who may make schemas has made it, and the table that marks it as ours."""
    if _finds(connection, "pg_tables WHERE schemaname = 'dearly'"):
        raise StoreUnavailable(
            f"The database {name} has a schema `dearly` that is not a Dearly store. Name another database."
        )
    if not _finds(connection, "pg_namespace WHERE nspname = 'dearly'"):
        connection.execute("CREATE SCHEMA dearly")
    connection.execute(
        """CREATE TABLE dearly_store (
             version bigint NOT NULL, identity text NOT NULL, tombstone_key bytea NOT NULL
           )"""
    )
    connection.execute(
        "INSERT INTO dearly_store (version, identity, tombstone_key) VALUES (0, %s, %s)",
        (secrets.token_hex(IDENTITY_BYTES), secrets.token_bytes(TOMBSTONE_KEY_BYTES)),
    )


def _version(connection: Connection) -> int | None:
    # Looked up in the catalogue: to_regclass may not have heard yet of a table that another session made.
    if not _finds(connection, "pg_tables WHERE schemaname = 'dearly' AND tablename = 'dearly_store'"):
        return None
    found = connection.execute("SELECT version FROM dearly.dearly_store").fetchone()
    return found[0] if found else None


def _finds(connection: Connection, rows: str) -> bool:
    return connection.execute(f"SELECT FROM {rows}").fetchone() is not None


def _check_server(connection: Connection, name: str) -> None:
    version = connection.info.server_version // 10_000
    if version < OLDEST_POSTGRES:
        raise StoreUnavailable(
            f"Dearly needs PostgreSQL {OLDEST_POSTGRES} or newer; the server of {name} is {version}."
        )
    encoding = connection.info.parameter_status("server_encoding")
    if encoding != "UTF8":
        raise StoreUnavailable(
            f"The database {name} keeps text as {encoding}, and Dearly needs UTF8. "
            "Make it with: CREATE DATABASE ... ENCODING 'UTF8' TEMPLATE template0."
        )
