"""Whether another evaluator says the same as the reference, of everything in a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import chain
from typing import TypeAlias

from dearly.evaluation import CompiledProgram, Evaluation, Facts, compile_program, reference
from dearly.language.program import Block, Program, SimilarTo
from dearly.language.types import Value
from tests.evaluation.cases import Case, spell
from tests.evaluation.narrowing import narrow


@dataclass(frozen=True, slots=True)
class Answer:
    """What both say to one question."""

    question: str
    reference: object
    compiled: object

    @property
    def agrees(self) -> bool:
        """Equal and of one type: True is not 1.0, and unknown is not False."""
        return self.reference == self.compiled and type(self.reference) is type(self.compiled)


Compile: TypeAlias = Callable[[Program], CompiledProgram]


def check_agreement(case: Case, compiler: Compile = compile_program) -> None:
    """Ask both everything.

    Raises:
        AssertionError: they disagree; the message holds the case, narrowed to what it needs, as Python.
    """
    if disagreement(case, compiler) is None:
        return
    narrowed = narrow(case, lambda smaller: disagreement(smaller, compiler) is not None)
    answer = disagreement(narrowed, compiler)
    assert answer is None, (
        f"{answer.question}: the reference says {answer.reference!r}, the compiled program "
        f"{answer.compiled!r}. Keep as tests/evaluation/regressions/NAME.py:\n\n{spell(narrowed)}"
    )


def disagreement(case: Case, compiler: Compile = compile_program) -> Answer | None:
    """The first question to which they have different answers."""
    found = (answer for answer in _answers(case, compiler(case.program)) if not answer.agrees)
    return next(found, None)


def _answers(case: Case, compiled: CompiledProgram) -> Iterator[Answer]:
    """Every customer at every instant: each name and block, its value and its next flip.

    The order of the questions changes from instant to instant, for what was asked before is remembered.
    """
    for facts in case.customers:
        for nth, now_us in enumerate(case.instants):
            evaluation = compiled.at(facts, now_us)
            values = _values(case.program, evaluation, facts, now_us)
            flips = _flips(case.program, evaluation, facts, now_us)
            yield from chain(values, flips) if nth % 2 == 0 else chain(flips, values)
            for block in case.program.blocks.values():
                yield from _block(case, compiled.at(facts, now_us), block, facts, now_us)


def _values(program: Program, evaluation: Evaluation, facts: Facts, now_us: int) -> Iterator[Answer]:
    for name in program.evaluation_order:
        yield Answer(name, reference.value_of(program, name, facts, now_us), evaluation.value(name))


def _flips(program: Program, evaluation: Evaluation, facts: Facts, now_us: int) -> Iterator[Answer]:
    for name in program.evaluation_order:
        flip_us = reference.next_flip(program, name, facts, now_us)
        yield Answer(f"next flip of {name}", flip_us, evaluation.next_flip(name))


def _block(case: Case, evaluation: Evaluation, block: Block, facts: Facts, now_us: int) -> Iterator[Answer]:
    program, name = case.program, block.name
    yield Answer(
        f"branch of {name}", reference.branch_of(program, name, facts, now_us), evaluation.branch(name)
    )
    for index, branch in enumerate(block.branches):
        for items in branch.lists:
            if isinstance(items.strategy, SimilarTo):
                seed = reference.evaluate(program, items.strategy.item, facts, now_us)
                yield Answer(
                    f"seed of {name}, branch {index}", seed, evaluation.seed(name, index, items.name)
                )
            keeps = evaluation.item_filter(name, index, items.name)
            yield Answer(
                f"whether branch {index} of {name} filters", items.where is not None, keeps is not None
            )
            if items.where is not None and keeps is not None:
                for item in case.items:
                    kept: Value | None = reference.evaluate(program, items.where, facts, now_us, item)
                    yield Answer(f"whether branch {index} of {name} keeps {item}", kept is True, keeps(item))
    flip_us = reference.next_branch_flip(program, name, facts, now_us)
    yield Answer(f"next flip of {name}", flip_us, evaluation.next_branch_flip(name))
