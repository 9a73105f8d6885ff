"""Connections to one SQLite file: opened checked, kept while idle, thrown away when the file changes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Concatenate, ParamSpec, TypeVar
from urllib.parse import quote

from dearly.store.contract import READ_TIMEOUT_S, WRITE_TIMEOUT_S, StoreUnavailable
from dearly.store.sqlite.file import FileIdentity, StoreFile
from dearly.store.sqlite.schema import check_schema, migrate

P = ParamSpec("P")
T = TypeVar("T")

OLDEST_SQLITE = (3, 37, 0)
"""STRICT tables came with it."""

_ADVICE = (
    ("SQLITE_BUSY", "is locked by another process. Try again; if it stays so, end that process."),
    ("SQLITE_NOTADB", "is not an SQLite database. Name another file with --store."),
    ("SQLITE_CORRUPT", "is damaged. Stop the server and put a backup in its place."),
    ("SQLITE_CANTOPEN", "cannot be opened. See that its directory exists and may be written to."),
    ("SQLITE_READONLY", "cannot be written to. See that the file and its directory may be written to."),
    ("SQLITE_FULL", "cannot grow: the disk is full. Make room, then try again."),
    ("SQLITE_IOERR", "cannot be read or written: the disk fails. See the system's log."),
)


def unavailable(path: Path, error: sqlite3.Error) -> StoreUnavailable:
    """SQLite's error in words that say what to do."""
    name = getattr(error, "sqlite_errorname", "")
    advice = next((text for prefix, text in _ADVICE if name.startswith(prefix)), "does not answer.")
    return StoreUnavailable(f"The store {path} {advice} ({error})")


def create_or_migrate(path: Path) -> None:
    """Make the file where there is none, and see that it is a store of this version.

    Raises:
        StoreUnavailable: it cannot be made or opened, or is something else.
    """
    if sqlite3.sqlite_version_info < OLDEST_SQLITE:
        wanted = ".".join(map(str, OLDEST_SQLITE))
        raise StoreUnavailable(
            f"Dearly needs SQLite {wanted} or newer; this Python has {sqlite3.sqlite_version}."
        )
    if not path.parent.is_dir():
        raise StoreUnavailable(
            f"There is no directory {path.parent} for the store {path.name}. Make it first."
        )
    connection: sqlite3.Connection | None = None
    try:
        connection = _connect(path, WRITE_TIMEOUT_S, mode="rwc")
        migrate(connection, path)
        (mode,) = connection.execute("PRAGMA journal_mode = WAL").fetchone()
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    finally:
        if connection:
            connection.close()
    if mode != "wal":
        raise StoreUnavailable(f"The store {path} lies where SQLite cannot share it. Put it on a local disk.")


def open_connection(path: Path, timeout_s: float) -> sqlite3.Connection:
    """A checked connection to a store that exists.

    Raises:
        StoreUnavailable: it is gone, locked, or no longer a store.
    """
    try:
        connection = _connect(path, timeout_s, mode="rw")
    except sqlite3.Error as error:
        raise unavailable(path, error) from error
    try:
        check_schema(connection, path)
    except BaseException as error:
        connection.close()
        if isinstance(error, sqlite3.Error):
            raise unavailable(path, error) from error
        raise
    return connection


def open_file(path: Path) -> sqlite3.Connection:
    """A connection to whatever file this is, to read it."""
    return _connect(path, WRITE_TIMEOUT_S, mode="ro")


def _connect(path: Path, timeout_s: float, *, mode: str) -> sqlite3.Connection:
    connection = sqlite3.connect(
        f"file:{quote(str(path.absolute()))}?mode={mode}",
        uri=True,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=256,
    )
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute("PRAGMA secure_delete = ON")
    return connection


class Readers:
    """The idle read connections of a store: as many as there ever were reads at once."""

    def __init__(self, file: StoreFile) -> None:
        self._file = file
        self._idle: list[sqlite3.Connection] = []
        self._lock = threading.Lock()
        self._closed = False
        file.when_it_changes(self.forget)

    def read(
        self, work: Callable[Concatenate[sqlite3.Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """What ``work`` gives when called with a connection and the arguments.

        Raises:
            StoreUnavailable: the file is gone, locked or damaged. The next call tries afresh.
        """
        if self._closed:
            raise StoreUnavailable(f"The store {self._file.path} is closed.")
        identity = self._file.check()
        connection = self._take()
        try:
            result = work(connection, *args, **kwargs)
        except BaseException as error:
            connection.close()
            if isinstance(error, sqlite3.Error):
                raise unavailable(self._file.path, error) from error
            raise
        self._give_back(connection, identity)
        return result

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        self._closed = True
        self.forget()

    def forget(self) -> None:
        """Close what is idle; the next reads open afresh."""
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()

    def _take(self) -> sqlite3.Connection:
        try:
            return self._idle.pop()
        except IndexError:
            return open_connection(self._file.path, READ_TIMEOUT_S)

    def _give_back(self, connection: sqlite3.Connection, identity: FileIdentity) -> None:
        with self._lock:
            if identity == self._file.identity and not self._closed:
                self._idle.append(connection)
                return
        connection.close()
