"""The stores that the conformance tests run on, each empty and its own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from dearly.store import Store, open_store
from tests.postgres import fresh_database, needs_postgres

STORES: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda directory: f"sqlite:///{directory}/store.db",
    "postgres": lambda _: fresh_database(),
}
"""From a test's own directory to a store's URL. A further store joins by a line here, and one below."""


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return STORES[request.param](tmp_path)


@pytest.fixture
def store(store_url: str) -> Iterator[Store]:
    opened = open_store(store_url)
    yield opened
    opened.close()
