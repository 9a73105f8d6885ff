"""Rules change while a server runs; a broken package never replaces one that serves."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from dearly.server import RulesRefused
from dearly.server.rules_keeper import RulesKeeper
from dearly.v1 import rules_pb2
from tests.server.conftest import NOW_US, Log, OpenShop, Shop
from tests.server.requests import render
from tests.server.shop import write_rules
from tests.server.waiting import until


def version(shop: Shop) -> str:
    return shop.running.application.serving.program.version


async def test_a_changed_template_serves_without_a_restart(shop: Shop) -> None:
    before = version(shop)
    (shop.rules / "templates/hero/plain.html").write_text("<p>Welcome back.</p>")
    await until(lambda: version(shop) != before)
    reply = await shop.client.content.RenderContent(render("stranger"))
    assert reply.blocks[0].html == "<p>Welcome back.</p>"
    assert reply.rules_version != before


async def test_a_broken_package_is_told_by_file_and_line_while_the_old_one_serves(
    shop: Shop, log: Log
) -> None:
    before = version(shop)
    good = (shop.rules / "segments.rules").read_text()
    (shop.rules / "segments.rules").write_text(good.replace("country ==", "contry =="))
    await until(lambda: shop.running.application.rules.rejected is not None)
    reply = await shop.client.content.RenderContent(render())
    told = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    assert reply.rules_version == told.version == before
    assert told.rejected.version not in ("", before)
    line = good.splitlines().index('segment dutch { country == "NL" }') + 1
    assert [(found.file, found.line) for found in told.rejected.diagnostics] == [("segments.rules", line)]
    (rejected,) = log.lines("rules_rejected")
    assert rejected["errors"][0].startswith(f"segments.rules:{line}: ")


async def test_a_mended_package_takes_the_rejection_back(shop: Shop) -> None:
    path = shop.rules / "segments.rules"
    good = path.read_text()
    path.write_text("segment {")
    await until(lambda: shop.running.application.rules.rejected is not None)
    path.write_text(good)
    await until(lambda: shop.running.application.rules.rejected is None)
    told = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    assert not told.HasField("rejected")


async def test_a_rules_directory_that_vanishes_and_comes_back_never_stops_the_serving(shop: Shop) -> None:
    before = version(shop)
    away = shop.rules.rename(shop.rules.with_name("away"))
    await until(lambda: shop.running.application.rules.rejected is not None)
    assert (await shop.client.content.RenderContent(render())).rules_version == before
    away.rename(shop.rules)
    await until(lambda: shop.running.application.rules.rejected is None)


def test_a_package_that_is_still_being_written_is_not_read(tmp_path: Path) -> None:
    keeper = RulesKeeper(write_rules(tmp_path), NOW_US)
    path = tmp_path / "templates/hero/plain.html"
    path.write_text("<p>half")
    assert not keeper.look(NOW_US)
    path.write_text("<p>whole</p>")
    assert not keeper.look(NOW_US)
    assert keeper.look(NOW_US)
    assert keeper.served.serving.templates["hero/plain"] is not None
    assert not keeper.look(NOW_US)


def test_touching_a_file_without_changing_it_changes_nothing(tmp_path: Path) -> None:
    keeper = RulesKeeper(write_rules(tmp_path), NOW_US)
    served = keeper.served
    write_rules(tmp_path)
    assert [keeper.look(NOW_US) for _ in range(3)] == [False] * 3
    assert keeper.served.serving is served.serving


async def test_a_server_does_not_start_on_rules_with_errors_and_shows_them(
    open_shop: OpenShop, tmp_path: Path
) -> None:
    (tmp_path / "rules/segments.rules").write_text('segment lost { contry == "NL" }')
    with pytest.raises(RulesRefused, match=r"--> segments\.rules:1:16\n(.*\n)+.*\^{6}\n") as caught:
        async with open_shop():
            pass
    assert "so nothing is served" in str(caught.value)


@pytest.mark.parametrize("target", ["nowhere", "../segments.rules", "content"])
def test_a_link_that_a_restart_would_refuse_is_told_while_the_old_rules_serve(
    tmp_path: Path, target: str
) -> None:
    keeper = RulesKeeper(write_rules(tmp_path / "rules"), NOW_US)
    write_rules(tmp_path, {"segments.rules": ""})
    (tmp_path / "rules/linked.rules").symlink_to(target)
    for _ in range(2):
        keeper.look(NOW_US)
    rejected = keeper.served.rejected
    assert rejected is not None
    assert [found.code for found in rejected.diagnostics] == ["unreadable-package"]
    (tmp_path / "rules/linked.rules").unlink()
    for _ in range(2):
        keeper.look(NOW_US)
    assert keeper.served.rejected is None


async def test_a_files_name_that_is_no_utf8_is_told_and_logged_with_escapes(shop: Shop, log: Log) -> None:
    Path(os.fsdecode(bytes(shop.rules / "templates") + b"/hero/\xff.html")).write_text("<p>{{ oops</p>")
    Path(os.fsdecode(bytes(shop.rules) + b"/\xff.rules")).write_text("segment {")
    await until(lambda: shop.running.application.rules.rejected is not None)
    told = await shop.client.rules.GetRules(rules_pb2.GetRulesRequest())
    assert "\\udcff.rules" in {found.file for found in told.rejected.diagnostics}
    (rejected,) = log.lines("rules_rejected")
    assert any(error.startswith("\\udcff.rules:1: ") for error in rejected["errors"])
