"""A server whose store is in PostgreSQL, and two servers that share one."""

from __future__ import annotations

from dearly.v1 import events_pb2, segments_pb2
from tests.postgres import fresh_database, needs_postgres
from tests.server.conftest import OpenShop
from tests.server.requests import patch, track, viewed
from tests.server.test_members import ENDS_US, counted, ids
from tests.server.test_profiles import erased, exported, merged
from tests.server.test_watching import BEGINNING, began, looked_at, move_to, told, watching
from tests.server.waiting import until

pytestmark = needs_postgres


async def test_all_that_a_server_does_works_on_postgres(open_shop: OpenShop) -> None:
    async with open_shop(store=fresh_database()) as shop:
        call = watching(shop, names=["hesitant"])
        await began(call)
        await track(shop, viewed(customer_id="visitor"))
        await until(looked_at(shop))
        await merged(shop, "visitor", "ada")
        assert await ids(shop, segment="hesitant") == ["ada"]
        await move_to(shop, ENDS_US)
        assert (await counted(shop, segment="hesitant")).count == 0
        found, _ = await told(call, 3)
        assert [each.to_state for each in found] == ["in", "in", ""]
        assert (await exported(shop, "ada"))["other_ids"] == ["visitor"]
        receipt = await erased(shop, "visitor")
        assert (receipt.was_known, receipt.id_count) == (True, 2)
        await shop.running.application.look_after_store()
        (late,) = await track(shop, viewed("late", customer_id="ada"))
        assert late.outcome == events_pb2.EVENT_OUTCOME_REJECTED


async def test_two_servers_of_one_store_tell_every_move_once_whoever_is_watched(open_shop: OpenShop) -> None:
    url = fresh_database()
    async with open_shop(store=url) as one, open_shop(store=url) as two:
        for number in range(20):
            await patch(one if number % 2 else two, f"c{number:02}", country="NL")
        await until(looked_at(one))
        for shop in (one, two):
            call = watching(
                shop, start=BEGINNING, names=["dutch"], kinds=[segments_pb2.TRANSITION_KIND_SEGMENT]
            )
            found, _ = await told(call, 20)
            assert sorted(each.customer_id for each in found) == [f"c{number:02}" for number in range(20)]
            assert {each.to_state for each in found} == {"in"}
