"""The grocer's year replayed in time order through ``StreamEvents``, and who is in what at instants of it.

Membership is kept beside the server by an engine whose clock is the replay's: the server's own is the year of
today. At each instant all that happened until then has been acknowledged, and what the engine keeps must be
what DuckDB finds in an export of the whole store as of that instant.
"""

from __future__ import annotations

import random
import shutil
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Any

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from dearly.cli.progress import track_progress
from dearly.evaluation.sql import compile_audience
from dearly.language import Package, Program, check_package
from dearly.language.types import SECOND_US
from dearly.membership import MembershipEngine, watch_program
from dearly.store import EventRecord, Store, open_store
from dearly.v1 import events_pb2, events_pb2_grpc
from dearly.warehouse import export_store, find_audience, open_warehouse, whole_extent
from tests.serving import server_process

SEED = 5
MESSAGE = 100
"""So many events go into a message of the stream."""

SEGMENTS = """
segment bought_this_week   { any order_completed within 7 days }
segment weekly             { at least 6 order_completed within 56 days }
segment drifting           { at least 5 order_completed within 180 days
                             and no order_completed within 28 days }
segment big_spenders       { sum of order_completed.total within 30 days >= 100 }
segment many_products      { distinct of product_purchased.product_id within 14 days >= 10 }
segment dairy              { any product_purchased where category contains "MILK" within 21 days }
segment back_soon          { any order_completed within 90 days followed by order_completed within 7 days }
segment mailed_not_moved   { any email_received within 60 days older than 14 days
                             not followed by coupon_redeemed }
segment coupon_users       { any coupon_redeemed within 90 days }
segment this_month         { average of order_completed.total this month > 25 }
"""


@dataclass(frozen=True, slots=True)
class Replay:
    """What is replayed, in order of time, and the instants at which it is looked at."""

    program: Program
    events: Sequence[EventRecord]
    instants_us: Sequence[int]


def replay_of(imported: Store, schema: Path, households: int | None, instants: int) -> Replay:
    """What a store holds, of the first so many households or of all, with instants drawn by chance."""
    report = check_package(Package({"membership.rules": schema.read_bytes() + SEGMENTS.encode()}))
    if report.program is None:
        raise SystemExit(f"the replay's rules do not check: {report.diagnostics}")
    events: list[EventRecord] = []
    for customer in imported.page_customers(None, 1_000_000)[:households]:
        held = imported.export_customer(customer)
        events += held.events if held is not None else ()
    events.sort(key=attrgetter("time_us", "source", "event_id"))
    chance = random.Random(SEED)
    begin_us, end_us = events[0].time_us, events[-1].time_us
    return Replay(report.program, events, sorted(chance.randint(begin_us, end_us) for _ in range(instants)))


def replay_membership(
    imported: str, schema: Path, work: Path, households: int | None = None, instants: int = 50
) -> dict[str, Any]:
    """Replay an imported store; how many instants were compared, and what of them differs.

    A mismatch is one customer who is in one segment at one instant by the one and not by the other.
    """
    shutil.rmtree(work, ignore_errors=True)
    rules = work / "rules"
    rules.mkdir(parents=True)
    source = open_store(imported, create=False)
    replay = replay_of(source, schema, households, instants)
    source.close()
    (rules / "membership.rules").write_bytes(schema.read_bytes() + SEGMENTS.encode())
    started_s = time.perf_counter()
    with server_process(work, rules, "--no-membership") as server:
        store = open_store(f"sqlite:///{work}/store.db", create=False)
        kept = list(_members_as_replayed(server.address, store, replay))
    spent_s = time.perf_counter() - started_s
    found = _audiences(store, replay, work / "export")
    differences = [
        len(kept_in ^ found_in)
        for kept_then, found_then in zip(kept, found, strict=True)
        for kept_in, found_in in zip(kept_then.values(), found_then.values(), strict=True)
    ]
    moves = store.feed_ends()[1]
    store.close()
    return {
        "membership_instants": len(kept),
        "membership_segments": len(replay.program.segments),
        "membership_events": len(replay.events),
        "membership_transitions": moves,
        "membership_members": sum(len(members) for then in kept for members in then.values()),
        "membership_mismatches": sum(differences),
        "membership_events_per_s": round(len(replay.events) / spent_s),
    }


def _members_as_replayed(address: str, store: Store, replay: Replay) -> Iterator[Mapping[str, set[str]]]:
    """The members of each segment at each instant, once all that had happened was acknowledged."""
    watched, clock_us = watch_program(replay.program), [replay.events[0].time_us]
    engine = MembershipEngine(store, lambda: watched, lambda: clock_us[0], lambda _: "-")
    with (
        grpc.insecure_channel(address) as channel,
        track_progress("replaying", len(replay.events), "events") as advance,
    ):
        stub = events_pb2_grpc.EventServiceStub(channel)
        for part, instant_us in _parts(replay):
            _stream(stub, part)
            clock_us[0] = instant_us
            while engine.step():
                pass
            yield {name: _kept(engine, name, instant_us) for name in replay.program.segments}
            advance(len(part))


def _parts(replay: Replay) -> Iterator[tuple[Sequence[EventRecord], int]]:
    """What happens between each two instants, and the later of these."""
    begin = 0
    for instant_us in replay.instants_us:
        end = begin
        while end < len(replay.events) and replay.events[end].time_us <= instant_us:
            end += 1
        yield replay.events[begin:end], instant_us
        begin = end


def _stream(stub: Any, events: Sequence[EventRecord]) -> None:
    """Send events through one stream, to the last acknowledgement."""
    messages = (
        events_pb2.StreamEventsRequest(events=[_message(event) for event in events[start : start + MESSAGE]])
        for start in range(0, len(events), MESSAGE)
    )
    kept = [result for reply in stub.StreamEvents(messages) for result in reply.results]
    refused = [each for each in kept if each.result.outcome != events_pb2.EVENT_OUTCOME_ACCEPTED]
    if refused or len(kept) != len(events):
        raise SystemExit(f"{len(kept)} of {len(events)} events were answered; not kept: {refused[:3]}")


def _message(event: EventRecord) -> events_pb2.Event:
    message = events_pb2.Event(
        event_id=event.event_id,
        customer_id=event.customer_id,
        type=event.type,
        time=Timestamp(seconds=event.time_us // SECOND_US, nanos=event.time_us % SECOND_US * 1_000),
        source=event.source,
    )
    message.properties.update(dict(event.properties))
    return message


def _kept(engine: MembershipEngine, name: str, now_us: int) -> set[str]:
    return {member.customer_id for member in engine.members_now(name, now_us, None, 1_000_000)[0]}


def _audiences(store: Store, replay: Replay, directory: Path) -> list[dict[str, set[str]]]:
    """What DuckDB finds at each instant in an export of the whole store."""
    program = replay.program
    export_store(store, program, whole_extent(program), directory, replay.events[-1].time_us, lambda _: None)
    with open_warehouse(directory, program) as warehouse:
        return [
            {
                name: set(find_audience(warehouse, compile_audience(program, name), instant_us))
                for name in program.segments
            }
            for instant_us in replay.instants_us
        ]
