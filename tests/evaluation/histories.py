"""Random customers: profiles with gaps, and events at the instants where windows open and close."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from dearly.evaluation.facts import EventLog, Facts
from dearly.language.program import Field
from dearly.language.types import Value
from tests.evaluation.vocabulary import CONSTANTS, EVENTS, PRODUCT_FIELDS, PROFILE

Below = Callable[[int], int]


def draw_instants(
    below: Below, durations: Sequence[int], origins: Sequence[int], count: int
) -> tuple[int, ...]:
    """Instants to ask at: one of the origins, and others a duration away, give or take a microsecond."""
    first = origins[below(len(origins))]
    return (first, *(first + _offset(below, durations) for _ in range(count - 1)))


def draw_customer(below: Below, durations: Sequence[int], instants: Sequence[int]) -> Facts:
    """A customer whose events stand at, just before and just after the instants' windows, and at each other.

    Events are drawn in the order of their arrival, any of them late; the log has them in order of event time,
    those of one instant as the draw had them (which stands for their source and id).
    """
    arrived: dict[str, list[tuple[int, Mapping[str, Value]]]] = {}
    times: list[int] = []
    for _ in range(below(17)):
        kind = tuple(EVENTS)[below(len(EVENTS))]
        anchor = (*instants, *times)[below(len(instants) + len(times))]
        time_us = anchor + _offset(below, durations)
        times.append(time_us)
        arrived.setdefault(kind, []).append((time_us, _draw_fields(below, EVENTS[kind].fields)))
    return Facts(_draw_fields(below, PROFILE), {kind: _log(events) for kind, events in arrived.items()})


def draw_item(below: Below) -> Mapping[str, Value]:
    """A product as an item list's condition sees it."""
    return _draw_fields(below, PRODUCT_FIELDS)


def _log(events: list[tuple[int, Mapping[str, Value]]]) -> EventLog:
    events.sort(key=lambda event: event[0])
    return EventLog(tuple(time_us for time_us, _ in events), tuple(properties for _, properties in events))


def _offset(below: Below, durations: Sequence[int]) -> int:
    """Nothing, or a duration back or (less often) forth, exactly or a microsecond off."""
    choice = below(1 + 9 * len(durations))
    if choice == 0:
        return 0
    which, rest = divmod(choice - 1, 9)
    direction, nudge = divmod(rest, 3)
    sign = (-1, -1, 1)[direction]
    return sign * durations[which] + (0, 1, -1)[nudge]


def _draw_fields(below: Below, declared: Mapping[str, Field]) -> dict[str, Value]:
    """A value for each field, or its default, or a gap where there may be one."""
    drawn: dict[str, Value] = {}
    for name, field in declared.items():
        pool = CONSTANTS[field.type]
        choice = below(len(pool) + (field.optional or field.default is not None))
        if choice < len(pool):
            drawn[name] = pool[choice]
        elif field.default is not None:
            drawn[name] = field.default
    return drawn
