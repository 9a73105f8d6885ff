"""What is asked with a name, answered with its reasons: a block's decision, or what a name stands for.

The reasons are the reference evaluator's. When an answer flips, and whether a change would flip it, is asked
of the compiled rules, which say the same: histories may be long, and changes to try are many.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal as OneOf

from dearly.evaluation import CompiledProgram, Facts, compile_program
from dearly.evaluation.explanation import (
    Change,
    Explained,
    explain_expression,
    explain_name,
    smallest_changes,
)
from dearly.language.program import Branch, Expression, Program
from dearly.language.traversal import definitions
from dearly.language.types import BOOL, Value


@dataclass(frozen=True, slots=True)
class AskedBranch:
    """A branch of a block, why its condition was true or not; None of one that was not asked."""

    branch: Branch
    reason: Explained | None
    decides: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer as of an instant. ``until_us`` is when time alone makes it another; None: never.

    ``reason`` is None of a block, and ``branches`` empty of anything else. Each of ``changes`` would make it
    another: a condition true that is not, or the other way round; another branch; another stage.
    """

    name: str
    kind: OneOf["block", "segment", "value", "lifecycle"]
    now_us: int
    reason: Explained | None
    branches: tuple[AskedBranch, ...]
    until_us: int | None
    changes: tuple[tuple[Change, ...], ...] | None


def explain_answer(program: Program, name: str, facts: Facts, now_us: int) -> Answer:
    """The answer to a name that the program declares, for one customer at one instant."""
    compiled = compile_program(program)
    if name in program.blocks:
        return _decision(program, compiled, name, facts, now_us)
    reason = explain_name(program, name, facts, now_us)
    kind: OneOf["segment", "value", "lifecycle"] = "value"
    if name not in program.values:
        kind = "segment" if name in program.segments else "lifecycle"
    return Answer(
        name=name,
        kind=kind,
        now_us=now_us,
        reason=reason,
        branches=(),
        until_us=compiled.at(facts, now_us).next_flip(name),
        changes=_changes_of_name(program, compiled, name, reason, facts, now_us),
    )


def _changes_of_name(
    program: Program, compiled: CompiledProgram, name: str, reason: Explained, facts: Facts, now_us: int
) -> tuple[tuple[Change, ...], ...] | None:
    """What would make a condition true, or no longer true, or move a lifecycle; None for other values."""
    if name in program.values and reason.type != BOOL:
        return None
    is_stage = name in program.lifecycles
    before = reason.value if is_stage else reason.value is True

    def is_other(changed: Facts, at_us: int) -> bool:
        value: Value | None = compiled.at(changed, at_us).value(name)
        return (value if is_stage else value is True) != before

    return _smallest(program, list(definitions(program, name)), facts, now_us, is_other)


def _decision(program: Program, compiled: CompiledProgram, name: str, facts: Facts, now_us: int) -> Answer:
    branches = program.blocks[name].branches
    decided = compiled.at(facts, now_us).branch(name)
    asked = [
        AskedBranch(
            branch,
            explain_expression(program, branch.condition, facts, now_us)
            if branch.condition is not None and place <= decided
            else None,
            decides=place == decided,
        )
        for place, branch in enumerate(branches)
    ]
    conditions = [branch.condition for branch in branches if branch.condition is not None]

    def is_other(changed: Facts, at_us: int) -> bool:
        return compiled.at(changed, at_us).branch(name) != decided

    return Answer(
        name=name,
        kind="block",
        now_us=now_us,
        reason=None,
        branches=tuple(asked),
        until_us=compiled.at(facts, now_us).next_branch_flip(name),
        changes=_smallest(program, conditions, facts, now_us, is_other),
    )


def _smallest(
    program: Program,
    expressions: list[Expression],
    facts: Facts,
    now_us: int,
    is_other: Callable[[Facts, int], bool],
) -> tuple[tuple[Change, ...], ...]:
    return tuple(smallest_changes(program, expressions, facts, now_us, is_other))
