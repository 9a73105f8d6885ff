"""Random customers: profiles with gaps, and events at the instants where windows and days open and close."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from dearly.evaluation.facts import EventLog, Facts
from dearly.language.calendar import TIMEZONE_FIELD, local_day, period_end, period_start
from dearly.language.program import Field, Period
from dearly.language.types import DATE, DURATION, NUMBER, TEXT, TIME, Type, Value
from tests.evaluation.vocabulary import (
    CONSTANTS,
    CONTEXT,
    DATES_SET,
    EVENTS,
    EXPERIMENTS,
    FIRST_DATE,
    LAST_DATE,
    NUMBER_FAMILIES,
    NUMBERS_SET,
    PROBABILITIES,
    PRODUCT,
    PRODUCT_FIELDS,
    PRODUCTS_SET,
    PROFILE,
    SCORES,
    TEXT_FAMILIES,
    TEXTS_SET,
    ZONES,
    Occasion,
)

Below: TypeAlias = Callable[[int], int]

PERIODS: tuple[Period, ...] = ("today", "this week", "this month", "this year")


@dataclass(frozen=True, slots=True)
class Palette:
    """What one case uses: few values, durations and event types, so that rules and histories often meet.

    ``timezone`` is the package's; ``edges`` are the instants about which days and periods begin in the zone
    of the case's occasion. ``calendar`` is whether rules may ask for days and periods at all.
    """

    values: Mapping[Type, Sequence[Any]]
    durations: tuple[int, ...]
    events: tuple[str, ...]
    zones: tuple[str, ...]
    timezone: str
    edges: tuple[int, ...]
    calendar: bool = True


def draw_palette(
    below: Below, durations: Sequence[int], occasion: Occasion, *, calendar: bool = True
) -> Palette:
    """Two families of texts and numbers, two durations, one or two types of events, an occasion's days."""
    texts = [text for _ in range(2) for text in TEXT_FAMILIES[below(len(TEXT_FAMILIES))]]
    numbers = [number for _ in range(2) for number in NUMBER_FAMILIES[below(len(NUMBER_FAMILIES))]]
    chosen = tuple(durations[below(len(durations))] for _ in range(2))
    zones = (occasion.zone, *(ZONES[below(len(ZONES))] for _ in range(2)))
    edges = _edges(occasion) if calendar else ()
    dates, products = _dates(occasion), CONSTANTS[PRODUCT]
    values: Mapping[Type, Sequence[Any]] = {
        **CONSTANTS,
        TEXT: texts,
        NUMBER: numbers,
        DATE: dates,
        TIME: (occasion.instant_us, occasion.instant_us - 1, *edges, -1),
        DURATION: chosen,
        TEXTS_SET: (frozenset(texts[:2]), frozenset(texts[2:5]), frozenset()),
        NUMBERS_SET: (frozenset(numbers[:2]), frozenset(numbers[2:5]), frozenset()),
        DATES_SET: (frozenset(dates[:2]), frozenset(dates[2:]), frozenset()),
        PRODUCTS_SET: (frozenset(products[:1]), frozenset(products[1:]), frozenset()),
    }
    kinds = tuple(EVENTS)
    return Palette(
        values,
        chosen,
        events=tuple(kinds[below(len(kinds))] for _ in range(2)),
        zones=zones,
        timezone=(occasion.zone, "UTC", "Asia/Kathmandu")[below(3)],
        edges=edges,
        calendar=calendar,
    )


def draw_instants(below: Below, palette: Palette, occasion: Occasion, count: int) -> tuple[int, ...]:
    """Instants to ask at: the occasion, and others a duration away from it or from where its days begin."""
    anchors = (occasion.instant_us, *palette.edges)
    rest = (anchors[below(len(anchors))] + _offset(below, palette.durations) for _ in range(count - 1))
    return (occasion.instant_us, *rest)


def draw_customer(below: Below, palette: Palette, instants: Sequence[int]) -> Facts:
    """A customer whose events stand at, just before and just after what begins and ends, and at each other.

    Events are drawn in the order of their arrival, any of them late; the log has them in order of event time,
    those of one instant as the draw had them (which stands for their source and id).
    """
    arrived: dict[str, list[tuple[int, Mapping[str, Value]]]] = {}
    anchors = [*instants, *palette.edges]
    for _ in range(below(17)):
        kind = palette.events[below(len(palette.events))]
        time_us = anchors[below(len(anchors))] + _offset(below, palette.durations)
        anchors.append(time_us)
        arrived.setdefault(kind, []).append((time_us, _draw_fields(below, palette, EVENTS[kind].fields)))
    return Facts(
        _draw_fields(below, palette, PROFILE),
        {kind: _log(events) for kind, events in arrived.items()},
        context=_draw_fields(below, palette, CONTEXT),
        scores=_draw_each(below, dict.fromkeys(SCORES, PROBABILITIES)),
        variants=_draw_each(
            below, {name: [variant.name for variant in each.variants] for name, each in EXPERIMENTS.items()}
        ),
    )


def draw_item(below: Below, palette: Palette) -> Mapping[str, Value]:
    """A product as an item list's condition sees it."""
    return _draw_fields(below, palette, PRODUCT_FIELDS)


def _edges(occasion: Occasion) -> tuple[int, ...]:
    """Where the occasion's day, week, month and year begin and end in its zone."""
    zone, now_us = occasion.zone, occasion.instant_us
    found = [edge(period, zone, now_us) for period in PERIODS for edge in (period_start, period_end)]
    return tuple(dict.fromkeys(found))


def _dates(occasion: Occasion) -> tuple[int, ...]:
    """The occasion's day, its neighbours, one a week on, and the first and last there are."""
    today = local_day(occasion.zone, occasion.instant_us)
    return (today, today + 1, today - 1, today + 7, FIRST_DATE, LAST_DATE)


def _log(events: list[tuple[int, Mapping[str, Value]]]) -> EventLog:
    events.sort(key=lambda event: event[0])
    return EventLog(tuple(time_us for time_us, _ in events), tuple(properties for _, properties in events))


_NUDGES = (0, 0, 1, -1)


def _offset(below: Below, durations: Sequence[int]) -> int:
    """Nothing, or a duration back or forth, exactly or (less often) a microsecond off."""
    which, nudge = divmod(below(len(_NUDGES) * (1 + 2 * len(durations))), len(_NUDGES))
    lengths = (0, *durations, *(-each for each in durations))
    return lengths[which] + _NUDGES[nudge]


def _draw_fields(below: Below, palette: Palette, declared: Mapping[str, Field]) -> dict[str, Value]:
    """A value for each field, or its default, or a gap where there may be one."""
    drawn: dict[str, Value] = {}
    for name, field in declared.items():
        pool = palette.zones if name == TIMEZONE_FIELD else palette.values[field.type]
        choice = below(len(pool) + (field.optional or field.default is not None))
        if choice < len(pool):
            drawn[name] = pool[choice]
        elif field.default is not None:
            drawn[name] = field.default
    return drawn


def _draw_each(below: Below, pools: Mapping[str, Sequence[Any]]) -> dict[str, Any]:
    """One of each pool, or a gap."""
    chosen = {name: below(len(pool) + 1) for name, pool in pools.items()}
    return {name: pools[name][at] for name, at in chosen.items() if at < len(pools[name])}
