"""CloudEvents in JSON, and what they are in terms of the rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dearly.ingest import Document, PartKind, Rejected, read_cloud_event
from dearly.language.types import HOUR_US
from dearly.store import EventRecord
from tests.ingest.shop import NOW_US, shop

PROGRAM = shop()


def read(**changed: Any) -> Document:
    whole = {
        "specversion": "1.0",
        "id": "e1",
        "source": "https://shop.example/web",
        "type": "com.example.shop.product_viewed",
        "subject": "ada",
        "time": "2026-02-25T05:13:20Z",
        "data": {"productId": "p1", "colour": "red"},
    }
    event = {name: value for name, value in (whole | changed).items() if value is not None}
    return read_cloud_event(PROGRAM, json.dumps(event).encode(), NOW_US)


def test_an_event_is_taken_under_its_own_id_and_source() -> None:
    found = read()
    (part,) = found.parts
    assert (part.kind, part.event_id, found.ignored) == (PartKind.EVENT, "e1", 1)
    assert part.customer_fields == ("subject",)
    assert part.content == EventRecord(
        "ada",
        "product_viewed",
        NOW_US - HOUR_US,
        "https://shop.example/web",
        "e1",
        {"product_id": "p1"},
    )


@pytest.mark.parametrize(
    "changed",
    [
        {"type": "product_viewed"},
        {"type": "ProductViewed"},
        {"datacontenttype": "application/json; charset=utf-8"},
        {"datacontenttype": "application/vnd.shop+json"},
        {"extension": "of somebody's own"},
    ],
)
def test_what_the_specification_leaves_open_is_taken(changed: dict[str, Any]) -> None:
    (part,) = read(**changed).parts
    assert isinstance(part.content, EventRecord)


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    *(
        ({name: None}, name, "not an empty one")
        for name in ("id", "source", "specversion", "type", "subject", "time")
    ),
    ({"id": 7}, "id", "expected text"),
    ({"id": "x" * 257}, "id", "at most 256 bytes"),
    ({"subject": "x" * 257}, "subject", "at most 256 bytes"),
    ({"source": "x" * 257}, "source", "at most 256 bytes"),
    ({"specversion": "0.3"}, "specversion", "expected 1.0"),
    ({"type": "com.example.video_played"}, "type", "no such event type"),
    ({"time": "2026-02-27T06:13:20Z"}, "time", "far future"),
    ({"time": "noon"}, "time", "RFC 3339"),
    ({"data": None, "data_base64": "AAAA"}, "data_base64", "got bytes"),
    ({"data": "text"}, "data", "JSON object"),
    ({"data": {}}, "data.product_id", "got nothing"),
    ({"datacontenttype": "text/xml"}, "datacontenttype", "application/json"),
]


@pytest.mark.parametrize(("changed", "field", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_taken_is_refused_by_the_name_it_has_in_the_event(
    changed: dict[str, Any], field: str, words: str
) -> None:
    (part,) = read(**changed).parts
    assert isinstance(part.content, Rejected)
    assert part.content.field == field
    assert words in part.content.message
