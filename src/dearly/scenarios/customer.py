"""A scenario's customer: when everything happens, and the facts that come of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dearly.evaluation import EventLog, Facts
from dearly.language.calendar import instant_at, zone_of
from dearly.language.program import Field, Happens, LocalMoment, Program, Scenario, Step
from dearly.language.types import Value


@dataclass(frozen=True, slots=True)
class Timed:
    """A step, and the instant that it stands at."""

    step: Step
    at_us: int


def timeline(program: Program, scenario: Scenario) -> tuple[Timed, ...]:
    """The steps by time; steps of one instant stand as written.

    Clocks are read in the customer's zone, offsets are time that passes, whatever the clocks do.
    """
    zone = zone_of(program.settings, _with_defaults(program.profile, scenario.profile))
    timed: list[Timed] = []
    for step in scenario.steps:
        if isinstance(step.at, LocalMoment):
            at_us = instant_at(zone, step.at.local_us)
        else:
            at_us = timed[0].at_us + step.at.us
        timed.append(Timed(step, at_us))
    return tuple(sorted(timed, key=lambda one: one.at_us))


def scenario_facts(program: Program, scenario: Scenario, steps: Iterable[Timed]) -> Facts:
    """The customer with all that ever happens; what lies after ``now`` does not count before its time."""
    logs: defaultdict[str, list[tuple[int, Mapping[str, Value]]]] = defaultdict(list)
    for timed in steps:
        happens = timed.step.happens
        if happens is not None:
            logs[happens.event].append((timed.at_us, _properties(program, happens)))
    return Facts(
        profile=_with_defaults(program.profile, scenario.profile),
        events={
            event: EventLog(tuple(at_us for at_us, _ in log), tuple(said for _, said in log))
            for event, log in logs.items()
        },
        context=_with_defaults(program.context, scenario.context),
    )


def _properties(program: Program, happens: Happens) -> Mapping[str, Value]:
    return _with_defaults(program.events[happens.event].fields, happens.properties)


def _with_defaults(fields: Mapping[str, Field], given: Mapping[str, Value]) -> Mapping[str, Value]:
    defaults = {name: field.default for name, field in fields.items() if field.default is not None}
    return {**defaults, **given}
