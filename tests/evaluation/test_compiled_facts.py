"""What compiled rules say of a call's context, of scores and their tiers, of variants, and of sets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import pytest

from dearly.evaluation import CompiledProgram, Facts, compile_program
from dearly.language.program import (
    Block,
    Branch,
    Compare,
    ContextField,
    Expression,
    Literal,
    Not,
    Program,
    Score,
    ScoreRef,
    Segment,
    Tier,
    TierIs,
    VariantIs,
)
from dearly.language.types import BOOL, NUMBER, Value
from tests.evaluation.written import NOW, ask

LIKELY = Score(
    "likely",
    "",
    label=Literal(True, BOOL),
    among=None,
    features=(),
    automatic=True,
    tiers=(Tier("high", 0.6), Tier("medium", 0.25), Tier("low", None)),
)


def _program(condition: Expression) -> Program:
    asked = Segment("asked", "", condition)
    return Program("v", {}, {}, {}, {"asked": asked}, {}, {}, {}, {}, ("asked",), scores={"likely": LIKELY})


def _ask(condition: Expression, facts: Facts) -> Value | None:
    evaluation = compile_program(_program(condition)).at(facts, NOW)
    watch = evaluation.watch()
    assert watch.value("asked") == evaluation.value("asked")
    assert watch.sure_until_us is None
    return evaluation.value("asked")


@pytest.mark.parametrize(
    ("likelihood", "tier"),
    [
        (1.0, "high"),
        (0.6, "high"),
        (0.5999999999999999, "medium"),
        (0.25, "medium"),
        (0.2499999999999999, "low"),
        (0.0, "low"),
    ],
)
def test_a_score_lies_in_the_first_tier_that_it_reaches(likelihood: float, tier: str) -> None:
    facts = Facts(scores={"likely": likelihood})
    for each in LIKELY.tiers:
        lies_in = TierIs("likely", each.name)
        assert _ask(lies_in, facts) is (each.name == tier)
        assert _ask(Not(lies_in), facts) is (each.name != tier)


@pytest.mark.parametrize("tier", ["high", "medium", "low"])
def test_without_a_score_its_tiers_are_unknown(tier: str) -> None:
    assert _ask(TierIs("likely", tier), Facts()) is None
    assert _ask(Not(TierIs("likely", tier)), Facts()) is None


def test_a_score_is_a_number_that_may_be_missing() -> None:
    above = Compare(">", ScoreRef("likely"), Literal(0.5, NUMBER))
    assert _ask(above, Facts(scores={"likely": 0.75})) is True
    assert _ask(above, Facts(scores={"likely": 0.5})) is False
    assert _ask(above, Facts()) is None


def test_who_is_assigned_no_variant_is_in_none_of_them() -> None:
    discount = VariantIs("offer", "discount")
    assert _ask(discount, Facts(variants={"offer": "discount"})) is True
    assert _ask(discount, Facts(variants={"offer": "control"})) is False
    assert _ask(discount, Facts()) is False
    assert _ask(Not(discount), Facts()) is True


def test_a_branch_decides_by_what_the_call_brings_along() -> None:
    large = Compare(">", ContextField("cart_total", NUMBER), Literal(50.0, NUMBER))
    block = Block("hero", (Branch(large, "t", ()), Branch(Not(large), "t", ()), Branch(None, "t", ())))
    program = compile_program(replace(_program(Literal(True, BOOL)), blocks={"hero": block}))
    totals: Mapping[float | None, int] = {51.0: 0, 50.0: 1, None: 2}
    for total, branch in totals.items():
        assert _branch(program, {} if total is None else {"cart_total": total}) == branch


def _branch(program: CompiledProgram, context: Mapping[str, Value]) -> int:
    evaluation = program.at(Facts(context=context), NOW)
    assert evaluation.next_branch_flip("hero") is None
    return evaluation.branch("hero")


@pytest.mark.parametrize(
    ("condition", "interests", "expected"),
    [
        ('interests any of ["books", "tents"]', {"books", "lamps"}, True),
        ('interests any of ["books", "tents"]', {"lamps"}, False),
        ('interests any of ["books", "tents"]', set(), False),
        ('interests all of ["books", "tents"]', {"books", "tents", "lamps"}, True),
        ('interests all of ["books", "tents"]', {"books"}, False),
        ('interests none of ["books", "tents"]', {"lamps"}, True),
        ('interests none of ["books", "tents"]', set(), True),
        ('interests none of ["books", "tents"]', {"books", "lamps"}, False),
        ('not interests any of ["books", "tents"]', {"lamps"}, True),
        ("interests all of interests", set(), True),
    ],
)
def test_sets_are_compared_by_the_elements_that_they_share(
    condition: str, interests: set[str], expected: bool
) -> None:
    assert ask(condition, Facts({"interests": frozenset(interests)})) is expected


@pytest.mark.parametrize("operator", ["any of", "all of", "none of"])
def test_a_set_that_is_missing_is_unknown_under_not_too(operator: str) -> None:
    assert ask(f'interests {operator} ["books"]', Facts()) is None
    assert ask(f'not interests {operator} ["books"]', Facts()) is None
