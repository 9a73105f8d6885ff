"""One callout over a real store: what is shown and why, by which name, and for many at once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dearly.content import Reason, RenderReply, RenderRequest, UnknownBlock, prepare_serving
from dearly.content.personalizer import CLIPPED_BYTES
from dearly.language.types import DAY_US, HOUR_US
from dearly.recommendation import Recommender, RecommenderKeeper, Shelves, build_from_store, publish_index
from dearly.store import ItemRecord
from tests.content.shop import (
    EVERY_BLOCK,
    NOW_US,
    RULES,
    TEMPLATES,
    Shop,
    open_shop,
    program_of,
    reasons,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


# -------------------------------------------------------------------------------------------- what is decided


def test_the_first_when_that_is_true_is_shown(shop: Shop) -> None:
    shop.know(first_name="Ada")
    reply = shop.render("greeting")
    (block,) = reply.blocks
    assert (block.html, block.text, block.subject) == ("<p>Hello Ada</p>", "Hello Ada", "")
    assert block.reason is Reason.MATCHED
    assert block.rule == str(shop.program.blocks["greeting"].branches[0].span)
    assert block.rule.startswith("shop.rules:")
    assert not block.clipping_risk


def test_without_a_true_when_the_otherwise_is_shown(shop: Shop) -> None:
    (block,) = shop.render("greeting").blocks
    assert (block.html, block.reason) == ("<p>Hello</p>", Reason.DEFAULT)
    assert block.rule == str(shop.program.blocks["greeting"].branches[-1].span)


def test_a_customer_never_heard_of_is_a_cold_start(shop: Shop) -> None:
    reply = shop.render("greeting", "hero", customer_id="nobody")
    assert reasons(reply) == [Reason.DEFAULT] * 2
    assert reply.valid_until_us is None
    assert reply.blocks[1].item_ids == ("1", "p1", "p2")


def test_a_profile_without_any_field_is_served(shop: Shop) -> None:
    shop.know()
    assert reasons(shop.render(*EVERY_BLOCK)) == [
        Reason.DEFAULT,
        Reason.DEFAULT,
        Reason.DEFAULT,
        Reason.MATCHED,
        Reason.MATCHED,
    ]
    assert shop.render("standing").blocks[0].html == "0 visitor no 0"


@pytest.mark.parametrize(
    "customer_id", ["Ünïcödé ☃", "🛒", "ليلى", "a" * 256, "x'); DROP TABLE customers; --"]
)
def test_ids_may_be_any_text(shop: Shop, customer_id: str) -> None:
    shop.know(customer_id, first_name="Zoë <b>")
    reply = shop.render("greeting", customer_id=customer_id, send_id="Ünïcödé ☃")
    assert reply.blocks[0].html == "<p>Hello Zoë &lt;b&gt;</p>"
    assert reply.decision_id


def test_an_id_that_is_no_text_at_all_falls_back(shop: Shop) -> None:
    reply = shop.render("greeting", customer_id="\udcff", send_id="\udcff")
    assert reasons(reply) == [Reason.FALLBACK_ERROR]


def test_blocks_come_in_the_order_asked(shop: Shop) -> None:
    for asked in (EVERY_BLOCK, EVERY_BLOCK[::-1]):
        assert [block.name for block in shop.render(*asked).blocks] == list(asked)


def test_an_unknown_block_is_named_beside_the_nearest(shop: Shop) -> None:
    with pytest.raises(UnknownBlock, match=r"no block 'heros'\. Did you mean 'hero'\?") as caught:
        shop.render("greeting", "heros")
    assert (caught.value.name, caught.value.nearest) == ("heros", "hero")
    with pytest.raises(UnknownBlock) as caught:
        shop.render("zzzzzz")
    assert caught.value.nearest is None


def test_a_reply_says_what_decided_it(shop: Shop) -> None:
    reply = shop.render("greeting")
    assert (reply.as_of_us, reply.rules_version) == (NOW_US, shop.program.version)
    assert reply.index_versions == {}


# ----------------------------------------------------------------------------------------------- decision ids


def test_repeats_of_one_send_carry_one_decision_id(shop: Shop) -> None:
    first = shop.render("hero", "greeting", send_id="s1")
    shop.know(first_name="Ada")
    shop.track("viewed", product_id="p2")
    again = shop.render("hero", "greeting", send_id="s1", now_us=NOW_US + DAY_US)
    assert first.blocks != again.blocks
    assert first.decision_id == again.decision_id


def test_another_send_customer_list_of_blocks_or_package_has_another_decision_id(shop: Shop) -> None:
    def decision_id(*blocks: str, send_id: str = "s", customer_id: str = "c") -> str:
        return shop.render(*blocks, send_id=send_id, customer_id=customer_id).decision_id

    ids = [
        decision_id("hero"),
        decision_id("greeting"),
        decision_id("hero", "greeting"),
        decision_id("greeting", "hero"),
        decision_id("hero", send_id="t"),
        decision_id("hero", customer_id="d"),
        decision_id("hero", customer_id="c\x00s", send_id="t"),
        decision_id("hero", customer_id="c", send_id="s\x00t"),
    ]
    shop.personalizer.serving = prepare_serving(program_of(RULES + "segment more { points > 3 }"))
    ids.append(decision_id("hero"))
    assert len(set(ids)) == len(ids)


def test_without_a_send_id_every_call_stands_alone(shop: Shop) -> None:
    assert [shop.render("hero").decision_id for _ in range(3)] == ["id-1", "id-2", "id-3"]


def test_a_decision_id_shows_nothing_of_the_customer(shop: Shop) -> None:
    decision_id = shop.render("hero", customer_id="ada", send_id="s1").decision_id
    assert len(decision_id) == 32
    assert int(decision_id, 16)


# --------------------------------------------------------------------------------------------------- clipping


@pytest.mark.parametrize(
    ("text", "over", "risk"), [("a", 0, False), ("a", 1, True), ("é", 0, False), ("é", 1, True)]
)
def test_a_block_is_at_risk_of_being_clipped_from_the_first_byte_too_many(
    tmp_path: Path, text: str, over: int, risk: bool
) -> None:
    # An item's title makes up the length; the template adds seven bytes.
    room = CLIPPED_BYTES - len("<p></p>") + over
    title = text * (room // len(text.encode())) + "a" * (room % len(text.encode()))
    rules = """block long {
      when true show "long.html" with items = listed product ["long"]
      otherwise show "o.html"
    }"""
    templates = {"long.html": "<p>{{ items[0].title | default('') }}</p>", "long.txt": "-", "o.html": "-"}
    with open_shop(tmp_path, program_of(rules, templates), stocked=False) as shop:
        fields = {"title": title, "category": "c", "price": 1.0}
        shop.personalizer.recommender = stocked_with(shop, "long", fields)
        (block,) = shop.render("long").blocks
    assert len(block.html.encode()) == CLIPPED_BYTES + over
    assert (block.reason, block.clipping_risk) == (Reason.MATCHED, risk)


def stocked_with(shop: Shop, item_id: str, fields: Mapping[str, Any]) -> Recommender:
    shop.store.upsert_items([ItemRecord("product", item_id, fields)])
    return RecommenderKeeper(shop.store, shop.path.parent / "index").refresh(shop.program, NOW_US)


# ----------------------------------------------------------------------------------------------- many at once


def test_render_many_gives_what_render_gives(shop: Shop) -> None:
    shop.know("ada", first_name="Ada", interests=["maps"])
    shop.know("bob", first_name="Empty")
    shop.track("viewed", customer_id="cleo", product_id="p3")
    requests = [
        RenderRequest(customer_id, blocks, send_id="s", now_us=NOW_US + after_us)
        for customer_id in ("ada", "bob", "cleo", "nobody", "🛒")
        for blocks in (EVERY_BLOCK, ("hero",), ("greeting", "nothing"))
        for after_us in (0, 8 * DAY_US)
    ]
    deadline_s = shop.clock.now_s + 10
    many = list(asyncio.run(shop.personalizer.render_many(requests, deadline_s)))
    assert len(many) == len(requests)
    for request, reply in zip(requests, many, strict=True):
        if "nothing" in request.blocks:
            assert isinstance(reply, UnknownBlock)
            assert reply.name == "nothing"
        else:
            assert reply == asyncio.run(shop.personalizer.render(request, deadline_s))


def test_a_batch_that_runs_out_of_time_has_last_resorts_for_the_rest(shop: Shop) -> None:
    shop.clock.step_s = 0.001
    requests = [RenderRequest(f"c{number}", ("greeting",), "", NOW_US) for number in range(50)]
    replies = asyncio.run(shop.personalizer.render_many(requests, shop.clock.now_s + 0.1))
    found = [reply.blocks[0].reason for reply in replies if isinstance(reply, RenderReply)]
    assert len(found) == 50
    late = found.index(Reason.FALLBACK_DEADLINE)
    assert 0 < late < 49
    assert set(found[:late]) == {Reason.DEFAULT}
    assert set(found[late:]) == {Reason.FALLBACK_DEADLINE}


def test_rules_and_recommender_may_be_swapped_while_others_render(shop: Shop) -> None:
    """Each reply is wholly of one version of the rules."""
    changed = {**TEMPLATES, "greeting/plain.html": "<p>Hi</p>"}
    other = prepare_serving(program_of(RULES, changed))
    texts = {shop.program.version: "<p>Hello</p>", other.program.version: "<p>Hi</p>"}
    found: set[tuple[str, str]] = set()
    stop = threading.Event()

    def render() -> None:
        while not stop.is_set():
            reply = shop.render("greeting", "hero", customer_id="nobody")
            assert reasons(reply) == [Reason.DEFAULT] * 2
            found.add((reply.rules_version, reply.blocks[0].html))

    threads = [threading.Thread(target=render) for _ in range(3)]
    for thread in threads:
        thread.start()
    for number in range(2_000):
        shop.personalizer.serving = other if number % 2 else shop.serving
        shop.personalizer.recommender = replace(shop.recommender)
    stop.set()
    for thread in threads:
        thread.join()
    assert found <= set(texts.items())
    assert found


def test_a_recommender_that_knows_no_catalog_yet_gives_fallbacks(shop: Shop) -> None:
    shop.personalizer.recommender = Recommender(Shelves({}), {}, {})
    assert reasons(shop.render("hero", "greeting")) == [Reason.FALLBACK_MISSING_DATA, Reason.DEFAULT]


def test_a_reply_names_the_index_that_it_began_with(shop: Shop) -> None:
    for number in range(12):
        for place in range(3):
            product = f"p{(number % 2) + 1 + 2 * ((number + place) % 4)}"
            shop.track("viewed", NOW_US - DAY_US - place * HOUR_US, f"c{number}", product_id=product)
    index = build_from_store(
        shop.store,
        shop.program,
        "product",
        weights={},
        dimensions=None,
        seed=1,
        as_of_us=NOW_US,
        created_us=NOW_US,
        report=lambda _step: None,
    )
    folder = shop.path.parent / "index"
    version = publish_index(index, folder).version
    assert shop.render("hero").index_versions == {}
    shop.personalizer.recommender = RecommenderKeeper(shop.store, folder).refresh(shop.program, NOW_US)
    reply = shop.render("hero", customer_id="c1")
    assert reply.index_versions == {"product": version}
    assert reply.blocks[0].reason is Reason.MATCHED
    assert len(set(reply.blocks[0].item_ids)) == len(reply.blocks[0].item_ids) == 5
