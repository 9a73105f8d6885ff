"""``EventService``: an event is acknowledged once it is durable, and each has an outcome of its own."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.ingest import Rejected, prepare_event
from dearly.language import Program
from dearly.server.application import Application, Context
from dearly.server.limits import MAX_BATCH, require_count
from dearly.server.threads import with_pauses
from dearly.server.wire import time_problem, to_plain, to_us
from dearly.store import EventRecord, Outcome
from dearly.v1 import events_pb2, events_pb2_grpc

_CONFLICT = "An event of this source and id is kept with other content. Send new events under new ids."

_RESULTS = {
    Outcome.ACCEPTED: events_pb2.TrackEventResult(outcome=events_pb2.EVENT_OUTCOME_ACCEPTED),
    Outcome.DUPLICATE: events_pb2.TrackEventResult(outcome=events_pb2.EVENT_OUTCOME_DUPLICATE),
    Outcome.CONFLICT: events_pb2.TrackEventResult(
        outcome=events_pb2.EVENT_OUTCOME_CONFLICT, reason=_CONFLICT
    ),
}


class EventService(events_pb2_grpc.EventServiceServicer):
    """Checks events against the rules that serve, and keeps those that fit."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def TrackEvents(  # noqa: N802 - the method's name in the proto
        self, request: events_pb2.TrackEventsRequest, context: Context
    ) -> events_pb2.TrackEventsResponse:
        """One durable commit for all that fit."""
        del context
        require_count("events", len(request.events), MAX_BATCH)
        checked = await self._application.preparations.run(self._check_all, request.events)
        fitting = [record for record in checked if isinstance(record, EventRecord)]
        kept = iter(await self._application.writes.run(self._application.store.append_events, fitting))
        return events_pb2.TrackEventsResponse(
            results=[
                _RESULTS[next(kept)] if isinstance(record, EventRecord) else _rejected(record)
                for record in checked
            ]
        )

    def _check_all(self, events: Sequence[events_pb2.Event]) -> list[EventRecord | Rejected]:
        program, now_us = self._application.serving.program, self._application.now_us()
        return [_check(program, event, now_us) for event in with_pauses(events)]


def _check(program: Program, event: events_pb2.Event, now_us: int) -> EventRecord | Rejected:
    problem = (
        time_problem(event.time) if event.HasField("time") else "expected when it happened, got nothing."
    )
    if problem:
        return Rejected("time", problem)
    try:
        return prepare_event(
            program,
            customer_id=event.customer_id,
            event_type=event.type,
            time_us=to_us(event.time),
            source=event.source,
            event_id=event.event_id,
            properties=to_plain(event.properties),
            now_us=now_us,
        )
    except Rejected as rejected:
        return rejected


def _rejected(rejected: Rejected) -> events_pb2.TrackEventResult:
    return events_pb2.TrackEventResult(
        outcome=events_pb2.EVENT_OUTCOME_REJECTED, field=rejected.field, reason=rejected.message
    )
