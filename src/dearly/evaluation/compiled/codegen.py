"""Writes a whole program as one Python module: a function for each name, branch decision and item list.

What the functions run against is in ``runtime``, ``windows``, ``aggregates``, ``timeline`` and ``watching``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dearly.evaluation.compiled.expression_code import Scope, holds, value
from dearly.evaluation.compiled.list_code import WrittenLists, write_lists
from dearly.evaluation.compiled.log_code import write_kept, write_timeline
from dearly.evaluation.compiled.plan import Plan
from dearly.evaluation.compiled.source import Source, remembered
from dearly.language.program import Expression
from dearly.language.traversal import definitions


@dataclass(frozen=True, slots=True)
class Written:
    """The functions, by name, that answer for each of the program's names and blocks."""

    names: Mapping[str, str]
    blocks: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Generated:
    """The module's source, the constants that it is run with, and which function answers what."""

    functions: Sequence[str]
    """The text of each; nothing else stands in the module, and they may be run in any order."""
    constants: Mapping[str, object]
    plain: Written
    watched: Written
    lists: WrittenLists


def generate(plan: Plan) -> Generated:
    """Write the module; names first, each after those that it uses, and last the event logs that all use."""
    source = Source(plan)
    plain = Written(_write_names(source, watched=False), _write_blocks(source, watched=False))
    lists = write_lists(source)
    watched = Written(_write_names(source, watched=True), _write_blocks(source, watched=True))
    for selection, name in source.timelines.items():
        write_timeline(source, selection, name)
    for kept, name in source.kept.items():
        write_kept(source, kept, name)
    return Generated(source.functions, source.constants, plain, watched, lists)


def _write_names(source: Source, *, watched: bool) -> dict[str, str]:
    scope = Scope(source, watched)
    written = {}
    for name, slot in source.plan.slots.items():
        function = written[name] = f"{'w' if watched else 'v'}{slot}"
        if name in source.plan.program.lifecycles:
            _write_lifecycle(source, name, function, scope)
        else:
            _write_definition(source, name, function, scope)
    return written


def _write_definition(source: Source, name: str, function: str, scope: Scope) -> None:
    (definition,) = definitions(source.plan.program, name)
    fragment = value(definition, scope)
    source.optional_names[name] = fragment.optional
    if name in source.plan.shared_names:
        source.function(function, remembered(source.plan.slots[name], fragment.text))
    else:
        source.function(function, [f"return {fragment.text}"])


def _write_lifecycle(source: Source, name: str, function: str, scope: Scope) -> None:
    stages = source.plan.program.lifecycles[name].stages
    conditions = [stage.condition for stage in stages]
    outcomes = [source.constant(stage.name) for stage in stages]
    if name not in source.plan.shared_names:
        source.function(function, _decision(conditions, outcomes, scope))
        return
    source.function(f"{function}_stage", _decision(conditions, outcomes, scope))
    source.function(function, remembered(source.plan.slots[name], f"{function}_stage(e)"))


def _write_blocks(source: Source, *, watched: bool) -> dict[str, str]:
    written = {}
    for name, block in source.plan.program.blocks.items():
        function = written[name] = source.name("b")
        conditions = [branch.condition for branch in block.branches]
        outcomes = [str(position) for position in range(len(conditions))]
        source.function(function, _decision(conditions, outcomes, Scope(source, watched)))
    return written


def _decision(conditions: Sequence[Expression | None], outcomes: Sequence[str], scope: Scope) -> list[str]:
    """Return the outcome of the first condition that holds; the one without a condition always does."""
    lines: list[str] = []
    for condition, outcome in zip(conditions, outcomes, strict=True):
        if condition is None:
            return [*lines, f"return {outcome}"]
        lines.extend([f"if {holds(condition, scope).text}:", f"    return {outcome}"])
    return lines
