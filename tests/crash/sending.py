"""A client that sends events until each is acknowledged, whatever becomes of the server meanwhile."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from dearly.v1 import events_pb2, events_pb2_grpc

CUSTOMERS = 300
BATCH = 100
LATE, REPEATED = 0.05, 0.03
"""Shares of the events that come late, and of those that come again."""
PAUSE_S = 0.02
TAKEN = {events_pb2.EVENT_OUTCOME_ACCEPTED, events_pb2.EVENT_OUTCOME_DUPLICATE}


@dataclass(slots=True)
class Sender:
    """Sends from a thread of its own, to wherever the server is."""

    address: Callable[[], str | None]
    chance: random.Random
    acked: dict[str, int] = field(default_factory=dict)
    """Those that were acknowledged, and when first."""
    refused: list[str] = field(default_factory=list)
    """Outcomes that no event of these may have."""
    sent: list[events_pb2.Event] = field(default_factory=list)
    _ending: threading.Event = field(default_factory=threading.Event)

    def run(self) -> None:
        """Send batch after batch until told to end; the last one is acknowledged too."""
        while not self._ending.is_set():
            batch = [self._event() for _ in range(BATCH)]
            while (outcomes := self._try(batch)) is None:
                if self._ending.is_set() and self.address() is None:
                    return
                time.sleep(PAUSE_S)
            for event, outcome in zip(batch, outcomes, strict=True):
                if outcome in TAKEN:
                    self.acked.setdefault(event.event_id, time.time_ns() // 1_000)
                else:
                    self.refused.append(f"{event.event_id}: {events_pb2.EventOutcome.Name(outcome)}")

    def end(self) -> None:
        """Let the batch under way be the last; with no server to take it, there is none."""
        self._ending.set()

    def _try(self, batch: Sequence[events_pb2.Event]) -> Sequence[int] | None:
        address = self.address()
        if address is None:
            return None
        try:
            with grpc.insecure_channel(address) as channel:
                reply = events_pb2_grpc.EventServiceStub(channel).TrackEvents(
                    events_pb2.TrackEventsRequest(events=batch), timeout=10
                )
        except grpc.RpcError:
            return None  # it may have been kept, or not: the very same is sent again
        return [result.outcome for result in reply.results]

    def _event(self) -> events_pb2.Event:
        if self.sent and self.chance.random() < REPEATED:
            return self.chance.choice(self.sent)
        ago_us = self.chance.randint(0, 200_000)
        if self.chance.random() < LATE:
            ago_us = self.chance.randint(1_000_000, 30_000_000)
        happened = Timestamp()
        happened.FromMicroseconds(time.time_ns() // 1_000 - ago_us)
        event = events_pb2.Event(
            event_id=f"e{len(self.sent)}",
            customer_id=f"c{self.chance.randrange(CUSTOMERS)}",
            type="ordered" if self.chance.random() < 0.1 else "viewed",
            time=happened,
            source="crash",
        )
        event.properties.update({"total": 5} if event.type == "ordered" else {"product_id": "p1"})
        self.sent.append(event)
        return event
