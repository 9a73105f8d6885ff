"""The worker behind the calls that keeps membership."""

from __future__ import annotations

from pathlib import Path

from dearly.language.types import SECOND_US
from dearly.membership import MembershipEngine
from dearly.server.membership_worker import MembershipWorker
from dearly.store import EventRecord, open_store
from tests.membership.shop import MORNING_US, SHOP, program_of, watch

CUSTOMERS = 1_000
"""Ten pages of each of two passes."""


async def test_a_pass_over_everybody_waits_for_nothing_between_its_pages(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    before = MembershipEngine(store, lambda: watch(SHOP), lambda: MORNING_US, lambda _: "#")
    before.step()
    store.append_events(
        [
            EventRecord(f"c{number}", "viewed", MORNING_US - SECOND_US, "test", f"e{number}", {})
            for number in range(CUSTOMERS)
        ]
    )
    while before.step():
        pass
    edited = program_of(SHOP.replace("within 10 days", "within 20 days"))
    worker = MembershipWorker(
        store, lambda: edited, lambda: MORNING_US, lambda _: "#", lambda: None, lambda: False
    )
    try:
        for _ in range(3):  # each a second long: so many waits, if there are any
            await worker.work()
        progress = worker.engine.progress()
    finally:
        worker.close(within_s=5)
        store.close()

    assert (progress.building, progress.is_leaving) == (None, False)
