"""Until when what a block shows holds: the first instant at which time alone may change it."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace

from dearly.evaluation import Facts, Watch
from dearly.language.program import NamedValue, Program, Recently, Recommended, SimilarTo
from dearly.language.requirements import touching_events
from dearly.language.traversal import names_within
from dearly.language.types import ItemRef


@dataclass(frozen=True, slots=True)
class Watched:
    """What time may change in a branch besides the decision for it and what its template reads."""

    names: tuple[str, ...]
    """The segments, values and lifecycles that its lists read, and their seeds."""
    events: tuple[str, ...]
    """The types of the events that its lists start from: one stamped in the future is still to come."""


def with_seeds_named(program: Program) -> Program:
    """The program with what each ``similar to`` starts from as a value too, to be asked for its next flip.

    No author can write the names of these values, so none of theirs is taken.
    """
    seeds = {seed.name: seed for seed in _seeds(program)}
    return replace(
        program,
        values={**program.values, **seeds},
        evaluation_order=(*program.evaluation_order, *seeds),
    )


def _seeds(program: Program) -> Iterator[NamedValue]:
    for block in program.blocks.values():
        for position, branch in enumerate(block.branches):
            for wanted in branch.lists:
                if isinstance(wanted.strategy, SimilarTo):
                    name, kind = _seed_name(block.name, position, wanted.name), ItemRef(wanted.catalog)
                    yield NamedValue(name, wanted.strategy.item, kind, may_be_missing=True)


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
        match wanted.strategy:
            case SimilarTo():
                names.add(_seed_name(block, position, wanted.name))
            case Recently(event):
                events.add(event)
            case Recommended():
                events |= {event for event, _ in touching_events(program, wanted.catalog)}
            case _:
                pass
    return Watched(tuple(sorted(names)), tuple(sorted(events)))


def _seed_name(block: str, position: int, list_name: str) -> str:
    return f"{block}/{position}/{list_name}"


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
