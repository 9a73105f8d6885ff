"""Rules at the edge of what a package may hold: long chains, deep nesting, wide conditions, many names."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Mapping
from typing import Literal as OneOf

import pytest

from dearly.evaluation import CompiledProgram, EventLog, Facts, compile_program
from dearly.evaluation.compiled import compiler
from dearly.evaluation.compiled.codegen import generate
from dearly.evaluation.compiled.extremes import last_extreme
from dearly.evaluation.compiled.plan import plan_program
from dearly.evaluation.compiled.tallies import leader, tally
from dearly.evaluation.compiled.timeline import window_timeline
from dearly.evaluation.compiled.windows import BEGINNING
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Block,
    Branch,
    Compare,
    EventProperty,
    Expression,
    ItemList,
    ItemProperty,
    Lifecycle,
    Literal,
    Not,
    Occurs,
    Or,
    Pick,
    Presence,
    ProfileField,
    Program,
    Recommended,
    Segment,
    SegmentRef,
    Selection,
    Stage,
)
from dearly.language.types import DAY_US, NUMBER, TEXT
from tests.evaluation.written import NOW, customer
from tests.steps import steps_of

COUNTRY = ProfileField("country", TEXT)
POINTS = ProfileField("points", NUMBER)
DUTCH = Facts({"country": "NL", "points": 5.0})
ANY_VIEWED = Occurs("at least", 1, Selection("viewed", within_us=DAY_US))


def _program(
    segments: Mapping[str, Expression],
    lifecycles: Mapping[str, Lifecycle] | None = None,
    block: Block | None = None,
) -> Program:
    declared = {name: Segment(name, "", condition) for name, condition in segments.items()}
    blocks = {} if block is None else {block.name: block}
    order = (*declared, *(lifecycles or {}))
    return Program("v", {}, {}, {}, declared, {}, lifecycles or {}, blocks, {}, order)


def _compile(
    segments: Mapping[str, Expression],
    lifecycles: Mapping[str, Lifecycle] | None = None,
    block: Block | None = None,
) -> CompiledProgram:
    return compile_program(_program(segments, lifecycles, block))


def _is(country: str) -> Expression:
    return Compare("==", COUNTRY, Literal(country, TEXT))


def _nested(levels: int, innermost: Expression) -> Expression:
    """Not, and, or inside each other; as true or false as the innermost is, each third level."""
    for level in range(levels):
        match level % 3:
            case 0:
                innermost = Not(innermost)
            case 1:
                innermost = And((innermost, Presence(ProfileField("nickname", TEXT), missing=True)))
            case _:
                innermost = Or((innermost, _is("nowhere")))
    return innermost


@pytest.mark.slow
def test_a_chain_of_twenty_thousand_segments_is_followed_to_its_end() -> None:
    chain: dict[str, Expression] = {"s0": ANY_VIEWED}
    for i in range(1, 20_000):
        chain[f"s{i}"] = And((SegmentRef(f"s{i - 1}"), _is("NL")))
    last = SegmentRef("s19999")
    block = Block("hero", (Branch(last, "t", ()), Branch(None, "t", ())))
    stage = Lifecycle("stage", (Stage("yes", last), Stage("no", None)))
    program = _compile(chain, {"stage": stage}, block)
    evaluation = program.at(customer(DUTCH.profile, viewed=[-1]), NOW)
    assert evaluation.value("s19999") is True
    assert evaluation.value("stage") == "yes"
    assert evaluation.branch("hero") == 0
    assert evaluation.next_flip("s19999") == evaluation.next_branch_flip("hero") == NOW - 1 + DAY_US


def test_item_filters_follow_long_chains_too() -> None:
    chain: dict[str, Expression] = {"s0": _is("NL")}
    chain |= {f"s{i}": Not(SegmentRef(f"s{i - 1}")) for i in range(1, 5_001)}
    where = And((SegmentRef("s5000"), Compare("==", ItemProperty("title", TEXT), COUNTRY)))
    items = ItemList("items", "product", Recommended(), 3, where)
    program = _compile(chain, block=Block("hero", (Branch(None, "t", (items,)),)))
    keeps = program.at(DUTCH, NOW).item_filter("hero", 0, "items")
    assert keeps is not None
    assert keeps({"title": "NL"}) is True
    assert keeps({"title": "DE"}) is False


@pytest.mark.timeout(60)  # worked out anew each time, they would be 10^18
def test_names_that_use_each_other_twice_are_worked_out_once() -> None:
    doubled: dict[str, Expression] = {"s0": _is("DE")}
    for i in range(1, 61):
        below = SegmentRef(f"s{i - 1}")
        doubled[f"s{i}"] = Or((below, And((below, ANY_VIEWED))))
    program = _compile(doubled)
    assert steps_of(lambda: program.at(DUTCH, NOW).value("s60")) < 3_000  # some 16 a level
    assert program.at(DUTCH, NOW).next_flip("s60") is None


@pytest.mark.parametrize("levels", [99, 102, 198])
def test_deep_nesting_compiles_and_means_the_same(levels: int) -> None:
    truth = (levels // 3) % 2 == 0
    segments = {
        "deep": _nested(levels, _is("NL")),
        "watched": _nested(levels, ANY_VIEWED),
        "where": Occurs("at least", 1, Selection("viewed", _nested(levels, _category("books")))),
    }
    items = ItemList("items", "product", Recommended(), 3, _nested(levels, ItemProperty("available", TEXT)))
    program = _compile(segments, block=Block("hero", (Branch(None, "t", (items,)),)))
    evaluation = program.at(customer(DUTCH.profile, viewed=[(-1, {"category": "books"})]), NOW)
    assert [evaluation.value(name) for name in segments] == [truth, truth, truth]
    assert evaluation.next_flip("watched") == NOW - 1 + DAY_US
    keeps = evaluation.item_filter("hero", 0, "items")
    assert keeps is not None
    assert keeps({"available": True}) is truth


def _category(category: str) -> Expression:
    return Compare("==", EventProperty("category", TEXT), Literal(category, TEXT))


def test_a_sum_of_two_thousand_terms_compiles_without_recursion() -> None:
    total: Expression = POINTS
    for _ in range(2_000):
        total = Arithmetic("+", total, Literal(1.0, NUMBER))
    program = _compile({"rich": Compare(">", total, Literal(2_004.5, NUMBER))})
    assert program.at(DUTCH, NOW).value("rich") is True


def test_fifty_thousand_alternatives_become_one_look_up() -> None:
    declared = _program({"wide": Or(tuple(_is(f"c{i}") for i in range(50_000)))})
    assert sum(map(len, generate(plan_program(declared)).functions)) < 2_000
    program = compile_program(declared)
    assert program.at(Facts({"country": "c49999"}), NOW).value("wide") is True
    assert program.at(DUTCH, NOW).value("wide") is False
    assert program.at(Facts(), NOW).value("wide") is None


def test_twice_the_conditions_take_at_most_twice_the_steps_to_compile() -> None:
    def steps(count: int) -> int:
        parts = tuple(Compare("<", COUNTRY, Literal(f"A{i}", TEXT)) for i in range(count))
        return steps_of(lambda: _compile({"any": Or(parts), "all": And(parts)}))

    assert steps(2_000) < 2.1 * steps(1_000)


@pytest.mark.timeout(60)  # Python's own compiler takes no steps; on an idle core it needs a second
def test_ten_thousand_different_conditions_compile() -> None:
    parts = tuple(Compare("<", COUNTRY, Literal(f"A{i}", TEXT)) for i in range(10_000))
    program = _compile({"any": Or(parts), "all": And(parts)})
    assert program.at(Facts({"country": "A9998"}), NOW).value("any") is True
    assert program.at(Facts({"country": "A9998"}), NOW).value("all") is False


def test_two_thousand_stages_are_decided_in_order() -> None:
    stages = [Stage(f"at_{i}", Compare("==", POINTS, Literal(float(i), NUMBER))) for i in range(2_000)]
    lifecycle = Lifecycle("stage", (*stages, Stage("beyond", None)))
    program = _compile({"last": _is("NL")}, {"stage": lifecycle})
    assert program.at(DUTCH, NOW).value("stage") == "at_5"
    assert program.at(Facts({"points": -1.0}), NOW).value("stage") == "beyond"


def test_no_piece_of_a_large_program_keeps_other_threads_waiting_while_it_compiles(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes: list[int] = []

    def measured(piece: str, name: str, mode: str) -> object:
        sizes.append(len(piece))
        return compile(piece, name, mode)

    monkeypatch.setattr(compiler, "compile", measured, raising=False)
    program = _compile({f"s{i}": Compare("<", POINTS, Literal(float(i), NUMBER)) for i in range(2_000)})
    assert len(sizes) > 2
    assert max(sizes) <= compiler.PIECE_CHARACTERS
    assert [program.at(DUTCH, NOW).value(name) for name in ("s0", "s5", "s6", "s1999")] == [
        False,
        False,
        True,
        True,
    ]


def test_twice_the_segments_take_at_most_twice_the_steps_to_compile() -> None:
    def steps(count: int) -> int:
        segments: dict[str, Expression] = {}
        for i in range(count):
            recent = Occurs("at least", 1 + i % 3, Selection("viewed", within_us=(1 + i % 90) * DAY_US))
            spent = Aggregate("sum", Selection("ordered", within_us=(1 + i) * DAY_US), "total", NUMBER)
            segments[f"s{i}"] = And((recent, Compare(">", spent, Literal(float(i), NUMBER))))
        return steps_of(lambda: _compile(segments))

    assert steps(1_000) < 2.1 * steps(500)


def test_a_window_that_can_hold_no_event_is_empty() -> None:
    nothing = Selection("viewed", within_us=60, older_than_us=60)
    program = _compile({"any": Occurs("at least", 1, nothing), "none": Occurs("exactly", 0, nothing)})
    evaluation = program.at(customer(viewed=[-60, -59, 0]), NOW)
    assert (evaluation.value("any"), evaluation.value("none")) == (False, True)
    assert (evaluation.next_flip("any"), evaluation.next_flip("none")) == (None, None)


@pytest.mark.parametrize("kind", ["count", "sum", "average", "min", "max", "distinct"])
def test_a_search_over_twice_the_events_takes_hardly_more_than_twice_the_steps(
    kind: OneOf["count", "sum", "average", "min", "max", "distinct"],
) -> None:
    selected = Selection("viewed", within_us=DAY_US)
    figure = Aggregate(kind, selected, None if kind == "count" else "price", NUMBER)
    program = _compile(
        {"busy": Compare(">", Arithmetic("*", figure, Literal(2.0, NUMBER)), Literal(1e9, NUMBER))}
    )

    def flip(count: int) -> int | None:
        times = tuple(NOW + i for i in range(count))
        log = EventLog(times, tuple({"price": i * 7.0 % 101} for i in range(count)))
        return program.at(Facts({}, {"viewed": log}), NOW).next_flip("busy")

    last_end_us = NOW + 9_999 + DAY_US
    assert flip(10_000) == (None if kind in ("count", "sum", "distinct") else last_end_us)
    assert steps_of(lambda: flip(10_000)) < 2.3 * steps_of(lambda: flip(5_000))


def test_a_search_for_another_favourite_takes_steps_with_the_number_of_events() -> None:
    category = Pick("top", Selection("viewed", within_us=DAY_US), "category", TEXT)
    program = _compile({"odd": Compare("==", category, Literal("nothing", TEXT))})

    def flip(count: int) -> int | None:
        times = tuple(NOW + i for i in range(count))
        log = EventLog(times, tuple({"category": f"c{i % 7}"} for i in range(count)))
        return program.at(Facts({}, {"viewed": log}), NOW).next_flip("odd")

    assert flip(10_000) == NOW + 9_999 + DAY_US
    assert steps_of(lambda: flip(10_000)) < 2.3 * steps_of(lambda: flip(5_000))


@pytest.mark.parametrize("seed", range(20))
def test_the_tally_of_every_run_is_that_of_a_scan(seed: int) -> None:
    chance = random.Random(seed)
    categories = [chance.choice(("a", "b", "c", None)) for _ in range(12)]
    rows = tuple({} if category is None else {"category": category} for category in categories)
    timeline = window_timeline(EventLog(tuple(range(12)), rows), BEGINNING, 0, None)
    first = past_last = 0
    for _ in range(40):  # mostly onwards, as a search goes; sometimes another search begins
        if chance.random() < 0.1:
            first = past_last = 0
        past_last = min(12, past_last + chance.randrange(3))
        first = min(past_last, first + chance.randrange(3))
        found = tally(timeline, "category", first, past_last)
        run = [category for category in categories[first:past_last] if category is not None]
        assert found.counts == Counter(run)
        assert leader(found) == max(
            run, key=lambda category: (run.count(category), _last_place(run, category)), default=None
        )


def _last_place(run: list[str], category: str) -> int:
    return len(run) - run[::-1].index(category)


@pytest.mark.parametrize("direction", ["min", "max"])
def test_the_extreme_of_every_run_is_the_last_best_that_a_scan_finds(direction: OneOf["min", "max"]) -> None:
    prices = [3.0, None, 1.0, 3.0, 1.0, None, None, 2.0, 2.0, 3.0, 0.0, 3.0, None]
    rows = [{} if price is None else {"price": price} for price in prices]
    log = EventLog(tuple(range(len(rows))), tuple(rows))
    timeline = window_timeline(log, BEGINNING, 0, None)
    best = min if direction == "min" else max
    for first in range(len(prices) + 1):
        for past_last in range(first, len(prices) + 1):
            present = [
                (price, i) for i, price in enumerate(prices) if price is not None and first <= i < past_last
            ]
            value = best((price for price, _ in present), default=None)
            expected = max((i for price, i in present if price == value), default=None)
            assert last_extreme(timeline, "price", direction, first, past_last) == expected
