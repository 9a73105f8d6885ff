"""Calls of the Segment spec: https://segment.com/docs/connections/spec/.

``track`` is an event, ``identify`` changes a profile, ``alias`` merges two customers. Names are spelled as
rules spell them (``Product Viewed``, ``productId``); properties and traits that the rules do not declare are
left out, since the spec has many that nobody asks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from dearly.ingest.documents import (
    Document,
    Merge,
    Object,
    Part,
    PartKind,
    declared_only,
    moment_of,
    object_in,
    part,
    read_object,
    refused,
    snake_case,
)
from dearly.ingest.door import Rejected, checked_id, prepare_event, prepare_profile
from dearly.language.program import Program

SOURCE = "segment"
"""Under which source the events are kept; ``messageId`` is unique in it."""

MAX_PRODUCTS = 1_000
"""Lines of one order."""

_NAMES = {
    "event_id": "messageId",
    "type": "event",
    "time": "timestamp",
    "update_time": "timestamp",
}
_MERGED = ("previousId", "userId")
"""By ``alias``, whoever the first names becomes whoever the second names."""
_ORDER, _LINE, _LINES = "order_completed", "product_purchased", "products"
_OF_THE_ORDER = ("order_id", "checkout_id", "affiliation", "currency")
"""What the spec says of an order as a whole, and holds of each of its lines."""


class _Customer(NamedTuple):
    """Whom a call is about, and the field that says so."""

    field: str
    id: object


def read_segment(program: Program, document: bytes, now_us: int) -> Document:
    """What one call says, in terms of the rules."""
    try:
        call = read_object(document)
        match call.get("type"):
            case "track":
                return _track(program, call, now_us)
            case "identify":
                return _identify(program, call, now_us)
            case "alias":
                return _alias(call)
            case "page" | "screen" | "group":
                raise Rejected("type", "expected track, identify or alias; other calls are not kept.")
            case _:
                raise Rejected("type", "expected track, identify or alias, got something else.")
    except Rejected as rejected:
        return refused(rejected)


def _track(program: Program, call: Object, now_us: int) -> Document:
    name = call.get("event")
    if not isinstance(name, str):
        raise Rejected("event", "expected the name of the event as text, got none.")
    kind = name if name in program.events else snake_case(name)
    properties, time_us = object_in("properties", call.get("properties")), _happened_us(call)
    lines: list[Any] = []
    if kind == _ORDER and _LINE in program.events:
        lines = _lines(properties)
        properties = {key: value for key, value in properties.items() if key != _LINES}
    customer, event_id = _customer(call), call.get("messageId")
    parts: list[Part] = []
    ignored = 0
    for suffix, told_as, values in [("", kind, properties), *_purchases(properties, lines)]:
        declared = program.events[told_as].fields if told_as in program.events else {}
        taken, left_out = declared_only(declared, values)
        parts.append(_event(program, customer, told_as, time_us, event_id, suffix, taken, now_us))
        ignored += left_out
    return Document(tuple(parts), ignored)


def _event(
    program: Program,
    customer: _Customer,
    kind: str,
    time_us: int,
    event_id: object,
    suffix: str,
    properties: Mapping[str, object],
    now_us: int,
) -> Part:
    whole_id = f"{event_id}{suffix}" if isinstance(event_id, str) and event_id else event_id
    return part(
        PartKind.EVENT,
        {**_NAMES, "customer_id": customer.field},
        lambda: prepare_event(
            program,
            customer_id=customer.id,
            event_type=kind,
            time_us=time_us,
            source=SOURCE,
            event_id=whole_id,
            properties=properties,
            now_us=now_us,
        ),
        whole_id if isinstance(whole_id, str) else "",
    )


def _lines(properties: Object) -> list[Any]:
    lines = properties.get(_LINES)
    if lines is None:
        return []
    if not isinstance(lines, list) or not all(isinstance(line, dict) for line in lines):
        raise Rejected("properties.products", "expected a list of JSON objects, got something else.")
    if len(lines) > MAX_PRODUCTS:
        raise Rejected("properties.products", f"expected at most {MAX_PRODUCTS:,} lines, got {len(lines):,}.")
    return [object_in(f"properties.products[{place}]", line) for place, line in enumerate(lines)]


def _purchases(order: Object, lines: list[Any]) -> Iterator[tuple[str, str, Object]]:
    """Each line of an order as an event of its own, whose id is made of the order's: the same every time."""
    shared, _ = declared_only(dict.fromkeys(_OF_THE_ORDER), order)
    for number, line in enumerate(lines, 1):
        yield f"#{number}", _LINE, {**shared, **line}


def _identify(program: Program, call: Object, now_us: int) -> Document:
    traits, ignored = declared_only(program.profile, object_in("traits", call.get("traits")))
    time_us, customer = _happened_us(call), _customer(call)
    names = {
        **_NAMES,
        "customer_id": customer.field,
        "fields": "traits",
        **{f"fields.{name}": f"traits.{name}" for name in traits},
    }
    change = part(
        PartKind.PROFILE,
        names,
        lambda: prepare_profile(
            program, customer_id=customer.id, fields=traits, time_us=time_us, now_us=now_us
        ),
    )
    return Document((change,), ignored)


def _alias(call: Object) -> Document:
    previous_id, user_id = (checked_id(name, call.get(name)) for name in _MERGED)
    if previous_id == user_id:
        raise Rejected("previousId", "expected another id than userId, got the same.")
    return Document((Part(PartKind.MERGE, Merge(previous_id, user_id), _MERGED),))


def _customer(call: Object) -> _Customer:
    """The user if there is one, else whoever the browser or device stands for. That the two are one is what
    ``alias`` says; a call that has both does not."""
    if call.get("userId") in (None, "") and call.get("anonymousId") is not None:
        return _Customer("anonymousId", call["anonymousId"])
    return _Customer("userId", call.get("userId"))


def _happened_us(call: Object) -> int:
    """When it happened, freed of the error of the sender's clock as far as the call itself tells it.

    That is ``receivedAt - (sentAt - originalTimestamp)``, and ``timestamp`` is it once Segment has passed the
    call on. The clock here has no part in it: a call that is sent again later has to be the same event.
    """
    stamps = {
        name: moment_of(name, call[name])
        for name in ("timestamp", "originalTimestamp", "sentAt", "receivedAt")
        if call.get(name) is not None
    }
    if {"timestamp", "originalTimestamp"} <= stamps.keys():
        return stamps["timestamp"]
    original_us = stamps.get("originalTimestamp", stamps.get("timestamp"))
    if original_us is None:
        raise Rejected("timestamp", "expected when it happened, got nothing.")
    if {"sentAt", "receivedAt"} <= stamps.keys():
        return stamps["receivedAt"] - (stamps["sentAt"] - original_us)
    return original_us
