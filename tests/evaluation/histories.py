"""Random customers: profiles with gaps, and events at the instants where windows open and close."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from dearly.evaluation.facts import EventLog, Facts
from dearly.language.program import Field
from dearly.language.types import DURATION, NUMBER, TEXT, Type, Value
from tests.evaluation.vocabulary import (
    CONSTANTS,
    EVENTS,
    NUMBER_FAMILIES,
    NUMBERS_SET,
    PRODUCT_FIELDS,
    PROFILE,
    TEXT_FAMILIES,
    TEXTS_SET,
)

Below: TypeAlias = Callable[[int], int]


@dataclass(frozen=True, slots=True)
class Palette:
    """What one case uses: few values, durations and event types, so that rules and histories often meet."""

    values: Mapping[Type, Sequence[Any]]
    durations: tuple[int, ...]
    events: tuple[str, ...]


def draw_palette(below: Below, durations: Sequence[int]) -> Palette:
    """Two families of texts and of numbers, two durations, one or two types of events."""
    texts = [text for _ in range(2) for text in TEXT_FAMILIES[below(len(TEXT_FAMILIES))]]
    numbers = [number for _ in range(2) for number in NUMBER_FAMILIES[below(len(NUMBER_FAMILIES))]]
    chosen = tuple(durations[below(len(durations))] for _ in range(2))
    sets: Mapping[Type, Sequence[Any]] = {
        TEXTS_SET: (frozenset(texts[:2]), frozenset(texts[2:5]), frozenset()),
        NUMBERS_SET: (frozenset(numbers[:2]), frozenset(numbers[2:5]), frozenset()),
    }
    values: Mapping[Type, Sequence[Any]] = {
        **CONSTANTS,
        TEXT: texts,
        NUMBER: numbers,
        DURATION: chosen,
        **sets,
    }
    kinds = tuple(EVENTS)
    return Palette(values, chosen, tuple(kinds[below(len(kinds))] for _ in range(2)))


def draw_instants(below: Below, palette: Palette, origins: Sequence[int], count: int) -> tuple[int, ...]:
    """Instants to ask at: one of the origins, and others a duration away, give or take a microsecond."""
    first = origins[below(len(origins))]
    return (first, *(first + _offset(below, palette.durations) for _ in range(count - 1)))


def draw_customer(below: Below, palette: Palette, instants: Sequence[int]) -> Facts:
    """A customer whose events stand at, just before and just after the instants' windows, and at each other.

    Events are drawn in the order of their arrival, any of them late; the log has them in order of event time,
    those of one instant as the draw had them (which stands for their source and id).
    """
    arrived: dict[str, list[tuple[int, Mapping[str, Value]]]] = {}
    times: list[int] = []
    for _ in range(below(17)):
        kind = palette.events[below(len(palette.events))]
        anchor = (*instants, *times)[below(len(instants) + len(times))]
        time_us = anchor + _offset(below, palette.durations)
        times.append(time_us)
        arrived.setdefault(kind, []).append((time_us, _draw_fields(below, palette, EVENTS[kind].fields)))
    return Facts(
        _draw_fields(below, palette, PROFILE), {kind: _log(events) for kind, events in arrived.items()}
    )


def draw_item(below: Below, palette: Palette) -> Mapping[str, Value]:
    """A product as an item list's condition sees it."""
    return _draw_fields(below, palette, PRODUCT_FIELDS)


def _log(events: list[tuple[int, Mapping[str, Value]]]) -> EventLog:
    events.sort(key=lambda event: event[0])
    return EventLog(tuple(time_us for time_us, _ in events), tuple(properties for _, properties in events))


def _offset(below: Below, durations: Sequence[int]) -> int:
    """Nothing, or a duration back or forth, exactly or (less often) a microsecond off."""
    choice = below(1 + 8 * len(durations))
    if choice == 0:
        return 0
    which, rest = divmod(choice - 1, 8)
    forth, nudge = divmod(rest, 4)
    return (durations[which] if forth else -durations[which]) + (0, 0, 1, -1)[nudge]


def _draw_fields(below: Below, palette: Palette, declared: Mapping[str, Field]) -> dict[str, Value]:
    """A value for each field, or its default, or a gap where there may be one."""
    drawn: dict[str, Value] = {}
    for name, field in declared.items():
        pool = palette.values[field.type]
        choice = below(len(pool) + (field.optional or field.default is not None))
        if choice < len(pool):
            drawn[name] = pool[choice]
        elif field.default is not None:
            drawn[name] = field.default
    return drawn
