"""The feed as a stream: in order, at the exact instants, from any token, no faster than it is taken."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any

import grpc
import pytest

from dearly.delivery import ResumeToken
from dearly.language.types import DAY_US, HOUR_US
from dearly.server import watching as watching_module
from dearly.server.limits import MAX_WATCHERS
from dearly.server.statuses import CallRefused
from dearly.server.watching import watch
from dearly.server.wire import to_timestamp
from dearly.store import FeedRecord
from dearly.v1 import profiles_pb2, segments_pb2
from tests.server.conftest import NOW_US, OpenShop, Shop
from tests.server.requests import patch, track, viewed
from tests.server.shop import write_rules
from tests.server.test_bad_input import fields_of, refusal, refused_field
from tests.server.test_members import ENDS_US, ordered
from tests.server.waiting import until

BEGINNING = segments_pb2.WATCH_START_BEGINNING
SEGMENT = segments_pb2.TRANSITION_KIND_SEGMENT
LIFECYCLE = segments_pb2.TRANSITION_KIND_LIFECYCLE
TRIGGER = segments_pb2.TRANSITION_KIND_TRIGGER
MERGE = segments_pb2.TRANSITION_KIND_MERGE
TIME = segments_pb2.TRANSITION_CAUSE_TIME
EVENT = segments_pb2.TRANSITION_CAUSE_EVENT
LATE = segments_pb2.TRANSITION_CAUSE_LATE_EVENT
PATIENCE_S = 30

TRIGGERS = """
trigger remind {
  when entering hesitant
  emit { campaign: "remind", product: latest product_viewed.product_id, name: first_name }
}
"""


def watching(shop: Shop, **asked: Any) -> Any:
    return shop.client.segments.WatchTransitions(segments_pb2.WatchTransitionsRequest(**asked))


async def told(call: Any, count: int) -> tuple[list[segments_pb2.Transition], str]:
    """The next so many transitions, and the token after them."""
    found: list[segments_pb2.Transition] = []
    token = ""
    while len(found) < count:
        message = await asyncio.wait_for(call.read(), PATIENCE_S)
        assert message is not grpc.aio.EOF
        found += message.transitions
        token = message.resume_token
    assert len(found) == count
    return found, token


async def began(call: Any) -> str:
    """The token of the first message, which holds nothing."""
    message = await asyncio.wait_for(call.read(), PATIENCE_S)
    assert not message.transitions
    return str(message.resume_token)


def looked_at(shop: Shop) -> Callable[[], bool]:
    worker = shop.running.application.membership
    assert worker is not None
    return lambda: worker.engine.progress().due == 0


async def move_to(shop: Shop, now_us: int) -> None:
    """Move the clock, and have whoever is due looked at."""
    shop.clock.now_us = now_us
    shop.running.application.came_in()
    await until(looked_at(shop))


# -------------------------------------------------------------------------------------------- what is told


async def test_a_segment_that_time_ends_is_told_with_the_exact_instant(shop: Shop) -> None:
    call = watching(shop, names=["hesitant"])
    await began(call)
    await track(shop, viewed(customer_id="ada"))
    ((entered,), _) = await told(call, 1)
    assert (entered.kind, entered.name, entered.customer_id) == (SEGMENT, "hesitant", "ada")
    assert (entered.from_state, entered.to_state, entered.cause) == ("", "in", EVENT)
    assert entered.time == to_timestamp(NOW_US - HOUR_US)
    await move_to(shop, ENDS_US + DAY_US)
    ((left,), _) = await told(call, 1)
    assert (left.from_state, left.to_state, left.cause) == ("in", "", TIME)
    assert left.time == to_timestamp(ENDS_US)
    assert left.record_time == to_timestamp(ENDS_US + DAY_US)
    assert left.rules_version == shop.running.application.serving.program.version


async def test_a_late_event_corrects_what_was_told(shop: Shop) -> None:
    call = watching(shop, names=["hesitant"])
    await began(call)
    await track(shop, viewed(customer_id="ada"))
    await told(call, 1)
    late = ordered("ada")
    late.time.CopyFrom(to_timestamp(NOW_US - 2 * HOUR_US))
    await move_to(shop, NOW_US + HOUR_US)
    await track(shop, late)
    ((left,), _) = await told(call, 1)
    assert (left.to_state, left.cause) == ("", LATE)


async def test_triggers_tell_what_they_emit(open_shop: OpenShop) -> None:
    async with open_shop() as shop:
        write_rules(shop.rules, {"triggers.rules": TRIGGERS})
        await until(lambda: "remind" in shop.running.application.serving.program.triggers)
        call = watching(shop, kinds=[TRIGGER])
        await began(call)
        await track(shop, viewed(customer_id="ada"))
        ((fired,), _) = await told(call, 1)
    assert (fired.name, fired.customer_id, fired.cause) == ("remind", "ada", EVENT)
    assert dict(fired.emitted) == {"campaign": "remind", "product": "p1", "name": None}


async def test_merges_and_stages_are_told_and_filters_choose_among_them(shop: Shop) -> None:
    everything, merges, stages, ada = (
        watching(shop),
        watching(shop, kinds=[MERGE]),
        watching(shop, names=["stage"]),
        watching(shop, customer_id="ada", kinds=[SEGMENT]),
    )
    for call in (everything, merges, stages, ada):
        await began(call)
    await patch(shop, "ada", country="NL")
    await patch(shop, "bob", country="NL")
    await until(looked_at(shop))
    request = profiles_pb2.MergeProfilesRequest(from_customer_id="bob", into_customer_id="ada")
    await shop.client.profiles.MergeProfiles(request)
    ((merge,), _) = await told(merges, 1)
    assert (merge.from_customer_id, merge.into_customer_id, merge.customer_id) == ("bob", "ada", "ada")
    (first, second), _ = await told(stages, 2)
    assert {(first.to_state, first.kind), (second.to_state, second.kind)} == {("visitor", LIFECYCLE)}
    ((dutch,), _) = await told(ada, 1)
    assert (dutch.name, dutch.customer_id) == ("dutch", "ada")
    found, _ = await told(everything, 5)
    positions = [each.position for each in found]
    assert positions == sorted(set(positions))


async def test_who_watches_a_customer_goes_on_with_whoever_they_are_merged_into(shop: Shop) -> None:
    for customer_id in ("visitor", "ada", "bob"):
        await patch(shop, customer_id, country="NL")
    await until(looked_at(shop))
    visitor, bob = (watching(shop, customer_id=one, kinds=[MERGE, SEGMENT]) for one in ("visitor", "bob"))
    for call in (visitor, bob):
        await began(call)
    await merge(shop, "visitor", "ada")
    ((one,), _) = await told(visitor, 1)
    assert (one.kind, one.from_customer_id, one.customer_id) == (MERGE, "visitor", "ada")
    shop.clock.now_us += HOUR_US
    await patch(shop, "ada", country="BE")
    ((left,), _) = await told(visitor, 1)
    assert (left.name, left.to_state, left.customer_id) == ("dutch", "", "ada")
    await merge(shop, "ada", "zoe")
    ((again,), _) = await told(visitor, 1)
    assert (again.kind, again.customer_id) == (MERGE, "zoe")
    await patch(shop, "bob", country="BE")
    ((bobs,), _) = await told(bob, 1)
    assert (bobs.name, bobs.customer_id) == ("dutch", "bob")


async def test_an_id_that_was_merged_before_is_watched_as_the_customer_it_stands_for(shop: Shop) -> None:
    await patch(shop, "visitor", country="NL")
    await until(looked_at(shop))
    await merge(shop, "visitor", "ada")
    await until(looked_at(shop))
    call = watching(shop, start=BEGINNING, customer_id="visitor", names=["dutch"])
    await began(call)
    found = (await asyncio.wait_for(call.read(), PATIENCE_S)).transitions
    assert found[-1].customer_id == "ada"


async def merge(shop: Shop, from_id: str, into_id: str) -> None:
    request = profiles_pb2.MergeProfilesRequest(from_customer_id=from_id, into_customer_id=into_id)
    await shop.client.profiles.MergeProfiles(request)


# ------------------------------------------------------------------------------------------------- tokens


async def test_a_watcher_goes_on_after_a_restart_and_sees_everything_in_order(open_shop: OpenShop) -> None:
    async with open_shop() as shop:
        await track(shop, *(viewed(f"a{number}", customer_id=f"a{number}") for number in range(5)))
        await until(looked_at(shop))
        first, token = await told(watching(shop, start=BEGINNING, names=["hesitant"]), 5)
        await track(shop, *(viewed(f"b{number}", customer_id=f"b{number}") for number in range(5)))
        await until(looked_at(shop))
    async with open_shop() as shop:
        call = watching(shop, resume_token=token, names=["hesitant"])
        await began(call)
        await track(shop, viewed("c", customer_id="c"))
        second, _ = await told(call, 6)
        whole, _ = await told(watching(shop, start=BEGINNING, names=["hesitant"]), 11)
    assert [each.position for each in first + second] == [each.position for each in whole]
    assert [each.customer_id for each in whole][-1] == "c"
    assert len({each.customer_id for each in whole}) == 11


async def test_a_watcher_begins_with_now_where_it_does_not_say(shop: Shop) -> None:
    await patch(shop, "ada", country="NL")
    await until(looked_at(shop))
    call = watching(shop, names=["dutch"])
    await began(call)
    await patch(shop, "bob", country="NL")
    ((entered,), _) = await told(call, 1)
    assert entered.customer_id == "bob"


async def test_a_token_whose_records_are_gone_is_out_of_range_and_says_what_to_do(shop: Shop) -> None:
    application = shop.running.application
    token = await began(watching(shop))
    await patch(shop, "ada", country="NL")
    await until(looked_at(shop))
    assert application.store.trim_feed(NOW_US + 1, NOW_US + 1, 100)
    error = await refusal(_all(watching(shop, resume_token=token)))
    assert error.code() is grpc.StatusCode.OUT_OF_RANGE
    assert fields_of(error) == ["resume_token"]
    assert "ListMembers" in (error.details() or "")


async def test_a_token_of_another_feed_is_out_of_range_and_says_what_to_do(shop: Shop) -> None:
    error = await refusal(_all(watching(shop, resume_token=str(ResumeToken("another", 3)))))
    assert error.code() is grpc.StatusCode.OUT_OF_RANGE
    assert "ListMembers" in (error.details() or "")


@pytest.mark.parametrize("token", ["x", "é"], ids=["no token", "no text"])
async def test_what_is_no_token_is_refused(shop: Shop, token: str) -> None:
    assert (await refused_field(_all(watching(shop, resume_token=token))))[0] == "resume_token"


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({"kinds": [0]}, "kinds"),
        ({"names": ["x"] * 1_001}, "names"),
        ({"customer_id": "x" * 257}, "customer_id"),
    ],
)
async def test_filters_that_are_none_are_refused(shop: Shop, asked: dict[str, Any], field: str) -> None:
    assert (await refused_field(_all(watching(shop, **asked))))[0] == field


async def _all(call: Any) -> list[segments_pb2.WatchTransitionsResponse]:
    return [message async for message in call]


# --------------------------------------------------------------------------------------------- the stream


async def test_heartbeats_carry_a_token_that_passes_over_what_is_filtered_out(open_shop: OpenShop) -> None:
    async with open_shop(heartbeat_s=0.01) as shop:
        call = watching(shop, names=["hesitant"])
        token = await began(call)
        await patch(shop, "ada", country="NL")
        await until(looked_at(shop))
        while (message := await asyncio.wait_for(call.read(), PATIENCE_S)).resume_token == token:
            assert not message.transitions
        assert not message.transitions


async def test_a_slow_watcher_has_one_page_read_for_it_at_a_time_and_misses_nothing(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "PAGE", 10)
    application = shop.running.application
    await track(shop, *(viewed(f"e{number}", customer_id=f"c{number}") for number in range(25)))
    await until(looked_at(shop))
    reads: list[int] = []
    read_feed = application.store.read_feed

    def counted(after: int, limit: int, most_bytes: int) -> Sequence[FeedRecord]:
        reads.append(after)
        return read_feed(after, limit, most_bytes)

    monkeypatch.setattr(application.store, "read_feed", counted)
    messages = watch(application, segments_pb2.WatchTransitionsRequest(start=BEGINNING))
    taken = [await anext(messages)]
    for pages in range(1, 6):
        taken.append(await anext(messages))
        await asyncio.sleep(0.05)
        assert len(reads) == pages
    await messages.aclose()
    assert sum(len(message.transitions) for message in taken) == 50


async def test_a_watcher_who_is_overtaken_by_what_is_trimmed_is_told_so(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching_module, "PAGE", 10)
    application = shop.running.application
    await track(shop, *(viewed(f"e{number}", customer_id=f"c{number}") for number in range(25)))
    await until(looked_at(shop))
    messages = watch(application, segments_pb2.WatchTransitionsRequest(start=BEGINNING))
    await anext(messages)
    await anext(messages)
    application.store.trim_feed(NOW_US + 1, NOW_US + 1, 30)
    with pytest.raises(CallRefused, match="so slow") as caught:
        await anext(messages)
    assert caught.value.code is grpc.StatusCode.OUT_OF_RANGE


async def test_a_server_that_stops_ends_the_watch_with_a_token_and_says_so(open_shop: OpenShop) -> None:
    async with open_shop() as shop:
        call = watching(shop)
        await began(call)
        shop.running.application.begin_drain()
        last = await asyncio.wait_for(call.read(), PATIENCE_S)
        assert last.resume_token
        error = await refusal(call.read())
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "last token" in (error.details() or "")


async def test_watches_beyond_a_number_are_refused_and_room_comes_back(shop: Shop) -> None:
    calls = [watching(shop) for _ in range(MAX_WATCHERS)]
    for call in calls:
        await began(call)
    error = await refusal(_all(watching(shop)))
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    for call in calls:
        call.cancel()

    async def admitted() -> bool:
        call = watching(shop)
        try:
            await began(call)
        except grpc.aio.AioRpcError:
            return False
        call.cancel()
        return True

    for _ in range(100):
        if await admitted():
            return
        await asyncio.sleep(0.05)
    raise AssertionError("no room came back")
