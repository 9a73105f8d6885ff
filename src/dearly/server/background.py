"""The work that goes on beside the calls, each kind in a supervised task of its own."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from dearly.delivery import Courier, SinkReport
from dearly.server.application import Application
from dearly.server.workers import supervise

BETWEEN_RUNS_S = 0.005
"""Between two runs of a worker that waits by itself for something to do."""
BETWEEN_LOOKS_S = 0.2
"""How often the courier looks for something to tell: cheap when there is nothing."""
TOLD_EVERY_S = 10.0
LONGEST_PAUSE_S = 2.0
"""Of those who keep others waiting: a store that was away is found soon."""

_log = structlog.get_logger("dearly.delivery")


def start_workers(application: Application) -> list[asyncio.Task[None]]:
    """Start all that a server does by itself."""
    settings = application.settings
    workers = [
        _start("refresh", application.refresh, settings.refresh_s),
        _start("upkeep", application.look_after_store, settings.upkeep_s),
    ]
    if application.membership is not None:
        worker = application.membership
        workers += [
            _start("membership", worker.work, BETWEEN_RUNS_S, LONGEST_PAUSE_S),
            _start("membership_report", lambda: application.reads.run(worker.tell), TOLD_EVERY_S),
        ]
    if application.courier is not None:
        tell = _told_steps(application.courier, application.now_us)
        workers.append(_start("courier", tell, BETWEEN_LOOKS_S, LONGEST_PAUSE_S))
    return workers


async def stop_workers(application: Application, workers: list[asyncio.Task[None]]) -> None:
    """Let each end where it is."""
    for worker in workers:
        worker.cancel()
    await asyncio.gather(*workers, return_exceptions=True)
    if application.courier is not None:
        await application.courier.close()


def _start(
    name: str, step: Callable[[], Awaitable[object]], every_s: float, *longest_pause_s: float
) -> asyncio.Task[None]:
    return asyncio.create_task(supervise(name, step, every_s, *longest_pause_s))


def _told_steps(courier: Courier, now_us: Callable[[], int]) -> Callable[[], Awaitable[None]]:
    """The courier's steps; what fails, and what is well again, is logged."""
    failing: set[str] = set()

    async def step() -> None:
        for report in await courier.step():
            _tell(report, failing, now_us())

    return step


def _tell(report: SinkReport, failing: set[str], now_us: int) -> None:
    facts = {"sink": report.name, "waiting": report.waiting, "behind_s": report.lag_us(now_us) // 1_000_000}
    if report.dead:
        _log.error("dead_letters", count=report.dead, **facts)
    if report.reason is not None:
        failing.add(report.name)
        _log.warning("sink_fails", failures_in_a_row=report.failures, reason=report.reason, **facts)
    elif report.name in failing:
        failing.discard(report.name)
        _log.info("sink_recovered", **facts)
