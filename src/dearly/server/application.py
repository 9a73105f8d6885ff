"""What the services of one server share, and how it changes while they run."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeAlias

import grpc
import structlog

from dearly.content import Personalizer, Serving, load_every_locale
from dearly.recommendation import Recommender, RecommenderKeeper
from dearly.server.bounded_reads import BoundedReads
from dearly.server.rules_keeper import RulesKeeper
from dearly.server.settings import ServerSettings
from dearly.server.statuses import Violation, invalid_argument, permission_denied
from dearly.server.threads import BlockingThreads
from dearly.server.wire import time_problem, to_us
from dearly.store import Store, open_store

PREPARE_THREADS = 1
"""What is to be written is checked in Python, where more threads only take the interpreter from the loop."""
WRITE_THREADS = 16
"""Writes that wait together share one commit."""
EVALUATION_THREADS = 2
READ_THREADS = 4
CHECK_THREADS = 1
MAX_WAITING = 256
MAX_WAITING_CHECKS = 2


LAST_WAIT_S = 0.5
"""So long what blocks may take to end when no more of the grace period is left."""

_log = structlog.get_logger("dearly.server")

Context: TypeAlias = "grpc.aio.ServicerContext[Any, Any]"
"""What gRPC tells a method of its call."""


class Application:
    """The store, the rules and indexes that serve now, the clock, and the threads that may block.

    Rules and recommender change together, on the loop, between two calls; a call takes its references once
    and goes on with them.
    """

    def __init__(
        self,
        store: Store,
        rules: RulesKeeper,
        recommendations: RecommenderKeeper,
        now_us: Callable[[], int],
        *,
        allow_now: bool,
        id_key: bytes,
    ) -> None:
        self.store = store
        self.now_us = now_us
        self.rules = rules.served
        self._render_reads = BoundedReads(store)
        self.personalizer = Personalizer(
            rules.served.serving, self._render_reads.read, recommendations.current, id_key=id_key
        )
        self.preparations = BlockingThreads(PREPARE_THREADS, MAX_WAITING)
        self.writes = BlockingThreads(WRITE_THREADS, MAX_WAITING)
        self.reads = BlockingThreads(READ_THREADS, MAX_WAITING)
        self.evaluations = BlockingThreads(EVALUATION_THREADS, MAX_WAITING)
        self.checks = BlockingThreads(CHECK_THREADS, MAX_WAITING_CHECKS)
        self._changes = BlockingThreads(1, MAX_WAITING_CHECKS)
        self._rules = rules
        self._recommendations = recommendations
        self._allow_now = allow_now

    @property
    def serving(self) -> Serving:
        """The rules that serve now, compiled."""
        return self.rules.serving

    @property
    def recommender(self) -> Recommender:
        """The snapshot that answers now."""
        return self.personalizer.recommender

    async def refresh(self) -> None:
        """Look for changed rules, indexes and items; what is found serves from the next call on."""
        recommender = await self._changes.run(self._look)
        self.rules = self._rules.served
        self.personalizer.serving = self.rules.serving
        self.personalizer.recommender = recommender

    def _look(self) -> Recommender:
        now_us = self.now_us()
        self._rules.look(now_us)
        return self._recommendations.refresh(self._rules.served.serving.program, now_us)

    def moment_us(self, request: Any) -> int:
        """The time as of which a request is answered: its ``now``, if it has one and the server takes it.

        Raises:
            CallRefused: PERMISSION_DENIED where the server does not take it; INVALID_ARGUMENT for no time.
        """
        if not request.HasField("now"):
            return self.now_us()
        if not self._allow_now:
            raise permission_denied(
                "NOW_NOT_ALLOWED",
                "now: this server decides by its own clock. Start it with --allow-now to let callers choose.",
            )
        if problem := time_problem(request.now):
            raise invalid_argument([Violation("now", problem)])
        return to_us(request.now)

    def close(self, within_s: float = LAST_WAIT_S) -> None:
        """Finish what the threads have begun, then close the store.

        What takes longer is left behind, and the store open under it: what it acknowledged is durable, and
        the end of the process ends both.
        """
        ends_s = time.monotonic() + within_s
        pools = (
            self.preparations,
            self.writes,
            self.reads,
            self.evaluations,
            self._changes,
            self.checks,
        )
        ended = [pool.close(max(0.0, ends_s - time.monotonic())) for pool in pools]
        if not all(ended):
            _log.warning("drain_cut_short", waited_s=round(within_s, 3))
            return
        self._render_reads.close()
        self.store.close()


def open_application(settings: ServerSettings, now_us: Callable[[], int]) -> Application:
    """Everything that a server needs before it listens.

    Raises:
        RulesRefused: the rules have errors.
        StoreUnavailable: the store cannot be opened.
    """
    load_every_locale()
    rules = RulesKeeper(settings.rules, now_us())
    store = open_store(settings.store)
    try:
        recommendations = RecommenderKeeper(store, settings.index)
        recommendations.refresh(rules.served.serving.program, now_us())
        return Application(
            store,
            rules,
            recommendations,
            now_us,
            allow_now=settings.allow_now,
            id_key=settings.log_key.encode(),
        )
    except BaseException:
        store.close()
        raise
