"""A server is killed after the store has an erasure and before files have it; the next one finishes it."""

from __future__ import annotations

import fcntl
import threading
from contextlib import closing
from pathlib import Path

import grpc
import pytest

from dearly.store import open_store
from dearly.v1 import profiles_pb2, profiles_pb2_grpc
from tests.erasure.test_erasure_under_load import RULES, everything_becomes_known, files_with
from tests.serving import server_process
from tests.waiting import wait_until

GONE, STAYS = "canary7zq-gone", "canary8zq-stays"


def erase_in_vain(address: str) -> None:
    """Ask for an erasure that no answer will come to."""
    request = profiles_pb2.EraseProfileRequest(customer_id=GONE)
    with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError):
        profiles_pb2_grpc.ProfileServiceStub(channel).EraseProfile(request, timeout=30)


@pytest.mark.slow
@pytest.mark.timeout(120)
def test_what_a_killed_server_left_of_an_erasure_the_next_one_does(tmp_path: Path) -> None:
    rules, feed = tmp_path / "rules", tmp_path / "feed.jsonl"
    (rules / "templates").mkdir(parents=True)
    (rules / "shop.rules").write_text(RULES)
    (rules / "templates/hero.html").write_text("<p>Hello</p>")
    sink = ("--sink", f"file=file://{feed}")
    with server_process(tmp_path, rules, *sink) as server, Path(f"{feed}.lock").open("ab") as lock:
        with grpc.insecure_channel(server.address) as channel:
            everything_becomes_known(channel, [GONE, STAYS])
        wait_until(lambda: feed.exists() and {GONE, STAYS} <= set(feed.read_text().split('"')))
        wait_until(lambda: feed.read_text().count('"who"') == 2)
        fcntl.flock(lock, fcntl.LOCK_EX)  # nobody rewrites the file now
        asking = threading.Thread(target=erase_in_vain, args=[server.address])
        asking.start()
        with closing(open_store(f"sqlite:///{tmp_path}/store.db")) as store:
            wait_until(lambda: store.erased_ids([GONE]) != {})
        server.process.kill()
        server.process.wait()
        asking.join()
    told = feed.read_text()
    assert GONE in told

    with server_process(tmp_path, rules, *sink):
        wait_until(lambda: files_with([tmp_path], GONE) == [])

    assert feed.read_text().splitlines() == [line for line in told.splitlines() if GONE not in line]
    assert STAYS in feed.read_text()
