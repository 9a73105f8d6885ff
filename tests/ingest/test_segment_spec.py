"""Calls of the Segment spec, and what they are in terms of the rules."""

from __future__ import annotations

import json
from typing import Any

import pytest

from dearly.ingest import Document, Merge, Part, PartKind, Rejected, read_segment
from dearly.ingest.documents import MAX_PROPERTIES
from dearly.language.types import HOUR_US, SECOND_US
from dearly.store import EventRecord, ProfilePatch
from tests.ingest.shop import NOW_US, shop

PROGRAM = shop()
AT = "2026-02-25T05:13:20.000Z"
AT_US = NOW_US - HOUR_US
ORDER = {
    "order_id": "o1",
    "total": 30,
    "currency": "EUR",
    "products": [{"product_id": "p1", "price": 10}, {"productId": "p2", "price": 20, "brand": "Acme"}],
}


def call(**changed: Any) -> dict[str, Any]:
    whole = {
        "type": "track",
        "event": "Product Viewed",
        "userId": "ada",
        "messageId": "m1",
        "timestamp": AT,
        "properties": {"product_id": "p1"},
    }
    return {name: value for name, value in (whole | changed).items() if value is not None}


def read(**changed: Any) -> Document:
    return read_segment(PROGRAM, json.dumps(call(**changed)).encode(), NOW_US)


def only(document: Document) -> Part:
    (part,) = document.parts
    return part


def event_of(document: Document) -> EventRecord:
    content = only(document).content
    assert isinstance(content, EventRecord), content
    return content


def test_a_track_is_an_event_under_its_message_id() -> None:
    event = event_of(read())
    assert event == EventRecord("ada", "product_viewed", AT_US, "segment", "m1", {"product_id": "p1"})


@pytest.mark.parametrize("name", ["Product Viewed", "product_viewed", "productViewed", "PRODUCT VIEWED"])
def test_names_of_events_are_spelled_as_rules_spell_them(name: str) -> None:
    assert event_of(read(event=name)).type == "product_viewed"


@pytest.mark.parametrize("name", ["product_id", "productId", "Product ID", "ProductID"])
def test_names_of_properties_are_spelled_as_rules_spell_them(name: str) -> None:
    assert event_of(read(properties={name: "p1"})).properties == {"product_id": "p1"}


def test_of_two_spellings_the_declared_one_counts() -> None:
    found = read(properties={"productId": "p2", "product_id": "p1"})
    assert (event_of(found).properties, found.ignored) == ({"product_id": "p1"}, 1)


def test_what_the_rules_do_not_declare_is_left_out_and_counted() -> None:
    found = read(properties={"product_id": "p1", "sku": "s", "position": 3})
    assert (event_of(found).properties, found.ignored) == ({"product_id": "p1"}, 2)


@pytest.mark.parametrize(
    ("ids", "customer"),
    [
        ({"userId": "ada", "anonymousId": "a1"}, "ada"),
        ({"userId": None, "anonymousId": "a1"}, "a1"),
        ({"userId": "", "anonymousId": "a1"}, "a1"),
    ],
)
def test_a_user_goes_before_an_anonymous_id(ids: dict[str, Any], customer: str) -> None:
    assert event_of(read(**ids)).customer_id == customer


SKEWED: list[tuple[dict[str, str | None], int]] = [
    ({}, 0),
    # as Segment passes it on: corrected already
    ({"originalTimestamp": "2026-02-25T04:00:00Z", "sentAt": "2026-02-25T04:00:01Z"}, 0),
    # as a library sends it by way of somebody who notes when it came: an hour and 2 s slow
    ({"sentAt": "2026-02-25T05:13:22Z", "receivedAt": "2026-02-25T06:13:24Z"}, 3_602 * SECOND_US),
    ({"timestamp": None, "originalTimestamp": AT}, 0),
    # straight from a library: a repeat of it has to be the same event
    ({"sentAt": "2026-02-25T05:13:22Z"}, 0),
]


@pytest.mark.parametrize(("stamps", "later_us"), SKEWED)
def test_the_senders_clock_is_corrected_as_far_as_the_call_tells(
    stamps: dict[str, str | None], later_us: int
) -> None:
    assert event_of(read(**stamps)).time_us == AT_US + later_us


def test_an_order_is_one_event_and_one_for_each_line() -> None:
    found = read(event="Order Completed", properties=ORDER)
    assert [part.event_id for part in found.parts] == ["m1", "m1#1", "m1#2"]
    contents = [part.content for part in found.parts]
    assert contents == [
        EventRecord("ada", "order_completed", AT_US, "segment", "m1", {"order_id": "o1", "total": 30.0}),
        EventRecord(
            "ada",
            "product_purchased",
            AT_US,
            "segment",
            "m1#1",
            {"product_id": "p1", "price": 10.0, "order_id": "o1"},
        ),
        EventRecord(
            "ada",
            "product_purchased",
            AT_US,
            "segment",
            "m1#2",
            {"product_id": "p2", "price": 20.0, "order_id": "o1"},
        ),
    ]
    assert found.ignored == 4  # the currency thrice, the brand once


def test_a_line_that_does_not_fit_spoils_no_other() -> None:
    found = read(
        event="Order Completed", properties=ORDER | {"products": [{"price": 1}, {"product_id": "p"}]}
    )
    kinds = [type(part.content) for part in found.parts]
    assert kinds == [EventRecord, Rejected, EventRecord]


def test_an_identify_changes_the_profile_as_of_its_time() -> None:
    found = read(type="identify", traits={"firstName": "Ada", "points": None, "address": {"city": "Turin"}})
    assert only(found) == Part(
        PartKind.PROFILE, ProfilePatch("ada", {"first_name": "Ada", "points": None}, AT_US), ("userId",)
    )
    assert found.ignored == 1


def test_an_alias_merges_the_previous_id_into_the_user() -> None:
    found = read(type="alias", previousId="a1")
    assert only(found) == Part(PartKind.MERGE, Merge("a1", "ada"), ("previousId", "userId"))


WHO = [
    ({}, "userId"),
    ({"userId": None, "anonymousId": "a1"}, "anonymousId"),
    ({"anonymousId": "a1"}, "userId"),
]


@pytest.mark.parametrize(("changed", "field"), WHO)
@pytest.mark.parametrize("kind", ["track", "identify"])
def test_a_part_says_which_field_names_its_customer(kind: str, changed: dict[str, Any], field: str) -> None:
    assert only(read(type=kind, **changed)).customer_fields == (field,)


MANY = {f"p{number}": 1 for number in range(MAX_PROPERTIES + 1)}


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"properties": MANY}, "properties"),
        ({"type": "identify", "traits": MANY}, "traits"),
        (
            {"event": "Order Completed", "properties": ORDER | {"products": [{}, MANY]}},
            "properties.products[1]",
        ),
    ],
)
def test_too_many_members_are_refused_by_the_name_of_what_holds_them(
    changed: dict[str, Any], field: str
) -> None:
    content = only(read(**changed)).content
    assert isinstance(content, Rejected)
    assert (content.field, content.message) == (field, "expected at most 1,000 members, got 1,001.")


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"type": "page"}, "type", "not kept"),
    ({"type": "screen"}, "type", "not kept"),
    ({"type": "group"}, "type", "not kept"),
    ({"type": None}, "type", "expected track"),
    ({"type": ["track"]}, "type", "expected track"),
    ({"event": None}, "event", "name of the event"),
    ({"event": "Video Played"}, "event", "no such event type"),
    ({"messageId": None}, "messageId", "got none"),
    ({"messageId": ""}, "messageId", "empty"),
    ({"messageId": 7}, "messageId", "an id"),
    ({"messageId": "x" * 257}, "messageId", "at most 256 bytes"),
    ({"userId": None}, "userId", "got none"),
    ({"userId": 7}, "userId", "an id"),
    ({"timestamp": None}, "timestamp", "got nothing"),
    ({"timestamp": "yesterday"}, "timestamp", "RFC 3339"),
    ({"timestamp": "2026-02-27T06:13:20Z"}, "timestamp", "far future"),
    ({"properties": []}, "properties", "JSON object"),
    ({"properties": {"product_id": 7}}, "properties.product_id", "expected"),
    ({"properties": {"product_id": "p", "seconds": {"a": 1}}}, "properties.seconds", "a number"),
    ({"event": "Order Completed", "properties": {"products": "p1"}}, "properties.products", "a list"),
    ({"event": "Order Completed", "properties": {"products": [{}] * 1_001}}, "properties.products", "1,000"),
    ({"type": "identify", "traits": {"points": "many"}}, "traits.points", "a number"),
    ({"type": "identify", "timestamp": "2026-02-27T06:13:20Z"}, "timestamp", "far future"),
    ({"type": "alias"}, "previousId", "got none"),
    ({"type": "alias", "previousId": "ada"}, "previousId", "got the same"),
]


@pytest.mark.parametrize(("changed", "field", "words"), REFUSED, ids=range(len(REFUSED)))
def test_what_cannot_be_taken_is_refused_by_the_name_it_has_in_the_call(
    changed: dict[str, Any], field: str, words: str
) -> None:
    content = only(read(**changed)).content
    assert isinstance(content, Rejected)
    assert content.field == field
    assert words in content.message


NO_OBJECTS = [
    b"",
    b"[]",
    b'"track"',
    b"{",
    b"\xff",
    b'{"a":' + b"[" * 500_000,
    b'{"a":1e999}',
    b'{"a":"\\ud800"}',
]


@pytest.mark.parametrize("document", NO_OBJECTS, ids=range(len(NO_OBJECTS)))
def test_a_document_that_is_no_json_object_is_refused_whole(document: bytes) -> None:
    part = only(read_segment(PROGRAM, document, NOW_US))
    assert part.kind is PartKind.DOCUMENT
    assert isinstance(part.content, Rejected)


def test_a_document_that_is_read_again_says_the_same() -> None:
    document = json.dumps(call(event="Order Completed", properties=ORDER)).encode()
    assert read_segment(PROGRAM, document, NOW_US) == read_segment(PROGRAM, document, NOW_US + HOUR_US)
