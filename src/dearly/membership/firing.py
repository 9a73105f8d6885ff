"""Which triggers fire, and when: limits, quiet hours, waits. Pure; tests of rules ask the same.

A trigger fires at the exact instant of what sets it off. In quiet hours it waits for their end, and fires
then if what set it off still holds; several waits for one end are one. What would go over a limit is dropped,
not kept for later.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from dearly.language.calendar import instant_at, local_clock, period_start
from dearly.language.program import (
    Becomes,
    Entering,
    Leaving,
    Limit,
    Moment,
    Period,
    QuietHours,
    Trigger,
    Whose,
)
from dearly.language.types import DAY_US, MINUTE_US
from dearly.membership.standing import IN, State, TriggerStanding, Waiting

Zones: TypeAlias = Mapping[Whose, str]

_PERIODS: dict[str, Period] = {"day": "today", "week": "this week", "month": "this month"}


@dataclass(frozen=True, slots=True)
class Move:
    """A change of the state that a trigger watches.

    ``is_late`` says that it was only found out now: it fires now, whenever it was.
    """

    at_us: int
    before: State
    after: State
    cause: str
    is_late: bool = False


@dataclass(frozen=True, slots=True)
class Firing:
    """A trigger fires at an instant, for the cause of what set it off."""

    trigger: str
    at_us: int
    cause: str


def run_trigger(
    trigger: Trigger,
    zones: Zones,
    standing: TriggerStanding,
    moves: Sequence[Move],
    now_us: int,
    state_at: Callable[[int], State],
) -> tuple[TriggerStanding, list[Firing]]:
    """What a trigger does up to now: with what it waits for, and with moves in the order they happened.

    ``state_at`` tells the state of what it watches at an instant, for what waited until then.
    """
    fired: list[Firing] = []
    for place, move in enumerate(moves):
        standing = _end_wait(trigger, zones, standing, move.at_us, state_at, fired)
        is_overtaken = move.is_late and place < len(moves) - 1
        if is_asked_for(trigger.moment, move.before, move.after) and not is_overtaken:
            standing = _take(trigger, zones, standing, move, now_us, fired)
    standing = _end_wait(trigger, zones, standing, now_us, state_at, fired)
    return standing, fired


def is_asked_for(moment: Moment, before: State, after: State) -> bool:
    """Whether a change of state is what a trigger waits for."""
    return before != after and not _holds(moment, before) and _holds(moment, after)


def _holds(moment: Moment, state: State) -> bool:
    match moment:
        case Entering():
            return state == IN
        case Leaving():
            return state != IN
        case Becomes():
            return state == moment.state


def _take(
    trigger: Trigger, zones: Zones, standing: TriggerStanding, move: Move, now_us: int, fired: list[Firing]
) -> TriggerStanding:
    moment_us = now_us if move.is_late else move.at_us
    due_us = _due(trigger.quiet, zones, moment_us, now_us)
    if due_us == moment_us:
        return _fire(trigger, zones, standing, Firing(trigger.name, due_us, move.cause), fired)
    waiting = standing.waiting
    if waiting is not None and waiting.until_us <= due_us:
        return standing
    return TriggerStanding(standing.fired_us, Waiting(due_us, move.cause))


def _end_wait(
    trigger: Trigger,
    zones: Zones,
    standing: TriggerStanding,
    until_us: int,
    state_at: Callable[[int], State],
    fired: list[Firing],
) -> TriggerStanding:
    waiting = standing.waiting
    if waiting is None or waiting.until_us > until_us:
        return standing
    standing = TriggerStanding(standing.fired_us, None)
    if not _holds(trigger.moment, state_at(waiting.until_us)):
        return standing
    return _fire(trigger, zones, standing, Firing(trigger.name, waiting.until_us, waiting.cause), fired)


def _fire(
    trigger: Trigger, zones: Zones, standing: TriggerStanding, firing: Firing, fired: list[Firing]
) -> TriggerStanding:
    if not all(_has_room(limit, zones, standing.fired_us, firing.at_us) for limit in trigger.limits):
        return standing
    fired.append(firing)
    remembered = max((limit.count for limit in trigger.limits), default=0)
    fired_us = (*standing.fired_us, firing.at_us)[-remembered:] if remembered else ()
    return TriggerStanding(fired_us, standing.waiting)


def _due(quiet: QuietHours | None, zones: Zones, moment_us: int, now_us: int) -> int:
    """When it may fire: neither the moment itself nor, where that is past, now may be quiet."""
    if quiet is None:
        return moment_us
    due_us = _after_quiet(quiet, zones, moment_us)
    if due_us < now_us:
        free_us = _after_quiet(quiet, zones, now_us)
        return free_us if free_us > now_us else due_us
    return due_us


def _after_quiet(quiet: QuietHours, zones: Zones, at_us: int) -> int:
    """The instant itself, or where it lies in quiet hours, their end.

    Where clocks are set back over the end, quiet hours are over when it is shown first.
    """
    zone = zones[quiet.zone]
    clock_us = local_clock(zone, at_us)
    midnight_us, minute = clock_us - clock_us % DAY_US, clock_us % DAY_US // MINUTE_US
    until_us = quiet.until_minute * MINUTE_US
    over_midnight = quiet.until_minute <= quiet.from_minute
    if minute < quiet.until_minute and (over_midnight or minute >= quiet.from_minute):
        return max(at_us, instant_at(zone, midnight_us + until_us))
    if over_midnight and minute >= quiet.from_minute:
        return max(at_us, instant_at(zone, midnight_us + DAY_US + until_us))
    return at_us


def _has_room(limit: Limit, zones: Zones, fired_us: Sequence[int], at_us: int) -> bool:
    if limit.rolling_us is not None:
        since_us = at_us - limit.rolling_us + 1
    else:
        assert limit.calendar is not None
        since_us = period_start(_PERIODS[limit.calendar], zones[limit.zone], at_us)
    return sum(since_us <= before_us <= at_us for before_us in fired_us) < limit.count
