"""The erasure of a customer, and its receipt: every place where something of somebody may be.

``erase`` deletes in one durable commit of the store, then in the files of sinks. Bytes that the store's files
still hold are overwritten soon after, once for all who were erased meanwhile.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator

import structlog

from dearly.delivery import JsonLinesSink, Sink
from dearly.server.application import Application
from dearly.server.wire import to_timestamp
from dearly.store import Erasure
from dearly.v1 import profiles_pb2

_log = structlog.get_logger("dearly.erasure")

_LATER = (
    "Its files cannot be rewritten now, as the log says; it is tried again for as long as the server runs."
)
_SCRUB = (
    "What deleted rows left in them is overwritten. Archives and replicas of a PostgreSQL server are the "
    "business of who keeps them."
)
_NO_SCRUB = "This server was told not to overwrite deleted bytes (--no-scrub). Run `dearly scrub`."
_TOLD = "It keeps what it was told of the customer. Erase the customer there as well."
_RESTORED = (
    "One that was made before holds the customer. Delete it when its time is over; after restoring it, erase "
    "again."
)
_ELSEWHERE = (
    ("indexes", profiles_pb2.ERASURE_STATE_HOLDS_NONE, "They are made of sums over everybody."),
    (
        "caches",
        profiles_pb2.ERASURE_STATE_HOLDS_NONE,
        "Nothing of a customer outlives the call that read it.",
    ),
    ("logs", profiles_pb2.ERASURE_STATE_HOLDS_NONE, "They name customers by keyed hashes."),
    ("warehouse exports", profiles_pb2.ERASURE_STATE_NOT_REACHED, "Make those from before anew."),
    ("backups", profiles_pb2.ERASURE_STATE_NOT_REACHED, _RESTORED),
)


def erase(application: Application, customer_id: str) -> profiles_pb2.ErasureReceipt:
    """Erase a customer, known or not. Blocks.

    Raises:
        StoreUnavailable: nothing was erased.
    """
    now_us = application.now_us()
    erasure = application.store.erase_customer(customer_id, now_us)
    if application.settings.scrub:
        application.upkeep.ask_to_scrub()
    in_sinks = [_in_sink(application, sink, erasure) for sink in application.sinks]
    receipt = profiles_pb2.ErasureReceipt(
        receipt_id=secrets.token_hex(16),
        erase_time=to_timestamp(now_us),
        customer_hash=application.hash_of(customer_id),
        was_known=erasure.was_known,
        id_count=len(erasure.ids),
        places=[*_in_store(erasure, application.settings.scrub), *in_sinks, *_elsewhere()],
    )
    _log.info(
        "erased",
        receipt=receipt.receipt_id,
        customer=receipt.customer_hash,
        was_known=erasure.was_known,
        deleted={place.place: place.deleted_count for place in receipt.places if place.deleted_count},
    )
    return receipt


def _in_store(erasure: Erasure, scrubs: bool) -> Iterator[profiles_pb2.ErasedPlace]:
    for table, count in sorted(erasure.rows.items()):
        yield profiles_pb2.ErasedPlace(
            place=f"store/{table}", state=profiles_pb2.ERASURE_STATE_DELETED, deleted_count=count
        )
    state, note = profiles_pb2.ERASURE_STATE_SCHEDULED, _SCRUB
    if not scrubs:
        state, note = profiles_pb2.ERASURE_STATE_NOT_REACHED, _NO_SCRUB
    yield profiles_pb2.ErasedPlace(place="store/files", state=state, note=note)


def _in_sink(application: Application, sink: Sink, erasure: Erasure) -> profiles_pb2.ErasedPlace:
    place = profiles_pb2.ErasedPlace(place=f"sinks/{sink.name}")
    if not isinstance(sink, JsonLinesSink):
        place.state, place.note = profiles_pb2.ERASURE_STATE_NOT_REACHED, _TOLD
        return place
    try:
        place.deleted_count = sink.erase(erasure.ids)
        place.state = profiles_pb2.ERASURE_STATE_DELETED
    except OSError as error:
        _log.error("sink_not_erased", sink=sink.name, error=error.strerror)
        application.upkeep.erase_later(sink, erasure.ids)
        place.state, place.note = profiles_pb2.ERASURE_STATE_SCHEDULED, _LATER
    return place


def _elsewhere() -> Iterator[profiles_pb2.ErasedPlace]:
    for place, state, note in _ELSEWHERE:
        yield profiles_pb2.ErasedPlace(place=place, state=state, note=note)
