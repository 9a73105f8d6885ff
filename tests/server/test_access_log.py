"""Exactly one line a call, and no person in any."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any

import grpc
import pytest

from dearly.v1 import content_pb2, events_pb2, profiles_pb2, rules_pb2, segments_pb2
from tests.server.conftest import Log, OpenShop, Shop
from tests.server.requests import batch, patch, render, track, viewed

ATTACKS = Path(__file__).parents[3] / "shared" / "attacks" / "profiles" / "profile_values.jsonl"


async def refused(call: Any) -> None:
    with pytest.raises(grpc.aio.AioRpcError):
        await call


async def test_each_call_has_exactly_one_line_with_its_method_code_and_duration(
    open_shop: OpenShop, log: Log
) -> None:
    async with open_shop() as shop:
        content = shop.client.content
        await content.RenderContent(render())
        await refused(content.RenderContent(render("")))
        await refused(content.RenderContent(render("c1", "heros")))
        await content.BatchRenderContent(batch(render("a"), render("")))
        await track(shop, viewed(), viewed(), viewed(""))
        await patch(shop, "c1", first_name="Ada")
        await shop.client.profiles.GetProfile(profiles_pb2.GetProfileRequest(customer_id="c1"))
        await shop.client.segments.EvaluateSegments(segments_pb2.EvaluateSegmentsRequest(customer_id="c1"))
        await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
        await refused(shop.client.channel.unary_unary("/dearly.v1.ContentService/RenderContent")(b"\xff"))
        await refused(shop.client.channel.unary_unary("/ada@example.test/Lovelace")(b""))
    calls = log.lines("call")
    assert [(call["method"].rpartition("/")[2], call["code"]) for call in calls] == [
        ("RenderContent", "OK"),
        ("RenderContent", "INVALID_ARGUMENT"),
        ("RenderContent", "NOT_FOUND"),
        ("BatchRenderContent", "OK"),
        ("TrackEvents", "OK"),
        ("UpsertProfiles", "OK"),
        ("GetProfile", "OK"),
        ("EvaluateSegments", "OK"),
        ("GetRules", "OK"),
        ("RenderContent", "INVALID_ARGUMENT"),
        ("unknown", "UNIMPLEMENTED"),
    ]
    assert all(call["duration_ms"] >= 0 for call in calls)


async def test_a_renders_line_counts_reasons_and_names_the_decision(open_shop: OpenShop, log: Log) -> None:
    async with open_shop() as shop:
        reply = await shop.client.content.RenderContent(render("c1", "hero", "greeting"))
        await track(shop, viewed(), viewed(), viewed(""))
    one, events = log.lines("call")
    assert one["reasons"] == {"default": 2}
    assert one["decision"] == reply.decision_id
    assert one["rules"] == reply.rules_version
    assert len(one["customer"]) == 16
    assert events["outcomes"] == {"accepted": 1, "duplicate": 1, "rejected": 1}


async def test_one_customer_has_one_hash_and_the_key_decides_which(open_shop: OpenShop, log: Log) -> None:
    for key in ("one", "one", "two"):
        async with open_shop(log_key=key) as shop:
            await shop.client.content.RenderContent(render("ada"))
    first, second, third = (call["customer"] for call in log.lines("call"))
    assert first == second != third


async def test_a_call_that_its_caller_gives_up_has_its_line_too(
    open_shop: OpenShop, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun = asyncio.Event()
    async with open_shop() as shop:

        async def render_for_ever(*_: Any) -> Any:
            begun.set()
            await asyncio.Event().wait()

        monkeypatch.setattr(shop.running.application.personalizer, "render_many", render_for_ever)
        call = shop.client.content.BatchRenderContent(batch(render()))
        await begun.wait()
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        await shop.client.content.RenderContent(render())
    assert [call["code"] for call in log.lines("call")] == ["CANCELLED", "OK"]


async def test_no_value_of_a_hostile_profile_reaches_the_log(shop: Shop, log: Log) -> None:
    if not ATTACKS.exists():
        pytest.skip(f"{ATTACKS.name} is absent")
    lines = ATTACKS.read_text(encoding="utf-8").splitlines()
    values = [json.loads(line)["value"] for line in lines if "deep100k" not in line]
    texts = [value for value in values if isinstance(value, str) and len(value) > 8]
    kept = 0
    for number, text in enumerate(texts):
        try:
            await patch(shop, f"mallory{number}", first_name=text)
            reply = await shop.client.content.RenderContent(render(f"mallory{number}", "greeting"))
        except (grpc.aio.AioRpcError, UnicodeEncodeError):
            continue
        kept += 1
        assert reply.blocks[0].reason == content_pb2.BLOCK_REASON_MATCHED
    assert kept > 10
    written = log.text()
    assert "mallory" not in written
    told = json.dumps([json.loads(line) for line in written.splitlines()], ensure_ascii=False)
    assert [text for text in texts if text in told] == []


async def test_what_callers_invent_is_not_logged(shop: Shop, log: Log) -> None:
    name = "ada@example.test"
    await refused(shop.client.content.RenderContent(render(name, name, send_id=name)))
    await track(shop, viewed(name, customer_id=name, source=name, type=name))
    await refused(
        shop.client.segments.EvaluateSegments(
            segments_pb2.EvaluateSegmentsRequest(customer_id=name, segments=[name])
        )
    )
    await refused(shop.client.profiles.GetProfile(profiles_pb2.GetProfileRequest(customer_id=name)))
    result = (await track(shop, viewed(properties=None, customer_id=name)))[0]
    assert result.outcome == events_pb2.EVENT_OUTCOME_REJECTED
    assert "ada" not in log.text()
