"""Whether another evaluator says the same as the reference, of all that it can be asked about a case."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from dearly.evaluation import CompiledProgram, Evaluation, Facts, compile_program, reference
from dearly.language.program import Block, ContextField, Program, Segment
from dearly.language.traversal import walk
from dearly.language.types import Value
from tests.evaluation.audiences import duckdb_audience
from tests.evaluation.cases import Case, seeded, spell
from tests.evaluation.narrowing import narrow
from tests.evaluation.sql_engines import (
    Values,
    duckdb_values,
    postgresql,
    postgresql_values,
    spark,
    spark_values,
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What both say to one question; ``failed`` when the other had no answer but an error."""

    question: str
    reference: object
    other: object
    failed: bool = False

    @property
    def agrees(self) -> bool:
        """Equal and of one type: True is not 1.0, and unknown is not False."""
        return self.reference == self.other and type(self.reference) is type(self.other)


Engine: TypeAlias = Callable[[Case], Iterator[Answer]]
"""Asks an evaluator, and the reference the same."""


def check_agreement(case: Case, engine: Engine) -> None:
    """Ask both everything.

    Raises:
        AssertionError: they disagree; the message holds the case, narrowed to what it needs, as Python.
    """
    answer = disagreement(case, engine)
    if answer is not None:
        narrowed = narrow_disagreement(case, engine, answer)
        raise AssertionError(
            f"{tell(narrowed, engine)} Keep as tests/evaluation/regressions/NAME.py:\n\n{spell(narrowed)}"
        )


def disagreement(case: Case, engine: Engine) -> Answer | None:
    """The first question to which they have different answers."""
    try:
        return next((answer for answer in engine(case) if not answer.agrees), None)
    except Exception:  # noqa: BLE001 - whatever a faulty evaluator raises is its answer, and told as such
        return Answer("the case", "something", traceback.format_exc(limit=-3), failed=True)


def narrow_disagreement(case: Case, engine: Engine, answer: Answer) -> Case:
    """The least of a case about which they still disagree, in the same way: by an answer, or by an error."""

    def disagrees(smaller: Case) -> bool:
        found = disagreement(smaller, engine)
        return found is not None and found.failed == answer.failed

    return narrow(case, disagrees)


def tell(case: Case, engine: Engine) -> str:
    """What they disagree about, in a line."""
    answer = disagreement(case, engine)
    assert answer is not None
    return f"{answer.question}: the reference says {answer.reference!r}, the other {answer.other!r}."


# --------------------------------------------------------------------------------------- whole audiences: SQL

AskAll: TypeAlias = Callable[[Program, Sequence[Facts], Iterable[int]], list[Values]]


def ask_sql(case: Case, ask: AskAll) -> Iterator[Answer]:
    """The values of all names and of blocks' conditions, of all customers at once, at every instant."""
    program = _naming_conditions(case.program)
    for now_us, values in zip(case.instants, ask(program, case.customers, case.instants), strict=True):
        for facts, found in zip(case.customers, values, strict=True):
            for name in program.evaluation_order:
                yield Answer(name, reference.value_of(program, name, facts, now_us), found[name])


def ask_audience(case: Case) -> Iterator[Answer]:
    """Who is in one of the segments, at one instant, as a list of places."""
    program, (now_us, *_) = _naming_conditions(case.program), case.instants
    for name in list(program.segments)[:1]:
        values = [reference.value_of(program, name, facts, now_us) for facts in case.customers]
        expected = [place for place, value in enumerate(values) if value is True]
        yield Answer(f"audience of {name}", expected, duckdb_audience(program, name, case.customers, now_us))


def _naming_conditions(program: Program) -> Program:
    """The program with a segment for each condition of its blocks; those about a call have no audience."""
    conditions = {
        f"{block.name}_{index}": branch.condition
        for block in program.blocks.values()
        for index, branch in enumerate(block.branches)
        if branch.condition is not None
        and not any(isinstance(part, ContextField) for part in walk(branch.condition))
    }
    segments = {name: Segment(name, "", condition) for name, condition in conditions.items()}
    return replace(
        program,
        segments={**segments, **program.segments},
        evaluation_order=(*program.evaluation_order, *segments),
    )


# ----------------------------------------------------------------------------- one customer at a time: Python

Compile: TypeAlias = Callable[[Program], CompiledProgram]


def ask_compiled(case: Case, compiler: Compile = compile_program) -> Iterator[Answer]:
    """Every customer at every instant: each name and block, its value and its next flip."""
    compiled = compiler(case.program)
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


# ------------------------------------------------------------------------------------------------ all of them


def _compiled(_: ExitStack) -> Engine:
    return ask_compiled


def _duckdb(_: ExitStack) -> Engine:
    def ask(case: Case) -> Iterator[Answer]:
        yield from ask_sql(case, duckdb_values)
        yield from ask_audience(case)

    return ask


def _postgresql(stack: ExitStack) -> Engine:
    return partial(ask_sql, ask=partial(postgresql_values, stack.enter_context(postgresql())))


def _spark(stack: ExitStack) -> Engine:
    return partial(ask_sql, ask=partial(spark_values, stack.enter_context(spark())))


ENGINES: Mapping[str, Callable[[ExitStack], Engine]] = {
    "compiled": _compiled,
    "duckdb": _duckdb,
    "postgresql": _postgresql,
    "spark": _spark,
}
"""Everything that must agree with the reference, by name."""


@contextmanager
def opened(names: Iterable[str]) -> Iterator[Mapping[str, Engine]]:
    """Engines by name, with the servers that they need; these end with it."""
    with ExitStack() as stack:
        yield {name: ENGINES[name](stack) for name in names}
