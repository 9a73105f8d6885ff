"""From a URL to the store it names."""

from __future__ import annotations

import re
from pathlib import Path

from dearly import DearlyError
from dearly.store.contract import Store, StoreUnavailable
from dearly.store.sqlite import SqliteStore

_WHY_FILE = "each command and thread opens it for itself, and would find it empty."
_EXAMPLES = "such as sqlite:///dearly.db, sqlite:////var/lib/dearly.db or postgresql://user@host/database"
_POSTGRES = ("postgresql://", "postgres://")
_SECRETS = re.compile(r"(?<=//).*@|\?.*", re.DOTALL)
"""The user and password of a URL, and what stands after its ``?``, where a password may be too."""


class StoreUrlError(DearlyError):
    """The URL names no kind of store that there is."""


def open_store(url: str, *, create: bool = True) -> Store:
    """The store at ``sqlite:///relative.db``, ``sqlite:////absolute.db`` or ``postgresql://user@host/name``.

    A file that is not there is made (or refused, for those who only read), and so are the tables in a
    database that has none. Of ``postgresql://``, whatever libpq understands will do:
    https://www.postgresql.org/docs/current/libpq-connect.html#LIBPQ-CONNSTRING

    Raises:
        StoreUrlError: the URL is none of these.
        StoreUnavailable: the store cannot be opened; the message says why and what to do.
    """
    if url.startswith(_POSTGRES):
        return _open_postgres(url, create)
    scheme, separator, path = url.partition(":///")
    if not separator or scheme != "sqlite" or not path:
        raise StoreUrlError(f"Expected a store's URL, {_EXAMPLES}, got {shown_url(url)!r}.")
    if path == ":memory:":
        raise StoreUrlError(
            f"Expected a store in a file, such as sqlite:///dearly.db, got {url!r}: {_WHY_FILE}"
        )
    file = Path(path)
    if file.exists() and not file.is_file():
        raise StoreUnavailable(f"The store {path} is no file, but a directory or device. Name a file.")
    if not create and (not file.exists() or file.stat().st_size == 0):
        raise StoreUnavailable(f"There is no store {path}. Name one with --store, or set DEARLY_STORE.")
    return SqliteStore(file)


def shown_url(url: str) -> str:
    """A store's URL as it may be shown or logged: without user, password and parameters."""
    return url if url.startswith("sqlite:") else _SECRETS.sub("…", url)


def _open_postgres(url: str, create: bool) -> Store:
    try:
        from dearly.store import postgres
    except ImportError as error:
        if not (error.name or "psycopg").startswith("psycopg"):
            raise
        raise StoreUnavailable(
            "A store in PostgreSQL needs an extra. Install it with: pip install 'dearly[postgres]'."
        ) from error
    database = postgres.parse_url(url)
    if database is None:
        raise StoreUrlError(
            "Expected a PostgreSQL URL, such as postgresql://user@host:5432/database, got "
            f"{shown_url(url)!r}. Signs like @, /, : and % in a user's name or password are written as %40, "
            "%2F, %3A and %25."
        )
    return postgres.PostgresStore(database, create=create)
