"""The proof, as often as every change can afford: evaluators say the same of random programs and customers.

``make proof`` asks a million pairs, and tries more mutants. DEARLY_PROOF_FIRST is the seed to begin with.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from dataclasses import replace
from functools import partial
from typing import Any

import psycopg
import pytest

from dearly.evaluation.compiled.compiler import compile_program
from dearly.language import program as tree
from tests.evaluation import regressions
from tests.evaluation.agreement import Engine, ask_compiled, ask_sql, check_agreement, disagreement, opened
from tests.evaluation.cases import Case
from tests.evaluation.generator import random_case
from tests.evaluation.mutants import Site, choose, try_mutant, try_unchanged
from tests.evaluation.mutations import mutations_of
from tests.evaluation.proving import Proven, prove, prove_by_name, seeds_for
from tests.evaluation.rewriting import rewrite
from tests.evaluation.sql_engines import postgresql_values, spark_values

FIRST = int(os.environ.get("DEARLY_PROOF_FIRST", "0"))
PAIRS = 20_000
SHARDS = 8
"""Run side by side."""


def check(proven: list[Proven], pairs: int) -> None:
    for each in proven:
        assert not each.failures, "\n\n".join(
            f"{failure.engine}, seed {failure.seed}: {failure.what}\n"
            f"Keep as tests/evaluation/regressions/{failure.name}.py:\n\n{failure.module}"
            for failure in each.failures
        )
        assert each.pairs >= pairs


@pytest.mark.slow
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_compiled_program_and_duckdb_agree_with_the_reference(shard: int) -> None:
    seeds = seeds_for(PAIRS // SHARDS, first=FIRST + 10_000 * shard)
    check(prove_by_name(("compiled", "duckdb"), seeds), PAIRS // SHARDS)


@pytest.mark.slow
def test_postgresql_agrees_with_the_reference(postgresql: psycopg.Connection[Any]) -> None:
    engine = partial(ask_sql, ask=partial(postgresql_values, postgresql))
    check(prove({"postgresql": engine}, seeds_for(1_000, FIRST)), 1_000)


@pytest.mark.slow
def test_spark_agrees_with_the_reference(spark: Any) -> None:
    engine = partial(ask_sql, ask=partial(spark_values, spark))
    check(prove({"spark": engine}, seeds_for(200, FIRST)), 200)


KEPT = [module.name for module in pkgutil.iter_modules(regressions.__path__)]


@pytest.mark.parametrize("engine", ["compiled", "duckdb"])
@pytest.mark.parametrize("name", KEPT)
def test_a_kept_disagreement_stays_settled(name: str, engine: str) -> None:
    case = importlib.import_module(f"{regressions.__name__}.{name}").CASE
    with opened([engine]) as engines:
        check_agreement(case, engines[engine])


# ---------------------------------------------------------------------------- that the proof notices mistakes


@pytest.mark.slow
@pytest.mark.timeout(900)
@pytest.mark.parametrize(
    "site", [pytest.param(each, id=f"mutant {n}") for n, each in enumerate(choose(6, FIRST))]
)
def test_the_proof_notices_a_mistake_made_by_chance(site: Site) -> None:
    assert try_mutant(site).killed, f"nothing disagrees with this change:\n{site}"


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_the_proof_notices_nothing_where_there_is_no_mistake() -> None:
    assert try_unchanged(100, ("compiled", "duckdb")) is None


@pytest.mark.parametrize(
    ("source", "changed"),
    [
        ("a < b", {"a <= b"}),
        ("a is None", {"a is not None"}),
        ("a < b <= c", {"a <= b <= c", "a < b < c"}),
        ("a and b", {"a or b"}),
        ("not a", {"not (not a)"}),
        ("a + b", {"a - b"}),
        ("min(a, 0)", {"max(a, 0)", "min(a, 1)"}),
        ("exp.GTE(a)", {"exp.GT(a)"}),
        ("f'{a} <= {b}'", {"f'{a} < {b}'"}),
        pytest.param("'text' + a", set(), id="texts put together"),
        pytest.param("x: Literal[1] = a", set(), id="annotations"),
        pytest.param("raise Mistake(a < b)", set(), id="errors"),
        pytest.param("assert a < b", set(), id="checks of what always holds"),
    ],
)
def test_each_operator_of_a_source_may_be_another(source: str, changed: set[str]) -> None:
    found = {mutation.apply(source) for _, mutation in mutations_of(source)}
    assert {text.replace("not not a", "not (not a)") for text in found} == changed


def one_event_too_many(node: Any) -> Any:
    return replace(node, count=node.count + 1) if isinstance(node, tree.Occurs) else node


FAULTY: Engine = partial(
    ask_compiled, compiler=lambda program: compile_program(rewrite(program, one_event_too_many))
)


def test_a_disagreement_is_told_narrowed_as_a_case_that_can_be_kept() -> None:
    drawn = (random_case(seed, customers=5, instants=2) for seed in range(1_000))
    found = next(case for case in drawn if disagreement(case, FAULTY) is not None)
    with pytest.raises(AssertionError) as failure:
        check_agreement(found, FAULTY)
    module: dict[str, Case] = {}
    exec(str(failure.value).split("\n\n", 1)[1], module)
    kept = module["CASE"]
    assert disagreement(kept, FAULTY) is not None
    assert disagreement(kept, ask_compiled) is None
    assert (len(kept.customers), len(kept.instants)) == (1, 1)
    assert len(kept.program.evaluation_order) + len(kept.program.blocks) == 1


def test_an_evaluator_that_fails_disagrees() -> None:
    def failing(_: tree.Program) -> Any:
        raise ZeroDivisionError

    answer = disagreement(random_case(0, 1, 1), partial(ask_compiled, compiler=failing))
    assert answer is not None
    assert answer.failed
    assert "ZeroDivisionError" in str(answer.other)
