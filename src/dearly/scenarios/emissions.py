"""Which triggers fire along a scenario, and when: as on a server that looks in time at every exact flip."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from dearly import DearlyError
from dearly.evaluation import CompiledProgram, Facts
from dearly.language.calendar import zone_of
from dearly.language.program import Program, Trigger, Whose
from dearly.membership import (
    MOST_FLIPS,
    NOT_FIRED,
    Firing,
    Move,
    State,
    follow,
    run_trigger,
    state_of,
    subject_of,
)


class TooManyTransitions(DearlyError):
    """Something moves to and fro without end, so a scenario cannot be followed."""


@dataclass(frozen=True, slots=True)
class Stretch:
    """The time that is looked at: the customer comes into being at ``start_us``; up to ``end_us``."""

    start_us: int
    end_us: int


def emissions(
    program: Program, compiled: CompiledProgram, facts: Facts, stretch: Stretch
) -> tuple[Firing, ...]:
    """Everything that the program's triggers emit in the stretch, by time.

    Raises:
        TooManyTransitions: a segment flips more than :data:`~dearly.membership.MOST_FLIPS` times.
    """
    found = [
        firing
        for trigger in program.triggers.values()
        for firing in _fired(trigger, program, compiled, facts, stretch)
    ]
    return tuple(sorted(found, key=lambda one: (one.at_us, one.trigger)))


def _fired(
    trigger: Trigger, program: Program, compiled: CompiledProgram, facts: Facts, stretch: Stretch
) -> Iterator[Firing]:
    zones: dict[Whose, str] = {
        "customer": zone_of(program.settings, facts.profile),
        "package": program.settings.timezone,
    }
    subject, standing = subject_of(trigger), NOT_FIRED

    def state_at(at_us: int) -> State:
        return state_of(compiled.at(facts, at_us).value(subject))

    for move in _moves(subject, compiled, facts, stretch):
        standing, fired = run_trigger(trigger, zones, standing, [move], move.at_us, state_at)
        yield from fired
    _, fired = run_trigger(trigger, zones, standing, [], stretch.end_us, state_at)
    yield from fired


def _moves(subject: str, compiled: CompiledProgram, facts: Facts, stretch: Stretch) -> Iterator[Move]:
    """From nothing to the state that the first instant leaves, then from one to the next."""
    course = follow(compiled.at(facts, stretch.start_us), subject, stretch.end_us)
    if course.is_cut:
        raise TooManyTransitions(
            f"`{subject}` changes more than {MOST_FLIPS:,} times between the first and the last `at` of a "
            "test; bring them nearer together."
        )
    before: State = None
    for at_us, after in ((stretch.start_us, course.before), *course.moves):
        yield Move(at_us, before, after, "")
        before = after
