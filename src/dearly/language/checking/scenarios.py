"""Tests that authors write: what is given, and step by step what happens and is expected."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from dearly.language.checking.expectations import Shown, check_expectation, shown_templates
from dearly.language.checking.findings import Findings
from dearly.language.checking.given_values import check_values
from dearly.language.checking.parts import Owner, report_further
from dearly.language.checking.purposes import check_purposes
from dearly.language.checking.scopes import Scope, find_event
from dearly.language.program import After, Happens, LocalMoment, Scenario, Schema, Span, Step
from dearly.language.syntax import tree
from dearly.language.types import DAY_US, Value
from dearly.language.values import FIRST_US, LAST_US


def check_scenarios(declared: Iterable[tree.TestDeclaration], scope: Scope) -> tuple[Scenario, ...]:
    """The checked tests, in the order declared; what is wrong in one is reported and left out of it."""
    titles: dict[str, Span] = {}
    shown = shown_templates(scope.symbols)
    scenarios = []
    for one in declared:
        title = one.title
        if (first := titles.get(title.value)) is not None:
            message = f'There is a test "{title.value}" already, at {first}.'
            scope.findings.add("duplicate-test", title.span, message, "Give each test a title of its own.")
        titles.setdefault(title.value, title.span)
        scenarios.append(_scenario(one, shown, scope.inside_content()))
    return tuple(scenarios)


def _scenario(declared: tree.TestDeclaration, shown: Shown, scope: Scope) -> Scenario:
    findings, symbols = scope.findings, scope.symbols
    owner = Owner("This test", declared.title.span)
    _report_repeats(declared.given, owner, findings)
    given: dict[str, Mapping[str, Value]] = {"profile": {}, "context": {}}
    consents: frozenset[str] | None = None
    for one in declared.given:
        if one.profile is not None:
            given["profile"] = check_values(one.profile, symbols.profile, "profile", symbols, findings)
        if one.context is not None:
            given["context"] = check_values(one.context, symbols.context, "context", symbols, findings)
        if one.consents is not None:
            consents = frozenset(check_purposes(one.consents, owner, "consents to", findings))
    _check_course(declared, owner, findings)
    steps = tuple(_step(step, shown, scope) for step in declared.steps)
    return Scenario(
        declared.title.value, given["profile"], given["context"], consents, steps, declared.title.span
    )


def _report_repeats(given: tuple[tree.GivenDeclaration, ...], owner: Owner, findings: Findings) -> None:
    parts = (
        ("given profile", [one.span for one in given if one.profile is not None]),
        ("given context", [one.span for one in given if one.context is not None]),
        ("consents to", [one.span for one in given if one.consents is not None]),
    )
    for part, spans in parts:
        report_further(spans, owner, part, findings)


def _check_course(declared: tree.TestDeclaration, owner: Owner, findings: Findings) -> None:
    """Whether the steps begin at a date and time, and lead to some expectation."""
    first = declared.steps[0].at if declared.steps else None
    if isinstance(first, tree.AtOffset):
        message = "The first `at` says when the test begins, and this is only so long after it."
        hint = "Begin with a date and time: `at 2026-03-01 10:00 ..`."
        findings.add("missing-start", first.span, message, hint)
    _report_out_of_time(declared, findings)
    if not any(step.expects for step in declared.steps):
        message = f"{owner} expects nothing, so it cannot fail."
        hint = "Say what is to be so, and when: `at +1:00 expect SEGMENT`."
        findings.add("test-without-expect", owner.span, message, hint)


def _report_out_of_time(declared: tree.TestDeclaration, findings: Findings) -> None:
    """Report the first step that lies where no clock is read: before the year 1, or after 9999."""
    begins_us = next((step.at.local_us for step in declared.steps if isinstance(step.at, tree.AtMoment)), 0)
    for step in declared.steps:
        at = step.at
        at_us = at.local_us if isinstance(at, tree.AtMoment) else begins_us + at.us
        if not FIRST_US + 366 * DAY_US <= at_us <= LAST_US - 365 * DAY_US:
            message = "This lies at the very end of the calendar, where no zone's clock is read any more."
            findings.add("test-out-of-time", at.span, message, "Write a year from 2 to 9998.")
            return


def _step(written: tree.StepDeclaration, shown: Shown, scope: Scope) -> Step:
    at = LocalMoment(written.at.local_us) if isinstance(written.at, tree.AtMoment) else After(written.at.us)
    happens = _happens(written.happens, scope) if written.happens is not None else None
    expected = [check_expectation(one, shown, scope) for one in written.expects]
    return Step(at, happens, tuple(one for one in expected if one is not None), written.span)


def _happens(written: tree.HappensDeclaration, scope: Scope) -> Happens | None:
    event = find_event(written.event, scope)
    if event is None:
        return None
    owner = f"event `{event.name}`"
    values = check_values(written.properties, event.fields, owner, scope.symbols, scope.findings)
    _report_absent(written, event, scope.findings)
    return Happens(event.name, values, written.span)


def _report_absent(written: tree.HappensDeclaration, event: Schema, findings: Findings) -> None:
    """Report each property that the event must have, and has not, as would be where data comes in."""
    given = {one.name.text for one in written.properties}
    for name, declared in event.fields.items():
        if name not in given and not declared.optional and declared.default is None:
            message = f"`{event.name}` needs a `{name}`: its declaration has neither `?` nor a default."
            hint = f"Add `{name}: ..`, a {declared.type}."
            findings.add("missing-property", written.event.span, message, hint)
