"""Writes a whole program as one Python module: a function for each name, branch decision and item list.

What the functions run against is in ``runtime``, ``windows``, ``aggregates``, ``timeline`` and ``watching``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dearly.evaluation.compiled.event_code import log_text
from dearly.evaluation.compiled.expression_code import Scope, holds, value
from dearly.evaluation.compiled.plan import EventSource, Plan
from dearly.evaluation.compiled.runtime import ListKey
from dearly.evaluation.compiled.source import Source, remembered
from dearly.language.program import EventProperty, Expression, ItemProperty, Selection, SimilarTo
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
    seeds: Mapping[ListKey, str]
    filters: Mapping[ListKey, str]


def generate(plan: Plan) -> Generated:
    """Write the module; names first, each after those that it uses, and last the event logs that all use."""
    source = Source(plan)
    plain = Written(_write_names(source, watched=False), _write_blocks(source, watched=False))
    seeds, filters = _write_lists(source)
    watched = Written(_write_names(source, watched=True), _write_blocks(source, watched=True))
    for selection, name in source.timelines.items():
        _write_timeline(source, selection, name)
    for kept, name in source.kept.items():
        _write_kept(source, kept, name)
    return Generated(source.functions, source.constants, plain, watched, seeds, filters)


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


def _write_lists(source: Source) -> tuple[dict[ListKey, str], dict[ListKey, str]]:
    seeds: dict[ListKey, str] = {}
    filters: dict[ListKey, str] = {}
    for block in source.plan.program.blocks.values():
        for position, branch in enumerate(block.branches):
            for items in branch.lists:
                key = (block.name, position, items.name)
                if isinstance(items.strategy, SimilarTo):
                    seeds[key] = source.name("s")
                    seed = value(items.strategy.item, Scope(source))
                    source.function(seeds[key], [f"return {seed.text}"])
                if items.where is not None:
                    filters[key] = source.name("f")
                    _write_filter(source, items.where, filters[key])
    return seeds, filters


def _write_filter(source: Source, where: Expression, name: str) -> None:
    scope = Scope(source, row=ItemProperty)
    condition = holds(where, scope).text
    source.function(name, [*scope.ahead, "def keep(p):", f"    return {condition}", "return keep"])


def _write_timeline(source: Source, selection: Selection, name: str) -> None:
    log = log_text(source, selection.event, selection.where)
    within = selection.within_us
    start = "BEGINNING" if within is None else f"e.origin_us - {within}"
    made = f"window_timeline({log}, {start}, {selection.older_than_us or 0}, {within})"
    sequence = selection.sequence
    if sequence is not None:
        followers = f"{log_text(source, sequence.event, sequence.where)}.times_us"
        made = f"sequence_timeline({made}, {sequence.negated}, {followers}, {sequence.within_us})"
    source.function(name, _remembered_log(name, [], made))


def _write_kept(source: Source, kept: EventSource, name: str) -> None:
    event, where = kept
    assert where is not None
    scope = Scope(source, row=EventProperty)
    condition = holds(where, scope).text
    reach_us = source.plan.reach_us[kept]
    start = "BEGINNING" if reach_us is None else f"e.origin_us - {reach_us}"
    loop = [
        *scope.ahead,
        "times = []",
        "rows = []",
        f"for t, p in events_after({log_text(source, event, None)}, {start}):",
        f"    if {condition}:",
        "        times.append(t)",
        "        rows.append(p)",
    ]
    source.function(name, _remembered_log(name, loop, "Kept(times, rows)"))


def _remembered_log(name: str, ahead: Sequence[str], made: str) -> list[str]:
    """A body that makes a log once for an evaluation and those at later instants."""
    return [
        "logs = e.logs",
        f"if {name!r} in logs:",
        f"    return logs[{name!r}]",
        *ahead,
        f"made = logs[{name!r}] = {made}",
        "return made",
    ]
