"""Keeps membership in a thread of its own, by the rules that serve."""

from __future__ import annotations

import time
from collections.abc import Callable

import structlog

from dearly.language import Program
from dearly.membership import MembershipEngine, Progress, Watched, watch_program
from dearly.server.access_log import CustomerHash
from dearly.server.giving_way import GivingWay
from dearly.server.threads import BlockingThreads
from dearly.store import Store

RUN_S = 1.0
"""After so long the thread shows that it is well."""

_log = structlog.get_logger("dearly.membership")


class MembershipWorker:
    """Runs the engine: at once when something came in, and at the instant of the next timer."""

    def __init__(
        self,
        store: Store,
        program: Callable[[], Program],
        now_us: Callable[[], int],
        hash_of: CustomerHash,
        when_told: Callable[[], None],
        is_busy: Callable[[], bool],
    ) -> None:
        """``program`` gives the rules of the moment; ``when_told`` is called, from the thread, whenever there
        may be something new in the feed; ``is_busy`` says whether events are being taken in, which go first.
        """
        self._program = program
        self._when_told = when_told
        self._watched: Watched | None = None
        self._stopping = False
        self._is_done = False
        """Whether the last step found nothing to do: only then is there anything to wait for."""
        self._thread = BlockingThreads(1, 0)
        self.engine = MembershipEngine(store, self._watch, now_us, hash_of, GivingWay(is_busy))

    def begin(self) -> None:
        """Take the first step before anybody calls: so a new store's first customer is told of, too.

        Raises:
            UnreadableStanding: a newer version of Dearly kept this store.
        """
        self.engine.step()

    async def work(self) -> None:
        """Do what there is to do for a while."""
        await self._thread.run(self._work)

    def poke(self) -> None:
        """Something came in, or the rules changed."""
        self.engine.poke()

    def close(self, within_s: float) -> bool:
        """Stop after the step under way; whether it ended in time."""
        self._stopping = True
        self.engine.poke()
        return self._thread.close(within_s)

    def tell(self) -> None:
        """Log how far membership is, where there is more to do than usual. Blocks."""
        progress = self.engine.progress()
        if progress.due or progress.building or progress.is_leaving:
            _log.info(
                "membership",
                state=state_of(progress),
                done=progress.done,
                customers=progress.customers,
                due=progress.due,
            )

    def _work(self) -> None:
        ends_s = time.monotonic() + RUN_S
        while not self._stopping and time.monotonic() < ends_s:
            may_be_told = not self._is_done or self.engine.wait()
            if self._stopping:
                return
            self._is_done = self.engine.step() == 0
            if may_be_told or not self._is_done:
                self._when_told()

    def _watch(self) -> Watched:
        program = self._program()
        if self._watched is None or self._watched.program is not program:
            self._watched = watch_program(program)
        return self._watched


def state_of(progress: Progress) -> str:
    """What is being done, in a word."""
    if progress.building is not None:
        return "building"
    return "leaving" if progress.is_leaving else "kept"
