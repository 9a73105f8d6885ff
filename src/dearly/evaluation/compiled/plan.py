"""What must be known of a program before its code is written: what is shared, how far back, how deep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import NamedTuple

from dearly.language.program import (
    ExcludeTouched,
    Expression,
    Instant,
    Period,
    Program,
    SegmentRef,
    Selection,
    StageIs,
    ValueRef,
)
from dearly.language.traversal import OverEvents, block_expressions, definitions, walk

MAX_CALL_DEPTH = 32
"""Names that lead through longer chains are worked out from the far end, so that no call goes deeper."""


class EventSource(NamedTuple):
    """An event type, and what keeps some of its events whatever now is: their weekday and a ``where``."""

    event: str
    where: Expression | None
    weekdays: frozenset[int] | None


class Opening(NamedTuple):
    """What says from when on a selection looks at events, as in :class:`Selection`; the latest holds."""

    within_us: int | None
    since: Instant | None
    period: Period | None


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
    reach: Mapping[EventSource, frozenset[Opening]]
    """Where the windows open in which an event source is looked at; none: look at it from its beginning."""
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
        reach=_reach(chain((leaf.selection for leaf in leaves), _touched(program))),
        deep_references=deep,
    )


def all_expressions(program: Program) -> Iterator[Expression]:
    """Every expression that answers something: names, branches, and the two kinds in item lists."""
    for name in program.evaluation_order:
        yield from definitions(program, name)
    for block in program.blocks.values():
        yield from block_expressions(block)


def references(expression: Expression) -> Iterator[str]:
    """The segments, values and lifecycles that an expression uses directly, with repeats."""
    for part in walk(expression):
        match part:
            case SegmentRef() | ValueRef():
                yield part.name
            case StageIs():
                yield part.lifecycle


def opening(selection: Selection) -> Opening:
    """From when on a selection looks at events."""
    return Opening(selection.within_us, selection.since, selection.period)


def _touched(program: Program) -> Iterator[Selection]:
    """The selections whose items lists exclude."""
    for block in program.blocks.values():
        for branch in block.branches:
            for items in branch.lists:
                for exclusion in items.excluding:
                    if isinstance(exclusion, ExcludeTouched):
                        yield exclusion.selection


def _reach(selections: Iterable[Selection]) -> dict[EventSource, frozenset[Opening]]:
    openings: dict[EventSource, set[Opening]] = {}
    for selection in selections:
        for source in _sources(selection):
            openings.setdefault(source, set()).add(opening(selection))
            if source.weekdays is not None:
                # Its events of those days are found first, for all conditions on them.
                openings.setdefault(source._replace(where=None), set()).add(opening(selection))
    return {source: _earliest(found) for source, found in openings.items()}


def _sources(selection: Selection) -> Iterator[EventSource]:
    """What a selection looks at: its events and, no further back than those, what follows them."""
    yield EventSource(selection.event, selection.where, selection.weekdays)
    if selection.sequence is not None:
        yield EventSource(selection.sequence.event, selection.sequence.where, None)


def _earliest(openings: Iterable[Opening]) -> frozenset[Opening]:
    """The openings that may be the earliest: of those with nothing but ``within``, the longest."""
    longest_us = 0
    others: set[Opening] = set()
    for found in openings:
        if found == Opening(None, None, None):
            return frozenset()
        if found.within_us is not None and found.since is None and found.period is None:
            longest_us = max(longest_us, found.within_us)
        else:
            others.add(found)
    return frozenset(others | ({Opening(longest_us, None, None)} if longest_us else set()))


def _deep_references(program: Program) -> dict[str, tuple[str, ...]]:
    depth: dict[str, int] = {}
    deep: dict[str, tuple[str, ...]] = {}
    for name in program.evaluation_order:
        used = {used for part in definitions(program, name) for used in references(part)}
        depth[name] = 1 + max((depth[other] for other in used), default=0)
        if depth[name] > MAX_CALL_DEPTH:
            deep[name] = tuple(sorted(other for other in used if other in deep))
    return deep
