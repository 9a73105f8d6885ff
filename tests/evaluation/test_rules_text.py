"""Generated programs through the front door: text means what it was written from, and claims hold."""

from __future__ import annotations

from hypothesis import HealthCheck, given, settings

from dearly.evaluation.reference import branch_of, value_of
from dearly.language import CheckReport, Package, check_package, render_text
from tests.evaluation.cases import TEMPLATE, Case
from tests.evaluation.generator import cases
from tests.evaluation.rules_text import as_read, write_rules

PROVEN = settings(
    max_examples=150, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)


def check_case(case: Case) -> tuple[str, CheckReport]:
    text = write_rules(case.program)
    files = {"all.rules": text.encode(), f"templates/{TEMPLATE}.html": b"<p>shown</p>"}
    return text, check_package(Package(files))


@given(cases())
@PROVEN
def test_a_program_written_as_text_is_read_as_the_same_program(case: Case) -> None:
    text, report = check_case(case)
    errors = [found for found in report.diagnostics if found.severity == "error"]
    if {found.code for found in errors} == {"unreachable-when"}:
        return  # the generator does not look for that; the test below does
    assert report.program is not None, "\n".join(render_text(found, {"all.rules": text}) for found in errors)
    assert as_read(report.program) == as_read(case.program)


@given(cases())
@PROVEN
def test_a_value_that_the_checker_calls_never_missing_never_is(case: Case) -> None:
    _, report = check_case(case)
    if report.program is None:
        return
    for value in report.program.values.values():
        if not value.may_be_missing:
            for facts in case.customers:
                for now_us in case.instants:
                    assert value_of(case.program, value.name, facts, now_us) is not None


@given(cases())
@PROVEN
def test_a_branch_that_the_checker_calls_unreachable_is_never_reached(case: Case) -> None:
    text, report = check_case(case)
    first_branch = (
        text.splitlines().index("block hero {") + 2
    )  # lines count from 1, and the block stands last
    for found in report.diagnostics:
        index = found.span.line - first_branch
        if found.code == "unreachable-when" and index >= 0:
            covers_the_rest = "nothing below" in found.message
            for facts in case.customers:
                for now_us in case.instants:
                    reached = branch_of(case.program, "hero", facts, now_us)
                    assert reached <= index if covers_the_rest else reached != index
