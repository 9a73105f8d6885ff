"""What must be known of a program before its code is written: what is shared, how far back, how deep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from dearly.language.program import (
    Block,
    Expression,
    ItemList,
    Program,
    SegmentRef,
    Selection,
    SimilarTo,
    StageIs,
    ValueRef,
)
from dearly.language.traversal import OverEvents, definitions, walk

EventSource: TypeAlias = tuple[str, Expression | None]
"""An event type and the ``where`` that keeps some of its events."""

MAX_CALL_DEPTH = 32
"""Names that lead through longer chains are worked out from the far end, so that no call goes deeper."""


@dataclass(frozen=True, slots=True)
class Plan:
    """A program with the decisions taken about its code."""

    program: Program
    slots: Mapping[str, int]
    """Where a name's answer is remembered: its position in the evaluation order."""
    shared_names: frozenset[str]
    """Names that are used in several places, or stand in long chains: their answers are remembered."""
    shared_leaves: Mapping[OverEvents, int]
    """Aggregates and conditions on events that stand in several places, and where each is remembered."""
    reach_us: Mapping[EventSource, int | None]
    """How far back any selection looks at an event source; None: to its beginning."""
    deep_references: Mapping[str, tuple[str, ...]]
    """For each name in a long chain, the names of such that it uses directly."""


def plan_program(program: Program) -> Plan:
    """Look over the whole program once."""
    expressions = list(all_expressions(program))
    leaves = Counter(leaf for root in expressions for leaf in walk(root) if isinstance(leaf, OverEvents))
    deep = _deep_references(program)
    uses = Counter(name for root in expressions for name in references(root))
    shared = [leaf for leaf, count in leaves.items() if count > 1]
    first_slot = len(program.evaluation_order)
    return Plan(
        program=program,
        slots={name: slot for slot, name in enumerate(program.evaluation_order)},
        shared_names=frozenset(name for name, count in uses.items() if count > 1) | deep.keys(),
        shared_leaves={leaf: first_slot + position for position, leaf in enumerate(shared)},
        reach_us=_reach(leaves),
        deep_references=deep,
    )


def all_expressions(program: Program) -> Iterator[Expression]:
    """Every expression that answers something: names, branches, and the two kinds in item lists."""
    for name in program.evaluation_order:
        yield from definitions(program, name)
    for block in program.blocks.values():
        yield from _block_expressions(block)


def references(expression: Expression) -> Iterator[str]:
    """The segments, values and lifecycles that an expression uses directly, with repeats."""
    for part in walk(expression):
        match part:
            case SegmentRef() | ValueRef():
                yield part.name
            case StageIs():
                yield part.lifecycle


def list_expressions(items: ItemList) -> Iterator[Expression]:
    """The item that a list starts from and its ``where``, as far as it has them."""
    if isinstance(items.strategy, SimilarTo):
        yield items.strategy.item
    if items.where is not None:
        yield items.where


def _block_expressions(block: Block) -> Iterator[Expression]:
    for branch in block.branches:
        if branch.condition is not None:
            yield branch.condition
        for items in branch.lists:
            yield from list_expressions(items)


def _reach(leaves: Iterable[OverEvents]) -> dict[EventSource, int | None]:
    reach: dict[EventSource, int | None] = {}
    for leaf in leaves:
        for source in _sources(leaf.selection):
            reach[source] = _longer(reach.get(source, 0), leaf.selection.within_us)
    return reach


def _sources(selection: Selection) -> Iterator[EventSource]:
    """What a selection looks at: its events and, no further back than those, what follows them."""
    yield selection.event, selection.where
    if selection.sequence is not None:
        yield selection.sequence.event, selection.sequence.where


def _longer(left_us: int | None, right_us: int | None) -> int | None:
    return None if left_us is None or right_us is None else max(left_us, right_us)


def _deep_references(program: Program) -> dict[str, tuple[str, ...]]:
    depth: dict[str, int] = {}
    deep: dict[str, tuple[str, ...]] = {}
    for name in program.evaluation_order:
        used = {used for part in definitions(program, name) for used in references(part)}
        depth[name] = 1 + max((depth[other] for other in used), default=0)
        if depth[name] > MAX_CALL_DEPTH:
            deep[name] = tuple(sorted(other for other in used if other in deep))
    return deep
