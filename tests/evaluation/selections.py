"""Random selections of events: every window there is, alone and together."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from dearly.language import program as tree
from dearly.language.calendar import local_weekday
from dearly.language.program import DayStart, Expression, Instant, Literal, Period, Selection
from dearly.language.requirements import PERIOD_HORIZONS_US
from dearly.language.types import DATE, TIME
from tests.evaluation.histories import PERIODS
from tests.evaluation.scope import Scope

Where: TypeAlias = Callable[[Scope, str], Expression]
"""Draws the condition of an event's ``where``."""


def draw_selection(scope: Scope, where: Where, event: str | None = None) -> Selection:
    """A selection, as often as not the same as an earlier one."""
    kind = scope.pick(scope.palette.events) if event is None else event
    shared = [each for each in scope.drawn if each.event == kind]
    if shared and scope.one_in(2):
        return scope.pick(shared)
    scope.drawn.append(_new_selection(scope, where, kind))
    return scope.drawn[-1]


def _new_selection(scope: Scope, where: Where, event: str) -> Selection:
    condition = _condition(scope, where, event)
    within_us = scope.pick(scope.palette.durations) if scope.one_in(2) else None
    older_than_us = scope.pick(scope.palette.durations) if scope.one_in(4) else None
    if within_us is not None and older_than_us is not None and older_than_us >= within_us:
        within_us += older_than_us  # no event is both so recent and so old; the checker says so
    since, before = _fixed_window(scope)
    return Selection(
        event,
        condition,
        within_us,
        older_than_us,
        since,
        before,
        period=_period(scope, older_than_us) if scope.palette.calendar and scope.one_in(5) else None,
        weekdays=_weekdays(scope) if scope.palette.calendar and scope.one_in(5) else None,
        sequence=_sequence(scope, where) if scope.one_in(3) else None,
    )


def _condition(scope: Scope, where: Where, event: str) -> Expression | None:
    return where(scope, event) if scope.one_in(3) else None


def _fixed_window(scope: Scope) -> tuple[Instant | None, Instant | None]:
    """Since when and before when, rarely both; never the later one first, which the checker refuses."""
    since = _instant(scope) if scope.one_in(6) else None
    before = _instant(scope) if scope.one_in(6) else None
    if since is not None and before is not None and not _surely_earlier(since, before):
        return since, None
    return since, before


def _instant(scope: Scope) -> Instant:
    if scope.palette.calendar and scope.one_in(2):
        return DayStart(scope.pick(scope.palette.values[DATE]))
    return Literal(scope.pick(scope.palette.values[TIME]), TIME)


def _surely_earlier(one: Instant, other: Instant) -> bool:
    if isinstance(one, DayStart) and isinstance(other, DayStart):
        return one.days < other.days
    if isinstance(one, Literal) and isinstance(other, Literal):
        return one.value < other.value  # type: ignore[operator]
    return False


def _period(scope: Scope, older_than_us: int | None) -> Period | None:
    """A period that is long enough for what is older than so much; else the checker calls it empty."""
    period: Period = scope.pick(PERIODS)
    return period if (older_than_us or 0) < PERIOD_HORIZONS_US[period] else None


def _weekdays(scope: Scope) -> frozenset[int]:
    """The day of the occasion, it and the next, days of work, or the days off."""
    (instant_us, *_), zone = scope.palette.values[TIME], scope.palette.zones[0]
    today = local_weekday(zone, instant_us)
    days = ({today}, {today, (today + 1) % 7}, range(5), {5, 6}, {(today - 1) % 7})
    return frozenset(scope.pick(days))


def _sequence(scope: Scope, where: Where) -> tree.Sequence:
    kind = scope.pick(scope.palette.events)
    within_us = scope.pick(scope.palette.durations) if scope.below(3) else None
    return tree.Sequence(scope.one_in(2), kind, _condition(scope, where, kind), within_us)
