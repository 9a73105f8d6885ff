"""What erasures have left to do, and when somebody was erased, goes into a backup and out of it."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from dearly.store import ProfilePatch, Store, open_store, restore_backup
from tests.postgres import needs_postgres
from tests.store.conftest import STORES
from tests.store.test_feed import tell


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=needs_postgres)])
def test_a_restored_store_knows_of_erasures_what_the_backed_up_one_did(
    store: Store, tmp_path: Path, kind: str
) -> None:
    tell(store, "a", customer="ada")
    store.lease_sink("log", "me", 1, 2)
    store.erase_customer("ada", 3)
    store.erase_customer("bob", 4)
    store.upsert_profiles([ProfilePatch("bob", {}, 5, readmit=True)], 5)
    store.backup(tmp_path / "backup.db")
    (tmp_path / "new").mkdir()
    url = STORES[kind](tmp_path / "new")
    restore_backup(tmp_path / "backup.db", url)
    with closing(open_store(url)) as again:
        assert again.erased_ids(["ada", "bob"]) == store.erased_ids(["ada", "bob"])
        assert again.erasures_due() == store.erasures_due()
        assert again.upsert_profiles([ProfilePatch("bob", {}, 6), ProfilePatch("ada", {}, 6)], 6) == [1]
        known = {due.number for due in again.erasures_due()}
        assert known.isdisjoint(again.erase_customer("cyd", 7).due.values())
