"""Membership as time passes: how late flips are told, a million at once, rebuilding, long histories.

``DEARLY_BENCH_FLIPS`` is how many customers flip at once: a million by default, a tenth on PostgreSQL.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from databases import has_postgres, postgres_url, sqlite_url
from dearly.language.types import DAY_US, SECOND_US
from dearly.membership import Watched
from dearly.store import EventRecord, GenerationState, Store, open_store
from dearly.v1 import (
    content_pb2,
    content_pb2_grpc,
    events_pb2,
    events_pb2_grpc,
    segments_pb2,
    segments_pb2_grpc,
)
from seeding import FRESH_US, RULES, Clock, engine_of, seed_customers, viewed, watched_rules
from servers import WORK, serving

PACED_S = 10
FLIPS_PER_S = 1_000
FLIPS_AT_ONCE = int(os.environ.get("DEARLY_BENCH_FLIPS", "1000000"))
SEEDED_PER_S = 30_000
"""About so many are copied a second: by then the seeded instant is to come."""
BACKFILLED = 10_000
HISTORIES = (10, 1_000, 100_000)
LOOKS = 200
CALLS_PER_S = 50
"""Renders a second, and as many single events, while a million flip."""

Url = Callable[[str], AbstractContextManager[str]]


def measure() -> dict[str, Any]:
    """On SQLite, and on PostgreSQL where it is installed."""
    figures = measure_on("", sqlite_url, FLIPS_AT_ONCE)
    if has_postgres():
        figures |= measure_on("postgres_", postgres_url, max(FLIPS_AT_ONCE // 10, 1))
    return figures


def measure_on(prefix: str, url_of: Url, at_once: int) -> dict[str, Any]:
    """Everything on one kind of store."""
    figures: dict[str, Any] = {}
    with url_of("paced") as url:
        figures |= paced_flips(url)
    with url_of("backfill") as url:
        figures |= backfill(url)
    with url_of("histories") as url:
        figures |= histories(url)
    with url_of("million") as url:
        figures |= flips_at_once(url, at_once)
    return {prefix + name: figure for name, figure in figures.items()}


# ------------------------------------------------------------------------------------------------ lateness


def paced_flips(url: str) -> dict[str, Any]:
    """From the exact instant of a flip to its arrival at a watcher, at a thousand flips a second."""
    with serving(url, RULES, WORK / "no-index") as address, _channel(address) as channel:
        begin_us = _now_us() + 8 * SECOND_US
        step_us = SECOND_US // FLIPS_PER_S
        flips_us = range(begin_us, begin_us + PACED_S * SECOND_US, step_us)
        _track(channel, [viewed(f"c{at_us}", at_us - FRESH_US) for at_us in flips_us])
        late_ms = sorted(_lateness_ms(channel, begin_us, len(flips_us)))
    return {
        "flip_lateness_p50_ms": round(_percentile(late_ms, 0.5), 2),
        "flip_lateness_p99_ms": round(_percentile(late_ms, 0.99), 2),
    }


def _lateness_ms(channel: grpc.Channel, begin_us: int, count: int) -> Iterator[float]:
    """Of each flip that is told from an instant on."""
    told = 0
    for message in _watched(channel):
        arrived_us = _now_us()
        for each in message.transitions:
            at_us = each.time.ToMicroseconds()
            if at_us >= begin_us and not each.to_state:
                told += 1
                yield (arrived_us - at_us) / 1_000
        if told == count:
            return


def _watched(channel: grpc.Channel) -> Iterator[segments_pb2.WatchTransitionsResponse]:
    request = segments_pb2.WatchTransitionsRequest(
        names=["fresh"],
        start=segments_pb2.WATCH_START_BEGINNING,
        kinds=[segments_pb2.TRANSITION_KIND_SEGMENT],
    )
    yield from segments_pb2_grpc.SegmentServiceStub(channel).WatchTransitions(request, timeout=120)


# ---------------------------------------------------------------------------------------------- all at once


def flips_at_once(url: str, count: int) -> dict[str, Any]:
    """Until all who leave at one instant have left, from then on (or from when the server listens)."""
    flip_us = _now_us() + (count // SEEDED_PER_S + 10) * SECOND_US
    seed_customers(url, count, flip_us)
    store = open_store(url, create=False)
    with serving(url, RULES, WORK / "no-index") as address, _channel(address) as channel:
        began_us = max(flip_us, _now_us())
        with _calling(channel, flip_us) as spent:
            _wait_until_none_is_due(store, flip_us)
            took_s = (_now_us() - began_us) / SECOND_US
        _wait_until_none_is_due(store, flip_us)
    (generation,) = store.generations()
    still_in = store.count_members(generation.number, "fresh").get("in", 0)
    store.close()
    if still_in != len(spent["ingest"]):
        raise SystemExit(f"{still_in} are fresh, and {len(spent['ingest'])} should be; no figures")
    return {
        "flips_at_once": count,
        "million_flips_s": round(took_s * 1_000_000 / count, 1),
        "render_p99_ms_meanwhile": round(_percentile(sorted(spent["render"]), 0.99), 1),
        "ingest_p99_ms_meanwhile": round(_percentile(sorted(spent["ingest"]), 0.99), 1),
    }


def _wait_until_none_is_due(store: Store, until_us: int) -> None:
    while (next_us := store.next_due_us()) is not None and next_us <= until_us:
        time.sleep(0.2)


@contextmanager
def _calling(channel: grpc.Channel, from_us: int) -> Iterator[dict[str, list[float]]]:
    """Renders and single events at a steady pace from an instant on; what each took, in milliseconds."""
    spent: dict[str, list[float]] = {"render": [], "ingest": []}
    ended = threading.Event()

    def call() -> None:
        chance, number = random.Random(1), 0
        ended.wait(max(from_us - _now_us(), 0) / SECOND_US)
        while not ended.wait(1 / CALLS_PER_S):
            number += 1
            with _timed(spent["render"]):
                _render(channel, f"c{chance.randrange(100_000):07d}")
            with _timed(spent["ingest"]):
                _track(channel, [viewed(f"new{number}", _now_us())])

    thread = threading.Thread(target=call)
    thread.start()
    try:
        yield spent
    finally:
        ended.set()
        thread.join()


@contextmanager
def _timed(spent_ms: list[float]) -> Iterator[None]:
    started_s = time.perf_counter()
    yield
    spent_ms.append((time.perf_counter() - started_s) * 1_000)


# ---------------------------------------------------------------------------------- rebuilding, histories


def backfill(url: str) -> dict[str, Any]:
    """Customers a second, from the start of a server with an edited rule until the new meaning serves."""
    now_us = _now_us()
    store = open_store(url)
    _append(store, [viewed(f"c{number:07d}", now_us - number) for number in range(BACKFILLED)])
    _settle(store, watched_rules(), now_us)
    edited = WORK / "edited_rules"
    shutil.copytree(RULES, edited, dirs_exist_ok=True)
    with (edited / "shop.rules").open("a") as file:
        file.write("\nsegment edited { any viewed within 3 days }\n")
    with serving(url, edited, WORK / "no-index"):
        started_s = time.perf_counter()
        while any(each.state is GenerationState.BUILDING for each in store.generations()):
            time.sleep(0.01)
        spent_s = time.perf_counter() - started_s
    store.close()
    return {"backfill_customers_per_s": round(BACKFILLED / spent_s)}


def histories(url: str) -> dict[str, Any]:
    """A look after one more event, by how long the history is: 10 are of this week, the rest are old."""
    now_us = _now_us()
    store, watched = open_store(url), watched_rules()
    for count in HISTORIES:
        old = [
            _numbered(f"h{count}", number, now_us - 400 * DAY_US - number * SECOND_US)
            for number in range(count - 10)
        ]
        recent = [_numbered(f"h{count}", -1 - number, now_us - number * DAY_US // 2) for number in range(10)]
        _append(store, old + recent)
    _settle(store, watched, now_us)
    looks = {str(count): _look_us(store, watched, f"h{count}", now_us) for count in HISTORIES}
    store.close()
    return {"look_us_by_events": looks}


def _look_us(store: Store, watched: Watched, customer_id: str, now_us: int) -> int:
    """The median time of a look after one event, as one who asks for members sees it: without a commit."""
    clock, spent_us = Clock(now_us), []
    engine = engine_of(store, watched, clock)
    engine.step()
    for number in range(LOOKS):
        now_us += SECOND_US
        store.append_events([_numbered(customer_id, -1_000 - number, now_us)])
        clock.now_us = now_us
        started_s = time.perf_counter()
        engine.members_now("keen", now_us, None, 10)
        spent_us.append((time.perf_counter() - started_s) * 1e6)
        engine.step()
    return round(sorted(spent_us)[len(spent_us) // 2])


def _numbered(customer_id: str, number: int, time_us: int) -> EventRecord:
    return EventRecord(
        customer_id, "viewed", time_us, customer_id, str(number), {"product": "p1", "seconds": 3}
    )


def _append(store: Store, events: list[EventRecord]) -> None:
    for start in range(0, len(events), 1_000):
        store.append_events(events[start : start + 1_000])


def _settle(store: Store, watched: Watched, now_us: int) -> None:
    engine = engine_of(store, watched, Clock(now_us))
    while engine.step():
        pass


# --------------------------------------------------------------------------------------------------- calls


def _render(channel: grpc.Channel, customer_id: str) -> None:
    request = content_pb2.RenderContentRequest(customer_id=customer_id, blocks=["hello"])
    content_pb2_grpc.ContentServiceStub(channel).RenderContent(request, timeout=10)


def _track(channel: grpc.Channel, records: list[EventRecord]) -> None:
    stub = events_pb2_grpc.EventServiceStub(channel)
    for start in range(0, len(records), 1_000):
        events = [_message(record) for record in records[start : start + 1_000]]
        reply = stub.TrackEvents(events_pb2.TrackEventsRequest(events=events), timeout=30)
        if any(each.outcome != events_pb2.EVENT_OUTCOME_ACCEPTED for each in reply.results):
            raise SystemExit(f"an event was not accepted: {reply.results[0]}")


def _message(record: EventRecord) -> events_pb2.Event:
    time_ = Timestamp()
    time_.FromMicroseconds(record.time_us)
    event = events_pb2.Event(
        event_id=record.event_id,
        customer_id=record.customer_id,
        type=record.type,
        time=time_,
        source=record.source,
    )
    event.properties.update(dict(record.properties))
    return event


def _channel(address: tuple[str, int]) -> grpc.Channel:
    return grpc.insecure_channel(f"{address[0]}:{address[1]}")


def _percentile(ascending: list[float], share: float) -> float:
    return ascending[min(len(ascending) - 1, int(share * len(ascending)))]


def _now_us() -> int:
    return time.time_ns() // 1_000


if __name__ == "__main__":
    WORK.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
