"""``dearly backup`` and ``dearly restore``."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from dearly.delivery import ResumeToken, TokenRefused, resume_position
from dearly.store import ProfilePatch, open_store
from tests.cli.conftest import Dearly
from tests.delivery.feeding import put
from tests.delivery.records import NOON_US
from tests.postgres import fresh_database, needs_postgres


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
    assert file.read_bytes()[18:20] == b"\1\1", "it can be read wherever it may not be written"
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


# ---------------------------------------------------------------------------------------------------- restore


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def target(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where there is no store yet, of either kind."""
    return fresh_database() if request.param == "postgres" else f"sqlite:///{tmp_path}/restored.db"


def test_a_store_is_made_of_a_backup(dearly: Dearly, url: str, target: str, tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    store = open_store(url)
    store.erase_customer("carl", NOON_US)
    kept = store.read_feed(0, 10)
    store.close()
    dearly("backup", file, "--store", url)

    ended = dearly("restore", file, "--store", target)

    assert ended.code == 0, ended.err
    first, afterwards = ended.out.splitlines()
    assert first.startswith(f"2 customers, feed up to 4, as {file} has them.")
    assert "Erase again whoever was erased since" in afterwards
    restored = open_store(target)
    assert list(restored.page_customers(None, 10)) == ["anna", "ben"]
    assert restored.read_feed(0, 10) == kept
    carl = ProfilePatch("carl", {}, NOON_US)
    assert restored.upsert_profiles([carl], NOON_US) == [0], "who was erased before the backup stays out"
    restored.close()


def test_a_restored_store_refuses_resume_tokens_of_the_one_it_was(
    dearly: Dearly, url: str, target: str, tmp_path: Path
) -> None:
    store = open_store(url)
    token = str(ResumeToken(store.identity(), 2))
    store.close()
    dearly("backup", tmp_path / "backup.db", "--store", url)
    dearly("restore", tmp_path / "backup.db", "--store", target)

    restored = open_store(target)
    with pytest.raises(TokenRefused, match="before it was restored from a backup"):
        resume_position(restored, token)
    restored.close()


def test_restoring_replaces_nothing_and_twice_does_no_harm(
    dearly: Dearly, url: str, target: str, tmp_path: Path
) -> None:
    dearly("backup", tmp_path / "backup.db", "--store", url)
    first = dearly("restore", tmp_path / "backup.db", "--store", target)
    second = dearly("restore", tmp_path / "backup.db", "--store", target)

    assert (first.code, second.code) == (0, 2)
    assert "not empty" in second.err
    restored = open_store(target)
    assert restored.count_customers() == 3
    restored.close()


@pytest.mark.parametrize("content", [None, b"", b"mine", b"SQLite format 3\0 and no more"])
def test_what_is_no_backup_makes_no_store(
    dearly: Dearly, target: str, tmp_path: Path, content: bytes | None
) -> None:
    file = tmp_path / "backup.db"
    if content is not None:
        file.write_bytes(content)

    ended = dearly("restore", file, "--store", target)

    assert ended.code == 2
    assert str(file) in ended.err
