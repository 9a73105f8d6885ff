"""Indexes are swapped while a server runs; one that is truncated or altered is refused by name."""

from __future__ import annotations

from pathlib import Path

import pytest

from dearly.language.types import DAY_US, HOUR_US
from dearly.recommendation import build_from_store, current_version, publish_index
from dearly.server.wire import to_struct, to_timestamp
from dearly.v1 import recommendations_pb2
from tests.server.conftest import NOW_US, Log, OpenShop, Shop, put_products
from tests.server.requests import render, track, viewed
from tests.server.waiting import eventually


async def everybody_looks(shop: Shop) -> None:
    """Forty customers look at tents or at boots, so that there is something to learn."""
    events = [
        viewed(
            f"e{number}-{place}",
            customer_id=f"c{number}",
            time=to_timestamp(NOW_US - DAY_US - place * HOUR_US),
            properties=to_struct({"product_id": f"p{(number % 2) + 1 + 2 * ((number + place) % 4)}"}),
        )
        for number in range(40)
        for place in range(3)
    ]
    await track(shop, *events)


def publish(shop: Shop, created_us: int) -> str:
    """Build and publish an index as `dearly index build` does; its version."""
    application = shop.running.application
    index = build_from_store(
        application.store,
        application.serving.program,
        "product",
        weights={},
        dimensions=None,
        seed=1,
        as_of_us=NOW_US,
        created_us=created_us,
        report=lambda _step: None,
    )
    return publish_index(index, shop.index).version


async def serving_version(shop: Shop) -> str:
    return (await shop.client.content.RenderContent(render())).index_versions.get("product", "")


async def test_a_published_index_serves_without_a_restart(shop: Shop) -> None:
    await everybody_looks(shop)
    assert await serving_version(shop) == ""
    first = publish(shop, NOW_US)
    assert await eventually(lambda: serving_version(shop), first)
    second = publish(shop, NOW_US + HOUR_US)
    assert await eventually(lambda: serving_version(shop), second)
    request = recommendations_pb2.RecommendRequest(customer_id="c1", catalog="product", limit=2)
    reply = await shop.client.recommendations.Recommend(request)
    assert reply.index_version == second
    assert reply.items[0].strategy == recommendations_pb2.ITEM_STRATEGY_RECOMMENDED


def truncate(file: Path, other: Path) -> None:
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])


def alter(file: Path, other: Path) -> None:
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)


def swap(file: Path, other: Path) -> None:
    """Files of two versions change places."""
    mine, theirs = file.read_bytes(), other.read_bytes()
    file.write_bytes(theirs)
    other.write_bytes(mine)


@pytest.mark.parametrize("harm", [truncate, alter, swap])
async def test_a_harmed_index_is_refused_by_name_and_the_old_one_serves_on(
    shop: Shop, log: Log, harm: object, tmp_path: Path
) -> None:
    assert callable(harm)
    await everybody_looks(shop)
    first = publish(shop, NOW_US)
    assert await eventually(lambda: serving_version(shop), first)
    await track(shop, viewed("one-more", customer_id="c1", properties=to_struct({"product_id": "p8"})))
    # Published elsewhere, harmed, and only then put in place, so that no look comes between.
    second = publish(replaced_index(shop, tmp_path / "elsewhere"), NOW_US + HOUR_US)
    folder = tmp_path / "elsewhere/product" / second
    largest = max(folder.iterdir(), key=lambda path: path.stat().st_size)
    old = shop.index / "product" / first / largest.name
    harm(largest, old)
    folder.rename(shop.index / "product" / second)
    (shop.index / "product/CURRENT").write_text(second)
    await shop.running.application.refresh()
    await shop.running.application.refresh()
    assert await serving_version(shop) == first
    (refused,) = log.lines("index_refused")
    assert (refused["catalog"], refused["version"], refused["serving"]) == ("product", second, first)
    assert largest.name in refused["reason"]


def replaced_index(shop: Shop, index: Path) -> Shop:
    return Shop(shop.client, shop.running, shop.rules, shop.store, index, shop.clock)


async def test_a_server_starts_beside_an_index_that_it_refuses(
    open_shop: OpenShop, tmp_path: Path, log: Log
) -> None:
    async with open_shop() as shop:
        await put_products(shop)
        await everybody_looks(shop)
        version = publish(shop, NOW_US)
    for path in (tmp_path / "index/product" / version).iterdir():
        path.write_bytes(b"")
    assert current_version(tmp_path / "index", "product") == version
    async with open_shop() as shop:
        reply = await shop.client.content.RenderContent(render())
        assert reply.blocks[0].html
        assert "product" not in reply.index_versions
    assert [line["version"] for line in log.lines("index_refused")] == [version]
