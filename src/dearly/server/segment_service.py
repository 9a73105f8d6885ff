"""``SegmentService``: who is in what, until when, and who moves."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Iterable
from contextlib import aclosing

from dearly.content import Serving
from dearly.evaluation import Evaluation, read_facts
from dearly.language import nearest
from dearly.language.requirements import names_requirements
from dearly.language.types import END_OF_TIME_US, Value
from dearly.server.application import Application, Context
from dearly.server.deadline import Deadline
from dearly.server.limits import MAX_NAMES, require_count, require_id
from dearly.server.member_pages import count_members, list_members
from dearly.server.statuses import unknown_name
from dearly.server.watching import watch
from dearly.server.wire import to_timestamp
from dearly.store import EventRange
from dearly.v1 import segments_pb2, segments_pb2_grpc


class SegmentService(segments_pb2_grpc.SegmentServiceServicer):
    """Reads only what the names asked about depend on."""

    def __init__(self, application: Application) -> None:
        self._application = application

    async def EvaluateSegments(  # noqa: N802 - the method's name in the proto
        self, request: segments_pb2.EvaluateSegmentsRequest, context: Context
    ) -> segments_pb2.EvaluateSegmentsResponse:
        """One customer at one moment. Reading may wait for the store, and a search for the next change may go
        far: both happen off the loop.
        """
        del context
        serving = self._application.serving
        customer_id = require_id("customer_id", request.customer_id)
        require_count("segments", len(request.segments), MAX_NAMES, least=0)
        require_count("lifecycles", len(request.lifecycles), MAX_NAMES, least=0)
        segments, lifecycles = _names(serving, request)
        now_us = self._application.moment_us(request)
        return await self._application.evaluations.run(
            self._evaluate, serving, customer_id, segments, lifecycles, now_us
        )

    async def ListMembers(  # noqa: N802 - the method's name in the proto
        self, request: segments_pb2.ListMembersRequest, context: Context
    ) -> segments_pb2.ListMembersResponse:
        """A page; whoever is due is evaluated for it, off the loop."""
        application = self._application
        return await application.member_reads.run(list_members, application, request, Deadline(context))

    async def CountMembers(  # noqa: N802 - the method's name in the proto
        self, request: segments_pb2.CountMembersRequest, context: Context
    ) -> segments_pb2.CountMembersResponse:
        """As ListMembers."""
        application = self._application
        return await application.member_reads.run(count_members, application, request, Deadline(context))

    async def WatchTransitions(  # noqa: N802 - the method's name in the proto
        self, request: segments_pb2.WatchTransitionsRequest, context: Context
    ) -> AsyncGenerator[segments_pb2.WatchTransitionsResponse, None]:
        """See :mod:`dearly.server.watching`."""
        del context
        with self._application.watch_admission.admitted():
            async with aclosing(watch(self._application, request)) as messages:
                async for message in messages:
                    yield message

    def _evaluate(
        self,
        serving: Serving,
        customer_id: str,
        segments: Collection[str],
        lifecycles: Collection[str],
        now_us: int,
    ) -> segments_pb2.EvaluateSegmentsResponse:
        evaluation = self._evaluation(serving, customer_id, (*segments, *lifecycles), now_us)
        return segments_pb2.EvaluateSegmentsResponse(
            segments=[_membership(evaluation, name) for name in segments],
            lifecycles=[_standing(evaluation, name) for name in lifecycles],
            as_of=to_timestamp(now_us),
            rules_version=serving.program.version,
        )

    def _evaluation(
        self, serving: Serving, customer_id: str, names: Iterable[str], now_us: int
    ) -> Evaluation:
        events = names_requirements(serving.program, names).events
        ranges = [
            EventRange(event, None if horizon_us is None else now_us - horizon_us)
            for event, horizon_us in events.items()
        ]
        rows = self._application.store.read_customer(customer_id, ranges, END_OF_TIME_US)
        return serving.compiled.at(read_facts(serving.reader, rows.profile, rows.logs), now_us)


def _names(
    serving: Serving, request: segments_pb2.EvaluateSegmentsRequest
) -> tuple[Collection[str], Collection[str]]:
    program = serving.program
    if not request.segments and not request.lifecycles:
        return sorted(program.segments), sorted(program.lifecycles)
    for kind, names, known in (
        ("segment", request.segments, program.segments),
        ("lifecycle", request.lifecycles, program.lifecycles),
    ):
        for name in names:
            if name not in known:
                raise unknown_name(kind, name, nearest(name, known))
    return list(request.segments), list(request.lifecycles)


def _membership(evaluation: Evaluation, name: str) -> segments_pb2.SegmentMembership:
    return segments_pb2.SegmentMembership(
        segment=name,
        membership=_in_wire_terms(evaluation.value(name)),
        next_change=to_timestamp(evaluation.next_flip(name)),
    )


def _in_wire_terms(contained: Value | None) -> segments_pb2.Membership:
    if contained is None:
        return segments_pb2.MEMBERSHIP_UNKNOWN
    return segments_pb2.MEMBERSHIP_MEMBER if contained else segments_pb2.MEMBERSHIP_NOT_MEMBER


def _standing(evaluation: Evaluation, name: str) -> segments_pb2.LifecycleStanding:
    return segments_pb2.LifecycleStanding(
        lifecycle=name,
        stage=str(evaluation.value(name)),
        next_change=to_timestamp(evaluation.next_flip(name)),
    )
