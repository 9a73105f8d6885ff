"""Documents of other systems: read, kept in one commit a kind, and each part answered for by itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from dearly.ingest import Document, Merge, Part, PartKind, Rejected, read_cloud_event, read_segment
from dearly.language import Program
from dearly.membership import join_standings, merge_body
from dearly.server.application import Application
from dearly.server.erased import TAKEN_REASON
from dearly.server.event_outcomes import ACCEPTED, DUPLICATE, ERASED, event_result, rejected_result
from dearly.server.limits import MAX_BATCH, MAX_DOCUMENT_PARTS, require_count
from dearly.server.statuses import Violation, invalid_argument
from dearly.server.threads import with_pauses
from dearly.store import EventRecord, MergeOutcome, ProfilePatch, Store
from dearly.v1 import events_pb2

Read: TypeAlias = Callable[[Program, bytes, int], Document]
Result: TypeAlias = events_pb2.TrackEventResult

_READERS: Mapping[events_pb2.DocumentForm, Read] = {
    events_pb2.DOCUMENT_FORM_SEGMENT: read_segment,
    events_pb2.DOCUMENT_FORM_CLOUD_EVENTS: read_cloud_event,
}
_KINDS = {
    PartKind.DOCUMENT: events_pb2.DOCUMENT_PART_KIND_DOCUMENT,
    PartKind.EVENT: events_pb2.DOCUMENT_PART_KIND_EVENT,
    PartKind.PROFILE: events_pb2.DOCUMENT_PART_KIND_PROFILE,
    PartKind.MERGE: events_pb2.DOCUMENT_PART_KIND_MERGE,
}
_MERGES = {
    MergeOutcome.MERGED: ACCEPTED,
    MergeOutcome.ALREADY_ONE: DUPLICATE,
    MergeOutcome.ERASED: ERASED,
    MergeOutcome.TAKEN: events_pb2.TrackEventResult(
        outcome=events_pb2.EVENT_OUTCOME_CONFLICT, reason=TAKEN_REASON
    ),
}


async def track_documents(
    application: Application, request: events_pb2.TrackDocumentsRequest
) -> events_pb2.TrackDocumentsResponse:
    """What became of each document; see the proto."""
    read = _READERS.get(request.form)
    if read is None:
        raise invalid_argument([Violation("form", "expected SEGMENT or CLOUD_EVENTS, got neither.")])
    require_count("documents", len(request.documents), MAX_BATCH)
    documents = await application.preparations.run(_read_all, application, read, request.documents)
    require_count("documents", sum(len(each.parts) for each in documents), MAX_DOCUMENT_PARTS)
    results = await application.writes.run(_keep_all, application, documents)
    return events_pb2.TrackDocumentsResponse(results=results)


def _read_all(application: Application, read: Read, documents: Sequence[bytes]) -> list[Document]:
    program, now_us = application.serving.program, application.now_us()
    return [read(program, document, now_us) for document in with_pauses(documents)]


def _keep_all(application: Application, documents: Sequence[Document]) -> list[events_pb2.DocumentResult]:
    """Keep events, then profiles, then merges: whoever is merged takes both along."""
    store, now_us = application.store, application.now_us()
    parts = [part.content for document in documents for part in document.parts]
    events = iter(store.append_events([one for one in parts if isinstance(one, EventRecord)]))
    patches = iter(_keep_patches(store, [one for one in parts if isinstance(one, ProfilePatch)], now_us))
    merges = iter([_merge(store, one, now_us) for one in parts if isinstance(one, Merge)])
    application.came_in()

    def result(part: Part) -> Result:
        match part.content:
            case Rejected() as rejected:
                return rejected_result(rejected)
            case EventRecord():
                return event_result(next(events))
            case ProfilePatch():
                return next(patches)
            case Merge():
                return next(merges)

    return [
        events_pb2.DocumentResult(
            parts=[
                events_pb2.DocumentPart(kind=_KINDS[part.kind], event_id=part.event_id, result=result(part))
                for part in document.parts
            ],
            ignored_count=document.ignored,
        )
        for document in documents
    ]


def _keep_patches(store: Store, patches: Sequence[ProfilePatch], now_us: int) -> list[Result]:
    """Keep those whose customers were not erased; whoever is erased between two tries is left out as well."""
    results = [ACCEPTED] * len(patches)
    left = list(enumerate(patches))
    while left and (places := set(store.upsert_profiles([patch for _, patch in left], now_us))):
        for place in places:
            results[left[place][0]] = ERASED
        left = [one for place, one in enumerate(left) if place not in places]
    return results


def _merge(store: Store, merge: Merge, now_us: int) -> Result:
    record = merge_body(merge.from_id, merge.into_id, now_us)
    return _MERGES[store.merge_customers(merge.from_id, merge.into_id, now_us, record, join_standings)]
