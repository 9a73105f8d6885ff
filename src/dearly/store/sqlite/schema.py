"""What a Dearly store looks like inside SQLite, and how a file comes to look like that.

``customers``
    One row a known customer, with a profile (``fields``) or with events only (``fields`` NULL). Events refer
    to ``no``, which is short and, being AUTOINCREMENT, never given to a second customer.
``events``
    Clustered by (customer, type, time, source, id): one range of the table's own tree serves a render.
    ``events_by_time`` serves the readers that go over all customers: training and trending.
``event_ids``
    One row an event ever accepted, with the hash of its payload: tells a repeat from a conflict.
``items``
    ``fields`` NULL is a deleted item. ``change`` grows with every change, so that pollers read only the news.
``standings``
    When a customer is to be looked at, what was touched since the last look (words between spaces), and what
    that left. ``version`` grows with every touch and look: a look is kept only if nothing came between.
``aliases``
    The id of a customer who was merged into another, and that other's: never an alias itself.
``erased``
    Tombstones: keyed hashes of erased ids, with when it was, by the clock and by the feed's newest position.
    Readmission marks a row and leaves it, for what is still on its way from before.
``erasures_due``
    The places that erasures have yet to reach. Says nothing of whom.
``generations``, ``members``
    Who is in what, for each meaning of the rules.
``feed``, ``sinks``, ``dead_letters``
    The feed, how far each sink has been told of it, and what they would not take. There is one writer, so
    that positions become visible in their order.
``store``
    One row: the store's identity, the key of the tombstones' hashes, up to where the feed was trimmed.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path

from dearly.store.contract import StoreUnavailable

APPLICATION_ID = 0x44524C59
"""``DRLY``, in the file's header: see https://www.sqlite.org/fileformat2.html#application_id"""

MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE customers (
             no INTEGER PRIMARY KEY AUTOINCREMENT,
             id TEXT NOT NULL UNIQUE,
             fields TEXT,
             updated_us INTEGER
           ) STRICT""",
        """CREATE TABLE events (
             customer INTEGER NOT NULL,
             type TEXT NOT NULL,
             time_us INTEGER NOT NULL,
             source TEXT NOT NULL,
             id TEXT NOT NULL,
             properties TEXT NOT NULL,
             PRIMARY KEY (customer, type, time_us, source, id)
           ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX events_by_time ON events (type, time_us)",
        """CREATE TABLE event_ids (
             source TEXT NOT NULL,
             id TEXT NOT NULL,
             payload_hash BLOB NOT NULL,
             PRIMARY KEY (source, id)
           ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE items (
             catalog TEXT NOT NULL,
             id TEXT NOT NULL,
             fields TEXT,
             change INTEGER NOT NULL UNIQUE,
             PRIMARY KEY (catalog, id)
           ) STRICT, WITHOUT ROWID""",
    ),
    (
        """CREATE TABLE store (identity TEXT NOT NULL, tombstone_key BLOB NOT NULL) STRICT""",
        "INSERT INTO store VALUES (lower(hex(randomblob(16))), randomblob(32))",
        "ALTER TABLE customers ADD COLUMN field_times TEXT",
        """UPDATE customers SET field_times =
             (SELECT json_group_object(key, updated_us) FROM json_each(fields))
           WHERE fields IS NOT NULL""",
        """CREATE TABLE consents (
             customer TEXT NOT NULL,
             purpose TEXT NOT NULL,
             granted INTEGER NOT NULL,
             source TEXT NOT NULL,
             time_us INTEGER NOT NULL,
             PRIMARY KEY (customer, purpose)
           ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE aliases (
             id TEXT PRIMARY KEY,
             customer TEXT NOT NULL
           ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX aliases_by_customer ON aliases (customer)",
        "CREATE TABLE erased (hash BLOB PRIMARY KEY) STRICT, WITHOUT ROWID",
        """CREATE TABLE standings (
             customer INTEGER PRIMARY KEY,
             due_us INTEGER,
             touched TEXT NOT NULL DEFAULT '',
             touched_since_us INTEGER,
             version INTEGER NOT NULL DEFAULT 0,
             standing TEXT
           ) STRICT""",
        "CREATE INDEX standings_by_due ON standings (due_us) WHERE due_us IS NOT NULL",
        "INSERT INTO standings (customer, due_us, touched) SELECT no, 0, ' @all ' FROM customers",
        """CREATE TABLE generations (
             number INTEGER PRIMARY KEY AUTOINCREMENT,
             fingerprint TEXT NOT NULL,
             state TEXT NOT NULL,
             since_us INTEGER NOT NULL,
             cursor TEXT,
             done INTEGER NOT NULL DEFAULT 0
           ) STRICT""",
        """CREATE TABLE members (
             generation INTEGER NOT NULL,
             name TEXT NOT NULL,
             customer TEXT NOT NULL,
             state TEXT NOT NULL,
             since_us INTEGER NOT NULL,
             PRIMARY KEY (generation, name, customer)
           ) STRICT, WITHOUT ROWID""",
        "CREATE INDEX members_by_customer ON members (customer)",
        """CREATE TABLE feed (
             position INTEGER PRIMARY KEY AUTOINCREMENT,
             customer TEXT NOT NULL,
             body TEXT NOT NULL,
             recorded_us INTEGER NOT NULL
           ) STRICT""",
        "CREATE INDEX feed_by_customer ON feed (customer)",
        """CREATE TABLE sinks (
             name TEXT PRIMARY KEY,
             position INTEGER NOT NULL,
             failures INTEGER NOT NULL DEFAULT 0,
             failing_since_us INTEGER,
             owner TEXT,
             taken_until_us INTEGER NOT NULL
           ) STRICT, WITHOUT ROWID""",
        """CREATE TABLE dead_letters (
             number INTEGER PRIMARY KEY AUTOINCREMENT,
             sink TEXT NOT NULL,
             position INTEGER NOT NULL,
             customer TEXT NOT NULL,
             body TEXT NOT NULL,
             recorded_us INTEGER NOT NULL,
             reason TEXT NOT NULL,
             died_us INTEGER NOT NULL
           ) STRICT""",
        "CREATE INDEX dead_letters_by_customer ON dead_letters (customer)",
    ),
    (
        "ALTER TABLE erased ADD COLUMN position INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE erased ADD COLUMN erased_us INTEGER NOT NULL DEFAULT 0",
        "ALTER TABLE erased ADD COLUMN readmitted INTEGER NOT NULL DEFAULT 0",
        """CREATE TABLE erasures_due (
             number INTEGER PRIMARY KEY AUTOINCREMENT,
             place TEXT NOT NULL
           ) STRICT""",
    ),
    (
        "ALTER TABLE store ADD COLUMN feed_trimmed INTEGER NOT NULL DEFAULT 0",
        # What is gone from the beginning was erased or trimmed: nobody can say any more, so that it counts
        # as trimmed.
        """UPDATE store SET feed_trimmed = coalesce(
             (SELECT min(position) - 1 FROM feed),
             (SELECT seq FROM sqlite_sequence WHERE name = 'feed'),
             0)""",
    ),
    ("ALTER TABLE sinks ADD COLUMN reason TEXT",),
)
"""The statements that lead from each version to the next; a file's version is how many it has seen."""


def migrate(connection: sqlite3.Connection, path: Path) -> None:
    """Bring an empty file, or a store of an older version, to this version, in one transaction.

    Raises:
        StoreUnavailable: the file is something else, or of a newer version.
    """
    if not _is_current(connection):
        connection.execute("BEGIN IMMEDIATE")
        _migrate_locked(connection)
        connection.execute("COMMIT")
    check_schema(connection, path)


def check_schema(connection: sqlite3.Connection, path: Path) -> None:
    """See that an open file is a Dearly store of this very version.

    Raises:
        StoreUnavailable: it is something else, or of another version.
    """
    if _is_current(connection):
        return
    application, version = _marks(connection)
    if application != APPLICATION_ID:
        raise StoreUnavailable(
            f"{path} is an SQLite database, but not a Dearly store. Name another file with --store."
        )
    known = len(MIGRATIONS)
    if version > known:
        raise StoreUnavailable(
            f"{path} was made by a newer Dearly: it is a store of version {version}, and this one knows "
            f"up to {known}. Run the newer Dearly, or name another file with --store."
        )
    raise StoreUnavailable(
        f"{path} is a store of version {version}, and this Dearly needs {known}. Start it anew to migrate it."
    )


def identity(connection: sqlite3.Connection) -> str:
    """See :meth:`dearly.store.Store.identity`."""
    (found,) = connection.execute("SELECT identity FROM store").fetchone()
    return str(found)


def renew_identity(connection: sqlite3.Connection) -> None:
    """Make a copy of a store one of its own: from here on its feed goes its own way."""
    connection.execute("UPDATE store SET identity = lower(hex(randomblob(16)))")


def is_older(connection: sqlite3.Connection) -> bool:
    """Whether a file is a Dearly store of a version before this one."""
    application, version = _marks(connection)
    return application == APPLICATION_ID and version < len(MIGRATIONS)


def _migrate_locked(connection: sqlite3.Connection) -> None:
    application, version = _marks(connection)
    tables = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if application == 0 and version == 0 and tables == 0:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    elif application != APPLICATION_ID or version >= len(MIGRATIONS):
        return
    for statements in MIGRATIONS[version:]:
        for statement in statements:
            connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {len(MIGRATIONS)}")


def _is_current(connection: sqlite3.Connection) -> bool:
    return _marks(connection) == (APPLICATION_ID, len(MIGRATIONS))


def _marks(connection: sqlite3.Connection) -> tuple[int, int]:
    """The application id and the store's version, as the file's header has them."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    return application, version
