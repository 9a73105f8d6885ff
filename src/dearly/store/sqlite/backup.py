"""A whole store as of one instant, into a file, and back; and overwriting what deleted rows left."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TypeAlias

from dearly.store.contract import WRITE_TIMEOUT_S, StoreUnavailable
from dearly.store.sqlite.backup_files import new_store_file
from dearly.store.sqlite.connections import open_connection, unavailable
from dearly.store.sqlite.schema import renew_identity

SCRUB_PATIENCE_S = 30.0
"""So long a scrub waits for readers that still need the old pages."""
_PAUSE_S = 0.05

PAGES_AT_ONCE = 10_000
KEPT = ("customers", "aliases", "erased", "items", "feed")
"""A store without rows in these has nothing to lose: servers make generations and sinks by themselves."""


Progress: TypeAlias = Callable[[str, int], None]


def backup(connection: sqlite3.Connection, path: Path) -> None:
    """See :meth:`dearly.store.Store.backup`: SQLite's online backup."""
    with new_store_file(path) as target:
        connection.backup(target)
        target.execute("PRAGMA journal_mode = DELETE")  # to be read wherever it may not be written
        renew_identity(target)


def load(path: Path, source: sqlite3.Connection, progress: Progress) -> None:
    """Make an empty store what another is, page by page, but for its identity.

    From its first page on nobody else writes to it. It is seen only then whether it is empty, so that nothing
    comes in between; and the last page, with which all are there for good, is left for after that.

    Raises:
        StoreUnavailable: the store is not empty, or cannot be written.
    """
    seen_empty = False

    def tell(status: int, left: int, all_: int) -> None:
        nonlocal seen_empty
        if status != sqlite3.SQLITE_OK or not left:  # still waiting to begin; or too late to break off
            return
        if not seen_empty:
            _require_empty(path)
            seen_empty = True
        progress("pages", all_ - left)

    with closing(open_connection(path, WRITE_TIMEOUT_S)) as target:
        try:
            (pages,) = source.execute("PRAGMA page_count").fetchone()
            source.backup(target, pages=min(PAGES_AT_ONCE, pages - 1), progress=tell)
            target.execute("PRAGMA journal_mode = WAL")
            renew_identity(target)
        except sqlite3.Error as error:
            raise unavailable(path, error) from error
    progress("pages", pages)


def _require_empty(path: Path) -> None:
    with closing(open_connection(path, WRITE_TIMEOUT_S)) as reader:
        for table in KEPT:
            if reader.execute(f"SELECT 1 FROM {table} LIMIT 1").fetchone():  # noqa: S608 (our own names)
                raise StoreUnavailable(
                    f"The store {path} is not empty: it has rows in {table}. Name a file that is not there."
                )


def scrub(path: Path) -> None:
    """See :meth:`dearly.store.Store.scrub`: deleted bytes are overwritten (``secure_delete``) as soon as the
    write-ahead log that still has them is emptied.

    Raises:
        StoreUnavailable: readers held it back for longer than :data:`SCRUB_PATIENCE_S`.
    """
    ends_s = time.monotonic() + SCRUB_PATIENCE_S
    with closing(open_connection(path, WRITE_TIMEOUT_S)) as connection:
        while True:
            try:
                (busy, _, _) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
            except sqlite3.Error as error:
                raise unavailable(path, error) from error
            if not busy:
                return
            if time.monotonic() > ends_s:
                raise StoreUnavailable(f"The store {path} is read without a pause. Scrub it again later.")
            time.sleep(_PAUSE_S)
