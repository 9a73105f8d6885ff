"""``dearly test``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
import typer

from dearly import DearlyError
from dearly.cli.options import DEFAULT_RULES, Format, FormatOption, RulesArgument
from dearly.cli.rules_package import CheckedRules, load_rules
from dearly.cli.scenario_report import coverage_lines, failure_text, latest_events, reasons, result_line
from dearly.evaluation import Facts
from dearly.evaluation.explanation import explanation_data, stored_value
from dearly.language import nearest
from dearly.language.program import Field, Program, Scenario
from dearly.language.types import Value
from dearly.language.values import time_to_stored
from dearly.scenarios import (
    Coverage,
    Measure,
    Outcome,
    ScenarioResult,
    coverage_of,
    prepare_rehearsal,
    run_scenario,
)


class NoSuchTest(DearlyError):
    """No test has the name that was asked for."""


def run_tests(
    rules: RulesArgument = DEFAULT_RULES,
    name: Annotated[
        str,
        typer.Option(
            "-k", "--name", metavar="NAME", help="Only the tests with this in their title, in any case."
        ),
    ] = "",
    min_coverage: Annotated[
        float,
        typer.Option(
            min=0, max=100, metavar="PERCENT", help="Fail when fewer of the branches were decided on."
        ),
    ] = 0,
    format: FormatOption = Format.TEXT,  # noqa: A002 - named for its flag, as settings and environment name it
) -> None:
    """Run the tests that stand in a rules package.

    Each has a customer of its own and a clock of its own: nothing is waited for, and no store is needed.
    What failed is shown with the customer's facts and why the answer was what it was. Exit code 1 when a test
    fails, or fewer branches are covered than --min-coverage asks for.
    """
    checked = load_rules(rules)
    chosen = _chosen(checked.program, name)
    rehearsal = prepare_rehearsal(checked.program)
    results: list[ScenarioResult] = []
    for scenario in chosen:
        result = run_scenario(rehearsal, scenario)
        results.append(result)
        if format is Format.TEXT:
            _print_result(checked, result)
    coverage = None if name else coverage_of(checked.program, results)
    if format is Format.JSON:
        typer.echo(
            msgspec.json.format(
                msgspec.json.encode(_as_json(checked.program, results, coverage)), indent=2
            ).decode()
        )
    else:
        _print_summary(results, coverage)
    if not all(result.passed for result in results) or _is_short(coverage, min_coverage):
        raise typer.Exit(1)


def _chosen(program: Program, name: str) -> Sequence[Scenario]:
    """The tests whose title holds the name.

    Raises:
        NoSuchTest: none does.
    """
    chosen = [one for one in program.scenarios if name.casefold() in one.name.casefold()]
    if name and not chosen:
        near = nearest(name, [one.name for one in program.scenarios])
        hint = f'Did you mean "{near}"?' if near else f"There are {len(program.scenarios):,} tests."
        raise NoSuchTest(f'No test has "{name}" in its title. {hint}')
    return chosen


def _print_result(checked: CheckedRules, result: ScenarioResult) -> None:
    typer.echo(result_line(result))
    for outcome in result.outcomes:
        if not outcome.passed:
            typer.echo(failure_text(checked, result, outcome))


def _print_summary(results: Sequence[ScenarioResult], coverage: Coverage | None) -> None:
    failed = sum(not result.passed for result in results)
    expected = sum(len(result.outcomes) for result in results)
    if not results:
        typer.echo(
            'No tests. Write one: test "what it shows" { given profile { .. }  at 2026-03-01 10:00 .. }'
        )
        return
    typer.echo(f"\n{len(results) - failed:,} passed, {failed:,} failed; {expected:,} expectations")
    if coverage is not None:
        typer.echo("\n".join(coverage_lines(coverage)))


def _is_short(coverage: Coverage | None, min_coverage: float) -> bool:
    if coverage is None or coverage.branches.percent >= min_coverage:
        return False
    typer.echo(
        f"Branch coverage is {coverage.branches.percent:.1f} %; --min-coverage asks for {min_coverage:g} %.",
        err=True,
    )
    return True


# ----------------------------------------------------------------------------------------------------- JSON


def _as_json(
    program: Program, results: Sequence[ScenarioResult], coverage: Coverage | None
) -> dict[str, Any]:
    return {
        "passed": sum(result.passed for result in results),
        "failed": sum(not result.passed for result in results),
        "tests": [_test(program, result) for result in results],
        "coverage": None if coverage is None else _coverage(coverage),
    }


def _test(program: Program, result: ScenarioResult) -> dict[str, Any]:
    scenario = result.scenario
    return {
        "title": scenario.name,
        "file": scenario.span.file,
        "line": scenario.span.line,
        "passed": result.passed,
        "failures": [
            _failure(program, result.facts, outcome) for outcome in result.outcomes if not outcome.passed
        ],
    }


def _failure(program: Program, facts: Facts, outcome: Outcome) -> dict[str, Any]:
    span = outcome.expectation.span
    return {
        "file": span.file,
        "line": span.line,
        "column": span.column,
        "at": time_to_stored(outcome.at_us),
        "seen": outcome.seen,
        "customer": _stored(program.profile, facts.profile),
        "context": _stored(program.context, facts.context),
        "events": [
            {
                "time": time_to_stored(at_us),
                "type": event,
                "properties": _stored(program.events[event].fields, said),
            }
            for at_us, event, said in latest_events(facts, outcome.at_us)
        ],
        "not_agreed_to": sorted(outcome.lacking),
        "why": [explanation_data(reason) for reason in reasons(program, facts, outcome)],
    }


def _stored(declared: Mapping[str, Field], values: Mapping[str, Value]) -> dict[str, Any]:
    return {name: stored_value(value, declared[name].type) for name, value in values.items()}


def _coverage(coverage: Coverage) -> dict[str, Any]:
    measures = {
        "segments": coverage.segments,
        "stages": coverage.stages,
        "branches": coverage.branches,
        "templates": coverage.templates,
    }
    return {name: _measure(measure) for name, measure in measures.items()}


def _measure(measure: Measure) -> dict[str, Any]:
    return {
        "seen": measure.seen,
        "of": measure.of,
        "percent": round(measure.percent, 1),
        "unseen": [
            {"file": one.span.file, "line": one.span.line, "what": one.what} for one in measure.unseen
        ],
    }
