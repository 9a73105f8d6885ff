"""What a store needs now and then: old events and records deleted, what was erased overwritten."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence

import structlog

from dearly.delivery import JsonLinesSink, Sink
from dearly.language.types import DAY_US
from dearly.store import SINKS, STORE_FILES, SinkState, Store

AT_ONCE = 500
"""So many rows share a commit, which then takes some milliseconds."""
PAUSE_S = 0.02
"""Between two such commits, so that others' writes go first."""

_log = structlog.get_logger("dearly.upkeep")


class Upkeep:
    """The upkeep of one store, for one thread. What erasures have left to do stands in the store, so that it
    is done after a restart as well, and by whichever server can.
    """

    def __init__(self, store: Store, sinks: Sequence[Sink], keep_feed_days: int, *, scrubs: bool) -> None:
        """``sinks`` are those of this server; ``scrubs`` is whether it overwrites what was erased."""
        self._store = store
        self._sinks = sinks
        self._keep_feed_us = keep_feed_days * DAY_US
        self._scrubs = scrubs
        self._closing = False
        self._lost_at: dict[str, int] = {}
        """Where each sink stood when it was last said that it lost records."""

    def look_after(self, keep_events_us: int | None, now_us: int) -> None:
        """Do what there is to do. Blocks, for as long as there is much.

        Raises:
            StoreUnavailable: the store does not answer; what was left comes next time.
        """
        try:
            self._erase_in_sinks()
            if keep_events_us is not None:
                before_us = now_us - keep_events_us
                self._delete("events_expired", lambda: self._store.expire_events(before_us, AT_ONCE))
            self._trim_feed(now_us)
        finally:  # the last, since of PostgreSQL it may wait for others and fail
            self.scrub()

    def scrub(self) -> None:
        """Overwrite what was erased since the last time, unless somebody is at it.

        Raises:
            StoreUnavailable: it cannot be done now; it stays due.
        """
        if not self._scrubs or STORE_FILES not in self._due():
            return
        if self._store.scrub():
            _log.info("scrubbed")

    def stop(self) -> None:
        """Leave what is left of a long deletion for another time."""
        self._closing = True

    def _due(self) -> dict[str, list[int]]:
        """The numbers of what erasures have left to do, by place."""
        due: dict[str, list[int]] = {}
        for each in self._store.erasures_due():
            due.setdefault(each.place, []).append(each.number)
        return due

    def _erase_in_sinks(self) -> None:
        """Do what servers that erased could not, or left for this one, which has the sink."""
        due = self._due()
        for sink in self._sinks:
            numbers = due.get(SINKS + sink.name)
            if numbers and _erase_in(sink):
                self._store.settle_erasures(numbers)

    def _trim_feed(self, now_us: int) -> None:
        """Delete old records; those that a sink has yet to be told when they are twice as old, and say so."""
        before_us, untold_before_us = now_us - self._keep_feed_us, now_us - 2 * self._keep_feed_us
        lost: Counter[str] = Counter()

        def trim() -> int:
            sinks = self._store.sinks()  # where they stand before: they may be told some meanwhile
            trimmed = self._store.trim_feed(before_us, untold_before_us, AT_ONCE)
            for sink in sinks:
                lost[sink.name] += sum(position > sink.position for position in trimmed)
            return len(trimmed)

        self._delete("feed_trimmed", trim)
        for sink in self._store.sinks():
            self._say_lost(sink, lost[sink.name])

    def _say_lost(self, sink: SinkState, count: int) -> None:
        # one that stands still, such as one that is told no more, would lose some each time
        if count and self._lost_at.get(sink.name) != sink.position:
            self._lost_at[sink.name] = sink.position
            _log.error("sink_lost_records", sink=sink.name, count=count)

    def _delete(self, told_as: str, delete: Callable[[], int]) -> None:
        count = deleted = delete()
        while deleted == AT_ONCE and not self._closing:
            time.sleep(PAUSE_S)
            deleted = delete()
            count += deleted
        if count:
            _log.info(told_as, count=count)


def _erase_in(sink: Sink) -> bool:
    """Whether a sink keeps nothing of the erased any more, as far as this server can do anything about it."""
    if not isinstance(sink, JsonLinesSink):
        return True  # the receipt says that the customer is to be erased there as well
    try:
        count = sink.erase()
    except OSError as error:
        _log.error("sink_not_erased", sink=sink.name, error=str(error))
        return False
    _log.info("sink_erased", sink=sink.name, lines=count)
    return True
