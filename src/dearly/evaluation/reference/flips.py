"""The instants at which time alone may change the reference's answer.

Between two neighbouring ones of these instants nothing changes, whatever the rest of the expression: they
are all the instants at which an event comes due, enters or leaves a window or a calendar period, ends a wait,
or reaches an age that it is compared with, and all at which today or now passes a date or time that it is
compared with. More than needed is harmless (the reference looks whether the answer differs), fewer is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dearly.evaluation.facts import NO_EVENTS, Facts
from dearly.language.calendar import day_start, period_end, zone_of
from dearly.language.program import (
    Aggregate,
    Compare,
    ContextField,
    DayStart,
    Expression,
    Literal,
    Now,
    Occurs,
    Pick,
    ProfileField,
    Program,
    Selection,
    TimeSince,
    Today,
)
from dearly.language.traversal import walk, walk_with_names
from dearly.language.types import DATE, DURATION, TIME, Type, Value


def candidate_instants(program: Program, expressions: Iterable[Expression], facts: Facts) -> set[int]:
    """Every instant at which one of the expressions may change, through the names they lead to."""
    zone = zone_of(program.settings, facts.profile)
    instants: set[int] = set()
    for expression in walk_with_names(program, expressions):
        match expression:
            case Occurs() | Aggregate() | Pick() | TimeSince():
                instants.update(_selection_instants(expression.selection, facts, zone))
            case Compare():
                instants.update(_age_instants(expression, facts))
                for moving, fixed in (
                    (expression.left, expression.right),
                    (expression.right, expression.left),
                ):
                    instants.update(_passing_instants(program, moving, fixed, facts, zone))
            case _:
                pass
    return instants


def _selection_instants(selection: Selection, facts: Facts, zone: str) -> Iterator[int]:
    sequence = selection.sequence
    for time_us in _times(selection.event, facts):
        yield time_us
        if selection.within_us is not None:
            yield time_us + selection.within_us
        if selection.older_than_us is not None:
            yield time_us + selection.older_than_us
        if selection.period is not None:
            yield period_end(selection.period, zone, time_us)
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


def _passing_instants(
    program: Program, moving: Expression, fixed: Expression, facts: Facts, zone: str
) -> Iterator[int]:
    """When today, or now, comes to be whatever it is compared with, and when it no longer is."""
    match moving:
        case Today():
            for days in _values_within(program, fixed, DATE, facts, zone):
                yield day_start(zone, days - moving.plus_days)
                yield day_start(zone, days - moving.plus_days + 1)
        case Now():
            for time_us in _values_within(program, fixed, TIME, facts, zone):
                yield time_us - moving.plus_us
                yield time_us - moving.plus_us + 1
        case _:
            pass


def _values_within(
    program: Program, expression: Expression, kind: Type, facts: Facts, zone: str
) -> Iterator[int]:
    """Every date or time that an expression may come to be: dates and times are never calculated with."""
    for part in walk_with_names(program, [expression]):
        found: list[Value | None] = []
        match part:
            case Literal(type=type_) if type_ == kind:
                found = [part.value]
            case DayStart() if kind == TIME:
                found = [day_start(zone, part.days)]
            case ProfileField(type=type_) if type_ == kind:
                found = [facts.profile.get(part.name)]
            case ContextField(type=type_) if type_ == kind:
                found = [facts.context.get(part.name)]
            case Pick(type=type_) | Aggregate(type=type_) if type_ == kind and part.property is not None:
                log = facts.events.get(part.selection.event, NO_EVENTS)
                found = [properties.get(part.property) for properties in log.properties]
            case _:
                pass
        yield from (value for value in found if isinstance(value, int))


def _times(event: str, facts: Facts) -> tuple[int, ...]:
    return facts.events.get(event, NO_EVENTS).times_us
