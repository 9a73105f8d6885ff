"""The smallest change that would make an answer another: proposed, then tried.

Nothing is inferred: changes are proposed from what the expressions compare, and each is tried by evaluating.
So whatever is told holds; that nothing is told does not mean that there is nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain, combinations, islice
from typing import TypeAlias

from dearly.evaluation.explanation.changes import AddEvent, Change, RemoveEvent, Wait, apply_changes, kind_of
from dearly.evaluation.explanation.proposals import propose_changes
from dearly.evaluation.facts import Facts
from dearly.evaluation.reference.flips import candidate_instants
from dearly.language.program import Expression, Program

MAX_PROPOSALS = 40
"""So many changes are tried, one by one and then two by two."""

MAX_INSTANTS = 200
"""So many later instants are tried."""

MAX_FOUND = 3
"""So many changes of the smallest size are told."""

IsOther: TypeAlias = Callable[[Facts, int], bool]
"""Whether the answer is the one that is sought, by some facts at some instant."""


def smallest_changes(
    program: Program, expressions: Sequence[Expression], facts: Facts, now_us: int, is_other: IsOther
) -> list[tuple[Change, ...]]:
    """The single changes that make the answer another, or else the pairs; a few of them, likeliest first.

    Args:
        program: The rules.
        expressions: What the answer comes from.
        facts: The customer.
        now_us: When the answer is as it is.
        is_other: Whether the answer is the one sought.
    """
    proposals = list(islice(propose_changes(program, expressions, facts, now_us), MAX_PROPOSALS))
    waiting = _wait(program, expressions, facts, now_us, is_other)
    singles: Iterable[tuple[Change, ...]] = chain(((one,) for one in proposals), waiting)
    for candidates in (singles, _pairs(proposals)):
        holding = (one for one in candidates if is_other(*apply_changes(one, facts, now_us)))
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


def _pairs(proposals: Sequence[Change]) -> Iterator[tuple[Change, ...]]:
    yield from ((one, one) for one in proposals if isinstance(one, AddEvent))
    for first, second in combinations(proposals, 2):
        if isinstance(first, AddEvent | RemoveEvent) or kind_of(first) != kind_of(second):
            yield first, second
