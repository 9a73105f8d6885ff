"""The reference's view of events: which are selected, and the numbers made of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any, TypeAlias

from dearly.evaluation.facts import NO_EVENTS, Facts
from dearly.language import program
from dearly.language.calendar import day_start, local_weekday, period_start
from dearly.language.program import DayStart, Expression, Instant, Selection
from dearly.language.types import Value

MILLIONTHS = 1_000_000
"""How many units of an exact sum make one."""

Keeps: TypeAlias = Callable[[Expression, Mapping[str, Value]], bool]
"""Whether a ``where`` is true of an event's properties."""


@dataclass(frozen=True, slots=True)
class Happening:
    """One event: when, and its properties."""

    time_us: int
    properties: Mapping[str, Value]


def select(selection: Selection, facts: Facts, now_us: int, zone: str, keeps: Keeps) -> list[Happening]:
    """The selected events, ascending by (time, source, id); ``zone`` is that of the customer's days."""
    sequence = selection.sequence
    later = [] if sequence is None else _happened(sequence.event, sequence.where, facts, now_us, keeps)
    return [
        event
        for event in _happened(selection.event, selection.where, facts, now_us, keeps)
        if _is_within(event, selection.within_us, now_us)
        and _is_older_than(event, selection.older_than_us, now_us)
        and (selection.since is None or instant_us(selection.since, zone) <= event.time_us)
        and (selection.before is None or event.time_us < instant_us(selection.before, zone))
        and (selection.period is None or period_start(selection.period, zone, now_us) <= event.time_us)
        and (selection.weekdays is None or local_weekday(zone, event.time_us) in selection.weekdays)
        and (sequence is None or _was_followed_as_asked(event, sequence, later, now_us))
    ]


def instant_us(instant: Instant, zone: str) -> int:
    """When a fixed time is; of a date, its first instant in the zone."""
    if isinstance(instant, DayStart):
        return day_start(zone, instant.days)
    assert isinstance(instant.value, int)
    return instant.value


def is_quantity(occurs: program.Occurs, count: int) -> bool:
    """Whether so many events are as many as asked."""
    match occurs.quantifier:
        case "at least":
            return count >= occurs.count
        case "at most":
            return count <= occurs.count
        case "exactly":
            return count == occurs.count


def aggregate(asked: program.Aggregate, events: Sequence[Happening]) -> Value | None:
    """A number over events; those whose property is missing are left out, except from the count."""
    if asked.kind == "count":
        return float(len(events))
    assert asked.property is not None
    values: list[Any] = [
        event.properties[asked.property] for event in events if asked.property in event.properties
    ]
    if asked.kind == "distinct":
        return float(len(set(values)))
    if asked.kind == "sum":
        return exact_sum(values)
    if not values:
        return None
    if asked.kind == "average":
        return exact_average(values)
    least_or_most: Value = min(values) if asked.kind == "min" else max(values)
    return least_or_most


def exact_sum(values: Sequence[float]) -> float:
    """Each addend to a millionth (half to even), added as integers; the double nearest to the result."""
    return float(Fraction(_in_millionths(values), MILLIONTHS))


def exact_average(values: Sequence[float]) -> float:
    """The double nearest to the exact sum over the count: rounded once, at the end."""
    return float(Fraction(_in_millionths(values), MILLIONTHS * len(values)))


def latest_or_first(which: str, events: Sequence[Happening]) -> Happening | None:
    """The last or the first of events in their order; None when there are none."""
    if not events:
        return None
    return events[-1] if which == "latest" else events[0]


def most_frequent(property_name: str, events: Sequence[Happening]) -> Value | None:
    """The value that most events have; of several such values, the one that was last seen latest."""
    values = [event.properties[property_name] for event in events if property_name in event.properties]
    last_seen = {value: place for place, value in enumerate(values)}
    return max(last_seen, key=lambda value: (values.count(value), last_seen[value]), default=None)


def _in_millionths(values: Sequence[float]) -> int:
    return sum(round(value * 1e6) for value in values)


def _happened(
    kind: str, where: Expression | None, facts: Facts, now_us: int, keeps: Keeps
) -> list[Happening]:
    """The events of a type up to now of which the condition is true."""
    log = facts.events.get(kind, NO_EVENTS)
    return [
        Happening(time_us, properties)
        for time_us, properties in zip(log.times_us, log.properties, strict=True)
        if time_us <= now_us and (where is None or keeps(where, properties))
    ]


def _is_within(event: Happening, within_us: int | None, now_us: int) -> bool:
    return within_us is None or now_us - within_us < event.time_us


def _is_older_than(event: Happening, older_than_us: int | None, now_us: int) -> bool:
    return older_than_us is None or event.time_us <= now_us - older_than_us


def _was_followed_as_asked(
    event: Happening, sequence: program.Sequence, later: Sequence[Happening], now_us: int
) -> bool:
    followed = any(
        event.time_us < other.time_us
        and (sequence.within_us is None or other.time_us <= event.time_us + sequence.within_us)
        for other in later
    )
    if not sequence.negated:
        return followed
    wait_is_over = sequence.within_us is None or event.time_us + sequence.within_us <= now_us
    return wait_is_over and not followed
