"""``make proof``: that all evaluators agree, on a million pairs; and that the proof notices mistakes.

Reads DEARLY_PROOF_PAIRS (1,000,000), DEARLY_PROOF_FIRST (the first seed, 0: to go on where a run was stopped)
and DEARLY_PROOF_MUTANTS (20). Writes ``build/proof.json``; exits with 1 when evaluators disagree, which is
narrowed and kept under ``tests/evaluation/regressions``, or when a mistake goes unnoticed.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tests.evaluation.mutants import try_mutants, try_unchanged
from tests.evaluation.proving import Failure, Proven, in_chunks, keep, prove_all, seeds_for
from tests.evaluation.sql_engines import why_no_spark

REPORT = Path("build/proof.json")
SHARES = {"postgresql": 20, "spark": 1000}
"""Of how many pairs these engines, which take longer, are asked about one."""
ENOUGH = 5
"""Disagreements after which there is no use in looking for more."""


def main() -> int:
    """Prove, tell, write the report."""
    pairs = int(os.environ.get("DEARLY_PROOF_PAIRS", "1000000"))
    first = int(os.environ.get("DEARLY_PROOF_FIRST", "0"))
    mutants = int(os.environ.get("DEARLY_PROOF_MUTANTS", "20"))
    begun = time.monotonic()
    by_engine, failures = _prove(pairs, first, begun)
    for failure in failures:
        print(f"{failure.engine} disagrees, seed {failure.seed}: {failure.what}\n  kept as {keep(failure)}")
    if (noticed := try_unchanged(200)) is not None:
        print(f"A copy without any mistake is found wrong, so no trial would tell anything:\n{noticed}")
        return 1
    print(f"==> {mutants} mistakes in the evaluators, chosen at random: does the proof notice each?")
    trials = list(try_mutants(mutants, seed=first, tell=print))
    survived = [trial for trial in trials if not trial.killed]
    report = {
        "pairs": by_engine["compiled"],
        "disagreements": len(failures),
        "mutants": len(trials),
        "mutants_survived": len(survived),
        "by_engine": dict(by_engine),
        "first_seed": first,
        "seconds": round(time.monotonic() - begun, 1),
    }
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps(report, indent=2) + "\n")
    print(json.dumps(report, indent=2))
    return 1 if failures or survived else 0


def _prove(pairs: int, first: int, begun: float) -> tuple[Counter[str], list[Failure]]:
    by_engine: Counter[str] = Counter()
    failures: list[Failure] = []
    told = begun
    print(f"==> {pairs:,} pairs of a program and a customer, from seed {first} on")
    for proven in prove_all(_tasks(pairs, first), os.cpu_count() or 1):
        by_engine[proven.engine] += proven.pairs
        failures += proven.failures
        if proven.engine == "compiled" and time.monotonic() - told > 10:
            told = time.monotonic()
            _tell(by_engine, failures, proven, told - begun)
        if len(failures) >= ENOUGH:
            break
    return by_engine, failures


def _tasks(pairs: int, first: int) -> list[tuple[Sequence[str], range]]:
    """The engines that are slow to start first, all their seeds in one task."""
    slow = [name for name in SHARES if name != "spark" or why_no_spark() is None]
    tasks: list[tuple[Sequence[str], range]] = [
        ((name,), seeds_for(pairs // SHARES[name], first)) for name in slow if pairs >= SHARES[name]
    ]
    tasks += [(("compiled", "duckdb"), chunk) for chunk in in_chunks(seeds_for(pairs, first))]
    return tasks


def _tell(by_engine: Counter[str], failures: Sequence[Failure], proven: Proven, seconds: float) -> None:
    done = by_engine["compiled"]
    told = f"  {done:,} pairs, {done / seconds:,.0f} a second, {len(failures)} disagreements"
    print(f"{told}; seeds up to {proven.seeds.stop}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
