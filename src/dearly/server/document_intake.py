"""Documents of other systems: read, kept in one commit a kind, and each part answered for by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TypeAlias

from dearly.ingest import Content, Document, Merge, Part, PartKind, Rejected, read_cloud_event, read_segment
from dearly.language import Program
from dearly.membership import join_standings, merge_body
from dearly.server.application import Application
from dearly.server.deadline import Deadline
from dearly.server.erased import TAKEN_REASON
from dearly.server.event_outcomes import (
    ACCEPTED,
    DUPLICATE,
    ERASED,
    erased_result,
    event_result,
    rejected_result,
)
from dearly.server.giving_way import with_pauses
from dearly.server.limits import MAX_BATCH, MAX_DOCUMENT_PARTS, require_count
from dearly.server.statuses import CallRefused, Violation, invalid_argument
from dearly.store import EventRecord, MergeOutcome, ProfilePatch, Store
from dearly.v1 import events_pb2

Read: TypeAlias = Callable[[Program, bytes, int], Document]
Result: TypeAlias = events_pb2.TrackEventResult

_READERS: Mapping[events_pb2.DocumentForm, Read] = {
    events_pb2.DOCUMENT_FORM_SEGMENT: read_segment,
    events_pb2.DOCUMENT_FORM_CLOUD_EVENTS: read_cloud_event,
}
PIECE_BYTES = 16 * 1024
"""Documents of one call that are read in one go: some 10 ms of work, after which it is others' turn."""

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
    application: Application, request: events_pb2.TrackDocumentsRequest, deadline: Deadline
) -> events_pb2.TrackDocumentsResponse:
    """What became of each document; see the proto."""
    read = _READERS.get(request.form)
    if read is None:
        raise invalid_argument([Violation("form", "expected SEGMENT or CLOUD_EVENTS, got neither.")])
    require_count("documents", len(request.documents), MAX_BATCH)
    program, now_us = application.serving.program, application.now_us()
    documents: list[Document] = []
    for piece in _pieces(request.documents):
        documents += await application.preparations.run(
            _read_some, lambda document: read(program, document, now_us), piece, _room(documents), deadline
        )
    results = await application.write(application.writes, _keep_all, application, documents, deadline)
    return events_pb2.TrackDocumentsResponse(results=results)


def _pieces(documents: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """What is read in one go, in a thread that others wait for as well."""
    piece: list[bytes] = []
    size = 0
    for document in documents:
        piece.append(document)
        size += len(document)
        if size >= PIECE_BYTES:
            yield piece
            piece, size = [], 0
    if piece:
        yield piece


def _read_some(
    read: Callable[[bytes], Document], documents: Sequence[bytes], room: int, deadline: Deadline
) -> list[Document]:
    """Read documents that may say so much together."""
    found: list[Document] = []
    for document in with_pauses(documents):
        deadline.require()
        found.append(read(document))
        room -= len(found[-1].parts)
        if room < 0:
            raise _too_many_parts()
    return found


def _room(documents: Sequence[Document]) -> int:
    """How much more may be said."""
    return MAX_DOCUMENT_PARTS - sum(len(document.parts) for document in documents)


def _too_many_parts() -> CallRefused:
    problem = (
        f"expected documents that say at most {MAX_DOCUMENT_PARTS:,} things together, such as the lines of "
        "orders, got more. Send fewer of them at a time."
    )
    return invalid_argument([Violation("documents", problem)])


def _keep_all(
    application: Application, documents: Sequence[Document], deadline: Deadline
) -> list[events_pb2.DocumentResult]:
    """Keep events, then profiles, then merges: whoever is merged takes both along."""
    parts = [part.content for document in documents for part in document.parts]
    kept = _kept(application.store, parts, application.now_us(), deadline)

    def result(part: Part) -> Result:
        if isinstance(part.content, Rejected):
            return rejected_result(part.content)
        came_of_it = next(kept[type(part.content)])
        return erased_result(" or ".join(part.customer_fields)) if came_of_it is ERASED else came_of_it

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


def _kept(
    store: Store, parts: Sequence[Content | Rejected], now_us: int, deadline: Deadline
) -> Mapping[type[Content], Iterator[Result]]:
    """What became of the parts of each kind. What was kept stays so when the caller waits no longer."""
    deadline.require()
    events = [part for part in parts if isinstance(part, EventRecord)]
    outcomes = store.append_events(events) if events else []
    deadline.require()
    patches = _keep_patches(store, [part for part in parts if isinstance(part, ProfilePatch)], now_us)
    merges: list[Result] = []
    for part in parts:
        if isinstance(part, Merge):
            deadline.require()
            merges.append(_merge(store, part, now_us))
    return {
        EventRecord: map(event_result, outcomes),
        ProfilePatch: iter(patches),
        Merge: iter(merges),
    }


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
