"""Large packages: time in proportion to their size, no recursion, and a bounded list of findings."""

from __future__ import annotations

import time

import pytest

from dearly.language import Package, check_package
from dearly.language.checking.checker import CheckReport, check
from dearly.language.checking.findings import MAX_FINDINGS
from dearly.language.syntax.parser import MAX_DECLARATIONS, parse_rules
from dearly.language.syntax.tree import Declaration

SCHEMA = "profile { points number = 0 }\nevent viewed { x text? }\n"


def _parsed(lines: list[str]) -> list[Declaration]:
    """The declarations of many lines, in files that are small enough."""
    declarations: list[Declaration] = []
    for start in range(0, len(lines), 2_000):
        read, problems = parse_rules("\n".join(lines[start : start + 2_000]), f"{start}.rules")
        assert problems == ()
        declarations.extend(read)
    return declarations


def _check(lines: list[str]) -> CheckReport:
    return check(_parsed([SCHEMA, *lines]), {}, "v")


def test_sixty_levels_of_double_references_take_no_time() -> None:
    lines = ["value v0 = points", *(f"value v{n} = v{n - 1} + v{n - 1}" for n in range(1, 60))]
    lines += [
        "segment s0 { points > 1 }",
        *(f"segment s{n} {{ s{n - 1} and s{n - 1} }}" for n in range(1, 60)),
    ]

    before = time.perf_counter()
    report = _check(lines)

    assert report.program is not None
    assert time.perf_counter() - before < 2


@pytest.mark.slow
@pytest.mark.parametrize(
    "segment",
    [
        'segment s{n} {{ points > {n} and any viewed where x == "q" }}',
        "segment s{n} {{ s{m} or points > {n} }}",
    ],
    ids=["independent", "a chain"],
)
def test_ten_times_the_declarations_take_about_ten_times_as_long(segment: str) -> None:
    def seconds(count: int) -> float:
        lines = [segment.format(n=n, m=n - 1) for n in range(1, count)]
        declarations = _parsed([SCHEMA, "segment s0 { points > 1 }", *lines])
        before = time.perf_counter()
        assert check(declarations, {}, "v").program is not None
        return time.perf_counter() - before

    small = max(min(seconds(1_000), seconds(1_000)), 0.02)

    assert seconds(10_000) < 40 * small


@pytest.mark.slow
def test_a_ring_of_every_declaration_allowed_is_one_finding() -> None:
    count = MAX_DECLARATIONS - 2

    report = _check([f"segment s{n} {{ s{(n + 1) % count} }}" for n in range(count)])

    assert [found.code for found in report.diagnostics] == ["cycle"]


@pytest.mark.slow
def test_unknown_names_everywhere_are_told_in_reasonable_time_and_number() -> None:
    declarations = _parsed(
        [SCHEMA, *(f"segment s{n} {{ pionts{n} > 1 }}" for n in range(MAX_DECLARATIONS - 2))]
    )

    before = time.perf_counter()
    report = check(declarations, {}, "v")

    assert time.perf_counter() - before < 10
    assert len(report.diagnostics) == MAX_FINDINGS + 1
    assert {found.code for found in report.diagnostics} == {"unknown-name", "too-many-findings"}


def test_errors_are_listed_before_warnings_when_there_are_too_many() -> None:
    lines = [f"value w{n} = points / 0" for n in range(MAX_FINDINGS + 5)]

    report = _check([*lines, "segment s { pionts > 1 }"])

    codes = [found.code for found in report.diagnostics]
    assert "unknown-name" in codes
    assert len(codes) == MAX_FINDINGS + 1


@pytest.mark.slow
def test_one_declaration_too_many_is_an_error() -> None:
    lines = [f"value v{n} = {n}" for n in range(MAX_DECLARATIONS - 1)]

    assert [found.code for found in _check(lines).diagnostics] == ["too-many-declarations"]


def test_alternations_nested_as_deep_as_allowed_are_checked() -> None:
    condition = "points == 1"
    for number in range(24):
        condition = f"(points != {number} and ({condition} or not (points > {number})))"

    report = check_package(Package({"a.rules": (SCHEMA + f"segment s {{ {condition} }}").encode()}))

    assert report.program is not None
