"""A stream of events: acknowledged when durable, slowed when too fast, and what ends it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import grpc
import pytest

from dearly.server import event_stream
from dearly.server.event_stream import EventStream
from dearly.server.limits import MAX_STREAMS
from dearly.server.wire import to_struct
from dearly.v1 import events_pb2
from tests.server.conftest import Log, OpenShop, Shop
from tests.server.requests import track, viewed
from tests.server.test_bad_input import fields_of, refusal
from tests.server.waiting import until

ACCEPTED = events_pb2.EVENT_OUTCOME_ACCEPTED
DUPLICATE = events_pb2.EVENT_OUTCOME_DUPLICATE


def message(*events: events_pb2.Event) -> events_pb2.StreamEventsRequest:
    return events_pb2.StreamEventsRequest(events=events)


def numbered(first: int, count: int) -> list[events_pb2.Event]:
    return [viewed(f"e{number}") for number in range(first, first + count)]


def outcomes(answer: events_pb2.StreamEventsResponse) -> list[tuple[str, int]]:
    return [(each.event_id, each.result.outcome) for each in answer.results]


async def everything(call: Any) -> list[events_pb2.StreamEventsResponse]:
    return [answer async for answer in call]


async def test_each_message_is_answered_in_order_by_the_ids_of_its_events(shop: Shop) -> None:
    messages = [message(*numbered(0, 3)), message(*numbered(2, 2)), message(viewed("e9", source="app"))]
    answers = await everything(shop.client.events.StreamEvents(iter(messages)))
    assert [outcomes(answer) for answer in answers] == [
        [("e0", ACCEPTED), ("e1", ACCEPTED), ("e2", ACCEPTED)],
        [("e2", DUPLICATE), ("e3", ACCEPTED)],
        [("e9", ACCEPTED)],
    ]
    assert {each.source for each in answers[2].results} == {"app"}


async def test_an_answer_does_not_wait_for_the_callers_side_to_close(shop: Shop) -> None:
    call = shop.client.events.StreamEvents()
    for number in range(3):
        await call.write(message(viewed(f"e{number}")))
        assert outcomes(await call.read()) == [(f"e{number}", ACCEPTED)]
    await call.done_writing()
    assert await call.read() is grpc.aio.EOF
    assert await call.code() is grpc.StatusCode.OK


async def test_many_messages_may_be_under_way_before_an_answer_is_read(shop: Shop) -> None:
    call = shop.client.events.StreamEvents(message(*numbered(10 * place, 10)) for place in range(100))
    answers = await everything(call)
    assert [name for answer in answers for name, _ in outcomes(answer)] == [f"e{n}" for n in range(1_000)]
    assert {outcome for answer in answers for _, outcome in outcomes(answer)} == {ACCEPTED}


async def test_one_bad_event_spoils_no_other(shop: Shop) -> None:
    bad = viewed("bad", properties=to_struct({"product_id": "p1", "seconds": "3"}))
    (answer,) = await everything(
        shop.client.events.StreamEvents(iter([message(viewed("e1"), bad, viewed("e2"))]))
    )
    assert [result.result.outcome for result in answer.results] == [
        ACCEPTED,
        events_pb2.EVENT_OUTCOME_REJECTED,
        ACCEPTED,
    ]
    assert answer.results[1].result.field == "properties.seconds"


@pytest.mark.parametrize("count", [0, 1_001])
async def test_a_message_of_no_events_or_too_many_ends_the_stream_after_what_came_before(
    shop: Shop, count: int
) -> None:
    call = shop.client.events.StreamEvents()
    await call.write(message(viewed("e1")))
    await call.write(message(*numbered(100, count)))
    assert outcomes(await call.read()) == [("e1", ACCEPTED)]
    error = await refusal(call.read())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert fields_of(error) == ["events"]
    assert [each.outcome for each in await track(shop, viewed("e1"))] == [DUPLICATE]


async def test_bytes_that_are_no_message_end_the_stream_after_what_came_before(shop: Shop, log: Log) -> None:
    raw = shop.client.channel.stream_stream("/dearly.v1.EventService/StreamEvents")
    call = raw(iter([message(viewed("e1")).SerializeToString(), b"\xff"]))
    first = events_pb2.StreamEventsResponse.FromString(await call.read())
    assert outcomes(first) == [("e1", ACCEPTED)]
    error = await refusal(call.read())
    assert error.code() is grpc.StatusCode.INVALID_ARGUMENT
    (line,) = [line for line in log.lines("call") if line["method"].endswith("StreamEvents")]
    assert (line["code"], line["messages"], line["outcomes"]) == ("INVALID_ARGUMENT", 1, {"accepted": 1})


async def test_an_event_beyond_a_mebibyte_ends_the_stream_after_what_came_before(shop: Shop) -> None:
    call = shop.client.events.StreamEvents()
    await call.write(message(viewed("e1")))
    assert outcomes(await call.read()) == [("e1", ACCEPTED)]
    await call.write(message(viewed("large", properties=to_struct({"product_id": "x" * 1024 * 1024}))))
    error = await refusal(call.read())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert [each.outcome for each in await track(shop, viewed("e1"))] == [DUPLICATE]


async def test_a_stream_that_is_cut_half_way_keeps_what_it_answered(shop: Shop) -> None:
    async with grpc.aio.insecure_channel(shop.running.address) as channel:
        call = channel.stream_stream("/dearly.v1.EventService/StreamEvents")()
        await call.write(message(*numbered(0, 5)).SerializeToString())
        await call.read()
        await call.write(message(*numbered(5, 5)).SerializeToString())
    results = await track(shop, *numbered(0, 5))
    assert {each.outcome for each in results} == {DUPLICATE}
    again = await everything(shop.client.events.StreamEvents(iter([message(*numbered(0, 10))])))
    assert {outcome for _, outcome in outcomes(again[0])} <= {ACCEPTED, DUPLICATE}


async def test_a_server_that_stops_answers_what_it_has_read_and_says_so(open_shop: OpenShop) -> None:
    async with open_shop() as shop:
        call = shop.client.events.StreamEvents()
        await call.write(message(viewed("e1")))
        assert outcomes(await call.read()) == [("e1", ACCEPTED)]
        shop.running.application.begin_drain()
        error = await refusal(call.read())
        assert error.code() is grpc.StatusCode.UNAVAILABLE
        assert "send the rest again" in (error.details() or "")


async def test_streams_beyond_a_number_are_refused_and_room_comes_back(shop: Shop) -> None:
    calls = [shop.client.events.StreamEvents() for _ in range(MAX_STREAMS)]
    for call in calls:
        await call.write(message(viewed()))
        await call.read()
    error = await refusal(shop.client.events.StreamEvents(iter([message(viewed())])).read())
    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    for call in calls:
        await call.done_writing()
        assert await call.code() is grpc.StatusCode.OK
    (answer,) = await everything(shop.client.events.StreamEvents(iter([message(viewed())])))
    assert outcomes(answer) == [("e1", DUPLICATE)]


async def test_a_store_that_is_gone_ends_the_stream_with_a_clear_status(shop: Shop, tmp_path: Path) -> None:
    call = shop.client.events.StreamEvents()
    await call.write(message(viewed("e1")))
    await call.read()
    shop.store.rename(tmp_path / "away.db")
    await call.write(message(viewed("e2")))
    error = await refusal(call.read())
    assert error.code() is grpc.StatusCode.UNAVAILABLE
    (tmp_path / "away.db").rename(shop.store)


# ------------------------------------------------------------------------------------------- the stages alone


class Sender:
    """Sends messages for as long as they are taken, and counts."""

    def __init__(self, sent: events_pb2.StreamEventsRequest, most: int) -> None:
        self._sent = sent
        self._most = most
        self.taken = 0

    async def messages(self) -> AsyncIterator[events_pb2.StreamEventsRequest]:
        while self.taken < self._most:
            self.taken += 1
            yield self._sent
            await asyncio.sleep(0)


async def test_no_more_is_read_ahead_than_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    free = asyncio.Event()
    large = message(*(viewed(f"e{number}", source="x" * 200) for number in range(1_000)))
    sender = Sender(large, 200)

    async def keep(events: Sequence[events_pb2.Event]) -> list[events_pb2.TrackEventResult]:
        await free.wait()
        return [events_pb2.TrackEventResult(outcome=ACCEPTED) for _ in events]

    stream = EventStream(sender.messages(), keep, asyncio.Event())
    most = event_stream.MOST_BYTES_AHEAD // large.ByteSize() + 1
    answering = asyncio.create_task(everything(stream.answers()))
    await until(lambda: sender.taken == most)
    for _ in range(100):
        await asyncio.sleep(0)
    assert sender.taken == most
    free.set()
    assert len(await answering) == 200


async def test_answers_that_nobody_takes_hold_up_the_reading() -> None:
    sender = Sender(message(viewed()), 10_000)

    async def keep(events: Sequence[events_pb2.Event]) -> list[events_pb2.TrackEventResult]:
        return [events_pb2.TrackEventResult(outcome=ACCEPTED) for _ in events]

    stream = EventStream(sender.messages(), keep, asyncio.Event())
    answers = stream.answers()
    await anext(answers)
    for _ in range(20_000):
        await asyncio.sleep(0)
    assert sender.taken <= event_stream.MOST_MESSAGES_AHEAD + 1
    await answers.aclose()
