"""Whatever is written is let be known in one way: membership looks at once, and watchers after it."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from dearly.server.membership_worker import MembershipWorker
from dearly.store import StoreUnavailable, open_store
from dearly.v1 import events_pb2, profiles_pb2
from tests.membership.shop import MORNING_US, SHOP, program_of
from tests.server.conftest import OpenShop, Shop
from tests.server.requests import patch, track, viewed


async def streamed(shop: Shop) -> Any:
    return await shop.client.events.StreamEvents(
        iter([events_pb2.StreamEventsRequest(events=[viewed()])])
    ).read()


async def said_by_another_system(shop: Shop) -> Any:
    identify = {"type": "identify", "userId": "ada", "timestamp": "2026-02-25T05:13:20Z", "traits": {}}
    return await shop.client.events.TrackDocuments(
        events_pb2.TrackDocumentsRequest(
            form=events_pb2.DOCUMENT_FORM_SEGMENT, documents=[json.dumps(identify).encode()]
        )
    )


async def consented(shop: Shop) -> Any:
    return await shop.client.profiles.SetConsent(
        profiles_pb2.SetConsentRequest(customer_id="ada", purpose="mail", granted=True)
    )


async def merged(shop: Shop) -> Any:
    return await shop.client.profiles.MergeProfiles(
        profiles_pb2.MergeProfilesRequest(from_customer_id="bob", into_customer_id="ada")
    )


async def erased(shop: Shop) -> Any:
    return await shop.client.profiles.EraseProfile(profiles_pb2.EraseProfileRequest(customer_id="ada"))


WRITES: dict[str, Callable[[Shop], Awaitable[Any]]] = {
    "TrackEvents": lambda shop: track(shop, viewed()),
    "StreamEvents": streamed,
    "TrackDocuments": said_by_another_system,
    "UpsertProfiles": lambda shop: patch(shop, "ada", country="NL"),
    "SetConsent": consented,
    "MergeProfiles": merged,
    "EraseProfile": erased,
}


async def still(shop: Shop) -> threading.Event:
    """What is set by a poke, of a worker that does not answer to it any more."""
    worker = shop.running.application.membership
    assert worker is not None
    assert await asyncio.to_thread(worker.close, 5.0)
    worker.engine._poked.clear()
    return worker.engine._poked


@pytest.mark.parametrize("method", WRITES)
async def test_every_write_has_membership_look_at_once(open_shop: OpenShop, method: str) -> None:
    async with open_shop() as shop:
        poked = await still(shop)
        await WRITES[method](shop)
        assert poked.is_set()


async def test_a_write_that_fails_is_let_be_known_too_since_some_of_it_may_be_kept(
    open_shop: OpenShop,
) -> None:
    def fail() -> None:
        raise StoreUnavailable("The disk is full.")

    async with open_shop() as shop:
        poked, application = await still(shop), shop.running.application
        with pytest.raises(StoreUnavailable, match="full"):
            await application.write(application.writes, fail)
        assert poked.is_set()


async def test_a_write_whose_caller_gives_up_is_let_be_known_when_it_ends(open_shop: OpenShop) -> None:
    begun, free = threading.Event(), threading.Event()

    def write() -> None:
        begun.set()
        free.wait(30)

    async with open_shop() as shop:
        poked, application = await still(shop), shop.running.application
        call = asyncio.create_task(application.write(application.writes, write))
        assert await asyncio.to_thread(begun.wait, 30)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert not poked.is_set()
        free.set()
        assert await asyncio.to_thread(poked.wait, 30)


async def test_watchers_are_told_of_a_poke_though_nobody_was_due(tmp_path: Path) -> None:
    told: list[bool] = []
    store, program = open_store(f"sqlite:///{tmp_path}/shop.db"), program_of(SHOP)
    worker = MembershipWorker(
        store, lambda: program, lambda: MORNING_US, lambda _: "#", lambda: told.append(True), lambda: False
    )
    try:
        worker.begin()
        await worker.work()  # finds that there is nothing to do
        told.clear()
        worker.poke()
        await worker.work()
        assert told == [True]
    finally:
        worker.close(within_s=5)
        store.close()
