"""What became of events, on the wire."""

from __future__ import annotations

from dearly.ingest import Rejected
from dearly.server.erased import REASON
from dearly.store import Outcome
from dearly.v1 import events_pb2

_CONFLICT = "An event of this source and id is kept with other content. Send new events under new ids."

ACCEPTED = events_pb2.TrackEventResult(outcome=events_pb2.EVENT_OUTCOME_ACCEPTED)
DUPLICATE = events_pb2.TrackEventResult(outcome=events_pb2.EVENT_OUTCOME_DUPLICATE)


def erased_result(field: str) -> events_pb2.TrackEventResult:
    """That the customer whom a field names was erased."""
    return events_pb2.TrackEventResult(outcome=events_pb2.EVENT_OUTCOME_REJECTED, field=field, reason=REASON)


ERASED = erased_result("customer_id")

_RESULTS = {
    Outcome.ACCEPTED: ACCEPTED,
    Outcome.DUPLICATE: DUPLICATE,
    Outcome.CONFLICT: events_pb2.TrackEventResult(
        outcome=events_pb2.EVENT_OUTCOME_CONFLICT, reason=_CONFLICT
    ),
    Outcome.ERASED: ERASED,
}


def event_result(outcome: Outcome) -> events_pb2.TrackEventResult:
    """What became of an event that fits."""
    return _RESULTS[outcome]


def rejected_result(rejected: Rejected) -> events_pb2.TrackEventResult:
    """That something does not fit."""
    return events_pb2.TrackEventResult(
        outcome=events_pb2.EVENT_OUTCOME_REJECTED, field=rejected.field, reason=rejected.message
    )
