"""``dearly scrub``: what was deleted is overwritten."""

from __future__ import annotations

from pathlib import Path

from dearly.store import EventRecord, open_store
from tests.cli.conftest import Dearly

CANARY = "canary-5f2c"


def test_nothing_of_a_deleted_customer_is_left_in_the_files(dearly: Dearly, tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/shop.db"
    store = open_store(url)
    store.append_events([EventRecord(CANARY, "viewed", 1, "", "e1", {"note": CANARY})])
    store.erase_customer(CANARY, 2)
    assert any(CANARY.encode() in path.read_bytes() for path in tmp_path.iterdir())

    for _ in range(2):
        ended = dearly("scrub", "--store", url)
        assert (ended.code, ended.out.partition(" scrubbed.")[0]) == (0, f"{url}:")

    assert not any(CANARY.encode() in path.read_bytes() for path in tmp_path.iterdir())
    store.close()
