"""The instants at which time alone may change the reference's answer.

Between two neighbouring ones of these instants nothing changes, whatever the rest of the expression: they
are all the instants at which an event comes due, enters or leaves a window, ends a wait, or reaches an age
that it is compared with. More than needed is harmless (the reference looks whether the answer differs), fewer
is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dearly.evaluation.facts import NO_EVENTS, Facts
from dearly.language.program import (
    Aggregate,
    Compare,
    Expression,
    Literal,
    Occurs,
    Pick,
    Program,
    Selection,
    TimeSince,
)
from dearly.language.traversal import walk, walk_with_names
from dearly.language.types import DURATION


def candidate_instants(program: Program, expressions: Iterable[Expression], facts: Facts) -> set[int]:
    """Every instant at which one of the expressions may change, through the names they lead to."""
    instants: set[int] = set()
    for expression in walk_with_names(program, expressions):
        match expression:
            case Occurs() | Aggregate() | Pick() | TimeSince():
                instants.update(_selection_instants(expression.selection, facts))
            case Compare():
                instants.update(_age_instants(expression, facts))
            case _:
                pass
    return instants


def _selection_instants(selection: Selection, facts: Facts) -> Iterator[int]:
    sequence = selection.sequence
    for time_us in _times(selection.event, facts):
        yield time_us
        if selection.within_us is not None:
            yield time_us + selection.within_us
        if selection.older_than_us is not None:
            yield time_us + selection.older_than_us
        if sequence is not None and sequence.within_us is not None:
            yield time_us + sequence.within_us
    if sequence is not None:
        yield from _times(sequence.event, facts)


def _age_instants(comparison: Compare, facts: Facts) -> Iterator[int]:
    """When an event is exactly as old as a duration it is compared with, and just after."""
    inside = list(walk(comparison))
    events = {part.selection.event for part in inside if isinstance(part, TimeSince)}
    ages_us = [part.value for part in inside if isinstance(part, Literal) and part.type == DURATION]
    for age_us in ages_us:
        assert isinstance(age_us, int)
        for event in events:
            for time_us in _times(event, facts):
                yield time_us + age_us
                yield time_us + age_us + 1


def _times(event: str, facts: Facts) -> tuple[int, ...]:
    return facts.events.get(event, NO_EVENTS).times_us
