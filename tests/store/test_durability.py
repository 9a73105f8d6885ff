"""An acknowledged event survives the sudden death of its process."""

from __future__ import annotations

import random
import subprocess
import sys

import pytest

from dearly.store import Outcome, open_store
from tests.store.records import event, read

WRITER = """
import sys
from concurrent.futures import ThreadPoolExecutor
from dearly.store import EventRecord, open_store

store, life = open_store(sys.argv[1]), sys.argv[2]

def send(number):
    store.append_events([EventRecord("ada", "product_viewed", number, "web", f"{life}-{number}", {})])
    sys.stdout.write(f"{life}-{number}\\n")
    sys.stdout.flush()

with ThreadPoolExecutor(4) as pool:
    list(pool.map(send, range(100_000)))
"""


def killed_in_mid_write(url: str, life: str, after: int) -> list[str]:
    """The ids that a writing process acknowledged before it was killed: so many, and what came meanwhile."""
    with subprocess.Popen(
        [sys.executable, "-c", WRITER, url, life], stdout=subprocess.PIPE, text=True
    ) as writer:
        assert writer.stdout is not None
        acknowledged = [writer.stdout.readline() for _ in range(after)]
        writer.kill()
        acknowledged += writer.stdout
    return [line.strip() for line in acknowledged if line.endswith("\n")]


@pytest.mark.slow
def test_whatever_was_acknowledged_before_a_kill_is_there_once(store_url: str) -> None:
    acknowledged: list[str] = []
    for life in range(5):
        acknowledged += killed_in_mid_write(store_url, str(life), after=random.Random(life).randint(1, 200))
    store = open_store(store_url)
    kept = read(store, "ada", "product_viewed").events
    again = [event(name, at=int(name.split("-")[1])) for name in acknowledged]
    assert len(acknowledged) > 5
    assert len(kept) >= len(acknowledged)
    assert set(store.append_events(again)) == {Outcome.DUPLICATE}
    assert read(store, "ada", "product_viewed").events == kept
    store.close()
