"""The courier: every record to every sink, in order, whatever becomes of sinks and couriers."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from dearly.delivery import Courier, Delivery, JsonLinesSink, SinkReport, each_dead_letter, replay
from dearly.store import FeedRecord, Store, StoreUnavailable
from tests.delivery.clocks import Clock
from tests.delivery.couriers import courier, now_us, webhook
from tests.delivery.feeding import opened, put
from tests.delivery.receivers import Behaviour, Receiver, Request, answers, hangs, receiving
from tests.postgres import fresh_database, needs_postgres

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=needs_postgres)])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where there is no store yet, of either kind."""
    return fresh_database() if request.param == "postgres" else f"sqlite:///{tmp_path}/store.db"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    """A store with nothing in it."""
    with opened(url) as found:
        yield found


@pytest.fixture
def clock() -> Clock:
    """A clock that stands at noon."""
    return Clock()


@asynccontextmanager
async def running(*couriers: Courier) -> AsyncIterator[None]:
    """Couriers that have taken their sinks for the first time, until they are closed."""
    for each in couriers:
        await each.step()  # a sink that is new begins at the feed's end
    try:
        yield
    finally:
        for each in couriers:
            await each.close()


def names_of(receiver: Receiver) -> list[str]:
    """Which segments the receiver was told of."""
    return [json.loads(body)["name"] for body in receiver.bodies]


def numbers(count: int) -> list[str]:
    """Names in order."""
    return [f"s{number:04}" for number in range(count)]


async def step_until_begun(courier: Courier, store: Store, count: int) -> None:
    """Step until so many sinks are known, each of which begins at the feed's end."""
    while len(store.sinks()) < count:
        await courier.step()


async def step_until_told(courier: Courier, clock: Clock, every_us: int = MINUTE_US) -> SinkReport:
    """Let time go by until a sink that was told of everything says so; its report."""
    for _ in range(10_000):
        for report in await courier.step():
            if report.waiting == 0:
                return report
        clock.us += every_us
    raise AssertionError("it was never told everything")


async def test_a_sink_is_told_what_is_recorded_in_order_and_once(store: Store, clock: Clock) -> None:
    put(store, "early", "before-the-sink")
    async with receiving(answers(200)) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            put(store, "anna", *numbers(30))
            (report,) = await telling.step()
            assert await telling.step() == []
            put(store, "ben", "late")
            (later,) = await telling.step()

    assert names_of(receiver) == [*numbers(30), "late"]
    assert (report.delivered, report.dead, report.waiting, report.reason) == (30, 0, 0, None)
    assert (later.delivered, later.position) == (1, store.feed_ends()[1])


async def test_more_than_a_page_is_told_in_one_go(store: Store, clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "feed.jsonl"
    telling = courier(store, JsonLinesSink("log", file, 10**9, store.erased_ids), clock=clock)
    async with running(telling):
        put(store, "anna", *numbers(1_234))
        (report,) = await telling.step()

    assert report.delivered == 1_234
    assert [json.loads(line)["name"] for line in file.read_bytes().splitlines()] == numbers(1_234)


async def test_large_records_are_told_in_one_go_as_well(store: Store, clock: Clock, tmp_path: Path) -> None:
    file = tmp_path / "feed.jsonl"
    telling = courier(store, JsonLinesSink("log", file, 10**9, store.erased_ids), clock=clock)
    names = [f"s{number:04}{'e' * 300_000}" for number in range(20)]
    async with running(telling):
        put(store, "anna", *names)
        (report,) = await telling.step()
        assert await telling.step() == []

    assert (report.delivered, report.waiting) == (20, 0)
    assert [json.loads(line)["name"] for line in file.read_bytes().splitlines()] == names


async def test_an_hour_of_500_loses_nothing_and_the_lag_is_told(store: Store, clock: Clock) -> None:
    begun_us = clock.us

    def behave(request: Request) -> Behaviour:
        return answers(500) if clock.us < begun_us + HOUR_US else answers(200)

    async with receiving(behave, each=True) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            reports = []
            for minute in range(60):
                put(store, f"c{minute}", f"s{minute:04}", now_us=clock.us)
                reports += await telling.step()
                clock.us += MINUTE_US
            tries = len(receiver.requests)
            last = await step_until_told(telling, clock)

    assert tries < 20
    assert names_of(receiver)[tries:] == numbers(60)
    assert list(each_dead_letter(store)) == []
    assert reports[-1].reason == "it answered 500 Internal Server Error"
    assert reports[-1].failing_since_us == begun_us
    assert reports[-1].lag_us(clock.us) >= HOUR_US
    assert reports[-1].waiting > 30
    assert (last.failures, last.failing_since_us, last.lag_us(clock.us)) == (0, None, 0)


async def test_a_record_that_is_refused_is_set_aside_and_the_sink_goes_on(store: Store, clock: Clock) -> None:
    def behave(request: Request) -> Behaviour:
        return answers(422, b"unknown customer") if b'"anna"' in request.body else answers(200)

    async with receiving(behave, each=True) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            for customer_id in ("ben", "anna", "carl"):
                put(store, customer_id, customer_id)
            (report,) = await telling.step()

    (letter,) = each_dead_letter(store, "crm")
    assert names_of(receiver) == ["ben", "anna", "carl"]
    assert (report.delivered, report.dead, report.waiting) == (2, 1, 0)
    assert letter.record.customer_id == "anna"
    assert letter.reason == "it answered 422 Unprocessable Entity: unknown customer"
    assert letter.died_us == clock.us


async def test_a_record_that_fails_for_a_day_is_given_up_and_only_that_one(
    store: Store, clock: Clock
) -> None:
    begun_us = clock.us

    def behave(request: Request) -> Behaviour:
        return answers(500) if b'"anna"' in request.body else answers(200)

    async with receiving(behave, each=True) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            for customer_id in ("ben", "anna", "carl", "dora"):
                put(store, customer_id, customer_id)
            report = await step_until_told(telling, clock)

    (letter,) = each_dead_letter(store)
    assert letter.record.customer_id == "anna"
    assert letter.reason.startswith(
        "given up, since the sink has failed since 2026-03-01T12:00:00Z; at last, it"
    )
    assert DAY_US <= letter.died_us - begun_us < DAY_US + HOUR_US
    assert names_of(receiver)[-2:] == ["carl", "dora"]
    assert (report.failures, report.failing_since_us) == (0, None)


async def test_a_sink_that_is_down_for_days_keeps_the_last_day_to_be_told(store: Store, clock: Clock) -> None:
    down = True

    def behave(request: Request) -> Behaviour:
        return answers(503) if down else answers(200)

    async with receiving(behave, each=True) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            for name in numbers(72):
                put(store, f"c{name}", name, now_us=clock.us)
                await telling.step()
                clock.us += HOUR_US
            down = False
            tries = len(receiver.requests)
            await step_until_told(telling, clock)

    told, given_up = (
        names_of(receiver)[tries:],
        [json.loads(each.record.body)["name"] for each in each_dead_letter(store)],
    )
    assert given_up + told == numbers(72)
    assert 24 <= len(told) <= 26


async def test_of_many_old_records_two_are_tried_before_all_are_given_up(store: Store, clock: Clock) -> None:
    async with receiving(answers(503)) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            put(store, "anna", *numbers(300))
            await telling.step()
            clock.us += DAY_US
            await telling.step()

    assert len(list(each_dead_letter(store))) == 300
    assert names_of(receiver) == ["s0000", "s0000", "s0001"]


async def test_retry_after_is_kept_and_bounded(store: Store, clock: Clock) -> None:
    async with receiving(answers(429, Retry_After="600")) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            put(store, "anna", "vip")
            for minutes, tries in ((0, 1), (9, 1), (1, 2), (9, 2), (1, 3)):
                clock.us += minutes * MINUTE_US
                await telling.step()
                assert len(receiver.requests) == tries
    async with receiving(answers(503, Retry_After="99999999")) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock, "other"), clock=clock)
        async with running(telling):
            put(store, "anna", "vip")
            for minutes, tries in ((0, 1), (59, 1), (1, 2)):
                clock.us += minutes * MINUTE_US
                await telling.step()
                assert len(receiver.requests) == tries


async def test_why_a_sink_fails_is_kept_for_as_long_as_it_fails(store: Store, clock: Clock) -> None:
    statuses = iter([503, 200])
    async with receiving(lambda _: answers(next(statuses)), each=True) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            put(store, "anna", "vip")
            await telling.step()
            (failing,) = store.sinks()
            clock.us += HOUR_US
            await telling.step()
            (well,) = store.sinks()
    assert (failing.failures, failing.reason) == (1, "it answered 503 Service Unavailable")
    assert (well.failures, well.reason) == (0, None)


async def test_a_sink_that_is_forgotten_under_a_courier_is_told_all_that_is_recorded_later(
    store: Store, clock: Clock
) -> None:
    statuses = iter([200, 503, 200])
    async with receiving(lambda _: answers(next(statuses)), each=True) as receiver:
        telling = courier(store, webhook(receiver.url, store, clock), clock=clock)
        async with running(telling):
            put(store, "anna", "told")
            await telling.step()
            assert store.forget_sink("crm", clock.us)
            put(store, "anna", "next")
            await telling.step()
            put(store, "anna", "waiting")
            await telling.step()
            assert store.forget_sink("crm", clock.us)
            put(store, "anna", "later")
            await telling.step()
    assert names_of(receiver) == ["told", "next", "later"]


async def test_a_sink_that_hangs_holds_up_none_of_the_others(store: Store, clock: Clock) -> None:
    async with receiving(hangs) as stuck, receiving(answers(200)) as well:
        telling = courier(
            store,
            webhook(stuck.url, store, clock, "stuck"),
            webhook(well.url, store, clock, "well"),
            clock=clock,
        )
        async with running(telling):
            while len(telling.latest) < 2:
                await telling.step()
            for name in numbers(20):
                put(store, "anna", name)
                while name not in names_of(well):
                    await telling.step()

    assert names_of(well) == numbers(20)
    assert len(stuck.requests) == 1


# ------------------------------------------------------------------------------------------ several couriers


async def test_two_couriers_never_tell_one_sink_at_the_same_time(
    store: Store, clock: Clock, url: str
) -> None:
    under_way = most = 0

    async def slowly(writer: asyncio.StreamWriter) -> None:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(0.002)
        under_way -= 1
        await answers(200)(writer)

    with opened(url) as other:
        async with receiving(slowly) as receiver:
            couriers = [
                courier(each, webhook(receiver.url, each, clock), clock=clock, owner=owner)
                for each, owner in ((store, "one"), (other, "two"))
            ]
            async with running(*couriers):
                for begin in range(0, 100, 10):
                    put(store, "anna", *numbers(100)[begin : begin + 10])
                    await asyncio.gather(*(each.step() for each in couriers))
                await asyncio.gather(*(each.step() for each in couriers))

    assert most == 1
    assert names_of(receiver) == numbers(100)


async def test_a_courier_that_is_closed_lets_go_of_its_sinks_at_once(
    store: Store, clock: Clock, url: str
) -> None:
    def behave(request: Request) -> Behaviour:
        return hangs if b"s0003" in request.body and len(receiver.requests) == 4 else answers(200)

    with opened(url) as other:
        async with receiving(behave, each=True) as receiver:
            first = courier(store, webhook(receiver.url, store, clock), clock=clock)
            second = courier(other, webhook(receiver.url, other, clock), clock=clock, owner="two")
            await first.step()
            put(store, "anna", *numbers(6))
            stepping = asyncio.create_task(first.step())
            while len(receiver.requests) < 4:
                await asyncio.sleep(0.01)
            assert await second.step() == []
            stepping.cancel()
            await first.close()
            await second.step()
            await second.close()

    assert names_of(receiver) == ["s0000", "s0001", "s0002", "s0003", "s0003", "s0004", "s0005"]


async def test_whenever_a_courier_is_closed_another_goes_on_at_once(
    store: Store, clock: Clock, url: str
) -> None:
    with opened(url) as other:
        async with receiving(answers(200)) as receiver:
            second = courier(other, webhook(receiver.url, other, clock), clock=clock, owner="two")
            await second.step()
            for moment in range(60):
                put(store, "anna", f"a{moment}", f"b{moment}")
                first = courier(store, webhook(receiver.url, store, clock), clock=clock)
                stepping = asyncio.create_task(first.step())
                await asyncio.sleep(moment / 10_000)
                stepping.cancel()
                await first.close()
                await second.step()
                assert f"b{moment}" in names_of(receiver)
            await second.close()

    told = dict.fromkeys(names_of(receiver))
    assert list(told) == [f"{letter}{moment}" for moment in range(60) for letter in "ab"]


async def test_when_one_courier_is_killed_another_goes_on_once_its_lease_is_over(
    store: Store, url: str
) -> None:
    clock = Clock(now_us())
    async with receiving(answers(200)) as receiver:
        survivor = courier(store, webhook(receiver.url, store, clock), clock=clock, owner="survivor")
        await survivor.step()
        put(store, "anna", *numbers(400), now_us=clock.us)
        command = [sys.executable, "-m", "tests.delivery.couriers", url, receiver.url]
        process = await asyncio.create_subprocess_exec(*command)
        while len(receiver.requests) < 50:
            await asyncio.sleep(0.001)
        os.kill(process.pid, signal.SIGKILL)
        await process.wait()
        before = names_of(receiver)
        clock.us = now_us()
        assert await survivor.step() == []
        clock.us += MINUTE_US + SECOND_US
        await survivor.step()
        await survivor.close()

    after = names_of(receiver)[len(before) :]
    assert before == numbers(400)[: len(before)]
    assert len(before) < 400
    assert after == numbers(400)[numbers(400).index(after[0]) :]
    assert set(before) | set(after) == set(numbers(400))


# --------------------------------------------------------------------------------------- mistakes of our own


@dataclass(slots=True)
class Faulty:
    """A sink with a mistake in it, until it is mended."""

    error: Exception | None
    name: str = "faulty"
    at_once: int = 1
    told: list[int] = field(default_factory=list)

    async def deliver(self, records: Sequence[FeedRecord]) -> Delivery:
        if self.error is not None:
            raise self.error
        self.told += [record.position for record in records]
        return Delivery(len(records))

    async def close(self) -> None:
        """Nothing is open."""


async def test_a_mistake_in_one_sink_is_a_failure_of_that_one_and_holds_up_no_other(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "feed.jsonl"
    faulty = Faulty(KeyError("anna"))
    telling = courier(store, faulty, JsonLinesSink("log", file, 10**9, store.erased_ids), clock=clock)
    reports: dict[str, SinkReport] = {}
    async with running(telling):
        await step_until_begun(telling, store, 2)
        put(store, "anna", *numbers(3))
        while len(reports) < 2:
            news = [report for report in await telling.step() if report.delivered or report.failures]
            reports |= {report.name: report for report in news}
        assert file.read_bytes().count(b"\n") == reports["log"].delivered == 3
        assert reports["faulty"].failures == 1
        assert "(KeyError in test_courier.py:" in (reports["faulty"].reason or "")
        assert "anna" not in (reports["faulty"].reason or "")
        faulty.error = None
        clock.us += MINUTE_US
        while len(faulty.told) < 3:
            await telling.step()


async def test_while_the_store_is_away_for_one_sink_the_reports_of_others_are_not_lost(
    store: Store, clock: Clock, tmp_path: Path
) -> None:
    file = tmp_path / "feed.jsonl"
    faulty = Faulty(StoreUnavailable("away"))
    telling = courier(store, faulty, JsonLinesSink("log", file, 10**9, store.erased_ids), clock=clock)
    delivered = failed = 0
    async with running(telling):
        await step_until_begun(telling, store, 2)
        for number in range(20):
            put(store, "anna", f"s{number}")
            while delivered <= number:
                try:
                    delivered += sum(report.delivered for report in await telling.step())
                except StoreUnavailable:
                    failed += 1
        faulty.error = None
        while delivered < 40:
            try:
                delivered += sum(report.delivered for report in await telling.step())
            except StoreUnavailable:  # of the task that began before
                failed += 1
    assert failed > 0
    assert file.read_bytes().count(b"\n") == len(faulty.told) == 20


# ---------------------------------------------------------------------------------------------- dead letters


async def test_dead_letters_are_delivered_again_and_forgotten(store: Store, clock: Clock) -> None:
    refusing = True

    def behave(request: Request) -> Behaviour:
        return answers(400) if refusing or b"s0002" in request.body else answers(200)

    async with receiving(behave, each=True) as receiver:
        sink = webhook(receiver.url, store, clock)
        telling = courier(store, sink, clock=clock)
        async with running(telling):
            put(store, "anna", *numbers(4))
            await telling.step()
            assert len(list(each_dead_letter(store))) == 4
            refusing = False
            replayed = await replay(store, sink, list(each_dead_letter(store)))

    assert [each.failure is None for each in replayed] == [True, True, False, True]
    assert [json.loads(each.record.body)["name"] for each in each_dead_letter(store)] == ["s0002"]
    assert len({request.headers["webhook-id"] for request in receiver.requests}) == 4


async def test_replaying_to_a_sink_that_is_down_ends_with_the_first(store: Store, clock: Clock) -> None:
    statuses = iter([400, 400, 400, 503])

    async with receiving(lambda request: answers(next(statuses)), each=True) as receiver:
        sink = webhook(receiver.url, store, clock)
        telling = courier(store, sink, clock=clock)
        async with running(telling):
            put(store, "anna", *numbers(3))
            await telling.step()
            replayed = await replay(store, sink, list(each_dead_letter(store)))

    assert [str(each.failure) for each in replayed] == ["it answered 503 Service Unavailable"]
    assert len(list(each_dead_letter(store))) == 3
