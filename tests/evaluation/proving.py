"""Random programs and customers asked of every evaluator: so many pairs, by several processes.

A *pair* is one program and one customer, asked at three instants: for every name its value, unknown and
missing included; of the compiled program also the next flips, the blocks' branches, the seeds, filters and
exclusions of item lists. A program and its customers are drawn from a seed, so a range of seeds is asked the
same on every run.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

from tests.evaluation import regressions
from tests.evaluation.agreement import Engine, disagreement, narrow_disagreement, opened, tell
from tests.evaluation.cases import spell
from tests.evaluation.generator import random_case

CUSTOMERS = 50
"""For each program: a statement is planned once for all of them."""
INSTANTS = 3
CHUNK = 20
"""Programs that a process takes at a time."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A seed whose case an engine disagrees about, and what is left of the case, as a module's text."""

    engine: str
    seed: int
    what: str
    module: str

    @property
    def name(self) -> str:
        """What to call the case where it is kept."""
        return f"{self.engine}_seed_{self.seed}"


@dataclass(frozen=True, slots=True)
class Proven:
    """What came of asking one engine about a range of seeds."""

    engine: str
    seeds: range
    pairs: int
    failures: tuple[Failure, ...]


def prove(engines: Mapping[str, Engine], seeds: range) -> list[Proven]:
    """Ask engines about the cases of all seeds; disagreements are narrowed."""
    failures: dict[str, list[Failure]] = {name: [] for name in engines}
    for seed in seeds:
        case = random_case(seed, CUSTOMERS, INSTANTS)
        for name, engine in engines.items():
            answer = disagreement(case, engine)
            if answer is not None:
                narrowed = narrow_disagreement(case, engine, answer)
                failures[name].append(Failure(name, seed, tell(narrowed, engine), spell(narrowed)))
    return [Proven(name, seeds, len(seeds) * CUSTOMERS, tuple(failures[name])) for name in engines]


def prove_by_name(engines: Sequence[str], seeds: range) -> list[Proven]:
    """:func:`prove` by engines that are opened for it."""
    with opened(engines) as asked:
        return prove(asked, seeds)


def seeds_for(pairs: int, first: int = 0) -> range:
    """The seeds whose cases make at least so many pairs."""
    return range(first, first + -(-pairs // CUSTOMERS))


def prove_all(tasks: Iterable[tuple[Sequence[str], range]], processes: int) -> Iterator[Proven]:
    """:func:`prove_by_name` of each task, by several processes at a time, in the order in which they end."""
    with ProcessPoolExecutor(processes, mp_context=get_context("forkserver")) as pool:
        waiting = [pool.submit(prove_by_name, engines, seeds) for engines, seeds in tasks]
        try:
            for done in as_completed(waiting):
                yield from done.result()
        finally:
            pool.shutdown(cancel_futures=True)


def in_chunks(seeds: range) -> list[range]:
    """The seeds, so many at a time."""
    return [seeds[at : at + CHUNK] for at in range(0, len(seeds), CHUNK)]


def keep(failure: Failure) -> Path:
    """Keep what a failure came down to, to be asked on every run of the tests from now on."""
    path = Path(next(iter(regressions.__path__))) / f"{failure.name}.py"
    path.write_text(f'"""{failure.engine}, once: {failure.what.splitlines()[0]}"""\n\n{failure.module}')
    return path
