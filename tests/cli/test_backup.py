"""``dearly backup`` and ``dearly restore``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dearly.store import open_store
from tests.cli.conftest import Dearly
from tests.delivery.feeding import put


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A store with three customers and four records in its feed."""
    found = f"sqlite:///{tmp_path}/store.db"
    store = open_store(found)
    for customer_id in ("anna", "ben", "carl"):
        put(store, customer_id, "vip")
    put(store, "anna", "regular")
    store.close()
    return found


def test_a_backup_is_a_store_and_says_what_is_in_it(dearly: Dearly, url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"

    ended = dearly("backup", file, "--store", url)

    assert ended.code == 0, ended.err
    first, restore, erasure = ended.out.splitlines()
    assert f"{file}: " in first
    assert "3 customers, feed up to 4." in first
    assert restore == f"  make a store of it: dearly restore {file} --store URL"
    assert "still in this file" in erasure
    made = open_store(f"sqlite:///{file}")
    assert list(made.page_customers(None, 10)) == ["anna", "ben", "carl"]
    made.close()
    assert sorted(path.name for path in tmp_path.glob("backup*")) == ["backup.db"]


def test_what_a_backup_says_can_be_had_as_json(dearly: Dearly, url: str, tmp_path: Path) -> None:
    ended = dearly("backup", tmp_path / "backup.db", "--store", url, "--json")

    told = json.loads(ended.out)
    assert (told["customers"], told["feed_position"]) == (3, 4)
    assert told["bytes"] == (tmp_path / "backup.db").stat().st_size


def test_a_backup_replaces_nothing(dearly: Dearly, url: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    file.write_text("mine")

    ended = dearly("backup", file, "--store", url)

    assert ended.code == 2
    assert "is there already" in ended.err
    assert file.read_text() == "mine"
