"""What the services of one server share, and how it changes while they run."""

from __future__ import annotations

import asyncio
import os
import secrets
import socket
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from random import SystemRandom
from typing import Any, ParamSpec, TypeAlias, TypeVar

import grpc
import structlog

from dearly.content import Personalizer, Serving, load_every_locale
from dearly.delivery import Courier, Sink, open_sink
from dearly.recommendation import Recommender, RecommenderKeeper
from dearly.server.access_log import CustomerHash
from dearly.server.admission import Admission
from dearly.server.bell import Bell
from dearly.server.bounded_reads import BoundedReads
from dearly.server.limits import MAX_STREAMS, MAX_WATCHERS
from dearly.server.membership_worker import MembershipWorker
from dearly.server.rules_keeper import RulesKeeper
from dearly.server.settings import ServerSettings
from dearly.server.statuses import Violation, invalid_argument, permission_denied
from dearly.server.threads import BlockingThreads
from dearly.server.upkeep import Upkeep
from dearly.server.wire import time_problem, to_us
from dearly.store import Store, StoreUnavailable, open_store

PREPARE_THREADS = 2
"""What is to be written is checked in Python, where more threads only take the interpreter from the loop; it
is two, since one long document must not hold up everybody."""
WRITE_THREADS = 16
"""Writes that wait together share one commit."""
EVALUATION_THREADS = 2
MEMBER_THREADS = 2
"""While the worker lags, such a read evaluates many customers; who asks for one must not wait for that."""
READ_THREADS = 4
STREAM_THREADS = 2
"""While one waits for its commit, the other checks what comes next."""
WATCH_THREADS = 2
CHECK_THREADS = 1
MAX_WAITING = 256
MAX_WAITING_CHECKS = 2
MAX_WAITING_MEMBERS = 32
BATCHES_AHEAD = 4
"""A stream has fewer batches of events under way; so none of its calls is ever refused a thread."""

LAST_WAIT_S = 0.5
"""So long what blocks may take to end when no more of the grace period is left."""

P = ParamSpec("P")
T = TypeVar("T")

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
        sinks: Sequence[Sink],
        settings: ServerSettings,
        now_us: Callable[[], int],
    ) -> None:
        self.store = store
        self.store_identity = store.identity()
        self.now_us = now_us
        self.settings = settings
        self.rules = rules.served
        self.hash_of = CustomerHash(settings.log_key.encode())
        self.draining = asyncio.Event()
        """Set once the server is asked to stop: calls that would go on for ever end by themselves."""
        self.news = Bell()
        """Rung when the feed may have grown."""
        self._render_reads = BoundedReads(store)
        self.personalizer = Personalizer(
            rules.served.serving,
            self._render_reads.read,
            recommendations.current,
            id_key=settings.log_key.encode(),
        )
        self.preparations = BlockingThreads(PREPARE_THREADS, MAX_WAITING)
        self.writes = BlockingThreads(WRITE_THREADS, MAX_WAITING)
        self.reads = BlockingThreads(READ_THREADS, MAX_WAITING)
        self.evaluations = BlockingThreads(EVALUATION_THREADS, MAX_WAITING)
        self.member_reads = BlockingThreads(MEMBER_THREADS, MAX_WAITING_MEMBERS)
        self.checks = BlockingThreads(CHECK_THREADS, MAX_WAITING_CHECKS)
        self.streams = BlockingThreads(STREAM_THREADS, MAX_STREAMS * BATCHES_AHEAD)
        self.watches = BlockingThreads(WATCH_THREADS, MAX_WATCHERS)
        self.stream_admission = Admission("streams of events", MAX_STREAMS)
        self.watch_admission = Admission("watches", MAX_WATCHERS)
        self.upkeep = Upkeep(store, sinks, settings.keep_feed_days, scrubs=settings.scrub)
        self.sinks = sinks
        self.courier = Courier(store, sinks, now_us, SystemRandom().random, _owner()) if sinks else None
        self.membership = self._membership_worker() if settings.membership else None
        self._changes = BlockingThreads(1, MAX_WAITING_CHECKS)
        self._upkeep_thread = BlockingThreads(1, 1)
        self._rules = rules
        self._recommendations = recommendations

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
        if self._rules.served.serving is not self.rules.serving:
            self.came_in()
        self.rules = self._rules.served
        self.personalizer.serving = self.rules.serving
        self.personalizer.recommender = recommender

    async def write(
        self, threads: BlockingThreads, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run what writes of customers for a caller, on these threads, and let it be known; what it raises is
        raised.

        That is let be known however it ended, since some or all of it may have been kept, and in the thread,
        since it goes on when its caller gives up.
        """

        def write_and_tell() -> T:
            try:
                return function(*args, **kwargs)
            finally:
                self.came_in()

        return await threads.run(write_and_tell)

    def came_in(self) -> None:
        """Something may have been written that moves or tells somebody; safe to call from any thread.

        Membership looks at once, and then rings the bell: so under a flood of events watchers are woken once
        a look, and not once a write. A server that keeps no membership leaves it to their next look.
        """
        if self.membership is not None:
            self.membership.poke()

    def begin_drain(self) -> None:
        """The server is asked to stop."""
        self.draining.set()
        self.news.ring()

    async def look_after_store(self) -> None:
        """See :class:`Upkeep`."""
        keep_events_us = self.serving.program.settings.keep_events_us
        await self._upkeep_thread.run(self.upkeep.look_after, keep_events_us, self.now_us())

    def _membership_worker(self) -> MembershipWorker:
        loop = asyncio.get_running_loop()

        def ring() -> None:
            loop.call_soon_threadsafe(self.news.ring)

        return MembershipWorker(
            self.store,
            lambda: self.serving.program,
            self.now_us,
            self.hash_of,
            ring,
            lambda: any(each.is_busy for each in (self.preparations, self.writes, self.streams)),
        )

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
        if not self.settings.allow_now:
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
        self.upkeep.stop()
        worker = () if self.membership is None else (self.membership,)
        pools = (
            *worker,
            self.preparations,
            self.writes,
            self.reads,
            self.evaluations,
            self.member_reads,
            self.streams,
            self.watches,
            self._changes,
            self._upkeep_thread,
            self.checks,
        )
        ended = [pool.close(max(0.0, ends_s - time.monotonic())) for pool in pools]
        if not all(ended):
            _log.warning("drain_cut_short", waited_s=round(within_s, 3))
            return
        self._render_reads.close()
        self._scrub_last()
        self.store.close()

    def _scrub_last(self) -> None:
        try:
            self.upkeep.scrub()
        except StoreUnavailable as error:
            _log.warning("not_scrubbed", error=str(error))


def open_application(settings: ServerSettings, now_us: Callable[[], int]) -> Application:
    """Everything that a server needs before it listens.

    Raises:
        RulesRefused: the rules have errors.
        StoreUnavailable: the store cannot be opened.
        UnreadableStanding: a newer version of Dearly kept the store's membership.
        SinkSettingsError: a sink cannot be told: its directory or its secret is not there.
    """
    load_every_locale()
    rules = RulesKeeper(settings.rules, now_us())
    with ExitStack() as opened:
        store = open_store(settings.store)
        opened.callback(store.close)
        recommendations = RecommenderKeeper(store, settings.index)
        recommendations.refresh(rules.served.serving.program, now_us())
        sinks = [open_sink(each, store, now_us, os.environ) for each in settings.sinks]
        application = Application(store, rules, recommendations, sinks, settings, now_us)
        if application.membership is not None:
            application.membership.begin()
        opened.pop_all()
    return application


def _owner() -> str:
    """A name for this server's hold on sinks that no other has."""
    return f"{socket.gethostname()}-{os.getpid()}-{secrets.token_hex(4)}"
