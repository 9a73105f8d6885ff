"""PostgreSQL's errors in words that say what to do. None repeats what was sent, such as a password."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
from psycopg import errors

from dearly.store.contract import StoreUnavailable

_REFUSED = (
    "refuses us. See the user and the password of its URL (or PGPASSFILE), and the server's pg_hba.conf."
)
_NO_DATABASE = "does not exist. Make it with: createdb."
_NO_CONNECTION_LEFT = "has no connection left. Raise max_connections, or let fewer servers use it."
_NOT_NOW = "is starting up or shutting down. Try again."
_SILENCE = "does not answer. See that the server runs and can be reached; no restart is needed here."

_BY_KIND: tuple[tuple[tuple[type[psycopg.Error], ...], str], ...] = (
    ((errors.InvalidPassword, errors.InvalidAuthorizationSpecification), _REFUSED),
    ((errors.InvalidCatalogName,), _NO_DATABASE),
    ((errors.TooManyConnections, errors.ConfigurationLimitExceeded), _NO_CONNECTION_LEFT),
    ((errors.CannotConnectNow, errors.AdminShutdown, errors.CrashShutdown), _NOT_NOW),
    ((errors.DiskFull,), "cannot grow: the server's disk is full. Make room, then try again."),
    (
        (errors.ReadOnlySqlTransaction,),
        "cannot be written to: it is a standby, or read-only. Name the primary in its URL.",
    ),
    ((errors.LockNotAvailable, errors.DeadlockDetected), "is locked by others. Try again."),
    ((errors.SerializationFailure,), "is being changed by others at this moment. Try again."),
    ((errors.QueryCanceled,), "took longer than it may. Try again; if it stays so, see the server's load."),
    (
        (errors.InsufficientPrivilege,),
        "denies its user a permission. Let the user own the schema `dearly`, or make schemas.",
    ),
    (
        (errors.UndefinedTable, errors.UndefinedColumn, errors.InvalidSchemaName),
        "is no Dearly store any more. Put a backup in its place, or start anew.",
    ),
    ((errors.DataCorrupted, errors.IndexCorrupted), "is damaged. Put a backup in its place."),
    ((errors.IoError,), "cannot be read or written: the server's disk fails. See the server's log."),
    ((psycopg.DataError,), "cannot keep a value that came in: is there a NUL in an id?"),
    ((psycopg.OperationalError,), _SILENCE),
)

_BY_WORDS = (
    ("authentication failed", _REFUSED),
    ("no password supplied", _REFUSED),
    ("pg_hba.conf", _REFUSED),
    ('" does not exist', _NO_DATABASE),
    ("too many", _NO_CONNECTION_LEFT),
    ("remaining connection slots", _NO_CONNECTION_LEFT),
    ("starting up", _NOT_NOW),
    ("shutting down", _NOT_NOW),
)
"""For a connection that was refused: libpq gives no code then, only the server's words."""


@contextmanager
def in_our_words(name: str) -> Iterator[None]:
    """Within this, PostgreSQL's errors are ours; ``name`` is what messages call the store."""
    try:
        yield
    except psycopg.Error as error:
        raise unavailable(name, error) from error


def unavailable(name: str, error: psycopg.Error) -> StoreUnavailable:
    """PostgreSQL's error in words that say what to do."""
    return StoreUnavailable(f"The store {name} {_advice(error)} ({_cause(error)})")


def _cause(error: psycopg.Error) -> str:
    """What PostgreSQL or libpq says, in one line: of several attempts the last, without libpq's questions."""
    if error.diag.message_primary:
        return error.diag.message_primary
    said = [line for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
    return said[-1].strip() if said else type(error).__name__


def _advice(error: psycopg.Error) -> str:
    if error.sqlstate is None:
        for words, advice in _BY_WORDS:
            if words in str(error):
                return advice
    return next((advice for kinds, advice in _BY_KIND if isinstance(error, kinds)), "does not answer.")
