"""The planted shop's store, and its index."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dearly.recommendation import CatalogIndex
from dearly.store import Store
from tests.recommendation.shop import build, fill_store


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    store = fill_store(tmp_path / "shop.db")
    yield store
    store.close()


@pytest.fixture
def index(store: Store) -> CatalogIndex:
    return build(store)
