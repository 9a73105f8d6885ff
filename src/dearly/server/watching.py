"""``WatchTransitions``: the feed as a stream, read in pages no faster than its watcher takes them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec

from dearly.delivery import ResumeToken, TokenExpired, TokenRefused, resume_position
from dearly.server.application import Application
from dearly.server.bell import heard
from dearly.server.limits import MAX_NAMES, require_count, require_id
from dearly.server.statuses import Violation, invalid_argument, out_of_range, unavailable
from dearly.server.wire import to_struct, to_timestamp
from dearly.store import FeedRecord
from dearly.v1 import segments_pb2

PAGE = 500
PAGE_BYTES = 128 * 1024
"""What is read at once: so many records, and no more than the one that brings them to so many bytes. Nothing
else waits in the server for a watcher who is slow, or reads nothing at all.
"""
BETWEEN_LOOKS_S = 0.5
"""Another server of the same store rings no bell here."""
RETRY_AFTER_S = 1.0

_BODY = msgspec.json.Decoder(dict[str, Any]).decode
_KINDS = {
    "segment": segments_pb2.TRANSITION_KIND_SEGMENT,
    "lifecycle": segments_pb2.TRANSITION_KIND_LIFECYCLE,
    "trigger": segments_pb2.TRANSITION_KIND_TRIGGER,
    "merge": segments_pb2.TRANSITION_KIND_MERGE,
}
_CAUSES = {
    "time": segments_pb2.TRANSITION_CAUSE_TIME,
    "event": segments_pb2.TRANSITION_CAUSE_EVENT,
    "late_event": segments_pb2.TRANSITION_CAUSE_LATE_EVENT,
    "profile": segments_pb2.TRANSITION_CAUSE_PROFILE,
    "merge": segments_pb2.TRANSITION_CAUSE_MERGE,
    "rules_change": segments_pb2.TRANSITION_CAUSE_RULES_CHANGE,
}


@dataclass(frozen=True, slots=True)
class _Filter:
    """What a watcher wants to be told of; empty: everything."""

    kinds: frozenset[int]
    names: frozenset[str]
    customer_id: str

    def lets_through(self, transition: segments_pb2.Transition) -> bool:
        return (not self.kinds or transition.kind in self.kinds) and (
            not self.names or transition.name in self.names
        )


@dataclass(frozen=True, slots=True)
class _Page:
    """What is told of the next records, and how many those were, filtered out or not."""

    message: segments_pb2.WatchTransitionsResponse
    position: int
    count: int


async def watch(
    application: Application, request: segments_pb2.WatchTransitionsRequest
) -> AsyncGenerator[segments_pb2.WatchTransitionsResponse, None]:
    """What is told, for as long as the watcher stays.

    Raises:
        CallRefused: the request is not as it should be, what comes next is not kept any more, or the server
            stops.
    """
    wanted = _wanted(request)
    position = await application.watches.run(_begin, application, request)
    yield _message(application, position, ())
    told_s = time.monotonic()
    while not application.draining.is_set():
        ring = application.news.listen()
        page = await application.watches.run(_read, application, position, wanted)
        position = page.position
        if page.message.transitions or time.monotonic() >= told_s + application.settings.heartbeat_s:
            yield page.message
            told_s = time.monotonic()
        if not page.count:
            await _wait(application, ring)
    yield _message(application, position, ())
    raise unavailable("The server stops. Go on with the last token, elsewhere or later.", RETRY_AFTER_S)


def _wanted(request: segments_pb2.WatchTransitionsRequest) -> _Filter:
    require_count("names", len(request.names), MAX_NAMES, least=0)
    if segments_pb2.TRANSITION_KIND_UNSPECIFIED in request.kinds:
        raise invalid_argument([Violation("kinds", "expected kinds that there are, got UNSPECIFIED.")])
    customer_id = require_id("customer_id", request.customer_id, optional=True)
    return _Filter(frozenset(request.kinds), frozenset(request.names), customer_id)


def _begin(application: Application, request: segments_pb2.WatchTransitionsRequest) -> int:
    """The position behind which to begin."""
    if request.resume_token:
        try:
            return resume_position(application.store, request.resume_token)
        except TokenExpired as error:
            raise out_of_range("resume_token", str(error)) from None
        except TokenRefused as error:
            raise invalid_argument([Violation("resume_token", str(error))]) from None
    trimmed, newest = application.store.feed_ends()
    return trimmed if request.start == segments_pb2.WATCH_START_BEGINNING else newest


def _read(application: Application, position: int, wanted: _Filter) -> _Page:
    records = application.store.read_feed(position, PAGE, PAGE_BYTES)
    trimmed, _ = application.store.feed_ends()
    if position < trimmed:
        raise out_of_range(
            "resume_token",
            f"records up to position {trimmed} are not kept any more, and the watcher is so slow that it has "
            "not seen them all. Read who is in what with ListMembers, and watch from now.",
        )
    # Asked after reading: who was merged by one of these records is one of the customer's ids by now.
    ids = application.store.ids_of(wanted.customer_id) if wanted.customer_id else ()
    told = (_transition(record) for record in records if not ids or record.customer_id in ids)
    after = records[-1].position if records else position
    return _Page(_message(application, after, filter(wanted.lets_through, told)), after, len(records))


async def _wait(application: Application, ring: asyncio.Event) -> None:
    await heard(ring, min(BETWEEN_LOOKS_S, application.settings.heartbeat_s))


def _message(
    application: Application, position: int, transitions: Iterable[segments_pb2.Transition]
) -> segments_pb2.WatchTransitionsResponse:
    token = str(ResumeToken(application.store_identity, position))
    return segments_pb2.WatchTransitionsResponse(transitions=transitions, resume_token=token)


def _transition(record: FeedRecord) -> segments_pb2.Transition:
    body: Mapping[str, Any] = _BODY(record.body)
    return segments_pb2.Transition(
        position=record.position,
        kind=_KINDS.get(body["kind"], segments_pb2.TRANSITION_KIND_UNSPECIFIED),
        name=body.get("name", ""),
        customer_id=record.customer_id,
        from_state=body.get("from") or "",
        to_state=body.get("to") or "",
        time=to_timestamp(body["at_us"]),
        record_time=to_timestamp(record.recorded_us),
        cause=_CAUSES.get(body.get("cause", ""), segments_pb2.TRANSITION_CAUSE_UNSPECIFIED),
        emitted=to_struct(body["emit"]) if "emit" in body else None,
        from_customer_id=body.get("from_id", ""),
        into_customer_id=body.get("into_id", ""),
        rules_version=body.get("rules", ""),
    )
