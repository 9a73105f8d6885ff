"""Until when what a block shows holds: the first instant at which time alone may change it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dearly.evaluation import Facts, Watch
from dearly.language.program import (
    Aggregate,
    BoughtTogether,
    ExcludeItems,
    ExcludeTouched,
    ItemList,
    NamedValue,
    Program,
    Recently,
    Recommended,
    SimilarTo,
)
from dearly.language.requirements import touching_events
from dearly.language.traversal import list_strategies, names_within
from dearly.language.types import NUMBER, ItemRef


@dataclass(frozen=True, slots=True)
class Watched:
    """What time may change in a branch besides the decision for it and what its template reads."""

    names: tuple[str, ...]
    """The segments, values and lifecycles that its lists read, what these start from and leave out."""
    events: tuple[str, ...]
    """The types of the events that its lists start from: one stamped in the future is still to come."""


def with_list_parts_named(program: Program) -> Program:
    """The program with what its item lists start from and leave out as values too, to be asked for their next
    flips. What is left out for some events changes when their number does.

    No author can write the names of these values, so none of theirs is taken.
    """
    parts = {part.name: part for part in _list_parts(program)}
    return replace(
        program,
        values={**program.values, **parts},
        evaluation_order=(*program.evaluation_order, *parts),
    )


def _list_parts(program: Program) -> Iterator[NamedValue]:
    for block in program.blocks.values():
        for position, branch in enumerate(block.branches):
            for wanted in branch.lists:
                yield from _parts_of(wanted, f"{block.name}/{position}/{wanted.name}")


def _parts_of(wanted: ItemList, list_name: str) -> Iterator[NamedValue]:
    """The values that an item list depends on, by names that begin with its own."""
    item = ItemRef(wanted.catalog)
    for number, strategy in enumerate(list_strategies(wanted)):
        if isinstance(strategy, SimilarTo | BoughtTogether):
            yield NamedValue(f"{list_name}/seed {number}", strategy.item, item, may_be_missing=True)
    for number, exclusion in enumerate(wanted.excluding):
        name = f"{list_name}/excluded {number}"
        match exclusion:
            case ExcludeTouched(selection):
                yield NamedValue(
                    name, Aggregate("count", selection, None, NUMBER), NUMBER, may_be_missing=False
                )
            case ExcludeItems(items):
                yield NamedValue(name, items, item, may_be_missing=True)


def watch_branches(program: Program, block: str) -> tuple[Watched, ...]:
    """What to watch in each branch of a block, in their order. Not in a call: it walks over expressions."""
    return tuple(
        _watch_branch(program, block, position) for position in range(len(program.blocks[block].branches))
    )


def _watch_branch(program: Program, block: str, position: int) -> Watched:
    branch = program.blocks[block].branches[position]
    names: set[str] = set()
    events: set[str] = set()
    for wanted in branch.lists:
        names |= names_within(program, () if wanted.where is None else (wanted.where,))
        names |= {part.name for part in _parts_of(wanted, f"{block}/{position}/{wanted.name}")}
        for strategy in list_strategies(wanted):
            match strategy:
                case Recently(event):
                    events.add(event)
                case Recommended():
                    events |= {event for event, _ in touching_events(program, wanted.catalog)}
                case _:
                    pass
    return Watched(tuple(sorted(names)), tuple(sorted(events)))


def watch_lists(watch: Watch, watched: Watched) -> None:
    """Have the watch note until when the lists of a branch are filled alike."""
    for name in watched.names:
        watch.value(name)


def next_arrival(facts: Facts, watched: Watched, now_us: int) -> int | None:
    """When the first event stamped in the future comes due that a list starts from; None: there is none."""
    return min(_arrivals(facts, watched, now_us), default=None)


def _arrivals(facts: Facts, watched: Watched, now_us: int) -> Iterator[int]:
    for event in watched.events:
        log = facts.events.get(event)
        if log is not None and log.times_us[-1] > now_us:
            yield log.times_us[bisect_right(log.times_us, now_us)]
