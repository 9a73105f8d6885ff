"""CloudEvents 1.0 in their JSON format: https://github.com/cloudevents/spec/blob/v1.0.2/cloudevents/spec.md.

``subject`` is the customer. ``type`` is an event type of the rules, or what stands after its last full stop
is: ``com.example.shop.product_viewed``. Members of ``data`` that the rules do not declare are left out.
"""

from __future__ import annotations

from dearly.ingest.documents import (
    Document,
    Object,
    PartKind,
    declared_only,
    moment_of,
    object_in,
    part,
    read_object,
    refused,
    snake_case,
)
from dearly.ingest.door import Rejected, prepare_event
from dearly.language.program import Program

_REQUIRED = ("id", "source", "specversion", "type", "subject", "time")
"""The specification leaves the last two to choice; without them it is not known who did it, and when."""
_NAMES = {"event_id": "id", "customer_id": "subject"}


def read_cloud_event(program: Program, document: bytes, now_us: int) -> Document:
    """What one event says, in terms of the rules."""
    try:
        event = read_object(document)
        _require_readable(event)
        kind = _kind(program, str(event["type"]))
        time_us = moment_of("time", event["time"])
        given = object_in("data", event.get("data"))
        declared = program.events[kind].fields if kind in program.events else {}
        properties, ignored = declared_only(declared, given)
    except Rejected as rejected:
        return refused(rejected)
    kept = part(
        PartKind.EVENT,
        {**_NAMES, **{f"properties.{name}": f"data.{name}" for name in declared}, "properties": "data"},
        lambda: prepare_event(
            program,
            customer_id=event["subject"],
            event_type=kind,
            time_us=time_us,
            source=event["source"],
            event_id=event["id"],
            properties=properties,
            now_us=now_us,
        ),
        event["id"],
    )
    return Document((kept,), ignored)


def _require_readable(event: Object) -> None:
    for name in _REQUIRED:
        if not isinstance(event.get(name), str) or not event[name]:
            raise Rejected(name, "expected text, and not an empty one.")
    if event["specversion"] != "1.0":
        raise Rejected("specversion", "expected 1.0, got another version of CloudEvents.")
    if event.get("data_base64") is not None:
        raise Rejected("data_base64", "expected `data` as a JSON object, got bytes.")
    content = event.get("datacontenttype", "application/json")
    essence = content.partition(";")[0].strip().lower() if isinstance(content, str) else ""
    if essence != "application/json" and not essence.endswith("+json"):
        raise Rejected("datacontenttype", "expected application/json, got another type of content.")


def _kind(program: Program, name: str) -> str:
    if name in program.events:
        return name
    return snake_case(name.rpartition(".")[2])
