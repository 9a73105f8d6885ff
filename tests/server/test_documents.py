"""Documents of other systems over the socket: each answered for by itself, and safe to send again."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from typing import Any

import grpc
import pytest

from dearly.ingest import Document, read_segment
from dearly.language import Program
from dearly.server import document_intake
from dearly.v1 import events_pb2, profiles_pb2, segments_pb2
from tests.server.conftest import OpenShop, Shop
from tests.server.requests import patch
from tests.server.shop import write_rules
from tests.server.test_bad_input import refusal, refused_field
from tests.server.waiting import until

SEGMENT = events_pb2.DOCUMENT_FORM_SEGMENT
CLOUD_EVENTS = events_pb2.DOCUMENT_FORM_CLOUD_EVENTS
ACCEPTED = events_pb2.EVENT_OUTCOME_ACCEPTED
DUPLICATE = events_pb2.EVENT_OUTCOME_DUPLICATE
CONFLICT = events_pb2.EVENT_OUTCOME_CONFLICT
REJECTED = events_pb2.EVENT_OUTCOME_REJECTED
AT = "2026-02-25T05:13:20Z"


def viewed(message_id: str = "m1", **changed: Any) -> dict[str, Any]:
    return {
        "type": "track",
        "event": "Product Viewed",
        "messageId": message_id,
        "userId": "ada",
        "timestamp": AT,
        "properties": {"product_id": "p1", "sku": "s1"},
    } | changed


async def tracked(
    shop: Shop, *documents: dict[str, Any], form: events_pb2.DocumentForm = SEGMENT
) -> list[events_pb2.DocumentResult]:
    request = events_pb2.TrackDocumentsRequest(
        form=form, documents=[json.dumps(document).encode() for document in documents]
    )
    return list((await shop.client.events.TrackDocuments(request)).results)


def outcomes(results: list[events_pb2.DocumentResult]) -> list[list[int]]:
    return [[part.result.outcome for part in result.parts] for result in results]


async def test_events_changes_and_merges_come_in_one_call_and_may_come_again(shop: Shop) -> None:
    documents = [
        viewed(userId=None, anonymousId="a1"),
        {"type": "identify", "userId": "ada", "timestamp": AT, "traits": {"firstName": "Ada", "plan": "x"}},
        {"type": "alias", "previousId": "a1", "userId": "ada"},
        {"type": "page", "userId": "ada"},
    ]
    results = await tracked(shop, *documents)
    assert outcomes(results) == [[ACCEPTED], [ACCEPTED], [ACCEPTED], [REJECTED]]
    assert [result.ignored_count for result in results] == [1, 1, 0, 0]
    assert [part.event_id for result in results for part in result.parts] == ["m1", "", "", ""]
    assert results[3].parts[0].result.field == "type"
    profile = await shop.client.profiles.GetProfile(profiles_pb2.GetProfileRequest(customer_id="a1"))
    assert (profile.profile.customer_id, dict(profile.profile.fields)) == ("ada", {"first_name": "Ada"})
    asked = segments_pb2.EvaluateSegmentsRequest(customer_id="ada", segments=["hesitant"])
    (hesitant,) = (await shop.client.segments.EvaluateSegments(asked)).segments
    assert hesitant.membership == segments_pb2.MEMBERSHIP_MEMBER
    assert outcomes(await tracked(shop, *documents)) == [[DUPLICATE], [ACCEPTED], [DUPLICATE], [REJECTED]]


async def test_a_message_id_that_comes_with_other_content_is_a_conflict(shop: Shop) -> None:
    await tracked(shop, viewed())
    assert outcomes(await tracked(shop, viewed(properties={"product_id": "p2"}))) == [[CONFLICT]]


async def test_cloud_events_come_the_same_way(shop: Shop) -> None:
    event = {
        "specversion": "1.0",
        "id": "e1",
        "source": "/web",
        "type": "shop.product_viewed",
        "subject": "ada",
        "time": AT,
        "data": {"product_id": "p1"},
    }
    results = await tracked(shop, event, event | {"id": "e2", "data": {}}, form=CLOUD_EVENTS)
    assert outcomes(results) == [[ACCEPTED], [REJECTED]]
    assert results[1].parts[0].result.field == "data.product_id"


async def test_what_is_said_of_an_erased_customer_is_rejected_and_of_others_kept(shop: Shop) -> None:
    await patch(shop, "ada", first_name="Ada")
    await shop.client.profiles.EraseProfile(profiles_pb2.EraseProfileRequest(customer_id="ada"))
    identify = {"type": "identify", "timestamp": AT, "traits": {"firstName": "X"}}
    results = await tracked(
        shop,
        viewed(),
        identify | {"userId": "ada"},
        identify | {"userId": "bob"},
        {"type": "alias", "previousId": "ada", "userId": "bob"},
    )
    assert outcomes(results) == [[REJECTED], [REJECTED], [ACCEPTED], [REJECTED]]
    assert "readmit" in results[0].parts[0].result.reason
    fields = [result.parts[0].result.field for result in results]
    assert fields == ["userId", "userId", "", "previousId or userId"]


async def test_a_form_that_is_none_and_too_many_documents_are_refused(shop: Shop) -> None:
    call = shop.client.events.TrackDocuments
    request = events_pb2.TrackDocumentsRequest(documents=[b"{}"])
    assert (await refused_field(call(request)))[0] == "form"
    request = events_pb2.TrackDocumentsRequest(form=SEGMENT)
    assert (await refused_field(call(request)))[0] == "documents"
    request = events_pb2.TrackDocumentsRequest(form=SEGMENT, documents=[b"{}"] * 1_001)
    assert (await refused_field(call(request)))[0] == "documents"


# ------------------------------------------------------------------------------------- what a call may cost


@dataclass(slots=True)
class Reader:
    """Reads documents as the server does, more slowly, and counts them."""

    pause_s: float = 0.0
    count: int = 0

    def __call__(self, program: Program, document: bytes, now_us: int) -> Document:
        self.count += 1
        time.sleep(self.pause_s)
        return read_segment(program, document, now_us)


@pytest.fixture
def reader(monkeypatch: pytest.MonkeyPatch) -> Reader:
    reader = Reader()
    monkeypatch.setitem(document_intake._READERS, SEGMENT, reader)  # type: ignore[arg-type]
    return reader


def order(number: int, lines: int) -> dict[str, Any]:
    properties = {"order_id": "o", "total": 1, "products": [{}] * lines}
    return viewed(f"m{number}", event="Order Completed", properties=properties)


async def test_documents_that_say_too_much_are_not_read_to_the_end(
    open_shop: OpenShop, reader: Reader
) -> None:
    async with open_shop() as shop:
        lines = "event product_purchased { product_id product }"
        write_rules(shop.rules, {"lines.rules": lines})
        await until(lambda: "product_purchased" in shop.running.application.serving.program.events)
        call = tracked(shop, *(order(number, 1_000) for number in range(100)))
        field, message = await refused_field(call)
    assert field == "documents"
    assert "at most 10,000" in message
    assert reader.count == 10


async def test_nothing_more_is_read_once_the_callers_deadline_has_passed(shop: Shop, reader: Reader) -> None:
    reader.pause_s = 0.01
    documents = [json.dumps(viewed(f"m{number}")).encode() for number in range(1_000)]
    request = events_pb2.TrackDocumentsRequest(form=SEGMENT, documents=documents)
    error = await refusal(shop.client.events.TrackDocuments(request, timeout=0.1))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: shop.running.application.preparations._under_way == 0)
    assert 0 < reader.count < 1_000


async def test_a_caller_with_much_to_read_does_not_hold_up_one_with_little(
    shop: Shop, reader: Reader
) -> None:
    reader.pause_s = 0.005
    ended: list[str] = []

    async def call(name: str, count: int) -> None:
        await tracked(shop, *(viewed(f"{name}{number}") for number in range(count)))
        ended.append(name)

    much = [asyncio.create_task(call(name, 500)) for name in ("one", "another", "third")]
    await until(lambda: reader.count > 10)
    await call("little", 1)
    await asyncio.gather(*much)
    assert ended[0] == "little"
