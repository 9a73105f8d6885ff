"""Turns a checked program into Python functions, once, when it is loaded.

The pipeline: ``plan`` (what is shared, how far back) → ``codegen`` (the source) → here (Python's compiler,
and the tables of functions that ``runtime`` looks things up in).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from dearly.evaluation.compiled import (
    aggregates,
    exclusions,
    local_time,
    timeline,
    watching,
    windows,
)
from dearly.evaluation.compiled.codegen import Written, generate
from dearly.evaluation.compiled.plan import Plan, plan_program, references
from dearly.evaluation.compiled.runtime import Answers, CompiledProgram, Evaluation, ListKey
from dearly.evaluation.facts import NO_EVENTS, fold_case
from dearly.language.calendar import day_start
from dearly.language.program import Expression, ItemList, Program
from dearly.language.traversal import list_expressions

Answer = Callable[[Evaluation], Any]

PIECE_CHARACTERS = 16_384
"""Python's compiler takes some 6 ms for so much, about as long as threads take turns for anyway."""

_RUNTIME: Mapping[str, object] = {
    "NO_EVENTS": NO_EVENTS,
    "BEGINNING": windows.BEGINNING,
    "Elapsing": watching.Elapsing,
    "Kept": windows.Kept,
    "bisect": bisect_right,
    "day_start": day_start,
    "fold_case": fold_case,
    **{
        function.__name__: function
        for function in (
            windows.rows_between,
            windows.times_between,
            windows.on_weekdays,
            windows.events_after,
            local_time.today,
            local_time.period_began,
            aggregates.exact_sum,
            aggregates.exact_average,
            aggregates.lowest,
            aggregates.highest,
            aggregates.distinct,
            aggregates.most_frequent,
            aggregates.property_at,
            aggregates.time_since,
            exclusions.touched_items,
            exclusions.named_items,
            timeline.count_at,
            timeline.rows_at,
            timeline.times_at,
            timeline.window_timeline,
            timeline.period_timeline,
            timeline.sequence_timeline,
            watching.watch_window,
            watching.watch_window_count,
            watching.watch_at_least,
            watching.watch_exactly,
            watching.watch_count,
            watching.watch_sum,
            watching.watch_average,
            watching.watch_min,
            watching.watch_max,
            watching.watch_distinct,
            watching.watch_most_frequent,
            watching.watch_property,
            watching.watch_elapsed,
            watching.watch_growing,
            watching.watch_today,
        )
    },
}
"""Everything that generated code may name, besides its own functions and constants."""


@dataclass(frozen=True, slots=True)
class _DeepName:
    """A name at the end of a long chain: its function, where that remembers its answer, and what it uses."""

    answer: Answer
    slot: int
    uses: tuple[str, ...]


def compile_program(program: Program) -> CompiledProgram:
    """The program as functions; takes some 0.3 ms a segment, so it is done when a package is loaded."""
    plan = plan_program(program)
    generated = generate(plan)
    functions: dict[str, Any] = {**_RUNTIME, **generated.constants}
    for piece in _pieces(generated.functions):
        code = compile(piece, f"<rules {program.version}>", "exec")
        exec(code, functions)  # noqa: S102 - our own source: no text of an author's stands in it
    deep = _deep_names(plan, functions, generated.plain)
    lists = dict(_item_lists(program))
    return CompiledProgram(
        version=program.version,
        settings=program.settings,
        answers=_link(program, generated.plain, functions, deep),
        watched=_link(program, generated.watched, functions, _deep_names(plan, functions, generated.watched)),
        seeds={
            (key, place): _list_answer(functions[name], lists[key], deep)
            for (key, place), name in generated.lists.seeds.items()
        },
        filters={
            key: _list_answer(functions[name], lists[key], deep)
            for key, name in generated.lists.filters.items()
        },
        exclusions={
            key: _list_answer(functions[name], lists[key], deep)
            for key, name in generated.lists.exclusions.items()
        },
        lists=frozenset(lists),
    )


def _pieces(functions: Iterable[str]) -> Iterator[str]:
    """The functions, joined up to some size.

    No other thread runs during a call of Python's compiler, so one call for all would hold up the server that
    loads the package, for seconds (and take five times the memory).
    """
    piece: list[str] = []
    size = 0
    for function in functions:
        if piece and size + len(function) > PIECE_CHARACTERS:
            yield "".join(piece)
            piece, size = [], 0
        piece.append(function)
        size += len(function)
    if piece:
        yield "".join(piece)


def _deep_names(plan: Plan, functions: Mapping[str, Any], written: Written) -> dict[str, _DeepName]:
    return {
        name: _DeepName(functions[written.names[name]], plan.slots[name], uses)
        for name, uses in plan.deep_references.items()
    }


def _link(
    program: Program, written: Written, functions: Mapping[str, Any], deep: Mapping[str, _DeepName]
) -> Answers:
    names = {name: _settling(functions[function], (name,), deep) for name, function in written.names.items()}
    blocks = {}
    for name, function in written.blocks.items():
        branches = program.blocks[name].branches
        conditions = (branch.condition for branch in branches if branch.condition is not None)
        blocks[name] = _settling(functions[function], _names_in(conditions), deep)
    return Answers(names, blocks)


def _list_answer(answer: Answer, items: ItemList, deep: Mapping[str, _DeepName]) -> Answer:
    return _settling(answer, _names_in(list_expressions(items)), deep)


def _item_lists(program: Program) -> Iterator[tuple[ListKey, ItemList]]:
    for block in program.blocks.values():
        for position, branch in enumerate(block.branches):
            for items in branch.lists:
                yield (block.name, position, items.name), items


def _names_in(expressions: Iterable[Expression]) -> Iterator[str]:
    for expression in expressions:
        yield from references(expression)


def _settling(answer: Answer, names: Iterable[str], deep: Mapping[str, _DeepName]) -> Answer:
    """The function itself or, when it leads into long chains, one that works these out first."""
    roots = tuple(dict.fromkeys(name for name in names if name in deep))
    if not roots:
        return answer

    def settled(evaluation: Evaluation) -> Any:
        _settle(evaluation, roots, deep)
        return answer(evaluation)

    return settled


def _settle(evaluation: Evaluation, roots: Sequence[str], deep: Mapping[str, _DeepName]) -> None:
    """Work out deep names from the far end, each after those it uses: the chain may be any length."""
    waiting = list(roots)
    while waiting:
        name = deep[waiting[-1]]
        unsettled = [used for used in name.uses if deep[used].slot not in evaluation.memo]
        if unsettled and name.slot not in evaluation.memo:
            waiting.extend(unsettled)
            continue
        name.answer(evaluation)
        waiting.pop()
