"""The erasure of a customer, and its receipt: every place where something of somebody may be.

``erase`` deletes in one durable commit of the store, which also keeps what has to follow, then in the files
of sinks. What is left after that :class:`dearly.server.upkeep.Upkeep` finishes, of this server or of another,
after a kill as well: files that could not be rewritten, and bytes that the store's files still hold, which
are overwritten once for all who were erased meanwhile.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import structlog

from dearly.delivery import JsonLinesSink, Sink
from dearly.server.application import Application
from dearly.server.wire import to_timestamp
from dearly.store import SINKS, STORE_FILES, Erasure, StoreUnavailable
from dearly.v1 import profiles_pb2

_log = structlog.get_logger("dearly.erasure")

_LATER = "Its files cannot be rewritten now, as the log says; it is tried again until they are."
_AGAIN = "Its files cannot be rewritten now, as the log says. See to that, and erase the customer again."
_OTHERS = (
    "This server does not tell it. If it is a file, a server that does rewrites it, as soon as one runs; if "
    "not, erase the customer there as well."
)
_SCRUB = (
    "What deleted rows left in them is overwritten. PostgreSQL's own write-ahead log keeps old bytes until "
    "it is recycled, for minutes or hours; its archives and replicas are the business of who keeps them."
)
_NO_SCRUB = "This server was told not to overwrite deleted bytes (--no-scrub). Run `dearly scrub`."
_TOLD = (
    "It keeps what it was told of the customer; a record that is on its way at this moment arrives. Erase "
    "the customer there as well."
)
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


def erase(application: Application, customer_id: str, receipt_id: str) -> profiles_pb2.ErasureReceipt:
    """Erase a customer, known or not; the receipt has this id. Blocks.

    Raises:
        StoreUnavailable: nothing was erased.
    """
    now_us = application.now_us()
    erasure = application.store.erase_customer(customer_id, now_us)
    in_sinks = [*(_in_sink(sink, erasure) for sink in application.sinks), *_in_others(application, erasure)]
    _settle(application, erasure, in_sinks)
    receipt = profiles_pb2.ErasureReceipt(
        receipt_id=receipt_id,
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


def _in_sink(sink: Sink, erasure: Erasure) -> profiles_pb2.ErasedPlace:
    place = profiles_pb2.ErasedPlace(place=SINKS + sink.name)
    if not isinstance(sink, JsonLinesSink):
        place.state, place.note = profiles_pb2.ERASURE_STATE_NOT_REACHED, _TOLD
        return place
    try:
        place.deleted_count = sink.erase(erasure.ids)
        place.state = profiles_pb2.ERASURE_STATE_DELETED
    except (OSError, StoreUnavailable) as error:
        _log.error("sink_not_erased", sink=sink.name, error=str(error))
        if place.place in erasure.due:
            place.state, place.note = profiles_pb2.ERASURE_STATE_SCHEDULED, _LATER
        else:  # nobody has begun to tell it, so that the store does not know of it yet
            place.state, place.note = profiles_pb2.ERASURE_STATE_NOT_REACHED, _AGAIN
    return place


def _in_others(application: Application, erasure: Erasure) -> Iterator[profiles_pb2.ErasedPlace]:
    """The sinks that the store knows and this server was not given."""
    ours = {SINKS + sink.name for sink in application.sinks}
    for place in sorted(erasure.due.keys() - ours - {STORE_FILES}):
        yield profiles_pb2.ErasedPlace(
            place=place, state=profiles_pb2.ERASURE_STATE_NOT_REACHED, note=_OTHERS
        )


def _settle(application: Application, erasure: Erasure, in_sinks: Sequence[profiles_pb2.ErasedPlace]) -> None:
    """Have nobody come back to the sinks of this server that are done with."""
    ours = {SINKS + sink.name for sink in application.sinks}
    done = [
        erasure.due[each.place]
        for each in in_sinks
        if each.place in ours & erasure.due.keys() and each.state != profiles_pb2.ERASURE_STATE_SCHEDULED
    ]
    if not done:
        return
    try:
        application.store.settle_erasures(done)
    except StoreUnavailable as error:  # somebody comes back for nothing
        _log.warning("erasure_not_settled", error=str(error))


def _elsewhere() -> Iterator[profiles_pb2.ErasedPlace]:
    for place, state, note in _ELSEWHERE:
        yield profiles_pb2.ErasedPlace(place=place, state=state, note=note)
