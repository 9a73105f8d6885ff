"""A PostgreSQL store of each test's own, and, for tests that stop it, a server of their own."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg
import pytest

from dearly.store.postgres import PostgresStore, parse_url
from tests.postgres import fresh_database, postgres_server


@pytest.fixture
def url() -> str:
    return fresh_database()


@pytest.fixture
def store(url: str) -> Iterator[PostgresStore]:
    opened = open_postgres(url)
    yield opened
    opened.close()


@pytest.fixture
def other(url: str) -> Iterator[psycopg.Connection[Any]]:
    """Somebody else's session with the store's database, in autocommit."""
    with psycopg.connect(url, autocommit=True, options="-c search_path=dearly") as connection:
        yield connection


@pytest.fixture(scope="module")
def own_server() -> Iterator[Any]:
    with postgres_server() as server:
        yield server


def open_postgres(url: str) -> PostgresStore:
    database = parse_url(url)
    assert database is not None
    return PostgresStore(database)
