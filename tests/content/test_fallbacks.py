"""The frame: whatever fails, and whenever the time is up, a block is whole and says why it is what it is."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from dearly.content import Personalizer, Reason, RenderReply, RenderRequest, UnknownBlock, unhurried
from dearly.content.personalizer import MAX_FILL_S, MAX_RENDER_S, STORE_REST_S
from dearly.language.types import DAY_US, HOUR_US
from dearly.store import Store, StoreUnavailable
from tests.content.shop import (
    EVERY_BLOCK,
    NOW_US,
    Ids,
    Shop,
    open_shop,
    reasons,
)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    with open_shop(tmp_path) as shop:
        yield shop


# ------------------------------------------------------------------------------------------ no list, no items


def test_an_empty_list_gives_the_otherwise(shop: Shop) -> None:
    shop.know(first_name="Empty")
    reply = shop.render("hero")
    (block,) = reply.blocks
    assert block.reason is Reason.FALLBACK_MISSING_DATA
    assert block.html == "<p>Welcome.</p><i>1</i><i>p1</i><i>p2</i>"
    assert block.rule == str(shop.program.blocks["hero"].branches[-1].span)
    assert reply.valid_until_us == NOW_US


@pytest.mark.parametrize("first_name", ["Empty", "Ada"])
def test_with_nothing_on_the_shelves_the_last_resort_is_shown(tmp_path: Path, first_name: str) -> None:
    with open_shop(tmp_path, stocked=False) as shop:
        shop.know(first_name=first_name)
        reply = shop.render("hero")
    (block,) = reply.blocks
    assert (block.html, block.rule, block.item_ids) == ("<p>Welcome.</p>", "", ())
    assert block.reason is Reason.FALLBACK_MISSING_DATA
    assert reply.valid_until_us == NOW_US


# -------------------------------------------------------------------------------------- what fails: the store


class FailingReads:
    """A real store until it is told to fail with an error of its own, whatever is read."""

    def __init__(self, store: Store, error: BaseException | None = None) -> None:
        self.store = store
        self.error = error
        self.reads = 0

    def __getattr__(self, verb: str) -> Any:
        real = getattr(self.store, verb)

        def read(*arguments: Any) -> Any:
            self.reads += 1
            if self.error is not None:
                raise self.error
            return real(*arguments)

        return read


ERRORS = [
    ValueError("ada@example.test"),
    TypeError("ada@example.test"),
    KeyError("ada@example.test"),
    AttributeError("ada@example.test"),
    ArithmeticError("ada@example.test"),
    OSError("ada@example.test"),
    sqlite3.OperationalError("ada@example.test"),
    UnicodeDecodeError("utf-8", b"\xff", 0, 1, "ada@example.test"),
    AssertionError("ada@example.test"),
    RecursionError("ada@example.test"),
    MemoryError("ada@example.test"),
    StopIteration("ada@example.test"),
    TimeoutError("ada@example.test"),
    UnknownBlock("ada@example.test", None),
    StoreUnavailable("ada@example.test"),
    Exception("ada@example.test"),
]
ANY_ERROR = pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)


def with_reads(shop: Shop, reads: Any) -> Shop:
    """The shop with another reader of its store."""
    personalizer = Personalizer(
        shop.serving, unhurried(reads), shop.recommender, monotonic=shop.clock, new_id=Ids()
    )
    return replace(shop, personalizer=personalizer)


# A coroutine may not raise StopIteration, and TimeoutError says something of its own: see below.
@pytest.mark.parametrize(
    "error",
    [error for error in ERRORS if not isinstance(error, StopIteration | TimeoutError)],
    ids=lambda error: type(error).__name__,
)
def test_whatever_the_store_raises_the_otherwise_is_shown(shop: Shop, error: Exception) -> None:
    failing = with_reads(shop, FailingReads(shop.store, error))
    with capture_logs() as logs:
        reply = failing.render("greeting", "hero")
    assert reasons(reply) == [Reason.FALLBACK_ERROR] * 2
    assert reply.blocks[0].html == "<p>Hello</p>"
    assert reply.blocks[1].item_ids == ("1", "p1", "p2")
    assert all(block.rule for block in reply.blocks)
    assert reply.valid_until_us == NOW_US
    (told,) = logs
    assert (told["event"], told["error"]) == ("fallback", type(error).__name__)
    assert told["where"].startswith("test_fallbacks.py:")
    assert_silent(reply, logs)


def test_a_caller_without_time_for_the_store_falls_back_alone(shop: Shop) -> None:
    reads = FailingReads(shop.store, TimeoutError())
    hasty = with_reads(shop, reads)
    assert reasons(hasty.render("greeting")) == [Reason.FALLBACK_DEADLINE]
    reads.error = None
    assert reasons(hasty.render("greeting")) == [Reason.DEFAULT]


def assert_silent(reply: object, logs: object) -> None:
    """Neither an error's text nor anything of the customer."""
    for said in (str(reply), str(logs)):
        assert "example.test" not in said
        assert "Ada" not in said


def test_what_is_meant_to_end_the_program_ends_it(shop: Shop) -> None:
    with pytest.raises(KeyboardInterrupt):
        with_reads(shop, FailingReads(shop.store, KeyboardInterrupt())).render("greeting")


def test_a_store_that_failed_is_left_alone_for_a_while_and_then_asked_again(shop: Shop) -> None:
    shop.know(first_name="Ada")
    reads = FailingReads(shop.store, StoreUnavailable("gone"))
    failing = with_reads(shop, reads)
    with capture_logs() as logs:
        assert reasons(failing.render("greeting")) == [Reason.FALLBACK_ERROR]
        reads.error = None
        for _ in range(5):
            assert reasons(failing.render("greeting")) == [Reason.FALLBACK_ERROR]
        shop.clock.now_s += STORE_REST_S - 0.001
        assert reasons(failing.render("greeting")) == [Reason.FALLBACK_ERROR]
    assert (reads.reads, len(logs)) == (1, 1)
    shop.clock.now_s += 0.001
    assert reasons(failing.render("greeting")) == [Reason.MATCHED]


def test_a_store_that_fails_again_is_left_alone_again(shop: Shop) -> None:
    reads = FailingReads(shop.store, StoreUnavailable("gone"))
    failing = with_reads(shop, reads)
    for asked in (1, 2, 3):
        for _ in range(3):
            assert reasons(failing.render("greeting")) == [Reason.FALLBACK_ERROR]
        assert reads.reads == asked
        shop.clock.now_s += STORE_REST_S


def test_an_error_about_one_customer_keeps_nobody_else_waiting(shop: Shop) -> None:
    reads = FailingReads(shop.store, ValueError("one bad row"))
    failing = with_reads(shop, reads)
    assert reasons(failing.render("greeting")) == [Reason.FALLBACK_ERROR]
    reads.error = None
    assert reasons(failing.render("greeting")) == [Reason.DEFAULT]


def test_a_store_that_is_gone_and_comes_back_is_used_again(shop: Shop) -> None:
    shop.know(first_name="Ada")
    away = [(path, path.with_name(f"away-{path.name}")) for path in shop.path.parent.glob("shop.db*")]
    for path, elsewhere in away:
        path.rename(elsewhere)
    with capture_logs() as logs:
        assert reasons(shop.render("greeting")) == [Reason.FALLBACK_ERROR]
    assert str(shop.path) not in str(logs)
    for path, elsewhere in away:
        elsewhere.rename(path)
    shop.clock.now_s += STORE_REST_S
    assert reasons(shop.render("greeting")) == [Reason.MATCHED]


def test_a_store_of_which_all_is_locked_gives_fallbacks(shop: Shop) -> None:
    with closing(sqlite3.connect(shop.path, isolation_level=None)) as other:
        other.execute("PRAGMA locking_mode = EXCLUSIVE")
        shop.store.close()
        other.execute("BEGIN EXCLUSIVE")
        assert reasons(shop.render("greeting")) == [Reason.FALLBACK_ERROR]


def test_a_row_that_cannot_be_read_gives_a_fallback_for_its_customer_only(shop: Shop) -> None:
    shop.know(first_name="Ada")
    shop.know("bob", first_name="Bob")
    with closing(sqlite3.connect(shop.path)) as other, other:
        other.execute("UPDATE customers SET fields = '{\"first_name\": ' WHERE id = 'ada'")
    with capture_logs() as logs:
        assert reasons(shop.render("greeting")) == [Reason.FALLBACK_ERROR]
        assert reasons(shop.render("greeting", customer_id="bob")) == [Reason.MATCHED]
    assert [told["stage"] for told in logs] == ["facts"]


@pytest.mark.parametrize("bad", ["corrupt", "\udcff"])
def test_one_customer_who_cannot_be_read_spoils_no_other_of_a_batch(shop: Shop, bad: str) -> None:
    for customer_id in ("ada", "bob", "corrupt"):
        shop.know(customer_id, first_name="Ada")
    with closing(sqlite3.connect(shop.path)) as other, other:
        other.execute("UPDATE customers SET fields = '[' WHERE id = 'corrupt'")
    requests = [RenderRequest(one, ("greeting",), "s", NOW_US) for one in ("ada", bad, "bob")]
    with capture_logs() as logs:
        replies = list(asyncio.run(shop.personalizer.render_many(requests, shop.clock.now_s + 10)))
    found = [reasons(reply) for reply in replies if isinstance(reply, RenderReply)]
    assert found == [[Reason.MATCHED], [Reason.FALLBACK_ERROR], [Reason.MATCHED]]
    assert len(logs) == 1


def test_a_store_that_fails_a_batch_is_asked_once_and_left_alone(shop: Shop) -> None:
    reads = FailingReads(shop.store, StoreUnavailable("gone"))
    requests = [RenderRequest(f"c{number}", ("greeting",), "", NOW_US) for number in range(20)]
    with capture_logs() as logs:
        personalizer = with_reads(shop, reads).personalizer
        replies = list(asyncio.run(personalizer.render_many(requests, shop.clock.now_s + 10)))
    found = [reasons(reply) for reply in replies if isinstance(reply, RenderReply)]
    assert found == [[Reason.FALLBACK_ERROR]] * 20
    assert (reads.reads, len(logs)) == (1, 1)


# ---------------------------------------------------------------------- what fails: decision, items, template


class Failing(Mapping[str, Any]):
    """Items, templates, fields or answers of which looking up one raises."""

    def __init__(self, real: Mapping[str, Any], poisoned: str, error: Exception) -> None:
        self.real, self.poisoned, self.error = real, poisoned, error

    def __getitem__(self, key: str) -> Any:
        if key == self.poisoned:
            raise self.error
        return self.real[key]

    def get(self, key: str, default: Any = None) -> Any:
        return self[key] if key in self.real else default

    def __iter__(self) -> Iterator[str]:
        return iter(self.real)

    def __len__(self) -> int:
        return len(self.real)


def fail_at_the_decision(shop: Shop, error: Exception) -> None:
    compiled = shop.serving.compiled
    watched = replace(compiled.watched, branches=Failing(compiled.watched.branches, "hero", error))
    shop.personalizer.serving = replace(shop.serving, compiled=replace(compiled, watched=watched))


def fail_at_the_items(shop: Shop, error: Exception) -> None:
    aisle = shop.recommender.aisles["product"]
    poisoned = tuple(
        replace(item, fields=Failing(item.fields, "price", error)) for item in aisle.by_popularity
    )
    aisles = {**shop.recommender.aisles, "product": replace(aisle, by_popularity=poisoned)}
    shop.personalizer.recommender = replace(shop.recommender, aisles=aisles)


def fail_at_the_template(shop: Shop, error: Exception) -> None:
    templates = Failing(shop.serving.templates, "hero/seen", error)
    shop.personalizer.serving = replace(shop.serving, templates=templates)


STAGES: list[Callable[[Shop, Exception], None]] = [
    fail_at_the_decision,
    fail_at_the_items,
    fail_at_the_template,
]


@pytest.mark.parametrize("stage", STAGES)
@ANY_ERROR
def test_whatever_a_stage_raises_the_otherwise_is_shown_and_the_other_blocks_are_as_ever(
    shop: Shop, stage: Callable[[Shop, Exception], None], error: Exception
) -> None:
    shop.know(first_name="Ada")
    shop.track("viewed", product_id="p2")
    assert reasons(shop.render("hero")) == [Reason.MATCHED]
    stage(shop, error)
    with capture_logs() as logs:
        reply = shop.render("hero", "greeting")
    hero, greeting = reply.blocks
    assert [told["error"] for told in logs] == [type(error).__name__]
    assert (hero.reason, greeting.reason) == (Reason.FALLBACK_ERROR, Reason.MATCHED)
    assert hero.html == "<p>Welcome.</p><i>1</i><i>p1</i><i>p2</i>"
    assert reply.valid_until_us == NOW_US
    assert_silent(hero, logs)


@ANY_ERROR
def test_when_the_otherwise_fails_too_the_last_resort_is_shown(shop: Shop, error: Exception) -> None:
    aisles = Failing(shop.recommender.aisles, "product", error)
    templates = Failing(shop.serving.templates, "hero/plain", error)
    shop.personalizer.recommender = replace(shop.recommender, aisles=aisles)
    shop.personalizer.serving = replace(shop.serving, templates=templates)
    shop.track("viewed", product_id="p2")
    with capture_logs() as logs:
        reply = shop.render("hero")
    (hero,) = reply.blocks
    assert (hero.html, hero.rule, hero.item_ids) == ("<p>Welcome.</p>", "", ())
    assert hero.reason in (Reason.FALLBACK_ERROR, Reason.FALLBACK_MISSING_DATA)
    assert reply.valid_until_us == NOW_US
    assert_silent(reply, logs)


def test_an_otherwise_that_is_decided_and_fails_is_not_tried_a_second_time(shop: Shop) -> None:
    templates = Failing(shop.serving.templates, "greeting/plain", ValueError("once"))
    shop.personalizer.serving = replace(shop.serving, templates=templates)
    with capture_logs() as logs:
        (block,) = shop.render("greeting").blocks
    assert (block.reason, block.html, len(logs)) == (Reason.FALLBACK_ERROR, "<p>Hello</p>", 1)


def test_an_otherwise_that_fails_after_an_empty_list_is_an_error(shop: Shop) -> None:
    templates = Failing(shop.serving.templates, "hero/plain", ValueError("x"))
    shop.personalizer.serving = replace(shop.serving, templates=templates)
    shop.know(first_name="Empty")
    assert reasons(shop.render("hero")) == [Reason.FALLBACK_ERROR]


def test_an_empty_list_after_an_error_is_still_an_error(tmp_path: Path) -> None:
    with open_shop(tmp_path, stocked=False) as shop:
        failing = with_reads(shop, FailingReads(shop.store, ValueError("x")))
        (block,) = failing.render("hero").blocks
    assert (block.reason, block.rule) == (Reason.FALLBACK_ERROR, "")


def test_a_template_that_floods_gives_the_otherwise(shop: Shop) -> None:
    shop.know(interests=[f"interest {number:05d}" for number in range(3_000)])
    with capture_logs() as logs:
        reply = shop.render("interests", "greeting")
    flooded, other = reply.blocks
    assert (flooded.reason, flooded.html) == (Reason.FALLBACK_ERROR, "<p>Tell us what you like.</p>")
    assert other.reason is Reason.DEFAULT
    assert [told["error"] for told in logs] == ["RenderBudgetExceeded"]
    assert "interest 0" not in str(logs)


# ----------------------------------------------------------------------------------------------- the deadline


def test_when_the_time_is_up_before_it_begins_nothing_is_read_and_the_last_resort_is_shown(
    shop: Shop,
) -> None:
    reads = FailingReads(shop.store)
    hurried = with_reads(shop, reads)
    shop.know(first_name="Ada")
    for left_s in (0.0, -5.0):
        reply = hurried.render("greeting", "hero", left_s=left_s)
        assert reasons(reply) == [Reason.FALLBACK_DEADLINE] * 2
        assert [block.rule for block in reply.blocks] == ["", ""]
        assert reply.valid_until_us == NOW_US
    assert reads.reads == 0


@pytest.mark.parametrize("looks", range(1, 40))
def test_whenever_the_time_is_up_the_reply_is_whole_and_says_so(shop: Shop, looks: int) -> None:
    """The clock moves on by a second with every look; the deadline comes after so many looks."""
    shop.know(first_name="Ada", interests=["maps", "tents"])
    shop.track("viewed", product_id="p2")
    calm = {block.name: block for block in shop.render(*EVERY_BLOCK).blocks}
    shop.clock.step_s = 0.001
    reply = shop.render(*EVERY_BLOCK, left_s=looks * 0.001)
    late = [block for block in reply.blocks if block.reason is Reason.FALLBACK_DEADLINE]
    in_time = [block for block in reply.blocks if block not in late]
    assert in_time == [calm[block.name] for block in in_time]
    assert [block.html for block in late] == [
        shop.serving.last_resorts[block.name].rendered.html for block in late
    ]
    assert list(reply.blocks) == in_time + late
    assert (reply.valid_until_us == NOW_US) == bool(late)


def test_a_template_that_takes_its_whole_time_is_an_error_while_the_caller_has_some_left(shop: Shop) -> None:
    shop.know(interests=[f"interest {number:04d}" for number in range(500)])
    shop.clock.step_s = MAX_RENDER_S
    reply = shop.render("interests", left_s=100)
    assert reasons(reply) == [Reason.FALLBACK_ERROR]


def test_a_template_that_takes_what_the_caller_has_left_is_late(shop: Shop) -> None:
    shop.know(interests=[f"interest {number:04d}" for number in range(500)])
    shop.clock.step_s = MAX_RENDER_S / 100
    reply = shop.render("interests", left_s=MAX_RENDER_S / 4)
    assert reasons(reply) == [Reason.FALLBACK_DEADLINE]


def test_lists_that_take_their_whole_time_are_late_while_the_caller_has_some_left(shop: Shop) -> None:
    shop.know(first_name="Ada")
    shop.track("viewed", product_id="p2")
    shop.clock.step_s = MAX_FILL_S
    with capture_logs() as logs:
        (hero,) = shop.render("hero", left_s=100).blocks
    assert (hero.reason, hero.html) == (Reason.FALLBACK_DEADLINE, "<p>Welcome.</p>")
    assert [told["error"] for told in logs] == ["OutOfTime", "OutOfTime"]


def test_one_fallback_among_the_blocks_makes_the_reply_one_for_this_instant(shop: Shop) -> None:
    shop.know(first_name="Empty")
    shop.track("viewed", product_id="p2")
    assert shop.render("standing").valid_until_us == NOW_US - HOUR_US + 7 * DAY_US
    assert shop.render("standing", "hero").valid_until_us == NOW_US
