"""The proof: the reference and the compiled program say the same of random programs and customers.

A *case* is one program and one customer, asked at three instants for every name and block: the value (unknown
included), the branch, the seeds and filters of item lists, and the next flip of each. ``DEARLY_PROOF_CASES``
sets how many (20,000 by default), in shards that run side by side; a shard's number is its seed, so every run
asks the same unless ``DEARLY_PROOF_SEED`` says otherwise. Hypothesis shrinks a disagreement to its smallest
form, and the failure prints it as a module to keep under ``regressions/``.
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import HealthCheck, Phase, find, given, seed, settings

from dearly.evaluation.compiled.compiler import compile_program
from tests.evaluation import regressions
from tests.evaluation.agreement import Compile, check_agreement, disagreement
from tests.evaluation.cases import Case
from tests.evaluation.generator import cases
from tests.evaluation.mutations import MUTATIONS, rewrite

PROOF_CASES = int(os.environ.get("DEARLY_PROOF_CASES", "20000"))
PROOF_SEED = int(os.environ.get("DEARLY_PROOF_SEED", "0"))
SHARDS = 8
CUSTOMERS = 4

QUIET = settings(
    database=None,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.generate, Phase.shrink),
)


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("shard", range(SHARDS))
def test_the_compiled_program_agrees_with_the_reference(shard: int) -> None:
    wanted = -(-PROOF_CASES // SHARDS)
    proven = 0

    @seed(PROOF_SEED * SHARDS + shard)
    @settings(QUIET, max_examples=-(-wanted // CUSTOMERS))
    @given(cases(customers=CUSTOMERS))
    def prove(case: Case) -> None:
        nonlocal proven
        check_agreement(case)
        proven += len(case.customers)

    prove()
    assert proven >= wanted


def _kept() -> list[str]:
    return [module.name for module in pkgutil.iter_modules(regressions.__path__)]


@pytest.mark.parametrize("name", _kept() or [pytest.param("", marks=pytest.mark.skip("none is kept yet"))])
def test_a_kept_disagreement_stays_settled(name: str) -> None:
    check_agreement(importlib.import_module(f"{regressions.__name__}.{name}").CASE)


def compile_with(mistake: str) -> Compile:
    return lambda program: compile_program(rewrite(program, MUTATIONS[mistake]))


def find_case(condition: Callable[[Case], bool]) -> Case:
    drawing = settings(QUIET, max_examples=2000, phases=(Phase.generate,))
    return find(cases(), condition, settings=drawing, random=Random(1))


@pytest.mark.parametrize("mistake", MUTATIONS)
def test_the_proof_notices_a_mistake_in_the_compiled_program(mistake: str) -> None:
    compiler = compile_with(mistake)
    found = find_case(lambda case: disagreement(case, compiler) is not None)
    assert disagreement(found, compile_program) is None


def test_a_disagreement_is_printed_narrowed_as_a_case_that_can_be_kept() -> None:
    compiler = compile_with("one_event_too_many")
    found = find_case(lambda case: disagreement(case, compiler) is not None)
    with pytest.raises(AssertionError) as failure:
        check_agreement(found, compiler)
    module: dict[str, Case] = {}
    exec(str(failure.value).split("\n\n", 1)[1], module)
    kept = module["CASE"]
    assert disagreement(kept, compiler) is not None
    assert (len(kept.customers), len(kept.instants)) == (1, 1)
