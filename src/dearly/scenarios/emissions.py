"""Which triggers fire along a scenario, and when.

A trigger fires at the exact instant of its transition; in quiet hours it waits for their end; what would go
over one of its limits is dropped, not kept for later.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dearly import DearlyError
from dearly.evaluation import CompiledProgram, Facts
from dearly.language.calendar import instant_at, local_clock, period_start, zone_of
from dearly.language.program import (
    Becomes,
    Entering,
    Leaving,
    Limit,
    Moment,
    Period,
    Program,
    QuietHours,
    Trigger,
    Whose,
)
from dearly.language.types import DAY_US, MINUTE_US, Value

MAX_TRANSITIONS = 10_000
"""So many moves of one segment are followed in one scenario."""

_PERIODS: dict[str, Period] = {"day": "today", "week": "this week", "month": "this month"}


class TooManyTransitions(DearlyError):
    """Something moves to and fro without end, so a scenario cannot be followed."""


@dataclass(frozen=True, slots=True)
class Emission:
    """A trigger fired at an instant."""

    trigger: str
    at_us: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that is looked at: after ``start_us``, when nothing has happened yet, up to ``end_us``."""

    start_us: int
    end_us: int


def emissions(
    program: Program, compiled: CompiledProgram, facts: Facts, stretch: Stretch
) -> tuple[Emission, ...]:
    """Everything that the program's triggers emit in the stretch, by time.

    Raises:
        TooManyTransitions: a segment flips more than :data:`MAX_TRANSITIONS` times.
    """
    found = [
        Emission(trigger.name, at_us)
        for trigger in program.triggers.values()
        for at_us in _fired(trigger, program, compiled, facts, stretch)
        if at_us <= stretch.end_us
    ]
    return tuple(sorted(found, key=lambda one: (one.at_us, one.trigger)))


def _fired(
    trigger: Trigger, program: Program, compiled: CompiledProgram, facts: Facts, stretch: Stretch
) -> list[int]:
    zones: dict[Whose, str] = {
        "customer": zone_of(program.settings, facts.profile),
        "package": program.settings.timezone,
    }
    fired: list[int] = []
    for moved_us in _transitions(trigger.moment, compiled, facts, stretch):
        at_us = moved_us if trigger.quiet is None else _after_quiet(trigger.quiet, zones, moved_us)
        if all(_has_room(limit, zones, fired, at_us) for limit in trigger.limits):
            fired.append(at_us)
    return fired


def _transitions(moment: Moment, compiled: CompiledProgram, facts: Facts, stretch: Stretch) -> Iterator[int]:
    subject = moment.subject if isinstance(moment, Becomes) else moment.segment
    at = compiled.at(facts, stretch.start_us)
    before = at.value(subject)
    for _ in range(MAX_TRANSITIONS):
        flip_us = at.next_flip(subject)
        if flip_us is None or flip_us > stretch.end_us:
            return
        at = compiled.at(facts, flip_us)
        after = at.value(subject)
        if _is_asked_for(moment, before, after):
            yield flip_us
        before = after
    raise TooManyTransitions(
        f"`{subject}` changes more than {MAX_TRANSITIONS:,} times between the first and the last `at` of a "
        "test; bring them nearer together."
    )


def _is_asked_for(moment: Moment, before: Value | None, after: Value | None) -> bool:
    match moment:
        case Entering():
            return after is True and before is not True
        case Leaving():
            return before is True and after is not True
        case Becomes():
            return after == moment.state != before


def _after_quiet(quiet: QuietHours, zones: dict[Whose, str], at_us: int) -> int:
    """The instant itself, or where it lies in quiet hours, their end."""
    zone = zones[quiet.zone]
    clock_us = local_clock(zone, at_us)
    midnight_us, minute = clock_us - clock_us % DAY_US, clock_us % DAY_US // MINUTE_US
    until_us = quiet.until_minute * MINUTE_US
    over_midnight = quiet.until_minute <= quiet.from_minute
    if minute < quiet.until_minute and (over_midnight or minute >= quiet.from_minute):
        return instant_at(zone, midnight_us + until_us)
    if over_midnight and minute >= quiet.from_minute:
        return instant_at(zone, midnight_us + DAY_US + until_us)
    return at_us


def _has_room(limit: Limit, zones: dict[Whose, str], fired: list[int], at_us: int) -> bool:
    if limit.rolling_us is not None:
        since_us = at_us - limit.rolling_us + 1
    else:
        assert limit.calendar is not None
        since_us = period_start(_PERIODS[limit.calendar], zones[limit.zone], at_us)
    return sum(since_us <= before_us <= at_us for before_us in fired) < limit.count
