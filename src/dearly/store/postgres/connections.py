"""Sessions with one PostgreSQL database: opened checked, kept while idle, thrown away when they are lost."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from typing import Any, Concatenate, ParamSpec, TypeVar

import psycopg
from psycopg import conninfo, errors

from dearly.store.contract import StoreUnavailable
from dearly.store.postgres.advice import in_our_words
from dearly.store.postgres.arrays import ListDumper
from dearly.store.postgres.schema import LOCKS, Connection, check_schema

P = ParamSpec("P")
T = TypeVar("T")

CONNECT_TIMEOUT_S = 2
SILENCE_MS = 5_000
"""So long may sent data stay without an answer from the network before a connection counts as lost."""
IDLE_TRANSACTION_S = 60
"""A server that stands still in mid-transaction keeps its locks for no longer."""
ATTEMPTS = 5
"""How often a write begins anew after PostgreSQL chose it as the victim of a deadlock or of a conflict."""

WRITERS_LOCK = 2
"""Who changes customers shares it; who merges or erases has it alone, so that nobody writes in between to an
id that has just become another's, or nobody's."""

_LOST = (errors.AdminShutdown, errors.CrashShutdown, errors.IdleInTransactionSessionTimeout)


class Access(Enum):
    """How a write stands to those who write at the same time."""

    ALONGSIDE = f"BEGIN; SELECT pg_advisory_xact_lock_shared({LOCKS}, {WRITERS_LOCK})"
    """It changes customers."""
    ALONE = f"BEGIN; SELECT pg_advisory_xact_lock({LOCKS}, {WRITERS_LOCK})"
    """It makes one customer of two, or none."""
    APART = "BEGIN"
    """It changes no customer, or only those whose rows it has locked and found there."""


@dataclass(frozen=True, slots=True)
class Database:
    """Where a database is. ``parameters`` may hold a password; ``name`` is fit to be shown."""

    name: str
    parameters: str = field(repr=False)


def parse_url(url: str) -> Database | None:
    """The database that a ``postgresql://`` URL names; None when it cannot be understood."""
    try:
        found = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return None  # what libpq says of it quotes parts of it, such as the password
    if _is_torn(found):
        return None
    place = f"{found.get('host', 'localhost')}{':' + str(found['port']) if 'port' in found else ''}"
    name = f"{found.get('dbname', found.get('user', ''))} at {place}"
    unless_told_otherwise: dict[str, Any] = {
        "application_name": "dearly",
        "connect_timeout": CONNECT_TIMEOUT_S,
        "tcp_user_timeout": SILENCE_MS,
    }
    parameters = unless_told_otherwise | found | {"client_encoding": "utf8"}
    return Database(name, conninfo.make_conninfo(**parameters))


def _is_torn(found: Mapping[str, Any]) -> bool:
    """Whether a password with an ``@`` or ``/`` in it was taken apart, and is part of what would be shown."""
    shown = f"{found.get('host', '')}{found.get('dbname', '')}"
    return "@" in shown or not str(found.get("port", "0")).replace(",", "").isdigit()


def connect(database: Database, lock_timeout_s: float) -> Connection:
    """A session in autocommit, with our settings; whether there is a store is not looked at.

    Statements are planned once (``force_generic_plan``): each is written so that one plan fits all values. It
    must not be one for a table that was still empty then (``enable_seqscan = off``).
    """
    connection = psycopg.connect(database.parameters, autocommit=True)
    connection.adapters.register_dumper(list, ListDumper)
    try:
        connection.execute(
            f"""SET search_path = dearly, pg_temp;
                SET lock_timeout = {round(lock_timeout_s * 1_000)};
                SET idle_in_transaction_session_timeout = '{IDLE_TRANSACTION_S}s';
                SET plan_cache_mode = force_generic_plan;
                SET enable_seqscan = off;
                SET jit = off;
                SELECT set_config('synchronous_commit', 'on', false)
                WHERE current_setting('synchronous_commit') = 'off'"""
        )
        connection.prepare_threshold = 0
    except BaseException:
        connection.close()
        raise
    return connection


class Sessions:
    """The idle sessions of a store, of one patience: as many as there ever were calls at once."""

    def __init__(self, database: Database, lock_timeout_s: float) -> None:
        self.database = database
        self._lock_timeout_s = lock_timeout_s
        self._idle: list[Connection] = []
        self._lock = threading.Lock()
        self._closed = False

    def read(self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs) -> T:
        """What ``work`` gives when called with a session and the arguments; again if the session was lost.

        Raises:
            StoreUnavailable: the server is gone or too busy. The next call tries afresh.
        """
        with in_our_words(self.database.name):
            connection, result = self._first(work, *args, **kwargs)
        self._give_back(connection)
        return result

    def write(self, work: Callable[[Connection], T], access: Access = Access.ALONGSIDE) -> T:
        """What ``work`` gives inside a transaction, once that is durable. ``work`` may be called again.

        Raises:
            StoreUnavailable: nothing of it was kept, or, if the server went at that moment, perhaps all.
        """
        with in_our_words(self.database.name):
            for _ in range(ATTEMPTS - 1):
                try:
                    return self._transact(work, access)
                except (errors.DeadlockDetected, errors.SerializationFailure):
                    continue
            return self._transact(work, access)

    def close(self) -> None:
        """Close what is idle; what is in use is closed when it is given back."""
        self._closed = True
        self._forget()

    def _transact(self, work: Callable[[Connection], T], access: Access) -> T:
        connection, _ = self._first(_begin, access)
        try:
            result = work(connection)
            connection.execute("COMMIT")
        except BaseException:
            connection.close()
            raise
        self._give_back(connection)
        return result

    def _first(
        self, work: Callable[Concatenate[Connection, P], T], *args: P.args, **kwargs: P.kwargs
    ) -> tuple[Connection, T]:
        """A session, and what ``work`` gives with it: done with a fresh one if one that was idle is lost."""
        try:
            idle: Connection | None = self._idle.pop()
        except IndexError:
            idle = None
        connection = idle or self._open()
        try:
            return connection, work(connection, *args, **kwargs)
        except BaseException as error:
            lost = connection.broken or isinstance(error, _LOST)
            connection.close()
            if not (idle and lost):
                raise
        self._forget()  # they are as old, and lost as well
        connection = self._open()
        try:
            return connection, work(connection, *args, **kwargs)
        except BaseException:
            connection.close()
            raise

    def _open(self) -> Connection:
        if self._closed:
            raise StoreUnavailable(f"The store {self.database.name} is closed.")
        connection = connect(self.database, self._lock_timeout_s)
        try:
            check_schema(connection, self.database.name)
        except BaseException:
            connection.close()
            raise
        return connection

    def _give_back(self, connection: Connection) -> None:
        with self._lock:
            if not self._closed:
                self._idle.append(connection)
                return
        connection.close()

    def _forget(self) -> None:
        with self._lock:
            idle, self._idle = self._idle, []
        for connection in idle:
            connection.close()


def _begin(connection: Connection, access: Access) -> None:
    connection.execute(access.value, prepare=False)
