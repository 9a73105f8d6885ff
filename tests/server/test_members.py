"""Who is in what, as of now, page by page; and how many."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Sequence
from typing import Any

import grpc
import pytest

from dearly.language.types import DAY_US, HOUR_US
from dearly.server import member_pages
from dearly.server.application import MAX_WAITING_MEMBERS, MEMBER_THREADS
from dearly.server.statuses import CallRefused
from dearly.server.wire import to_struct, to_timestamp, to_us
from dearly.store import Member
from dearly.v1 import rules_pb2, segments_pb2
from tests.server.conftest import NOW_US, OpenShop, Shop
from tests.server.requests import patch, track, viewed
from tests.server.shop import SEGMENTS, write_rules
from tests.server.test_bad_input import refusal, refused_field
from tests.server.waiting import eventually, until

ENDS_US = NOW_US - HOUR_US + 7 * DAY_US
"""When who viewed something an hour ago is hesitant no more."""


def ordered(customer_id: str) -> Any:
    return viewed(
        f"order-{customer_id}",
        customer_id=customer_id,
        type="order_completed",
        properties=to_struct({"order_id": "o", "total": 3}),
    )


async def members(shop: Shop, page_size: int = 0, **asked: Any) -> list[segments_pb2.Member]:
    """All members, page by page."""
    found: list[segments_pb2.Member] = []
    token = ""
    while True:
        request = segments_pb2.ListMembersRequest(page_size=page_size, page_token=token, **asked)
        page = await shop.client.segments.ListMembers(request)
        found += page.members
        token = page.next_page_token
        if not token:
            return found


async def ids(shop: Shop, page_size: int = 0, **asked: Any) -> list[str]:
    return [member.customer_id for member in await members(shop, page_size, **asked)]


async def counted(shop: Shop, **asked: Any) -> segments_pb2.CountMembersResponse:
    return await shop.client.segments.CountMembers(segments_pb2.CountMembersRequest(**asked))


async def test_an_event_that_was_acknowledged_makes_a_member_of_its_customer_at_once(shop: Shop) -> None:
    await track(shop, viewed(customer_id="ada"))
    (ada,) = await members(shop, segment="hesitant")
    assert (ada.customer_id, ada.stage, ada.since) == ("ada", "", to_timestamp(NOW_US - HOUR_US))
    assert (await counted(shop, segment="hesitant")).count == 1


async def test_time_alone_ends_membership_at_its_instant(shop: Shop) -> None:
    await track(shop, viewed(customer_id="ada"))
    shop.clock.now_us = ENDS_US - 1
    assert await ids(shop, segment="hesitant") == ["ada"]
    shop.clock.now_us = ENDS_US
    assert await ids(shop, segment="hesitant") == []
    reply = await counted(shop, segment="hesitant")
    assert (reply.count, reply.as_of) == (0, to_timestamp(ENDS_US))


@pytest.mark.parametrize("page_size", [1, 7, 0])
async def test_pages_together_are_all_members_in_the_order_of_their_ids(shop: Shop, page_size: int) -> None:
    await track(shop, *(viewed(f"e{number}", customer_id=f"c{number:02}") for number in range(20)))
    assert await ids(shop, page_size, segment="hesitant") == [f"c{number:02}" for number in range(20)]


async def test_a_lifecycle_is_listed_with_its_stages_or_one_of_them(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(member_pages, "LONGEST_PAGE_S", 0.0)
    await track(
        shop, ordered("ada"), ordered("bob"), *(viewed(f"v{n}", customer_id=f"v{n}") for n in range(5))
    )
    found = await members(shop, lifecycle="stage")
    assert [(each.customer_id, each.stage) for each in found][:3] == [
        ("ada", "customer"),
        ("bob", "customer"),
        ("v0", "visitor"),
    ]
    assert await ids(shop, 2, lifecycle="stage", stage="visitor") == [f"v{n}" for n in range(5)]
    reply = await counted(shop, lifecycle="stage")
    assert (reply.count, dict(reply.stage_counts)) == (7, {"customer": 2, "visitor": 5})


async def test_a_page_token_of_another_question_is_refused(shop: Shop) -> None:
    await patch(shop, "ada", country="NL")
    await patch(shop, "bob", country="NL")
    request = segments_pb2.ListMembersRequest(segment="dutch", page_size=1)
    token = (await shop.client.segments.ListMembers(request)).next_page_token
    assert token
    for changed in ({"segment": "hesitant"}, {"lifecycle": "stage"}):
        call = shop.client.segments.ListMembers(segments_pb2.ListMembersRequest(page_token=token, **changed))
        assert (await refused_field(call))[0] == "page_token"
    call = shop.client.segments.ListMembers(
        segments_pb2.ListMembersRequest(segment="dutch", page_token="%%%é")
    )
    assert (await refused_field(call))[0] == "page_token"


@pytest.mark.parametrize(
    ("size", "expected"), [(-1, "0 to 1,000, got -1"), (1_001, "at most 1,000, got 1,001")]
)
async def test_a_page_of_no_possible_size_is_refused_with_what_is_possible(
    shop: Shop, size: int, expected: str
) -> None:
    request = segments_pb2.ListMembersRequest(segment="dutch", page_size=size)
    field, message = await refused_field(shop.client.segments.ListMembers(request))
    assert field == "page_size"
    assert expected in message


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "segment"),
        ({"segment": "dutch", "page_size": 1_001}, "page_size"),
        ({"segment": "dutch", "stage": "x"}, "stage"),
    ],
)
async def test_a_question_that_is_none_is_refused(shop: Shop, asked: dict[str, Any], field: str) -> None:
    call = shop.client.segments.ListMembers(segments_pb2.ListMembersRequest(**asked))
    assert (await refused_field(call))[0] == field


async def test_a_stage_that_there_is_none_of_is_refused_with_those_there_are(shop: Shop) -> None:
    request = segments_pb2.ListMembersRequest(lifecycle="stage", stage="vip")
    error = await refusal(shop.client.segments.ListMembers(request))
    assert error.code() is grpc.StatusCode.NOT_FOUND
    assert error.details() == "The rules declare no stage 'vip'. Expected one of: customer, visitor."


async def test_reads_of_members_beyond_a_number_are_refused_and_evaluations_go_on(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    free, room = threading.Event(), MEMBER_THREADS + MAX_WAITING_MEMBERS
    worker = shop.running.application.membership
    assert worker is not None
    members_now = worker.engine.members_now

    def slowly(*asked: Any) -> tuple[Sequence[Member], str | None]:
        free.wait(30)
        return members_now(*asked)

    monkeypatch.setattr(worker.engine, "members_now", slowly)
    request = segments_pb2.ListMembersRequest(segment="dutch")
    calls = [asyncio.ensure_future(shop.client.segments.ListMembers(request)) for _ in range(100)]
    try:
        await until(lambda: sum(call.done() for call in calls) == len(calls) - room)
        one = segments_pb2.EvaluateSegmentsRequest(customer_id="ada", segments=["dutch"])
        assert (await shop.client.segments.EvaluateSegments(one)).segments
    finally:
        free.set()
    ended = await asyncio.gather(*calls, return_exceptions=True)
    refused = [each for each in ended if isinstance(each, grpc.aio.AioRpcError)]
    assert {each.code() for each in refused} == {grpc.StatusCode.RESOURCE_EXHAUSTED}
    assert len(ended) - len(refused) == room


async def test_a_read_of_members_ends_when_its_caller_waits_no_longer(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    worker = shop.running.application.membership
    assert worker is not None
    ended: list[CallRefused] = []

    def without_end(*asked: Any) -> tuple[Sequence[Member], str | None]:
        goes_on = asked[-1]
        try:
            while True:
                goes_on()
                time.sleep(0.01)
        except CallRefused as refused:
            ended.append(refused)
            raise

    monkeypatch.setattr(worker.engine, "members_now", without_end)
    request = segments_pb2.ListMembersRequest(lifecycle="stage", stage="visitor")
    error = await refusal(shop.client.segments.ListMembers(request, timeout=0.2))
    assert error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    await until(lambda: shop.running.application.member_reads._under_way == 0)
    assert len(ended) == 1


async def test_an_answer_is_of_the_moment_that_it_names_though_the_clock_moves(open_shop: OpenShop) -> None:
    async with open_shop(refresh_s=3600.0, upkeep_s=3600.0) as shop:
        await track(shop, viewed(customer_id="ada"))
        worker = shop.running.application.membership
        assert worker is not None
        assert await asyncio.to_thread(worker.close, 5.0)  # else it reads the clock as well
        shop.clock.moves_us = 4 * DAY_US
        told: list[tuple[bool, bool]] = []
        for _ in range(2):
            page = await shop.client.segments.ListMembers(segments_pb2.ListMembersRequest(segment="hesitant"))
            told.append((bool(page.members), to_us(page.as_of) < ENDS_US))
            count = await counted(shop, segment="hesitant")
            told.append((bool(count.count), to_us(count.as_of) < ENDS_US))
    assert told == [(True, True)] * 2 + [(False, False)] * 2


@pytest.mark.parametrize(
    ("asked", "nearest"),
    [({"segment": "hesitent"}, "hesitant"), ({"lifecycle": "stages"}, "stage")],
)
async def test_a_name_that_is_not_declared_is_not_found(
    shop: Shop, asked: dict[str, Any], nearest: str
) -> None:
    for call in (
        shop.client.segments.ListMembers(segments_pb2.ListMembersRequest(**asked)),
        shop.client.segments.CountMembers(segments_pb2.CountMembersRequest(**asked)),
    ):
        error = await refusal(call)
        assert error.code() is grpc.StatusCode.NOT_FOUND
        assert nearest in (error.details() or "")


async def test_a_server_that_keeps_no_membership_says_so(open_shop: OpenShop) -> None:
    async with open_shop(membership=False) as shop:
        error = await refusal(members(shop, segment="dutch"))
        assert error.code() is grpc.StatusCode.FAILED_PRECONDITION
        assert "--no-membership" in (error.details() or "")
        reply = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
        assert not reply.HasField("membership")


async def test_changed_rules_are_worked_out_for_everybody_and_then_serve(shop: Shop) -> None:
    for number in range(5):
        await patch(shop, f"c{number}", country="NL" if number % 2 else "BE")
    assert await ids(shop, segment="dutch") == ["c1", "c3"]
    changed = SEGMENTS.replace('country == "NL"', 'country == "BE"')
    write_rules(shop.rules, {"segments.rules": changed + "segment new { country is present }\n"})

    async def new_members() -> list[str]:
        try:
            return await ids(shop, segment="new")
        except grpc.aio.AioRpcError as error:
            if error.code() not in {grpc.StatusCode.NOT_FOUND, grpc.StatusCode.UNAVAILABLE}:
                raise
            return []

    assert await eventually(new_members, [f"c{number}" for number in range(5)])
    assert await ids(shop, segment="dutch") == ["c0", "c2", "c4"]

    async def progress() -> tuple[int, int]:
        told = (await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())).membership
        return told.state, told.due_count

    assert await eventually(progress, (rules_pb2.MEMBERSHIP_STATE_KEPT, 0))


async def test_members_are_the_same_while_many_ask_and_write_at_once(shop: Shop) -> None:
    async def one(number: int) -> None:
        await track(shop, viewed(f"e{number}", customer_id=f"c{number:02}"))
        assert f"c{number:02}" in await ids(shop, segment="hesitant")

    await asyncio.gather(*(one(number) for number in range(30)))
    assert (await counted(shop, segment="hesitant")).count == 30
