"""Background work goes on after failures."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from structlog.testing import capture_logs

from dearly.server.workers import supervise


async def test_a_worker_that_fails_is_told_of_and_goes_on() -> None:
    steps = 0
    enough = asyncio.Event()

    async def step() -> None:
        nonlocal steps
        steps += 1
        if steps < 3:
            raise ValueError("with somebody's name in it")
        enough.set()

    with capture_logs() as lines:
        worker = asyncio.create_task(supervise("refresh", step, 0.001))
        await asyncio.wait_for(enough.wait(), 5)
        worker.cancel()
        with suppress(asyncio.CancelledError):
            await worker
    assert [line["failures_in_a_row"] for line in lines] == [1, 2]
    assert "somebody" not in str(lines)
