"""What a server does for its store by itself: it expires events, trims the feed, overwrites the erased."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from dearly.delivery import parse_sink
from dearly.language.types import DAY_US, HOUR_US
from dearly.server.wire import to_timestamp
from dearly.v1 import events_pb2, profiles_pb2
from tests.server.conftest import NOW_US, Log, OpenShop, Shop
from tests.server.requests import patch, track, viewed
from tests.server.shop import write_rules
from tests.server.test_profiles import erased, exported
from tests.server.waiting import until

KEPT = "settings { keep events 30 days }\n"
REJECTED = events_pb2.EVENT_OUTCOME_REJECTED
ACCEPTED = events_pb2.EVENT_OUTCOME_ACCEPTED


def aged(event_id: str, age_us: int) -> events_pb2.Event:
    return viewed(event_id, time=to_timestamp(NOW_US - age_us))


async def event_ids(shop: Shop) -> list[str]:
    return [event["event_id"] for event in (await exported(shop, "c1"))["events"]]


async def test_events_that_the_rules_keep_no_longer_are_refused_and_those_kept_expire(
    open_shop: OpenShop, tmp_path: Path, log: Log
) -> None:
    write_rules(tmp_path / "rules", {"settings.rules": KEPT})
    async with open_shop() as shop:
        old, young, new = await track(
            shop, aged("old", 30 * DAY_US), aged("young", 30 * DAY_US - 1), aged("new", HOUR_US)
        )
        assert [old.outcome, young.outcome, new.outcome] == [REJECTED, ACCEPTED, ACCEPTED]
        assert (old.field, "last 30 days" in old.reason) == ("time", True)
        await shop.running.application.look_after_store()
        assert await event_ids(shop) == ["young", "new"]
        shop.clock.now_us += 1
        await shop.running.application.look_after_store()
        assert await event_ids(shop) == ["new"]
    (line,) = log.lines("events_expired")
    assert line["count"] == 1


async def test_without_a_setting_no_event_is_too_old(shop: Shop) -> None:
    (old,) = await track(shop, aged("old", 9_000 * DAY_US))
    assert old.outcome == ACCEPTED
    await shop.running.application.look_after_store()
    assert await event_ids(shop) == ["old"]


async def test_the_feed_is_kept_for_so_many_days(open_shop: OpenShop) -> None:
    async with open_shop(keep_feed_days=2) as shop:
        store = shop.running.application.store
        await patch(shop, "ada", country="NL")
        await until(lambda: store.feed_ends()[1] > 0)
        for age_us, left in ((2 * DAY_US, True), (2 * DAY_US + 1, False)):
            shop.clock.now_us = NOW_US + age_us
            await shop.running.application.look_after_store()
            assert bool(store.read_feed(0, 10)) is left


async def test_what_a_sink_was_not_told_is_kept_twice_as_long_and_its_loss_is_logged(
    open_shop: OpenShop, log: Log
) -> None:
    async with open_shop(keep_feed_days=2) as shop:
        store = shop.running.application.store
        store.lease_sink("down", "nobody", NOW_US, NOW_US)
        await patch(shop, "ada", country="NL")
        await until(lambda: len(store.read_feed(0, 10)) == 2)
        for age_us, left in ((2 * DAY_US + 1, True), (4 * DAY_US, True), (4 * DAY_US + 1, False)):
            shop.clock.now_us = NOW_US + age_us
            await shop.running.application.look_after_store()
            assert bool(store.read_feed(0, 10)) is left
    assert [(line["sink"], line["count"]) for line in log.lines("sink_lost_records")] == [("down", 2)]


async def test_the_erased_are_not_among_what_a_sink_lost(open_shop: OpenShop, log: Log) -> None:
    async with open_shop(keep_feed_days=2) as shop:
        store = shop.running.application.store
        store.lease_sink("down", "nobody", NOW_US, NOW_US)
        await patch(shop, "ada", country="NL")
        await until(lambda: len(store.read_feed(0, 10)) == 2)
        await patch(shop, "bob", country="NL")
        await until(lambda: len(store.read_feed(0, 10)) == 4)
        await erased(shop, "ada")
        shop.clock.now_us += 5 * DAY_US
        await shop.running.application.look_after_store()
    assert [(line["sink"], line["count"]) for line in log.lines("sink_lost_records")] == [("down", 2)]


async def test_of_a_sink_that_stands_still_it_is_logged_once_that_it_loses_records(
    open_shop: OpenShop, log: Log
) -> None:
    async with open_shop(keep_feed_days=2) as shop:
        store = shop.running.application.store
        state = store.lease_sink("retired", "nobody", NOW_US, NOW_US)
        assert state is not None

        async def lose(customer_id: str) -> None:
            await patch(shop, customer_id, country="NL")
            await until(lambda: len(store.read_feed(0, 10)) == 2)
            shop.clock.now_us += 5 * DAY_US
            await shop.running.application.look_after_store()
            assert store.read_feed(0, 10) == []

        await lose("ada")
        await lose("bob")
        now_us = shop.clock.now_us
        assert store.lease_sink("retired", "somebody", now_us, now_us + 1) is not None
        moved = replace(state, position=store.feed_ends()[1])
        assert store.settle_sink(moved, "somebody", now_us, [])
        await lose("cyd")
    assert len(log.lines("sink_lost_records")) == 2  # of ada's and of cyd's, but not of bob's


async def test_a_sink_loses_nothing_by_the_erased_behind_what_it_was_told(
    open_shop: OpenShop, log: Log
) -> None:
    async with open_shop(keep_feed_days=2) as shop:
        store = shop.running.application.store
        await patch(shop, "ada", country="NL")
        await until(lambda: len(store.read_feed(0, 10)) == 2)
        store.lease_sink("slow", "nobody", NOW_US, NOW_US)  # it begins here: of ada it has been told
        await patch(shop, "bob", country="NL")
        await until(lambda: len(store.read_feed(0, 10)) == 4)
        await erased(shop, "bob")
        shop.clock.now_us = NOW_US + 3 * DAY_US
        await patch(shop, "cyd", country="NL")
        await until(lambda: len(store.read_feed(0, 10)) == 4)
        await shop.running.application.look_after_store()
        assert [record.customer_id for record in store.read_feed(0, 10)] == ["cyd", "cyd"]
    assert log.lines("sink_lost_records") == []


async def test_a_server_overwrites_the_erased_without_being_asked(open_shop: OpenShop) -> None:
    async with open_shop(upkeep_s=0.02) as shop:
        log_file = Path(f"{shop.store}-wal")
        await patch(shop, "ada", first_name="Countess-of-Lovelace")
        assert b"Countess" in shop.store.read_bytes() + log_file.read_bytes()
        await erased(shop, "ada")
        await until(lambda: b"Countess" not in shop.store.read_bytes() + log_file.read_bytes())


async def test_a_sink_whose_files_cannot_be_rewritten_is_erased_later(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    told = tmp_path / "told" / "feed.jsonl"
    told.parent.mkdir()
    async with open_shop(sinks=(parse_sink(f"file=file://{told}"),)) as shop:
        application = shop.running.application
        await patch(shop, "ada", country="NL")
        await until(lambda: told.exists() and '"ada"' in told.read_text())
        away = told.parent.rename(tmp_path / "away")
        told.parent.write_text("in the way")
        receipt = await erased(shop, "ada")
        (place,) = [place for place in receipt.places if place.place == "sinks/file"]
        assert place.state == profiles_pb2.ERASURE_STATE_SCHEDULED
        told.parent.unlink()
        away.rename(told.parent)
        assert '"ada"' in told.read_text()
        await application.look_after_store()
        assert '"ada"' not in told.read_text()


async def test_a_sink_that_could_not_be_erased_is_erased_after_a_restart(
    open_shop: OpenShop, tmp_path: Path, log: Log
) -> None:
    told = tmp_path / "told" / "feed.jsonl"
    told.parent.mkdir()
    sinks = (parse_sink(f"file=file://{told}"),)
    async with open_shop(sinks=sinks) as shop:
        await patch(shop, "ada", country="NL")
        await patch(shop, "bob", country="NL")
        await until(lambda: told.exists() and told.read_text().count("\n") == 4)
        away = told.parent.rename(tmp_path / "away")
        await erased(shop, "ada")
    away.rename(told.parent)
    async with open_shop(sinks=sinks) as shop:
        store = shop.running.application.store
        await until(lambda: not store.erasures_due())
        assert '"ada"' not in told.read_text()
        assert told.read_text().count('"bob"') == 2
    assert [line["lines"] for line in log.lines("sink_erased")] == [2]


async def test_the_sink_of_another_server_is_in_the_receipt_and_that_server_erases_it(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    told = tmp_path / "feed.jsonl"
    sinks = (parse_sink(f"file=file://{told}"),)
    async with open_shop(sinks=sinks, upkeep_s=0.02) as owner, open_shop(membership=False) as other:
        await patch(owner, "ada", country="NL")
        await until(lambda: told.exists() and told.read_text().count("\n") == 2)
        receipt = await erased(other, "ada")
        (place,) = [place for place in receipt.places if place.place == "sinks/file"]
        assert place.state == profiles_pb2.ERASURE_STATE_NOT_REACHED
        assert "a server that does rewrites it" in place.note
        await until(lambda: '"ada"' not in told.read_text())


async def test_a_server_that_went_before_it_overwrote_the_erased_leaves_it_to_the_next(
    open_shop: OpenShop,
) -> None:
    async with open_shop(scrub=False) as shop:
        await patch(shop, "ada", first_name="Countess-of-Lovelace")
        await erased(shop, "ada")
        await shop.running.application.look_after_store()
        assert [due.place for due in shop.running.application.store.erasures_due()] == ["store/files"]
    async with open_shop() as shop:
        store = shop.running.application.store
        await until(lambda: not store.erasures_due())
        log_file = Path(f"{shop.store}-wal")
        assert b"Countess" not in shop.store.read_bytes() + log_file.read_bytes()
