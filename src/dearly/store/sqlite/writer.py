"""The one writer of a store: writes that arrive together share one durable commit."""

from __future__ import annotations

import sqlite3
import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from dearly.store.contract import WRITE_TIMEOUT_S, StoreUnavailable
from dearly.store.sqlite.connections import open_connection, unavailable
from dearly.store.sqlite.file import FileIdentity, StoreFile

T = TypeVar("T")

MOST_PER_COMMIT = 32
"""Calls that share a commit; more wait for the next, so that no commit holds the lock for seconds."""
CACHE_KIB = 64 * 1024
CHECKPOINT_PAGES = 16_000
"""64 MiB of log between checkpoints: a page that changes often is copied once (+30 % rows/s)."""


@dataclass(slots=True, eq=False)
class _Ticket:
    """One call that waits for its commit."""

    work: Callable[[sqlite3.Connection], Any]
    result: Any = None
    error: Exception | None = None
    done: bool = False


class Writer:
    """Group commit: every caller queues its work; whoever comes first to the lock commits all that wait.

    A work that fails does so alone: the others of its commit are done anew without it. A savepoint for each
    would save that, but cost those that do not fail up to a quarter more time for pages set aside.
    """

    def __init__(self, file: StoreFile) -> None:
        self._file = file
        self._waiting: deque[_Ticket] = deque()
        self._leading = threading.Lock()
        self._connection: sqlite3.Connection | None = None
        self._identity: FileIdentity | None = None
        self._closed = False
        file.when_it_changes(self._let_go)

    def write(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """What ``work`` gives inside a transaction, once that is durable.

        ``work`` may be called again, when another that was to share its commit fails. What it raises is
        raised here, and nothing of it was kept.

        Raises:
            StoreUnavailable: nothing of it was kept, or, if the file vanished or the process was interrupted
                at that moment, perhaps all.
        """
        ticket = _Ticket(work)
        self._waiting.append(ticket)
        with self._leading:
            while not ticket.done:
                self._commit(
                    [self._waiting.popleft() for _ in range(min(len(self._waiting), MOST_PER_COMMIT))]
                )
        if ticket.error:
            raise ticket.error
        result: T = ticket.result
        return result

    def close(self) -> None:
        """Let the commit under way end, then close; later writes are refused."""
        with self._leading:
            self._closed = True
            self._disconnect()

    def _commit(self, tickets: list[_Ticket]) -> None:
        """Settle tickets, whatever happens: all in one commit but those whose own work fails."""
        try:
            while tickets and (failed := self._try_to_commit(tickets)):
                failed.done = True
                tickets.remove(failed)
        except StoreUnavailable as error:
            _refuse(tickets, str(error), error)
        except BaseException as error:  # an interrupt: it is the leading thread's, and nobody else's
            _refuse(tickets, f"A write to {self._file.path} was interrupted. Write again.", error)
            raise
        finally:
            for ticket in tickets:
                ticket.done = True

    def _try_to_commit(self, tickets: Sequence[_Ticket]) -> _Ticket | None:
        """Keep what tickets bring, in one transaction; or nothing, and the ticket whose work failed."""
        try:
            connection = self._connect()
            connection.execute("BEGIN IMMEDIATE")
            for ticket in tickets:
                if not self._do(connection, ticket):
                    connection.rollback()
                    return ticket
            connection.execute("COMMIT")
            if self._file.check() != self._identity:
                raise StoreUnavailable(f"{self._file.path} was replaced during the write. Write again.")
        except BaseException as error:
            self._disconnect()
            if isinstance(error, sqlite3.Error):
                raise unavailable(self._file.path, error) from error
            raise
        return None

    def _do(self, connection: sqlite3.Connection, ticket: _Ticket) -> bool:
        """Do a ticket's work; False, and its error is on it, when it failed."""
        try:
            ticket.result = ticket.work(connection)
        except sqlite3.Error as error:
            ticket.error = unavailable(self._file.path, error)
            ticket.error.__cause__ = error
        except Exception as error:  # noqa: BLE001 (whoever brought the ticket raises it)
            ticket.error = error
        return ticket.error is None

    def _connect(self) -> sqlite3.Connection:
        if self._closed:
            raise StoreUnavailable(f"The store {self._file.path} is closed.")
        identity = self._file.check()
        if self._connection is None or identity != self._identity:
            self._disconnect()
            self._connection = open_connection(self._file.path, WRITE_TIMEOUT_S)
            self._connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
            self._connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
            self._identity = identity
        return self._connection

    def _let_go(self) -> None:
        """Close the connection unless a commit is under way: that one looks at the file by itself."""
        if self._leading.acquire(blocking=False):
            try:
                self._disconnect()
            finally:
                self._leading.release()

    def _disconnect(self) -> None:
        if self._connection:
            self._connection.close()
        self._connection = None


def _refuse(tickets: Sequence[_Ticket], words: str, cause: BaseException) -> None:
    """Let each caller raise an error of its own."""
    for ticket in tickets:
        ticket.error = StoreUnavailable(words)
        ticket.error.__cause__ = cause
