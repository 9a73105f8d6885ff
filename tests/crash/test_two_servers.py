"""Two servers on one PostgreSQL, one of them killed: the other carries on, and nothing is told twice."""

from __future__ import annotations

import random
import threading
import time
from pathlib import Path

import pytest

from dearly.language import check_package, read_package
from dearly.store import open_store
from tests.crash.checking import judge
from tests.crash.run import RULES
from tests.crash.sending import Sender
from tests.postgres import fresh_database, needs_postgres
from tests.serving import server_process
from tests.waiting import wait_until


@pytest.mark.slow
@pytest.mark.timeout(300)
@needs_postgres
def test_the_one_that_lives_goes_on_where_the_other_was_killed(tmp_path: Path) -> None:
    url, chance = fresh_database(), random.Random(2)
    program = check_package(read_package(RULES)).program
    assert program is not None
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
    with (
        server_process(tmp_path / "one", RULES, "--store", url) as one,
        server_process(tmp_path / "two", RULES, "--store", url) as two,
    ):
        living = [one.address, two.address]
        sender = Sender(lambda: chance.choice(living), chance)
        sending = threading.Thread(target=sender.run)
        sending.start()
        try:
            wait_until(lambda: len(sender.acked) > 1_500)
            living.remove(one.address)
            one.process.kill()
            time.sleep(4)  # so that windows of seconds end while there is one server alone
            wait_until(lambda: len(sender.acked) > 3_000)
        finally:
            sender.end()
            sending.join()
    store = open_store(url)
    verdict = judge(store, program, sender)
    store.close()

    assert verdict.is_good, verdict
    assert verdict.fired > 100
