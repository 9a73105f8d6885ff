"""Background work that outlives its own failures."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from dearly.server.logs import where_it_failed

LONGEST_PAUSE_S = 30.0

_log = structlog.get_logger("dearly.workers")


async def supervise(
    name: str,
    step: Callable[[], Awaitable[object]],
    every_s: float,
    longest_pause_s: float = LONGEST_PAUSE_S,
) -> None:
    """Take a step, pause, and again, until cancelled.

    A step that fails is logged and taken again after a pause that doubles with each failure in a row, up to
    the longest; the first success makes it short again.
    """
    failures = 0
    while True:
        try:
            await step()
            failures = 0
        except Exception as error:  # noqa: BLE001 - a worker's outermost frame
            failures += 1
            _log.error("worker_failed", worker=name, failures_in_a_row=failures, **where_it_failed(error))
        await asyncio.sleep(_pause_s(every_s, failures, longest_pause_s))


def _pause_s(every_s: float, failures: int, longest_s: float) -> float:
    """Between two steps after so many failures in a row."""
    return every_s if not failures else min(every_s * 2.0 ** min(failures, 32), max(longest_s, every_s))
