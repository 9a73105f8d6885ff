"""``EventService``: an event is acknowledged once it is durable, and each has an outcome of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Iterator, Sequence
from contextlib import aclosing

from dearly.ingest import Rejected, prepare_event
from dearly.language import Program
from dearly.server import document_intake
from dearly.server.application import Application, Context
from dearly.server.deadline import Deadline
from dearly.server.event_outcomes import event_result, rejected_result
from dearly.server.event_stream import EventStream
from dearly.server.giving_way import with_pauses
from dearly.server.limits import MAX_BATCH, require_count
from dearly.server.wire import time_problem, to_plain, to_us
from dearly.store import EventRecord, Outcome
from dearly.v1 import events_pb2, events_pb2_grpc


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
        outcomes = await self._application.write(self._application.writes, self._keep_fitting, checked)
        return events_pb2.TrackEventsResponse(results=_results(checked, outcomes))

    async def StreamEvents(  # noqa: N802 - the method's name in the proto
        self, requests: AsyncIterator[events_pb2.StreamEventsRequest], context: Context
    ) -> AsyncGenerator[events_pb2.StreamEventsResponse, None]:
        """An answer a message, in their order; see :class:`EventStream`."""
        del context
        with self._application.stream_admission.admitted():
            stream = EventStream(requests, self._check_and_keep, self._application.draining)
            async with aclosing(stream.answers()) as answers:
                async for answer in answers:
                    yield answer

    async def TrackDocuments(  # noqa: N802 - the method's name in the proto
        self, request: events_pb2.TrackDocumentsRequest, context: Context
    ) -> events_pb2.TrackDocumentsResponse:
        """What other systems say; see :mod:`dearly.server.document_intake`."""
        return await document_intake.track_documents(self._application, request, Deadline(context))

    async def _check_and_keep(self, events: Sequence[events_pb2.Event]) -> list[events_pb2.TrackEventResult]:
        return await self._application.write(self._application.streams, self._check_and_keep_now, events)

    def _check_and_keep_now(self, events: Sequence[events_pb2.Event]) -> list[events_pb2.TrackEventResult]:
        checked = self._check_all(events)
        return _results(checked, self._keep_fitting(checked))

    def _check_all(self, events: Sequence[events_pb2.Event]) -> list[EventRecord | Rejected]:
        program, now_us = self._application.serving.program, self._application.now_us()
        return [_check(program, event, now_us) for event in with_pauses(events)]

    def _keep_fitting(self, checked: Sequence[EventRecord | Rejected]) -> Iterator[Outcome]:
        return iter(
            self._application.store.append_events(
                [record for record in checked if isinstance(record, EventRecord)]
            )
        )


def _results(
    checked: Sequence[EventRecord | Rejected], outcomes: Iterator[Outcome]
) -> list[events_pb2.TrackEventResult]:
    return [
        event_result(next(outcomes)) if isinstance(record, EventRecord) else rejected_result(record)
        for record in checked
    ]


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
