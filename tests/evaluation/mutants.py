"""Evaluators with one mistake each, chosen by chance: the proof must notice every one.

A *site* is a place in the source of an evaluator where one operator may be another: a comparison, a boundary,
``and`` and ``or``, ``min`` and ``max``, plus and minus, what is missing and what is not; in Python, in the
Python that the compiler writes, and in the trees that the SQL is made of. Sites are drawn at random, from one
evaluator as often as from another. Each mutant is a copy of the whole package in a directory of its own, with
that one change, run by an interpreter of its own; the work tree is never touched.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from tempfile import TemporaryDirectory

import dearly
from tests.evaluation.agreement import disagreement, opened
from tests.evaluation.equivalents import EQUIVALENT, WHOLE_FUNCTIONS
from tests.evaluation.generator import random_case
from tests.evaluation.mutations import Mutation, mutations_of
from tests.evaluation.sql_engines import why_no_spark

PACKAGE = Path(dearly.__file__).parent
TESTS = Path(__file__).parents[2]
EVALUATORS: Mapping[str, Mapping[str, int]] = {
    "reference": {"compiled": 1},
    "compiled": {"compiled": 1},
    "sql": {"duckdb": 2, "postgresql": 10, "spark": 100},
}
"""The directories whose code is mutated; by which engines a mistake in each must show, asked one after the
other, and of how many pairs each is asked about one."""
CUSTOMERS = 8
PAIRS = 10_000
TIMEOUT_S = 600


@dataclass(frozen=True, slots=True)
class Site:
    """One place where one thing may be another: in which evaluator's file, in which function, what."""

    evaluator: str
    path: str
    function: str
    mutation: Mutation

    def __str__(self) -> str:
        change = f"{self.mutation.before}  ->  {self.mutation.after}"
        return f"{self.path}:{self.mutation.line} {self.function}: {change}"

    @property
    def key(self) -> tuple[str, str, str, str]:
        """What stays the same when lines move: see ``equivalents``."""
        return (self.path, self.function, self.mutation.before, self.mutation.after)


@dataclass(frozen=True, slots=True)
class Trial:
    """What the proof made of a mutant: how it was noticed, or nothing."""

    site: Site
    noticed: str | None

    @property
    def killed(self) -> bool:
        return self.noticed is not None


def sites() -> list[Site]:
    """Every site of every evaluator but those that are known to change no answer, in order."""
    found = []
    for evaluator in EVALUATORS:
        for path in sorted((PACKAGE / "evaluation" / evaluator).rglob("*.py")):
            relative = str(path.relative_to(PACKAGE / "evaluation"))
            for function, mutation in mutations_of(path.read_text()):
                found.append(Site(evaluator, relative, function, mutation))
    return [
        site
        for site in found
        if site.key not in EQUIVALENT and (site.path, site.function) not in WHOLE_FUNCTIONS
    ]


def choose(count: int, seed: int) -> list[Site]:
    """So many sites, of each evaluator in turn: those with the smallest hashes, seed by seed others.

    A change of the evaluators so changes the choice only where it touches what is chosen.
    """
    every = sorted(sites(), key=lambda site: blake2b(f"{seed} {site.key}".encode(), digest_size=8).digest())
    by_evaluator = {name: iter([each for each in every if each.evaluator == name]) for name in EVALUATORS}
    turns = [list(by_evaluator)[place % len(by_evaluator)] for place in range(count)]
    chosen = (next(by_evaluator[name], None) for name in turns)
    return [site for site in chosen if site is not None]


def try_mutants(
    count: int, seed: int, tell: Callable[[str], None] = lambda _: None, pairs: int = PAIRS
) -> Iterator[Trial]:
    """Try so many mutants, two at a time, telling of each."""
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        for trial in pool.map(lambda site: try_mutant(site, pairs), choose(count, seed)):
            tell(f"  {'noticed' if trial.killed else 'NOT NOTICED'}: {trial.site}")
            yield trial


def try_mutant(site: Site, pairs: int = PAIRS) -> Trial:
    """Run the proof against a copy of the package with the mutation."""
    with _copied() as copy:
        source = copy / "evaluation" / site.path
        source.write_text(site.mutation.apply(source.read_text()))
        return Trial(site, _noticed(copy, EVALUATORS[site.evaluator], pairs))


ENGINES = tuple(dict.fromkeys(engine for shares in EVALUATORS.values() for engine in shares))


def try_unchanged(pairs: int, engines: Sequence[str] = ENGINES) -> str | None:
    """Run the proof against a copy in which nothing was changed: what it noticed, which must be nothing.

    Whatever else would end a mutant's interpreter, but for its mistake, would end this one too.
    """
    with _copied() as copy:
        return _noticed(copy, dict.fromkeys(engines, 1), pairs)


@contextmanager
def _copied() -> Iterator[Path]:
    with TemporaryDirectory(prefix="dearly-mutant-") as directory:
        copy = Path(directory) / PACKAGE.name
        shutil.copytree(PACKAGE, copy, ignore=shutil.ignore_patterns("__pycache__"))
        yield copy


def _noticed(copy: Path, engines: Mapping[str, int], pairs: int) -> str | None:
    environment = {**os.environ, "PYTHONPATH": f"{copy.parent}{os.pathsep}{TESTS}"}
    command = [sys.executable, "-W", "ignore", "-m", "tests.evaluation.mutants"]
    for engine, share in engines.items():
        if engine != "spark" or why_no_spark() is None:
            noticed = _run([*command, engine, str(pairs // share), str(copy)], environment)
            if noticed is not None:
                return noticed
    return None


def _run(command: Sequence[str], environment: dict[str, str]) -> str | None:
    try:
        done = subprocess.run(
            command,
            env=environment,
            cwd=TESTS,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"it took longer than {TIMEOUT_S} s"
    return None if done.returncode == 0 else (done.stdout + done.stderr).strip()[-2000:]


def _ask(engine: str, pairs: int, package: str) -> int:
    """In the mutant's interpreter: 0 when nothing disagrees, 1 at the first disagreement."""
    assert Path(dearly.__file__).parent == Path(package), f"not the mutant, but {dearly.__file__}"
    with opened([engine]) as asked:
        for seed in range(pairs // CUSTOMERS):
            answer = disagreement(random_case(seed, CUSTOMERS, 3), asked[engine])
            if answer is not None:
                print(answer)
                return 1
    return 0


def main() -> None:
    """``python -m tests.evaluation.mutants ENGINE PAIRS PACKAGE``: what a mutant's interpreter runs."""
    parser = argparse.ArgumentParser()
    parser.add_argument("engine")
    parser.add_argument("pairs", type=int)
    parser.add_argument("package")
    arguments = parser.parse_args()
    sys.exit(_ask(arguments.engine, arguments.pairs, arguments.package))


if __name__ == "__main__":
    main()
