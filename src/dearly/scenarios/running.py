"""Running a scenario: the customer's time goes by, and each expectation is held against what is then true."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from dearly.content import Serving, prepare_serving
from dearly.evaluation import Evaluation, Facts
from dearly.evaluation.reference import evaluate
from dearly.language.program import (
    Contains,
    Emitted,
    Expectation,
    Expression,
    Holds,
    Program,
    Scenario,
    Shows,
)
from dearly.language.traversal import definitions, names_within
from dearly.membership import Firing, subject_of
from dearly.scenarios.customer import Timed, scenario_facts, timeline
from dearly.scenarios.emissions import Stretch, emissions
from dearly.scenarios.showing import Shown, show
from dearly.scenarios.sightings import Sighting, sightings_of_block, sightings_of_names


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A package made ready for its tests: compiled once, used for all of them."""

    serving: Serving

    @property
    def program(self) -> Program:
        """The checked package."""
        return self.serving.program


@dataclass(frozen=True, slots=True)
class Outcome:
    """One expectation, when it was asked, and what was seen instead where it failed (else empty).

    ``asked`` are the conditions that decided, in the order they were asked; ``lacking`` the purposes without
    whose consent none was.
    """

    expectation: Expectation
    at_us: int
    seen: str
    asked: tuple[Expression, ...]
    lacking: frozenset[str] = frozenset()

    @property
    def passed(self) -> bool:
        """Whether what was expected was so."""
        return not self.seen


@dataclass(frozen=True, slots=True)
class ScenarioResult:
    """What came of a scenario; ``facts`` are the customer's, for explanations."""

    scenario: Scenario
    facts: Facts
    outcomes: tuple[Outcome, ...]
    sightings: frozenset[Sighting]

    @property
    def passed(self) -> bool:
        """Whether every expectation was met."""
        return all(outcome.passed for outcome in self.outcomes)


@dataclass(frozen=True, slots=True)
class _Instant:
    """One instant of a scenario, ready to be asked."""

    rehearsal: Rehearsal
    scenario: Scenario
    facts: Facts
    at: Evaluation
    emitted: frozenset[str]
    """The triggers that fired since the instant before."""

    def shown(self, block: str) -> Shown:
        program = self.rehearsal.program
        return show(
            self.rehearsal.serving, program.blocks[block], self.scenario.consents, self.facts, self.at
        )


def prepare_rehearsal(program: Program) -> Rehearsal:
    """Compile a checked program for its tests.

    Raises:
        CannotServe: an ``otherwise`` cannot be rendered without items.
    """
    return Rehearsal(prepare_serving(program))


def run_scenario(rehearsal: Rehearsal, scenario: Scenario) -> ScenarioResult:
    """Run one test from its first instant to its last.

    Raises:
        TooManyTransitions: a trigger's segment moves to and fro without end.
    """
    program, compiled = rehearsal.program, rehearsal.serving.compiled
    steps = timeline(program, scenario)
    if not steps:
        return ScenarioResult(scenario, scenario_facts(program, scenario, steps), (), frozenset())
    facts = scenario_facts(program, scenario, steps)
    start_us, end_us = steps[0].at_us - 1, steps[-1].at_us
    fired = emissions(program, compiled, facts, Stretch(steps[0].at_us, end_us)) if program.triggers else ()
    outcomes: list[Outcome] = []
    sightings: set[Sighting] = set()
    for timed, before_us in _with_instant_before(steps, start_us):
        emitted = _between(fired, before_us, timed.at_us)
        instant = _Instant(rehearsal, scenario, facts, compiled.at(facts, timed.at_us), emitted)
        for expectation in timed.step.expects:
            outcome, sighted = _ask(expectation, instant)
            outcomes.append(outcome)
            sightings |= sighted
    return ScenarioResult(scenario, facts, tuple(outcomes), frozenset(sightings))


def _with_instant_before(steps: Sequence[Timed], start_us: int) -> Iterable[tuple[Timed, int]]:
    """Each step with the instant of those before it (several steps may share an instant)."""
    instants = sorted({start_us, *(timed.at_us for timed in steps)})
    before = {later: earlier for earlier, later in pairwise(instants)}
    return [(timed, before[timed.at_us]) for timed in steps]


def _between(fired: Iterable[Firing], after_us: int, until_us: int) -> frozenset[str]:
    return frozenset(one.trigger for one in fired if after_us < one.at_us <= until_us)


def _ask(expectation: Expectation, instant: _Instant) -> tuple[Outcome, frozenset[Sighting]]:
    """What came of an expectation, and what of the package this has seen."""
    program, at_us = instant.rehearsal.program, instant.at.now_us
    match expectation:
        case Holds(condition):
            outcome = Outcome(expectation, at_us, _holds(expectation, instant), (condition,))
            return outcome, _seen_by([condition], instant)
        case Emitted(trigger):
            name = subject_of(program.triggers[trigger])
            outcome = Outcome(expectation, at_us, _emitted(expectation, instant), definitions(program, name))
            return outcome, sightings_of_names(program, [name], instant.at)
        case Shows() | Contains():
            return _look(expectation, instant)


def _look(expectation: Shows | Contains, instant: _Instant) -> tuple[Outcome, frozenset[Sighting]]:
    """What a block shows: its conditions were asked down to the one that decided, if consent lets them."""
    shown = instant.shown(expectation.block)
    block = instant.rehearsal.program.blocks[expectation.block]
    seen = _shows(expectation, shown) if isinstance(expectation, Shows) else _contains(expectation, shown)
    reached = () if shown.lacking else block.branches[: shown.branch + 1]
    asked = tuple(one.condition for one in reached if one.condition is not None)
    outcome = Outcome(expectation, instant.at.now_us, seen, asked, shown.lacking)
    return outcome, _seen_by(asked, instant) | sightings_of_block(block, shown)


def _holds(expected: Holds, instant: _Instant) -> str:
    value = evaluate(instant.rehearsal.program, expected.condition, instant.facts, instant.at.now_us)
    if (value is True) is not expected.negated:
        return ""
    return {True: "it is true", False: "it is false", None: "it is unknown"}[value]  # type: ignore[index]


def _emitted(expected: Emitted, instant: _Instant) -> str:
    if (expected.trigger in instant.emitted) is not expected.negated:
        return ""
    others = ", ".join(sorted(instant.emitted)) or "nothing"
    return f"{others} was emitted since the step before"


def _shows(expected: Shows, shown: Shown) -> str:
    if shown.problem is not None:
        return f"{expected.block} shows {shown.template}, which cannot be rendered: {shown.problem}"
    if (shown.template == expected.template) is not expected.negated:
        return ""
    return f'it shows "{shown.template}.html"'


def _contains(expected: Contains, shown: Shown) -> str:
    if shown.problem is not None:
        return f"{expected.block} shows {shown.template}, which cannot be rendered: {shown.problem}"
    if shown.contains(expected.text) is not expected.negated:
        return ""
    subject = f"{shown.rendered.subject}\n" if shown.rendered.subject else ""
    return f'it shows "{shown.template}.html", as text:\n{subject}{shown.rendered.text}'


def _seen_by(conditions: Sequence[Expression], instant: _Instant) -> frozenset[Sighting]:
    program = instant.rehearsal.program
    return sightings_of_names(program, names_within(program, conditions), instant.at)
