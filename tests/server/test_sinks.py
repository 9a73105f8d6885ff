"""Sinks of a server: told by themselves what the feed says, across restarts, and what fails is logged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from dearly.delivery import SinkSettingsError, parse_sink
from tests.server.conftest import Log, OpenShop
from tests.server.requests import patch
from tests.server.waiting import until


def lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []


async def test_a_sink_is_told_once_of_each_move_and_goes_on_after_a_restart(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    told = tmp_path / "feed.jsonl"
    sinks = (parse_sink(f"file=file://{told}"),)
    async with open_shop(sinks=sinks) as shop:
        await patch(shop, "ada", country="NL")
        await until(lambda: len(lines(told)) == 2)
    async with open_shop() as shop:  # nobody tells the sink now
        await patch(shop, "bob", country="NL")
        await until(lambda: len(shop.running.application.store.read_feed(0, 10)) == 4)
    async with open_shop(sinks=sinks):
        await until(lambda: len(lines(told)) == 4)
    moves = {(line["customer_id"], line["name"], line["to"]) for line in lines(told)}
    assert moves == {
        (customer_id, name, state)
        for customer_id in ("ada", "bob")
        for name, state in (("dutch", "in"), ("stage", "visitor"))
    }
    positions = [line["position"] for line in lines(told)]
    assert positions == sorted(positions)


async def test_a_sink_that_fails_holds_up_nothing_and_is_logged(
    open_shop: OpenShop, tmp_path: Path, log: Log
) -> None:
    folder = tmp_path / "told"
    folder.mkdir()
    async with open_shop(sinks=(parse_sink(f"file=file://{folder}/feed.jsonl"),)) as shop:
        folder.rmdir()
        await patch(shop, "ada", country="NL")
        courier = shop.running.application.courier
        assert courier is not None
        await until(lambda: "file" in courier.latest and courier.latest["file"].failures > 0)
        await patch(shop, "bob", country="NL")
        await until(lambda: len(shop.running.application.store.read_feed(0, 10)) == 4)
    told = log.lines("sink_fails")[0]
    assert (told["sink"], told["failures_in_a_row"], told["waiting"]) == ("file", 1, 2)
    assert "cannot be written" in told["reason"]


async def test_a_sink_that_cannot_be_told_at_all_keeps_the_server_from_starting(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    with pytest.raises(SinkSettingsError, match="is not there"):
        async with open_shop(sinks=(parse_sink(f"file=file://{tmp_path}/none/feed.jsonl"),)):
            pass
