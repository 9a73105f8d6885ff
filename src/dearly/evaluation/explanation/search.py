"""The smallest change that would make an answer another: proposed, then tried.

Nothing is inferred: changes are proposed from what the expressions compare, and each is tried by evaluating.
So whatever is told holds; that nothing is told does not mean that there is nothing.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import chain, combinations, islice
from typing import TypeAlias

from dearly.evaluation.explanation.changes import AddEvent, Change, RemoveEvent, Wait, apply_changes, kind_of
from dearly.evaluation.explanation.proposals import propose_changes
from dearly.evaluation.facts import Facts
from dearly.evaluation.reference.flips import candidate_instants
from dearly.language.program import Expression, Program

MAX_PROPOSALS = 40
"""So many changes are tried, one by one, then two by two, then several of one kind."""

MAX_MORE = 1_000
"""So many more events of one kind are tried."""

MAX_INSTANTS = 200
"""So many later instants are tried."""

MAX_FOUND = 3
"""So many changes of the smallest size are told."""

Holds: TypeAlias = Callable[[tuple[Change, ...]], bool]

IsOther: TypeAlias = Callable[[Facts, int], bool]
"""Whether the answer is the one that is sought, by some facts at some instant."""


def smallest_changes(
    program: Program, expressions: Sequence[Expression], facts: Facts, now_us: int, is_other: IsOther
) -> list[tuple[Change, ...]]:
    """The single changes that make the answer another, or else the pairs, or else more events of one type; a
    few of them, likeliest first.

    Args:
        program: The rules.
        expressions: What the answer comes from.
        facts: The customer.
        now_us: When the answer is as it is.
        is_other: Whether the answer is the one sought.
    """
    proposals = list(islice(propose_changes(program, expressions, facts, now_us), MAX_PROPOSALS))
    waiting = _wait(program, expressions, facts, now_us, is_other)

    def holds(changes: tuple[Change, ...]) -> bool:
        return is_other(*apply_changes(changes, facts, now_us))

    singles: Iterable[tuple[Change, ...]] = chain(((one,) for one in proposals), waiting)
    for holding in (filter(holds, singles), filter(holds, _pairs(proposals)), _several(proposals, holds)):
        if found := list(islice(_of_each_kind(holding), MAX_FOUND)):
            return found
    return []


def _of_each_kind(found: Iterable[tuple[Change, ...]]) -> Iterator[tuple[Change, ...]]:
    """The first of those that differ only in the value that is set, or in which event of a type it is."""
    told: set[tuple[object, ...]] = set()
    for changes in found:
        kinds = tuple(kind_of(change) for change in changes)
        if kinds not in told:
            told.add(kinds)
            yield changes


def _wait(
    program: Program, expressions: Sequence[Expression], facts: Facts, now_us: int, is_other: IsOther
) -> Iterator[tuple[Change, ...]]:
    """The first instant at which the answer is the one sought, if nothing happens until then."""
    later = sorted(at for at in candidate_instants(program, expressions, facts) if at > now_us)
    for instant_us in later[:MAX_INSTANTS]:
        if is_other(facts, instant_us):
            yield (Wait(instant_us),)
            return


def _several(proposals: Sequence[Change], holds: Holds) -> Iterator[tuple[Change, ...]]:
    """Each event that might be added, as often as suffices: doubled until it does, then halved towards what
    does not."""
    for one in proposals:
        if isinstance(one, AddEvent):
            too_few, count = 2, 4
            while count < MAX_MORE and not holds((replace(one, count=count),)):
                too_few, count = count, 2 * count
            found = (replace(one, count=_least(one, range(too_few + 1, count + 1), holds)),)
            if holds(found):
                yield found


def _least(one: AddEvent, counts: range, holds: Holds) -> int:
    """The least of some counts that suffices, if the last does."""
    place = bisect_left(counts[:-1], True, key=lambda count: holds((replace(one, count=count),)))
    return counts[place]


def _pairs(proposals: Sequence[Change]) -> Iterator[tuple[Change, ...]]:
    yield from ((replace(one, count=2),) for one in proposals if isinstance(one, AddEvent))
    for first, second in combinations(proposals, 2):
        if isinstance(first, AddEvent | RemoveEvent) or kind_of(first) != kind_of(second):
            yield first, second
