"""Brings the feed to the sinks: in order, at least once, each sink at its own pace."""

from __future__ import annotations

import asyncio
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import PurePath

from dearly.delivery.retrying import RetryPolicy, is_given_up, pause_us
from dearly.delivery.sinks import Delivery, Failure, Sink
from dearly.language.types import SECOND_US
from dearly.language.values import time_to_stored
from dearly.store import DeadLetter, FeedRecord, SinkState, Store, StoreUnavailable

LEASE_US = 60 * SECOND_US
"""Nobody else tells a sink for so long."""
_ROUND_US = 20 * SECOND_US
"""No record is begun with after so long, so that the last one ends well within the lease."""
_PAGE = 500
"""So many records at most are told twice after a crash."""
_PAGE_BYTES = 2 * 2**20
"""No more of their bodies, but for the last one, is held at a time."""
_HOPELESS = 2
"""So many records given up in a row show that it is the sink that fails, not they."""


@dataclass(frozen=True, slots=True)
class SinkReport:
    """How a sink stands after it was told what there was, or failed.

    ``delivered`` and ``dead`` count what became of records this time, since the sink was last up to date or
    waited; ``waiting`` is at most how many it has yet to be told, the oldest of which was recorded at
    ``waiting_since_us`` (None: it has all).
    """

    name: str
    position: int
    delivered: int
    dead: int
    waiting: int
    waiting_since_us: int | None
    failures: int
    failing_since_us: int | None
    reason: str | None
    """Why the last try failed, if it did; holds nobody's data."""

    def lag_us(self, now_us: int) -> int:
        """How long the oldest record that waits has waited."""
        return 0 if self.waiting_since_us is None else max(now_us - self.waiting_since_us, 0)


@dataclass(slots=True)
class _Round:
    """What becomes of one page of records while they are told."""

    name: str
    position: int
    failures: int
    failing_since_us: int | None
    reason: str | None
    """Why the last try failed, of this page or one before, while the sink fails."""
    delivered: int = 0
    dead: list[DeadLetter] = field(default_factory=list)
    given_up_in_a_row: int = 0
    failure: Failure | None = None
    retry_us: int | None = None
    """When the record after ``position`` is tried again; None: nothing failed, or it was set aside."""
    rest: Sequence[FeedRecord] = ()
    """What of the page is yet to be told."""
    is_last: bool = False
    """Whether there is no more to tell for now."""

    @property
    def state(self) -> SinkState:
        """As the store keeps it."""
        return SinkState(self.name, self.position, self.failures, self.failing_since_us, self.reason)

    def take(self, last: FeedRecord, count: int) -> None:
        """So many records were taken, up to this one."""
        self.position = last.position
        self.delivered += count
        self._answer_well()

    def refuse(self, record: FeedRecord, failure: Failure, now_us: int) -> None:
        """The sink works, and says that it will never take this record."""
        self._bury(record, str(failure), now_us)
        self._answer_well()

    def give_up(self, record: FeedRecord, failure: Failure, now_us: int) -> None:
        """The record has been tried for long enough."""
        since = time_to_stored(self.failing_since_us or now_us)
        self._bury(record, f"given up, since the sink has failed since {since}; at last, {failure}", now_us)
        self.given_up_in_a_row += 1

    def _answer_well(self) -> None:
        self.failures, self.failing_since_us, self.reason = 0, None, None
        self.given_up_in_a_row, self.failure = 0, None

    def _bury(self, record: FeedRecord, reason: str, now_us: int) -> None:
        self.position = record.position
        self.dead.append(DeadLetter(0, self.name, record, reason, now_us))


class Courier:
    """Tells sinks what the feed of a store holds. Several couriers, in several servers, may share the sinks.

    Each sink has a task of its own while it is told, so that one that hangs holds up none of the others.
    """

    def __init__(
        self,
        store: Store,
        sinks: Sequence[Sink],
        now_us: Callable[[], int],
        random: Callable[[], float],
        owner: str,
    ) -> None:
        """``random`` gives numbers of [0, 1); ``owner`` is a name that no other courier has."""
        self._store = store
        self._sinks = tuple(sinks)
        self._now_us = now_us
        self._random = random
        self._owner = owner
        self._policy = RetryPolicy()
        self.latest: dict[str, SinkReport] = {}
        """How each sink stood when it was last told something, or failed; renewed while it catches up."""
        self._tasks: dict[str, asyncio.Task[SinkReport | None]] = {}
        self._reports: list[SinkReport] = []
        """Of sinks that were done when another's task failed: told by the next step."""
        self._seen: dict[str, int] = {}
        """Up to where each sink was told, when it was told all there was."""
        self._looked: dict[str, int] = {}
        """Where the feed ended when each sink was last looked after: there one begins anew that was forgotten
        since, and loses nothing that was recorded after it was."""

    async def step(self) -> list[SinkReport]:
        """Tell the sinks what is new, until the first of them is done; how each stands that is done.

        A sink with nothing new, in another courier's hands, or waiting for its next try, gives no report.
        Cheap when there is nothing to do; call it again and again.

        Raises:
            StoreUnavailable: the store does not answer; what was told meanwhile may be told again.
        """
        for sink in self._sinks:
            if sink.name not in self._tasks:
                self._tasks[sink.name] = asyncio.create_task(self._tell_all(sink))
        if not self._tasks:
            return []
        done, _ = await asyncio.wait(self._tasks.values(), return_when=asyncio.FIRST_COMPLETED)
        self._tasks = {name: task for name, task in self._tasks.items() if task not in done}
        errors = [error for task in done if (error := task.exception())]
        self._reports += [report for task in done if not task.exception() and (report := task.result())]
        if errors:
            raise errors[0]
        reports, self._reports = self._reports, []
        return reports

    async def close(self) -> None:
        """Stop, letting go of the sinks so that others may have them at once; and close them."""
        for task in self._tasks.values():
            task.cancel()
        await asyncio.gather(*self._tasks.values(), return_exceptions=True)
        self._tasks.clear()
        for sink in self._sinks:
            await sink.close()

    # ---------------------------------------------------------------------------------------------- one sink

    async def _tell_all(self, sink: Sink) -> SinkReport | None:
        """Tell a sink page after page, until it has all, fails, or is somebody else's."""
        _, newest = await asyncio.to_thread(self._store.feed_ends)
        begins, self._looked[sink.name] = self._looked.get(sink.name), newest
        if self._seen.get(sink.name) == newest:
            return None
        delivered = dead = 0
        while (round_ := await self._tell_page(sink, begins)) is not None:
            begins = newest
            delivered += round_.delivered
            dead += len(round_.dead)
            self.latest[sink.name] = await self._report(round_, delivered, dead)
            if round_.is_last:
                if round_.retry_us is None:  # the newest may be gone by now, with whoever was erased
                    self._seen[sink.name] = max(newest, round_.position)
                return self.latest[sink.name]
        return None

    async def _tell_page(self, sink: Sink, begins: int | None) -> _Round | None:
        """Tell a sink the next records; None when it is not this courier's to tell."""
        store, name, now_us = self._store, sink.name, self._now_us()
        state = await self._lease(name, now_us, begins)
        if state is None:
            return None
        round_ = _Round(name, state.position, state.failures, state.failing_since_us, state.reason)
        try:
            page = await asyncio.to_thread(store.read_feed, state.position, _PAGE, _PAGE_BYTES)
            await self._tell_records(sink, page, round_, now_us + _ROUND_US)
            round_.is_last = round_.retry_us is not None or (not round_.rest and _is_the_end(page))
        finally:  # when this is cancelled as well: others need not wait for the lease to end
            retry_us = self._now_us() if round_.retry_us is None else round_.retry_us
            is_kept = await self._settle(round_.state, retry_us, round_.dead)
        if not is_kept:
            return None
        self._seen[name] = round_.position
        return round_

    async def _lease(self, name: str, now_us: int, begins: int | None) -> SinkState | None:
        """Take a sink; let go of it again when this is cancelled, which stops no thread."""
        lease, until_us = self._store.lease_sink, now_us + LEASE_US
        leasing = asyncio.create_task(asyncio.to_thread(lease, name, self._owner, now_us, until_us, begins))
        try:
            return await asyncio.shield(leasing)
        except asyncio.CancelledError:
            if (state := await leasing) is not None:
                await self._settle(state, now_us, [])
            raise

    async def _settle(self, state: SinkState, retry_us: int, dead: Sequence[DeadLetter]) -> bool:
        """Keep how far a sink was told, and let go of it; done when this ends, even when it is cancelled."""
        settle = self._store.settle_sink
        settling = asyncio.create_task(asyncio.to_thread(settle, state, self._owner, retry_us, dead))
        try:
            return await asyncio.shield(settling)
        except asyncio.CancelledError:
            await settling
            raise

    async def _tell_records(
        self, sink: Sink, page: Sequence[FeedRecord], round_: _Round, until_us: int
    ) -> None:
        round_.rest = page
        while round_.rest and round_.retry_us is None and self._now_us() < until_us:
            record = round_.rest[0]
            if round_.given_up_in_a_row >= _HOPELESS and round_.failure and self._is_given_up(record, round_):
                round_.give_up(record, round_.failure, self._now_us())
                round_.rest = round_.rest[1:]
                continue
            delivery = await _deliver(sink, round_.rest[: sink.at_once])
            if delivery.taken:
                round_.take(round_.rest[delivery.taken - 1], delivery.taken)
                round_.rest = round_.rest[delivery.taken :]
            if delivery.failure is not None:
                self._fail(round_, delivery.failure)

    def _fail(self, round_: _Round, failure: Failure) -> None:
        """Set aside the record that the sink did not take, or say when it is tried again."""
        record, now_us = round_.rest[0], self._now_us()
        if not failure.may_help:
            round_.refuse(record, failure, now_us)
            round_.rest = round_.rest[1:]
            return
        round_.failure, round_.reason = failure, failure.reason
        round_.failures += 1
        if round_.failing_since_us is None:
            round_.failing_since_us = now_us
        if self._is_given_up(record, round_):
            round_.give_up(record, failure, now_us)
            round_.rest = round_.rest[1:]
        else:
            round_.retry_us = now_us + pause_us(self._policy, round_.failures, failure, self._random())

    def _is_given_up(self, record: FeedRecord, round_: _Round) -> bool:
        since_us, now_us = round_.failing_since_us, self._now_us()
        return since_us is not None and is_given_up(self._policy, record, since_us, now_us)

    async def _report(self, round_: _Round, delivered: int, dead: int) -> SinkReport:
        _, newest = await asyncio.to_thread(self._store.feed_ends)
        return SinkReport(
            round_.name,
            round_.position,
            delivered,
            dead,
            waiting=max(newest - round_.position, 0),
            waiting_since_us=round_.rest[0].recorded_us if round_.rest else None,
            failures=round_.failures,
            failing_since_us=round_.failing_since_us,
            reason=None if round_.failure is None else round_.failure.reason,
        )


def _is_the_end(page: Sequence[FeedRecord]) -> bool:
    """Whether a page is shorter than it might be, for want of further records."""
    return len(page) < _PAGE and sum(len(record.body.encode()) for record in page) < _PAGE_BYTES


async def _deliver(sink: Sink, records: Sequence[FeedRecord]) -> Delivery:
    """What a sink says of records. A mistake in one is a failure of that one: it is tried again, later and
    later, and holds up none of the others.
    """
    try:
        return await sink.deliver(records)
    except StoreUnavailable:
        raise
    except Exception as error:  # noqa: BLE001 - the outermost frame of one sink among several
        *_, frame = traceback.extract_tb(error.__traceback__)
        place = f"{PurePath(frame.filename).name}:{frame.lineno}"
        reason = f"a mistake in Dearly kept it from being told ({type(error).__name__} in {place})"
        return Delivery(0, Failure(reason, may_help=True))
