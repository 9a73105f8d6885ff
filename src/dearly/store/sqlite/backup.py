"""A whole store as of one instant, in a new file; and overwriting what deleted rows left."""

from __future__ import annotations

import os
import sqlite3
import time
from contextlib import closing
from pathlib import Path
from tempfile import mkstemp

from dearly.store.contract import StoreUnavailable
from dearly.store.sqlite.connections import WRITE_TIMEOUT_S, open_connection, unavailable

SCRUB_PATIENCE_S = 30.0
"""So long a scrub waits for readers that still need the old pages."""
_PAUSE_S = 0.05


def backup(connection: sqlite3.Connection, path: Path) -> None:
    """See :meth:`dearly.store.Store.backup`: SQLite's online backup, put in its place when it is whole."""
    if path.exists() or path.is_symlink():
        raise StoreUnavailable(f"The backup {path} is there already. Name another file.")
    try:
        handle, fresh = mkstemp(prefix=f".{path.name}.", dir=path.parent)
        os.close(handle)
        try:
            with closing(sqlite3.connect(fresh)) as target:
                connection.backup(target)
            _put_in_place(Path(fresh), path)
        finally:
            Path(fresh).unlink(missing_ok=True)
    except OSError as error:
        raise StoreUnavailable(f"The backup {path} cannot be written ({error.strerror}).") from None


def _put_in_place(fresh: Path, path: Path) -> None:
    """Name a whole file; a name that somebody took meanwhile is left to them."""
    with fresh.open("rb") as file:
        os.fsync(file.fileno())
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        raise StoreUnavailable(f"The backup {path} is there already. Name another file.") from None


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
