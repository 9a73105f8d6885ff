"""Bad input over a real socket: refused with the field and the limit, or answered all the same."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from typing import Any

import grpc
import pytest
from google.protobuf import duration_pb2, timestamp_pb2
from google.rpc import error_details_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_status import rpc_status

from dearly.language.types import HOUR_US
from dearly.server.wire import to_struct, to_timestamp
from dearly.v1 import (
    content_pb2,
    events_pb2,
    items_pb2,
    profiles_pb2,
    recommendations_pb2,
    rules_pb2,
    segments_pb2,
)
from tests.server.conftest import NOW_US, OpenShop, Shop
from tests.server.requests import batch, patch, render, track, viewed

HUGE_ID = "x" * (300 * 1024)


async def refusal(call: Awaitable[Any]) -> grpc.aio.AioRpcError:
    """The error that a call must end with."""
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    return caught.value


def fields_of(error: grpc.aio.AioRpcError) -> list[str]:
    """The fields that the status details name."""
    status = rpc_status.from_call(error)  # type: ignore[arg-type]
    assert status is not None
    bad_request = error_details_pb2.BadRequest()
    assert status.details[0].Unpack(bad_request)
    return [violation.field for violation in bad_request.field_violations]


async def refused_field(call: Awaitable[Any]) -> tuple[str, str]:
    """The one field that an INVALID_ARGUMENT names, and its message."""
    error = await refusal(call)
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    (field,) = fields_of(error)
    return field, error.details() or ""


# ------------------------------------------------------------------------------------------------ renders


async def test_an_unknown_customer_is_a_cold_start(shop: Shop) -> None:
    reply = await shop.client.content.RenderContent(render("never heard of", "hero", "greeting"))
    assert [block.reason for block in reply.blocks] == [content_pb2.BLOCK_REASON_DEFAULT] * 2
    assert reply.blocks[0].html == "<p>Welcome.</p>"


async def test_an_unknown_block_is_not_found_and_the_nearest_is_named(shop: Shop) -> None:
    error = await refusal(shop.client.content.RenderContent(render("c1", "heros")))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert "Did you mean 'hero'?" in (error.details() or "")


async def test_a_block_with_a_huge_hostile_name_is_not_found_and_clipped(shop: Shop) -> None:
    error = await refusal(shop.client.content.RenderContent(render("c1", "\x1b]0;\n" + "x" * 100_000)))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert len(error.details() or "") < 300
    assert "\x1b" not in (error.details() or "")


@pytest.mark.parametrize(
    ("request_", "field", "told"),
    [
        (render(""), "customer_id", "1 to 256 bytes"),
        (render(HUGE_ID), "customer_id", "at most 256 bytes, got 307,200"),
        (render("c1", send_id=HUGE_ID), "send_id", "at most 256 bytes, got 307,200"),
        (content_pb2.RenderContentRequest(customer_id="c1"), "blocks", "1 to 50, got 0"),
        (render("c1", *(f"b{number}" for number in range(51))), "blocks", "1 to 50, got 51"),
        (render("c1", "hero", "hero"), "blocks", "each block once"),
    ],
    ids=["empty id", "huge id", "huge send id", "no blocks", "too many blocks", "a block twice"],
)
async def test_a_render_that_is_not_in_order_is_refused_by_field_and_limit(
    shop: Shop, request_: content_pb2.RenderContentRequest, field: str, told: str
) -> None:
    named, message = await refused_field(shop.client.content.RenderContent(request_))
    assert named == field
    assert told in message


async def test_another_time_than_the_clocks_needs_a_server_that_allows_it(shop: Shop) -> None:
    error = await refusal(shop.client.content.RenderContent(render(now=to_timestamp(NOW_US))))
    assert error.code() is grpc.StatusCode.PERMISSION_DENIED
    assert "--allow-now" in (error.details() or "")


@pytest.mark.parametrize(("seconds", "nanos"), [(2**62, 0), (-(2**62), 0), (0, -1), (0, 1_000_000_000)])
async def test_a_time_that_is_none_is_refused(open_shop: OpenShop, seconds: int, nanos: int) -> None:
    async with open_shop(allow_now=True) as shop:
        stamp = timestamp_pb2.Timestamp(seconds=seconds, nanos=nanos)
        field, _ = await refused_field(shop.client.content.RenderContent(render(now=stamp)))
        assert field == "now"


async def test_the_oldest_and_the_newest_time_are_answered(open_shop: OpenShop) -> None:
    async with open_shop(allow_now=True) as shop:
        for seconds in (-62_135_596_800, 253_402_300_799):
            stamp = timestamp_pb2.Timestamp(seconds=seconds)
            reply = await shop.client.content.RenderContent(render(now=stamp))
            assert reply.as_of == stamp


async def test_a_customer_whose_every_field_is_missing_is_answered(shop: Shop) -> None:
    patch = profiles_pb2.ProfilePatch(customer_id="blank")
    await shop.client.profiles.UpsertProfiles(profiles_pb2.UpsertProfilesRequest(profiles=[patch]))
    reply = await shop.client.content.RenderContent(render("blank", "hero", "greeting", "interests"))
    assert {block.reason for block in reply.blocks} == {content_pb2.BLOCK_REASON_DEFAULT}


# ------------------------------------------------------------------------------------------------ batches


@pytest.mark.parametrize("count", [0, 1_001])
async def test_a_batch_of_none_or_of_1001_is_refused(shop: Shop, count: int) -> None:
    renders = batch(*[render()] * count)
    field, message = await refused_field(shop.client.content.BatchRenderContent(renders))
    assert field == "requests"
    assert f"1 to 1,000, got {count:,}" in message


async def test_one_bad_request_of_a_batch_spoils_no_other(shop: Shop) -> None:
    renders = [
        render("a"),
        render(""),
        render("b", "heros"),
        render("c", "greeting"),
        render("d", "hero", "hero"),
    ]
    reply = await shop.client.content.BatchRenderContent(batch(*renders))
    codes = [result.status.code for result in reply.results]
    assert codes == [0, 3, 5, 0, 3]
    assert [result.HasField("content") for result in reply.results] == [True, False, False, True, False]
    assert [result.HasField("status") for result in reply.results] == [False, True, True, False, True]
    assert reply.results[3].content.blocks[0].name == "greeting"


async def test_the_health_of_a_server_that_renders_a_large_batch_is_told_at_once(shop: Shop) -> None:
    renders = batch(*(render(f"c{number}") for number in range(1_000)))
    rendering = asyncio.ensure_future(shop.client.content.BatchRenderContent(renders))
    health = health_pb2_grpc.HealthStub(shop.client.channel)
    answered = 0
    while not rendering.done():
        await health.Check(health_pb2.HealthCheckRequest(), timeout=1)
        answered += 1
    assert len((await rendering).results) == 1_000
    assert answered >= 5


# ------------------------------------------------------------------------------------------------- events


@pytest.mark.parametrize(
    ("event", "field"),
    [
        (viewed(event_id=""), "event_id"),
        (viewed(event_id=HUGE_ID), "event_id"),
        (viewed(customer_id=""), "customer_id"),
        (viewed(customer_id=HUGE_ID), "customer_id"),
        (viewed(source=HUGE_ID), "source"),
        (viewed(type="product_veiwed"), "type"),
        (viewed(type=""), "type"),
        (viewed(time=None), "time"),
        (viewed(time=to_timestamp(NOW_US + 25 * HOUR_US)), "time"),
        (viewed(time=to_timestamp(NOW_US + 48 * HOUR_US)), "time"),
        (viewed(time=timestamp_pb2.Timestamp(seconds=-1)), "time"),
        (viewed(time=timestamp_pb2.Timestamp(seconds=2**62)), "time"),
        (viewed(properties=to_struct({"product_id": 7.0})), "properties.product_id"),
        (viewed(properties=to_struct({"product_id": "p1", "seconds": "long"})), "properties.seconds"),
        (viewed(properties=to_struct({"product_id": "p1", "colour": "red"})), "properties.colour"),
        (viewed(properties=None), "properties.product_id"),
        (viewed(properties=to_struct({"product_id": "p1", "seconds": float("nan")})), "properties.seconds"),
        (viewed(properties=to_struct({"product_id": "p1", "seconds": float("inf")})), "properties.seconds"),
        (viewed(properties=to_struct({"product_id": "p1", "seconds": 2.0**63})), "properties.seconds"),
        (viewed(properties=to_struct({"product_id": ["p1"]})), "properties.product_id"),
        (viewed(properties=to_struct({"product_id": "x" * 1_000_000})), "properties.product_id"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_an_event_that_does_not_fit_is_rejected_by_its_field(
    shop: Shop, event: events_pb2.Event, field: str
) -> None:
    good, bad, other = await track(shop, viewed("good"), event, viewed("other"))
    assert (good.outcome, other.outcome) == (events_pb2.EVENT_OUTCOME_ACCEPTED,) * 2
    assert bad.outcome == events_pb2.EVENT_OUTCOME_REJECTED
    assert bad.field == field
    assert bad.reason


async def test_an_event_a_day_ahead_is_kept_and_counts_when_its_time_comes(shop: Shop) -> None:
    (result,) = await track(shop, viewed(time=to_timestamp(NOW_US + HOUR_US)))
    assert result.outcome == events_pb2.EVENT_OUTCOME_ACCEPTED
    now = await shop.client.content.RenderContent(render())
    shop.clock.now_us += HOUR_US
    then = await shop.client.content.RenderContent(render())
    reasons = [now.blocks[0].reason, then.blocks[0].reason]
    assert reasons == [content_pb2.BLOCK_REASON_DEFAULT, content_pb2.BLOCK_REASON_MATCHED]


async def test_repeats_and_conflicts_are_told_apart_within_a_call_and_across_calls(shop: Shop) -> None:
    other = viewed(properties=to_struct({"product_id": "p2"}))
    first = await track(shop, viewed(), viewed(), other, viewed(source="app"))
    again = await track(shop, viewed(), other)
    names = [
        events_pb2.EventOutcome.Name(result.outcome).removeprefix("EVENT_OUTCOME_")
        for result in first + again
    ]
    assert names == ["ACCEPTED", "DUPLICATE", "CONFLICT", "ACCEPTED", "DUPLICATE", "CONFLICT"]


@pytest.mark.parametrize("count", [0, 1_001])
async def test_no_events_or_1001_are_refused(shop: Shop, count: int) -> None:
    events = [events_pb2.Event(event_id=str(number)) for number in range(count)]
    request = events_pb2.TrackEventsRequest(events=events)
    field, message = await refused_field(shop.client.events.TrackEvents(request))
    assert field == "events"
    assert f"got {count:,}" in message


# ----------------------------------------------------------------------------------------- profiles, items


async def test_a_batch_of_profiles_with_bad_ones_changes_nothing_and_names_each(shop: Shop) -> None:
    patches = [
        profiles_pb2.ProfilePatch(customer_id="good", fields=to_struct({"first_name": "Ada"})),
        profiles_pb2.ProfilePatch(customer_id="bad", fields=to_struct({"birthday": "yesterday"})),
        profiles_pb2.ProfilePatch(customer_id="", fields=to_struct({})),
        profiles_pb2.ProfilePatch(customer_id="bad", fields=to_struct({"frist_name": "Ada"})),
    ]
    request = profiles_pb2.UpsertProfilesRequest(profiles=patches)
    error = await refusal(shop.client.profiles.UpsertProfiles(request))
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields_of(error) == [
        "profiles[1].fields.birthday",
        "profiles[2].customer_id",
        "profiles[3].fields.frist_name",
    ]
    gone = await refusal(shop.client.profiles.GetProfile(profiles_pb2.GetProfileRequest(customer_id="good")))
    assert gone.code() is grpc.StatusCode.NOT_FOUND


async def test_null_clears_a_field_and_absent_ones_stay(shop: Shop) -> None:
    await patch(shop, "ada", first_name="Ada", country="GB", interests=["b", "a"])
    await patch(shop, "ada", first_name=None, birthday="1815-12-10")
    kept = await shop.client.profiles.GetProfile(profiles_pb2.GetProfileRequest(customer_id="ada"))
    assert dict(kept.profile.fields.items()) == {
        "country": "GB",
        "interests": kept.profile.fields["interests"],
        "birthday": "1815-12-10",
    }
    assert list(kept.profile.fields["interests"]) == ["a", "b"]
    assert kept.profile.update_time == to_timestamp(NOW_US)


async def test_an_item_without_a_required_field_or_of_no_catalog_is_refused_by_field(shop: Shop) -> None:
    items = [
        items_pb2.Item(catalog="product", item_id="n1", fields=to_struct({"title": "Tent"})),
        items_pb2.Item(catalog="prodct", item_id="n2", fields=to_struct({})),
    ]
    error = await refusal(shop.client.items.UpsertItems(items_pb2.UpsertItemsRequest(items=items)))
    assert fields_of(error) == ["items[0].fields.category", "items[1].catalog"]


async def test_deleting_tells_what_was_not_there(shop: Shop) -> None:
    request = items_pb2.DeleteItemsRequest(catalog="product", item_ids=["p1", "nope"])
    reply = await shop.client.items.DeleteItems(request)
    assert (reply.deleted_count, list(reply.missing_item_ids)) == (1, ["nope"])


# -------------------------------------------------------------------------- recommendations, segments, rules


@pytest.fixture
async def calls(shop: Shop) -> dict[str, Any]:
    """The three ways to ask for items, each as a function of what is changed in a good request."""
    client = shop.client.recommendations

    def recommend(**changed: Any) -> Awaitable[Any]:
        whole = {"customer_id": "c1", "catalog": "product", "limit": 3} | changed
        return client.Recommend(recommendations_pb2.RecommendRequest(**whole))

    def similar(**changed: Any) -> Awaitable[Any]:
        whole = {"item_id": "p1", "catalog": "product", "limit": 3} | changed
        return client.SimilarItems(recommendations_pb2.SimilarItemsRequest(**whole))

    def trending(**changed: Any) -> Awaitable[Any]:
        whole = {"catalog": "product", "limit": 3} | changed
        return client.TrendingItems(recommendations_pb2.TrendingItemsRequest(**whole))

    return {"recommend": recommend, "similar": similar, "trending": trending}


@pytest.mark.parametrize("ask", ["recommend", "similar", "trending"])
@pytest.mark.parametrize("limit", [0, -1, 101, 2**31 - 1])
async def test_a_limit_of_nothing_or_too_much_is_refused(calls: dict[str, Any], ask: str, limit: int) -> None:
    field, message = await refused_field(calls[ask](limit=limit))
    assert field == "limit"
    assert "1 to 100" in message


@pytest.mark.parametrize("ask", ["recommend", "similar", "trending"])
async def test_an_unknown_catalog_is_not_found_and_the_nearest_is_named(
    calls: dict[str, Any], ask: str
) -> None:
    error = await refusal(calls[ask](catalog="prodcut"))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert "Did you mean 'product'?" in (error.details() or "")


async def test_the_neighbours_of_an_unknown_item_are_not_found(calls: dict[str, Any]) -> None:
    error = await refusal(calls["similar"](item_id="nope"))
    assert error.code() is grpc.StatusCode.NOT_FOUND


@pytest.mark.parametrize("seconds", [-1, 0, 3_599, 91 * 86_400, 2**62])
async def test_a_window_that_is_none_is_refused(calls: dict[str, Any], seconds: int) -> None:
    field, _ = await refused_field(calls["trending"](within=duration_pb2.Duration(seconds=seconds)))
    assert field == "within"


async def test_too_many_excluded_items_are_refused(calls: dict[str, Any]) -> None:
    field, _ = await refused_field(calls["trending"](exclude_item_ids=["x"] * 1_001))
    assert field == "exclude_item_ids"


@pytest.mark.parametrize("kind", ["segments", "lifecycles"])
async def test_an_unknown_segment_or_lifecycle_is_not_found(shop: Shop, kind: str) -> None:
    request = segments_pb2.EvaluateSegmentsRequest(customer_id="c1", **{kind: ["stages"]})
    error = await refusal(shop.client.segments.EvaluateSegments(request))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert "'stages'" in (error.details() or "")


@pytest.mark.parametrize("path", ["../x.rules", "/etc/x.rules", "a//b.rules", "a\\b.rules", ""])
async def test_a_package_with_a_path_outside_itself_is_refused(shop: Shop, path: str) -> None:
    request = rules_pb2.CheckRulesRequest(files={path: b""})
    field, _ = await refused_field(shop.client.rules.CheckRules(request))
    assert field == "files"


# -------------------------------------------------------------------------------------------- the transport


async def test_a_message_beyond_a_mebibyte_is_refused(shop: Shop) -> None:
    call = shop.client.channel.unary_unary("/dearly.v1.ContentService/RenderContent")
    error = await refusal(call(b"x" * (1024 * 1024 + 1)))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_metadata_beyond_16_kib_are_refused(shop: Shop) -> None:
    metadata = (("k", "v" * 20_000),)
    error = await refusal(shop.client.content.RenderContent(render(), metadata=metadata))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED


async def test_a_method_that_is_none_is_unimplemented(shop: Shop) -> None:
    error = await refusal(shop.client.channel.unary_unary("/dearly.v1.ContentService/DropTables")(b""))
    assert error.code() is grpc.StatusCode.UNIMPLEMENTED
