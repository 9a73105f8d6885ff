"""The files of backups: put in place whole or not at all, and opened to be read and nothing else."""

from __future__ import annotations

import fcntl
import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from tempfile import mkstemp
from typing import NamedTuple

from dearly.store.contract import StoreUnavailable
from dearly.store.sqlite.connections import open_file, unavailable
from dearly.store.sqlite.feed import feed_ends
from dearly.store.sqlite.reads import count_customers
from dearly.store.sqlite.schema import APPLICATION_ID, MIGRATIONS, check_schema, is_older, migrate

_UNFINISHED = ".dearly-backup-"
"""How files begin that are being written; whoever writes one holds a lock on it."""

_JOURNAL = "-journal"


class BackupContents(NamedTuple):
    """What is in a backup: so many customers, and the position of the feed's newest record."""

    customers: int
    feed_position: int


def look_into_backup(path: Path) -> BackupContents:
    """Open a backup, and see what is in it; the file stays as it is.

    Raises:
        StoreUnavailable: as :func:`opened_backup`.
    """
    with opened_backup(path) as backup:
        return BackupContents(count_customers(backup), feed_ends(backup)[1])


@contextmanager
def opened_backup(path: Path) -> Iterator[sqlite3.Connection]:
    """A backup to be read, as a store of this version: one of an older version is migrated in a copy, which
    is gone with the connection, however that ends.

    Raises:
        StoreUnavailable: the file is not there, is no backup, or one of a newer version.
    """
    if not path.is_file():
        found = "is a directory" if path.is_dir() else "is not there"
        raise StoreUnavailable(f"The backup {path} {found}. Name the file that `dearly backup` wrote.")
    try:
        with closing(open_file(path)) as kept:
            _require_backup(kept, path)
            if not is_older(kept):
                check_schema(kept, path)
                yield kept
                return
            with closing(sqlite3.connect("", isolation_level=None)) as copy:
                kept.backup(copy)
                migrate(copy, path)
                yield copy
    except sqlite3.Error as error:
        raise _unreadable(path, error) from error


def _require_backup(connection: sqlite3.Connection, path: Path) -> None:
    """See that a file is one, and not of a newer version; else say so in terms of backups."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    if application != APPLICATION_ID:
        raise _no_backup(path)
    if version > len(MIGRATIONS):
        raise StoreUnavailable(
            f"The backup {path} was made by a newer Dearly: it is of version {version}, and this one reads "
            f"up to {len(MIGRATIONS)}. Restore it with a Dearly as new as the one that made it."
        )


def _no_backup(path: Path) -> StoreUnavailable:
    return StoreUnavailable(
        f"{path} is no backup: expected a Dearly store, got something else. "
        "Name the file that `dearly backup` wrote."
    )


def _unreadable(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    name = getattr(error, "sqlite_errorname", "")
    if name.startswith("SQLITE_NOTADB"):
        return _no_backup(path)
    if name.startswith("SQLITE_CORRUPT"):
        return StoreUnavailable(f"The backup {path} is damaged ({error}). Restore another one.")
    return unavailable(path, error)


@contextmanager
def new_store_file(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection to an empty file, which is put in its place when this ends well: whole, or not at all.

    What runs that were killed have left unfinished in the same directory is removed.

    Raises:
        StoreUnavailable: the file is there already, or cannot be written.
    """
    if path.exists() or path.is_symlink():
        raise StoreUnavailable(f"The backup {path} is there already. Name another file.")
    try:
        _remove_unfinished(path.parent)
        with _unfinished_file(path.parent) as fresh:
            with closing(sqlite3.connect(fresh, isolation_level=None)) as target:
                yield target
            _put_in_place(fresh, path)
    except OSError as error:
        raise StoreUnavailable(f"The backup {path} cannot be written ({error.strerror}).") from None
    except sqlite3.Error as error:
        raise unavailable(path, error) from error


@contextmanager
def _unfinished_file(directory: Path) -> Iterator[Path]:
    """A new file for as long as the block lasts, locked as one that somebody writes."""
    handle, name = mkstemp(prefix=_UNFINISHED, dir=directory)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield Path(name)
    finally:
        _remove(Path(name))
        os.close(handle)


def _remove_unfinished(directory: Path) -> None:
    """Remove the files that nobody writes any more."""
    for file in directory.glob(f"{_UNFINISHED}*"):
        if file.name.endswith(_JOURNAL):
            continue  # which goes with its store
        with suppress(OSError), file.open("rb") as opened:  # somebody else's, or in use: it stays
            fcntl.flock(opened, fcntl.LOCK_EX | fcntl.LOCK_NB)
            _remove(file)


def _remove(file: Path) -> None:
    """Remove a store's file, and first its journal, where a kill left one."""
    file.with_name(f"{file.name}{_JOURNAL}").unlink(missing_ok=True)
    file.unlink(missing_ok=True)


def _put_in_place(fresh: Path, path: Path) -> None:
    """Name a whole file, durably; a name that somebody took meanwhile is left to them."""
    _sync(fresh)
    try:
        path.hardlink_to(fresh)
    except FileExistsError:
        raise StoreUnavailable(f"The backup {path} is there already. Name another file.") from None
    _sync(path.parent)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
