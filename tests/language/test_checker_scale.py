"""Large packages: work in proportion to their size, no recursion, and a bounded list of findings."""

from __future__ import annotations

import pytest

from dearly.language import Package, check_package
from dearly.language.checking.checker import CheckReport, check
from dearly.language.checking.findings import MAX_FINDINGS
from dearly.language.syntax.parser import MAX_DECLARATIONS, parse_rules
from dearly.language.syntax.tree import Declaration
from tests.steps import steps_of

SCHEMA = "profile { points number = 0, x text? }\nevent viewed { x text? }\n"
SETTINGS = """settings { keep events 90 days }
score c { predict any viewed within 30 days features auto tiers high >= 0.6, low }
value c0 = points
value v = points
"""


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


@pytest.mark.timeout(60)  # followed anew each time, they would be more than 10^17
def test_sixty_levels_of_double_references_are_followed_once_each() -> None:
    lines = ["value v0 = points", *(f"value v{n} = v{n - 1} + v{n - 1}" for n in range(1, 60))]
    lines += [
        "segment s0 { points > 1 }",
        *(f"segment s{n} {{ s{n - 1} and s{n - 1} }}" for n in range(1, 60)),
    ]

    assert _check(lines).program is not None
    assert steps_of(lambda: _check(lines)) < 1_000_000


@pytest.mark.parametrize(
    "segment",
    [
        'segment s{n} {{ points > {n} and any viewed where x == "q" }}',
        "segment s{n} {{ s{m} or points > {n} }}",
        "segment s{n} {{ pionts{n} > 1 }}",
        "lifecycle l{n} {{ a when points > {n} b otherwise }} segment s{n} {{ k{n} is a }}",
        "score s{n} {{ predict any viewed within {n} days features auto tiers high >= 0.5, low }}",
        "cap c{n} {{ at most {n} per day }} experiment e{n} {{ variants a 1, b 1 goal viewed within 1 day }}",
        "trigger t{n} {{ when entering s0 at most 1 per {n} days emit {{ a: points, b: {n} }} }}",
        'test "t{n}" {{ at 2026-03-01 10:00 viewed {{ x: "q" }} at +1:00 expect s0, points > {n} }}',
        'test "t{n}" {{ at 2026-03-01 10:00 viewd {{ x: 3 }} at +1:00 expect c{n} shows "a.html", s{n} }}',
        "segment s{n} {{ points between {n} and {n}9 and any viewed and no viewed this year }}",
        "segment s{n} {{ c is high and c is not low and any viewed where x == x and x is present }}",
        "lifecycle l{n} {{ a when c is high b when c > 0.5 d otherwise }} segment s{n} {{ l{n} is a }}",
        "score c{n} {{ predict v{n} > 3 features v{n} tiers high >= 0.5, low }} value v{n} = c{m} * 2",
    ],
    ids=[
        "independent",
        "a chain",
        "unknown names",
        "unknown states",
        "scores",
        "caps and experiments",
        "triggers",
        "tests",
        "faulty tests",
        "windows",
        "names after a where",
        "tiers",
        "a chain of scores",
    ],
)
def test_twice_the_declarations_take_at_most_twice_the_steps(segment: str) -> None:
    def steps(count: int) -> int:
        lines = [segment.format(n=n, m=n - 1) for n in range(1, count)]
        declarations = _parsed([SCHEMA, SETTINGS, "segment s0 { points > 1 }", *lines])
        return steps_of(lambda: check(declarations, {}, "v"))

    assert steps(1_000) < 2.1 * steps(500)


@pytest.mark.slow
def test_a_ring_of_every_declaration_allowed_is_one_finding() -> None:
    count = MAX_DECLARATIONS - 2

    report = _check([f"segment s{n} {{ s{(n + 1) % count} }}" for n in range(count)])

    assert [found.code for found in report.diagnostics] == ["cycle"]


@pytest.mark.slow
def test_unknown_names_everywhere_are_told_up_to_a_bounded_number() -> None:
    report = _check([f"segment s{n} {{ pionts{n} > 1 }}" for n in range(MAX_DECLARATIONS - 2)])

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
