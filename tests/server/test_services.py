"""What each service answers when all is well, over a real socket."""

from __future__ import annotations

from pathlib import Path

import grpc
import pytest
from google.protobuf import duration_pb2
from grpc_health.v1 import health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection_pb2, reflection_pb2_grpc

from dearly.language.types import DAY_US, HOUR_US, SECOND_US
from dearly.server.wire import to_struct, to_timestamp
from dearly.v1 import (
    content_pb2,
    items_pb2,
    recommendations_pb2,
    rules_pb2,
    segments_pb2,
)
from tests.server.conftest import NOW_US, OpenShop, Shop, put_products
from tests.server.requests import batch, patch, render, track, viewed
from tests.server.shop import SHOP, write_rules

MATCHED = content_pb2.BLOCK_REASON_MATCHED


async def test_an_event_that_was_acknowledged_decides_the_next_render(shop: Shop) -> None:
    await track(shop, viewed())
    reply = await shop.client.content.RenderContent(render())
    (block,) = reply.blocks
    assert (block.name, block.reason, block.subject) == ("hero", MATCHED, "Still looking?")
    assert len(block.item_ids) == 3
    assert "p4" not in block.item_ids
    assert block.html.count("<li>") == 3
    assert block.rule.startswith("content/blocks.rules:")
    assert not block.clipping_risk


async def test_a_reply_says_as_of_when_it_was_decided_and_until_when_it_holds(shop: Shop) -> None:
    await track(shop, viewed())
    reply = await shop.client.content.RenderContent(render())
    assert reply.as_of == to_timestamp(NOW_US)
    assert reply.valid_until == to_timestamp(NOW_US - HOUR_US + 7 * DAY_US)
    shop.clock.now_us = NOW_US - HOUR_US + 7 * DAY_US
    later = await shop.client.content.RenderContent(render())
    assert later.blocks[0].reason == content_pb2.BLOCK_REASON_DEFAULT
    assert not later.HasField("valid_until")


async def test_repeats_of_one_send_have_one_decision_id_and_other_calls_have_their_own(shop: Shop) -> None:
    sent = [await shop.client.content.RenderContent(render(send_id="s1")) for _ in range(2)]
    alone = [await shop.client.content.RenderContent(render()) for _ in range(2)]
    assert sent[0].decision_id == sent[1].decision_id
    assert len({reply.decision_id for reply in sent + alone}) == 3


async def test_blocks_come_in_the_order_asked(shop: Shop) -> None:
    await patch(shop, "c1", first_name="<Ada>")
    reply = await shop.client.content.RenderContent(render("c1", "greeting", "interests", "hero"))
    assert [block.name for block in reply.blocks] == ["greeting", "interests", "hero"]
    assert reply.blocks[0].html == "<p>Hello &lt;Ada&gt;</p>"
    assert reply.blocks[0].text.strip() == "Hello <Ada>"


async def test_a_batch_answers_in_order_what_single_calls_answer(shop: Shop) -> None:
    await patch(shop, "c7", first_name="Ada")
    requests = [render(f"c{number}", "greeting", send_id="s") for number in range(40)]
    reply = await shop.client.content.BatchRenderContent(batch(*requests))
    single = [await shop.client.content.RenderContent(request) for request in requests]
    assert [result.content for result in reply.results] == single
    assert reply.results[7].content.blocks[0].html == "<p>Hello Ada</p>"


async def test_another_time_is_decided_by_where_it_is_allowed(open_shop: OpenShop) -> None:
    async with open_shop(allow_now=True) as shop:
        await put_products(shop)
        await track(shop, viewed())
        then = render(now=to_timestamp(NOW_US + 8 * DAY_US))
        reply = await shop.client.content.RenderContent(then)
        assert reply.as_of == then.now
        assert reply.blocks[0].reason == content_pb2.BLOCK_REASON_DEFAULT


async def test_recommendations_hold_nothing_excluded_and_nothing_twice(shop: Shop) -> None:
    await track(shop, viewed())
    request = recommendations_pb2.RecommendRequest(
        customer_id="c1", catalog="product", limit=5, exclude_item_ids=["p2", "p3"]
    )
    reply = await shop.client.recommendations.Recommend(request)
    ids = [item.item_id for item in reply.items]
    assert ids
    assert len(set(ids)) == len(ids) <= 5
    assert not {"p2", "p3"} & set(ids)
    assert reply.items[0].fields["url"].startswith("https://shop.example/p")


async def test_what_many_looked_at_is_trending(shop: Shop) -> None:
    events = [
        viewed(f"e{number}", customer_id=f"c{number}", properties=to_struct({"product_id": "p6"}))
        for number in range(5)
    ]
    await track(shop, *events, viewed("other", properties=to_struct({"product_id": "p2"})))
    shop.clock.now_us += 61 * SECOND_US
    await shop.running.application.refresh()
    request = recommendations_pb2.TrendingItemsRequest(
        catalog="product", limit=2, within=duration_pb2.Duration(seconds=86_400)
    )
    reply = await shop.client.recommendations.TrendingItems(request)
    assert [item.item_id for item in reply.items] == ["p6", "p2"]
    assert {item.strategy for item in reply.items} == {recommendations_pb2.ITEM_STRATEGY_TRENDING}


async def test_an_items_neighbours_leave_the_item_out(shop: Shop) -> None:
    request = recommendations_pb2.SimilarItemsRequest(catalog="product", item_id="p1", limit=4)
    reply = await shop.client.recommendations.SimilarItems(request)
    assert "p1" not in [item.item_id for item in reply.items]


async def test_an_item_that_is_deleted_is_shown_no_more(shop: Shop) -> None:
    await track(shop, viewed())
    before = await shop.client.content.RenderContent(render())
    gone = before.blocks[0].item_ids[0]
    request = items_pb2.DeleteItemsRequest(catalog="product", item_ids=[gone])
    assert (await shop.client.items.DeleteItems(request)).deleted_count == 1
    await shop.running.application.refresh()
    after = await shop.client.content.RenderContent(render())
    assert gone not in after.blocks[0].item_ids


async def test_segments_tell_members_strangers_and_the_unknown_with_their_next_change(shop: Shop) -> None:
    await track(shop, viewed())
    reply = await shop.client.segments.EvaluateSegments(
        segments_pb2.EvaluateSegmentsRequest(customer_id="c1")
    )
    found = {entry.segment: entry for entry in reply.segments}
    assert list(found) == ["dutch", "hesitant"]
    assert found["hesitant"].membership == segments_pb2.MEMBERSHIP_MEMBER
    assert found["hesitant"].next_change == to_timestamp(NOW_US - HOUR_US + 7 * DAY_US)
    assert found["dutch"].membership == segments_pb2.MEMBERSHIP_UNKNOWN
    assert not found["dutch"].HasField("next_change")
    assert [(entry.lifecycle, entry.stage) for entry in reply.lifecycles] == [("stage", "visitor")]
    await patch(shop, "c1", country="DE")
    asked = segments_pb2.EvaluateSegmentsRequest(customer_id="c1", segments=["dutch"])
    again = await shop.client.segments.EvaluateSegments(asked)
    assert [entry.membership for entry in again.segments] == [segments_pb2.MEMBERSHIP_NOT_MEMBER]
    assert not again.lifecycles


async def test_an_event_stamped_in_the_future_is_the_next_change_of_what_waits_for_it(shop: Shop) -> None:
    coming_us = NOW_US + HOUR_US
    await track(shop, viewed(time=to_timestamp(coming_us)))
    asked = segments_pb2.EvaluateSegmentsRequest(customer_id="c1", segments=["hesitant"])
    (hesitant,) = (await shop.client.segments.EvaluateSegments(asked)).segments
    assert hesitant.membership == segments_pb2.MEMBERSHIP_NOT_MEMBER
    assert hesitant.next_change == to_timestamp(coming_us)
    reply = await shop.client.content.RenderContent(render())
    assert reply.valid_until == to_timestamp(coming_us)


async def test_the_rules_that_serve_are_told(shop: Shop) -> None:
    reply = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    rendered = await shop.client.content.RenderContent(render())
    assert reply.version == rendered.rules_version
    assert reply.serving_since == to_timestamp(NOW_US)
    assert [block.name for block in reply.blocks] == ["greeting", "hero", "interests"]
    assert [(segment.name, segment.title) for segment in reply.segments] == [
        ("dutch", ""),
        ("hesitant", "Looked this week, did not buy"),
    ]
    assert (list(reply.catalogs), list(reply.lifecycles)) == (["product"], ["stage"])
    assert not reply.HasField("rejected")


async def test_triggers_are_listed_with_what_sets_them_off(open_shop: OpenShop, tmp_path: Path) -> None:
    more = """
trigger remind  { when entering hesitant emit { campaign: "remind" } }
trigger congratulate {
  when stage becomes customer
  emit { campaign: "first" }
}
"""
    write_rules(tmp_path / "rules", SHOP | {"triggers.rules": more})
    async with open_shop() as shop:
        reply = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    assert [(each.name, each.watches, each.rule) for each in reply.triggers] == [
        ("congratulate", "stage", "triggers.rules:3"),
        ("remind", "hesitant", "triggers.rules:2"),
    ]


async def test_a_package_can_be_checked_without_serving_it(shop: Shop) -> None:
    files = {path: text.encode() for path, text in SHOP.items()}
    good = await shop.client.rules.CheckRules(rules_pb2.CheckRulesRequest(files=files))
    serving = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    assert (good.valid, good.version) == (True, serving.version)
    files["segments.rules"] += b'\nsegment broken { contry == "NL" }\n'
    bad = await shop.client.rules.CheckRules(rules_pb2.CheckRulesRequest(files=files))
    assert (bad.valid, bad.version) == (False, "")
    errors = [found for found in bad.diagnostics if found.severity == rules_pb2.SEVERITY_ERROR]
    assert [(found.file, "country" in found.message + found.hint) for found in errors] == [
        ("segments.rules", True)
    ]


@pytest.mark.parametrize("service", ["", "dearly.v1.ContentService", "dearly.v1.EventService"])
async def test_health_is_told_for_the_server_and_for_each_service(shop: Shop, service: str) -> None:
    stub = health_pb2_grpc.HealthStub(shop.client.channel)
    reply = await stub.Check(health_pb2.HealthCheckRequest(service=service))
    assert reply.status == health_pb2.HealthCheckResponse.SERVING


@pytest.mark.parametrize("allowed", [True, False])
async def test_methods_are_listed_only_where_reflection_is_asked_for(
    open_shop: OpenShop, allowed: bool
) -> None:
    async with open_shop(reflection=allowed) as shop:
        stub = reflection_pb2_grpc.ServerReflectionStub(shop.client.channel)
        call = stub.ServerReflectionInfo(iter([reflection_pb2.ServerReflectionRequest(list_services="")]))
        if not allowed:
            with pytest.raises(grpc.aio.AioRpcError, match="UNIMPLEMENTED"):
                await call.read()
            return
        reply = await call.read()
        names = {service.name for service in reply.list_services_response.service}
        assert {"dearly.v1.ContentService", "dearly.v1.RulesService", "grpc.health.v1.Health"} <= names
