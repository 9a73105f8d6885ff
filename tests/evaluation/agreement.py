"""Whether another evaluator says the same as the reference, of everything in a case."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from dearly.evaluation import CompiledProgram, Evaluation, Facts, compile_program, reference
from dearly.language.program import Block, Program
from dearly.language.types import Value
from tests.evaluation.cases import Case, seeded, spell
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
    """Every customer at every instant: each name and block, its value and its next flip."""
    for facts in case.customers:
        for now_us in case.instants:
            yield from _names(case.program, compiled, facts, now_us)
            for block in case.program.blocks.values():
                yield from _block(case, compiled.at(facts, now_us), block, facts, now_us)


def _names(program: Program, compiled: CompiledProgram, facts: Facts, now_us: int) -> Iterator[Answer]:
    """Asked in two orders, each of a fresh evaluation, which remembers what was asked before."""
    names = program.evaluation_order
    values = {name: reference.value_of(program, name, facts, now_us) for name in names}
    flips = {name: reference.next_flip(program, name, facts, now_us) for name in names}
    evaluation = compiled.at(facts, now_us)
    yield from (Answer(name, values[name], evaluation.value(name)) for name in names)
    yield from (Answer(f"next flip of {name}", flips[name], evaluation.next_flip(name)) for name in names)
    evaluation = compiled.at(facts, now_us)
    for name in reversed(names):
        yield Answer(f"next flip of {name}, before its value", flips[name], evaluation.next_flip(name))
        yield Answer(f"{name}, after its next flip", values[name], evaluation.value(name))


def _block(case: Case, evaluation: Evaluation, block: Block, facts: Facts, now_us: int) -> Iterator[Answer]:
    program, name = case.program, block.name
    yield Answer(
        f"branch of {name}", reference.branch_of(program, name, facts, now_us), evaluation.branch(name)
    )
    for index, branch in enumerate(block.branches):
        for items in branch.lists:
            for place, strategy in seeded(items).items():
                seed = reference.evaluate(program, strategy.item, facts, now_us)
                yield Answer(
                    f"seed {place} of {name}, branch {index}",
                    seed,
                    evaluation.seed(name, index, items.name, place),
                )
            yield Answer(
                f"what branch {index} of {name} leaves out",
                reference.excluded(program, items, facts, now_us),
                evaluation.excluded(name, index, items.name),
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
