"""The door: what the rules declare comes in, the rest is rejected with its field named."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from dearly.ingest import Rejected, prepare_consent, prepare_event, prepare_item, prepare_profile
from dearly.language.program import Field, Program, Schema, Settings
from dearly.language.types import BOOL, DAY_US, NUMBER, TEXT, ItemRef, SetOf
from dearly.store import (
    Consent,
    EventRecord,
    ItemRecord,
    ProfilePatch,
)

NOW_US = 1_772_000_000_000_000

VIEWED = Schema(
    "product_viewed",
    {
        "product_id": Field("product_id", ItemRef("product"), optional=False),
        "seconds": Field("seconds", NUMBER, optional=True),
        "note": Field("note", TEXT, optional=True),
        "tags": Field("tags", SetOf(TEXT), optional=True),
    },
)
PRODUCT = Schema(
    "product",
    {
        "title": Field("title", TEXT, optional=False),
        "available": Field("available", BOOL, optional=False, default=True),
    },
)
PROGRAM = Program(
    version="test",
    profile={"name": Field("name", TEXT, optional=True), "points": Field("points", NUMBER, optional=True)},
    catalogs={"product": PRODUCT},
    events={"product_viewed": VIEWED},
    segments={},
    values={},
    lifecycles={},
    blocks={},
    templates={},
    evaluation_order=(),
)


def prepared(**changes: Any) -> EventRecord:
    incoming: dict[str, Any] = {
        "customer_id": "ada",
        "event_type": "product_viewed",
        "time_us": NOW_US,
        "source": "web",
        "event_id": "e1",
        "properties": {"product_id": "p1"},
        "now_us": NOW_US,
    }
    return prepare_event(**{"program": PROGRAM, **incoming, **changes})


def test_an_event_as_declared_is_taken() -> None:
    record = prepared(properties={"product_id": "p1", "seconds": 3, "tags": ["b", "a"], "note": None})
    assert record == EventRecord(
        "ada", "product_viewed", NOW_US, "web", "e1", {"product_id": "p1", "seconds": 3.0, "tags": ["a", "b"]}
    )


def test_an_empty_source_is_a_source() -> None:
    assert prepared(source="").source == ""


REJECTED: list[tuple[dict[str, Any], str, str]] = [
    ({"event_id": ""}, "event_id", "1 to 256 bytes"),
    ({"event_id": None}, "event_id", "got none"),
    ({"event_id": "x" * 257}, "event_id", "at most 256 bytes, got 257"),
    ({"event_id": "x" * 300_000}, "event_id", "at most 256 bytes"),
    ({"customer_id": ""}, "customer_id", "1 to 256 bytes"),
    ({"customer_id": "a\x00"}, "customer_id", "control characters"),
    ({"source": "x" * 257}, "source", "at most 256 bytes"),
    ({"event_type": "product_view"}, "type", "Did you mean `product_viewed`?"),
    ({"event_type": "xyz"}, "type", "no such event type"),
    ({"time_us": NOW_US + DAY_US + 1}, "time", "far future"),
    ({"time_us": -1}, "time", "before 1970"),
    ({"properties": {}}, "properties.product_id", "got nothing"),
    ({"properties": {"product_id": "p", "seconds": "3"}}, "properties.seconds", "expected a number"),
    ({"properties": {"product_id": "p", "second": 3}}, "properties.second", "Did you mean `seconds`?"),
    ({"properties": {"product_id": "p", "note": {"a": {}}}}, "properties.note", "got a mapping"),
    (
        {"properties": {"product_id": "p", "tags": [f"{n:>40}" for n in range(9_999)]}},
        "properties",
        "262,144",
    ),
]


@pytest.mark.parametrize(("changes", "field", "words"), REJECTED, ids=range(len(REJECTED)))
def test_an_event_that_is_not_as_declared_is_rejected(
    changes: dict[str, Any], field: str, words: str
) -> None:
    with pytest.raises(Rejected) as caught:
        prepared(**changes)
    assert caught.value.field == field
    assert words in caught.value.message


def test_clocks_may_differ_by_a_day() -> None:
    assert prepared(time_us=NOW_US + DAY_US).time_us == NOW_US + DAY_US


def test_a_profile_patch_keeps_what_it_clears() -> None:
    found = prepare_profile(
        PROGRAM, customer_id="ada", fields={"name": None, "points": 4}, time_us=3, now_us=NOW_US
    )
    assert found == ProfilePatch("ada", {"name": None, "points": 4.0}, 3)


def test_a_profile_field_that_does_not_fit_is_named() -> None:
    with pytest.raises(Rejected) as caught:
        prepare_profile(PROGRAM, customer_id="ada", fields={"points": True}, time_us=3, now_us=NOW_US)
    assert caught.value.field == "fields.points"


def test_an_item_is_whole_and_leaves_declared_defaults_to_the_rules() -> None:
    item = prepare_item(PROGRAM, catalog="product", item_id="p1", fields={"title": "Tent"})
    assert item == ItemRecord("product", "p1", {"title": "Tent"})


@pytest.mark.parametrize(
    ("catalog", "item_id", "values", "field"),
    [
        ("products", "p1", {"title": "Tent"}, "catalog"),
        ("product", "", {"title": "Tent"}, "item_id"),
        ("product", "p1", {}, "fields.title"),
        ("product", "p1", {"title": "Tent", "colour": "red"}, "fields.colour"),
    ],
)
def test_an_item_that_is_not_as_declared_is_rejected(
    catalog: str, item_id: str, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Rejected) as caught:
        prepare_item(PROGRAM, catalog=catalog, item_id=item_id, fields=values)
    assert caught.value.field == field


def test_an_event_older_than_events_are_kept_is_rejected() -> None:
    settings = Settings(keep_events_us=7 * DAY_US)
    program = replace(PROGRAM, settings=settings)
    with pytest.raises(Rejected, match="of the last 7 days") as caught:
        prepared(program=program, time_us=NOW_US - 7 * DAY_US)
    assert caught.value.field == "time"
    assert prepared(program=program, time_us=NOW_US - 7 * DAY_US + 1).time_us == NOW_US - 7 * DAY_US + 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"purpose": ""}, "purpose"),
        ({"source": "x" * 257}, "source"),
        ({"time_us": NOW_US + DAY_US + 1}, "time"),
    ],
)
def test_a_consent_that_does_not_fit_is_rejected(changed: dict[str, Any], field: str) -> None:
    whole = {"purpose": "marketing", "granted": True, "source": "form", "time_us": 3, "now_us": NOW_US}
    assert prepare_consent(**whole) == Consent("marketing", True, "form", 3)
    with pytest.raises(Rejected) as caught:
        prepare_consent(**(whole | changed))
    assert caught.value.field == field
