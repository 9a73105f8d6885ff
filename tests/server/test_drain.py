"""The end of a server comes within its grace period, whatever still works."""

from __future__ import annotations

import asyncio
import os
import signal
import threading

from dearly.server import watch_for_stop
from tests.server.conftest import Log, OpenShop
from tests.server.requests import patch
from tests.server.waiting import until


async def test_a_check_that_does_not_end_does_not_hold_up_the_servers_end(
    open_shop: OpenShop, log: Log
) -> None:
    free, begun = threading.Event(), threading.Event()

    def check() -> None:
        begun.set()
        free.wait(60)

    async with open_shop(grace_s=0.05) as shop:
        checking = asyncio.ensure_future(shop.running.application.checks.run(check))
        await until(begun.is_set)
    assert not checking.done()
    free.set()
    await checking
    assert [line["event"] for line in log.lines()][-3:] == ["draining", "drain_cut_short", "stopped"]


async def test_a_server_whose_work_is_done_drains_to_its_end(open_shop: OpenShop, log: Log) -> None:
    async with open_shop() as shop:
        await patch(shop, "ada", first_name="Ada")
    events = [line["event"] for line in log.lines()]
    assert events[-1] == "stopped"
    assert "drain_cut_short" not in events


async def test_an_interrupt_stops_a_background_job_that_began_with_interrupts_ignored() -> None:
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        asked = watch_for_stop()
        os.kill(os.getpid(), signal.SIGINT)
        await asyncio.wait_for(asked.wait(), 5)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler  # a second one ends it at once
    finally:
        signal.signal(signal.SIGINT, before)
