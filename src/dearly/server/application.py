"""What the services of one server share, and how it changes while they run."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dearly.content import Personalizer, Serving
from dearly.recommendation import Recommender, RecommenderKeeper
from dearly.server.rules_keeper import RulesKeeper, ServedRules
from dearly.server.statuses import Violation, invalid_argument, permission_denied
from dearly.server.threads import BlockingThreads
from dearly.server.wire import time_problem, to_us
from dearly.store import Store

WRITE_THREADS = 4
MAX_WAITING_WRITES = 256
CHECK_THREADS = 1
MAX_WAITING_CHECKS = 4


class Application:
    """The store, the rules and indexes that serve now, the clock, and the threads that may block.

    ``rules``, ``personalizer.serving`` and ``personalizer.recommender`` change together, on the loop, between
    two calls; a call takes its references once and goes on with them.
    """

    def __init__(
        self,
        store: Store,
        rules: RulesKeeper,
        recommendations: RecommenderKeeper,
        now_us: Callable[[], int],
        *,
        allow_now: bool,
    ) -> None:
        self.store = store
        self.now_us = now_us
        self.rules = rules.served
        self.personalizer = Personalizer(rules.served.serving, store, recommendations.current)
        self.writes = BlockingThreads(WRITE_THREADS, MAX_WAITING_WRITES)
        self.checks = BlockingThreads(CHECK_THREADS, MAX_WAITING_CHECKS)
        self._allow_now = allow_now

    @property
    def serving(self) -> Serving:
        """The rules that serve now, compiled."""
        return self.rules.serving

    @property
    def recommender(self) -> Recommender:
        """The snapshot that answers now."""
        return self.personalizer.recommender

    def swap(self, rules: ServedRules, recommender: Recommender) -> None:
        """Let others serve from the next call on. On the loop only."""
        self.rules = rules
        self.personalizer.serving = rules.serving
        self.personalizer.recommender = recommender

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
                "now: this server decides by its own clock; it takes another only when started with --allow-now.",
            )
        if problem := time_problem(request.now):
            raise invalid_argument([Violation("now", problem)])
        return to_us(request.now)

    def close(self) -> None:
        """Finish what the threads have begun, then close the store."""
        self.writes.close()
        self.checks.close()
        self.store.close()
