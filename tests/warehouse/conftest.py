"""A store with the warehouse tests' customers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from dearly.store import Store, open_store
from tests.warehouse.shop import fill


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    opened = open_store(f"sqlite:///{tmp_path}/shop.db")
    fill(opened)
    yield opened
    opened.close()
