"""How long it takes to say why a block shows what it shows, for customers of the benchmark's shop.

Run after ``prepare_shop`` has made the shop (``make bench`` does). Told are the branch that decides and those
before it, with the events behind them, as ``dearly explain`` tells them; reading the store is not counted.
"""

from __future__ import annotations

import json
import sys
import time
from itertools import islice
from pathlib import Path

from dearly.cli.customers import each_customer
from dearly.evaluation import Facts, compile_program
from dearly.evaluation.explanation import explain_expression, explanation_text
from dearly.language import Program, check_package, read_package
from dearly.language.requirements import block_requirements
from dearly.store import open_store

WORK = Path(__file__).resolve().parent.parent / "build" / "bench"
BLOCK = "hero"
CUSTOMERS = 200


def measure() -> dict[str, float]:
    """Milliseconds an explanation, the mean over some customers."""
    program = check_package(read_package(WORK / "rules")).program
    assert program is not None
    store = open_store(f"sqlite:///{WORK / 'shop.db'}")
    now_us = time.time_ns() // 1_000
    customers = each_customer(store, program, block_requirements(program, BLOCK), now_us)
    known = [facts for _, facts in islice(customers, CUSTOMERS)]
    compiled = compile_program(program)
    branches = [compiled.at(facts, now_us).branch(BLOCK) for facts in known]
    started = time.perf_counter()
    for facts, branch in zip(known, branches, strict=True):
        _explain(program, branch, facts, now_us)
    return {"explain_ms": round((time.perf_counter() - started) / len(known) * 1e3, 2)}


def _explain(program: Program, branch: int, facts: Facts, now_us: int) -> None:
    for tried in program.blocks[BLOCK].branches[: branch + 1]:
        if tried.condition is not None:
            explanation_text(explain_expression(program, tried.condition, facts, now_us))


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
