"""What a store needs now and then: old events and records deleted, what was erased overwritten."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from dearly.delivery import JsonLinesSink
from dearly.language.types import DAY_US
from dearly.store import Store, StoreUnavailable

AT_ONCE = 500
"""So many rows share a commit, which then takes some milliseconds."""
PAUSE_S = 0.02
"""Between two such commits, so that others' writes go first."""

_log = structlog.get_logger("dearly.upkeep")


class Upkeep:
    """The upkeep of one store, for one thread."""

    def __init__(self, store: Store, keep_feed_days: int) -> None:
        self._store = store
        self._keep_feed_us = keep_feed_days * DAY_US
        self._scrub_asked = False
        self._unerased: deque[tuple[JsonLinesSink, Sequence[str]]] = deque()
        self._closing = False

    def ask_to_scrub(self) -> None:
        """Somebody was erased: have their bytes overwritten the next time."""
        self._scrub_asked = True

    def erase_later(self, sink: JsonLinesSink, customer_ids: Sequence[str]) -> None:
        """A sink's files could not be rewritten: have it tried again each time."""
        self._unerased.append((sink, customer_ids))

    def look_after(self, keep_events_us: int | None, now_us: int) -> None:
        """Do what there is to do. Blocks, for as long as there is much.

        Raises:
            StoreUnavailable: the store does not answer; what was left comes next time.
            OSError: nor can a sink's files be rewritten.
        """
        if keep_events_us is not None:
            before_us = now_us - keep_events_us
            self._delete("events_expired", lambda: self._store.expire_events(before_us, AT_ONCE))
        self._delete("feed_trimmed", lambda: self._store.trim_feed(now_us - self._keep_feed_us, AT_ONCE))
        try:
            self._erase_in_sinks()
        finally:  # the last, since of PostgreSQL it may wait for others and fail
            self.scrub()

    def scrub(self) -> None:
        """Overwrite what was erased since the last time."""
        if not self._scrub_asked:
            return
        self._scrub_asked = False
        try:
            self._store.scrub()
        except StoreUnavailable:
            self._scrub_asked = True
            raise
        _log.info("scrubbed")

    def stop(self) -> None:
        """Leave what is left of a long deletion for another time."""
        self._closing = True

    def _erase_in_sinks(self) -> None:
        while self._unerased:
            sink, customer_ids = self._unerased[0]
            count = sink.erase(customer_ids)
            self._unerased.popleft()
            _log.info("sink_erased", sink=sink.name, lines=count)

    def _delete(self, told_as: str, delete: Callable[[], int]) -> None:
        count = deleted = delete()
        while deleted == AT_ONCE and not self._closing:
            time.sleep(PAUSE_S)
            deleted = delete()
            count += deleted
        if count:
            _log.info(told_as, count=count)
