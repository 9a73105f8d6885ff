"""How the results of tests read: a line a test, and for what failed the customer's facts and the reasons."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping
from operator import itemgetter

from dearly.cli.rules_package import CheckedRules
from dearly.evaluation import Facts
from dearly.evaluation.explanation import Explained, explain_expression, explanation_text, value_text
from dearly.language import Diagnostic, render_text
from dearly.language.diagnostics import visible
from dearly.language.program import (
    Contains,
    Emitted,
    Expectation,
    Field,
    Holds,
    Program,
    Shows,
)
from dearly.language.spelling import brief, spell
from dearly.language.types import Value
from dearly.language.values import time_to_stored
from dearly.scenarios import Coverage, Measure, Outcome, ScenarioResult

EVENTS_SHOWN = 20
"""So many of a customer's latest events are shown with a failure."""

UNSEEN_SHOWN = 30
"""So many things that no test has seen are listed, of each kind."""


def result_line(result: ScenarioResult) -> str:
    """One test's title, and whether it passed."""
    span = result.scenario.span
    return visible(
        f"{'ok  ' if result.passed else 'FAIL'}  {result.scenario.name}  ({span.file}:{span.line})"
    )


def failure_text(checked: CheckedRules, result: ScenarioResult, outcome: Outcome) -> str:
    """The expectation at its line, what was seen instead, the customer then, and why."""
    expectation = outcome.expectation
    moment = time_to_stored(outcome.at_us)
    seen, *more = outcome.seen.splitlines()
    message = f"{_expected(expectation)} at {moment}; {seen}"
    found = Diagnostic("expectation-failed", "error", message, expectation.span)
    facts = _facts(checked.program, result.facts, outcome.at_us)
    parts = [render_text(found, checked.package.files), *(f"   | {line}" for line in more), *facts]
    if outcome.lacking:
        parts.append(f"why:\n  not agreed to: {', '.join(sorted(outcome.lacking))}")
    whys = map(explanation_text, reasons(checked.program, result.facts, outcome))
    parts.extend(f"why:\n{textwrap.indent(why, '  ')}" for why in whys)
    lines = [visible(line) for line in "\n".join(parts).split("\n")]
    return textwrap.indent("\n".join(lines), "      ") + "\n"


def coverage_lines(coverage: Coverage) -> Iterator[str]:
    """How much was seen of each kind, and then what was not."""
    kinds = {
        "segments": coverage.segments,
        "stages": coverage.stages,
        "branches": coverage.branches,
        "templates": coverage.templates,
    }
    yield "coverage: " + ", ".join(_share(name, measure) for name, measure in kinds.items())
    for measure in kinds.values():
        for one in measure.unseen[:UNSEEN_SHOWN]:
            yield f"  not seen: {one.span.file}:{one.span.line}  {one.what}"
        if len(measure.unseen) > UNSEEN_SHOWN:
            yield f"  and {len(measure.unseen) - UNSEEN_SHOWN:,} more"


def _share(name: str, measure: Measure) -> str:
    return f"{name} {measure.seen:,} of {measure.of:,} ({measure.percent:.0f} %)"


def _expected(expectation: Expectation) -> str:
    denial = "not " if expectation.negated else ""
    match expectation:
        case Holds():
            return f"expected {denial}{brief(spell(expectation.condition))}"
        case Shows():
            return f'expected {denial}{expectation.block} to show "{expectation.template}.html"'
        case Contains():
            return f'expected {denial}{expectation.block} to contain "{expectation.text}"'
        case Emitted():
            return f"expected {denial}{expectation.trigger} to be emitted"


def latest_events(facts: Facts, now_us: int) -> list[tuple[int, str, Mapping[str, Value]]]:
    """When, of which type and with which properties the customer's latest events up to now were."""
    happened = [
        (at_us, event, said)
        for event, log in facts.events.items()
        for at_us, said in zip(log.times_us, log.properties, strict=True)
        if at_us <= now_us
    ]
    happened.sort(key=itemgetter(0))  # of events at one instant, as they stand in the log
    return happened[-EVENTS_SHOWN:]


def _facts(program: Program, facts: Facts, now_us: int) -> Iterator[str]:
    """The customer's fields, and the latest events up to now."""
    yield f"customer: {_fields(program.profile, facts.profile) or 'nothing is known'}"
    if facts.context:
        yield f"context:  {_fields(program.context, facts.context)}"
    for at_us, event, said in latest_events(facts, now_us):
        yield f"event:    {time_to_stored(at_us)}  {event} {_fields(program.events[event].fields, said)}"


def _fields(declared: Mapping[str, Field], values: Mapping[str, Value]) -> str:
    return ", ".join(f"{name}: {value_text(value, declared[name].type)}" for name, value in values.items())


def reasons(program: Program, facts: Facts, outcome: Outcome) -> Iterator[Explained]:
    """Why what was seen was so: each condition that was asked, taken apart."""
    for condition in outcome.asked:
        yield explain_expression(program, condition, facts, outcome.at_us)
