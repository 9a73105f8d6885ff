"""What the checker claims to have proved of conditions is so, for whatever customer and time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import combinations, permutations
from random import Random

import pytest

from dearly.evaluation.facts import EventLog, Facts
from dearly.evaluation.reference import value_of
from dearly.language.checking.coverage import contradiction, covers
from dearly.language.checking.tier_bounds import with_tier_bounds
from dearly.language.program import And, Expression, Program
from dearly.language.spelling import spell
from dearly.language.syntax.parser import parse_rules
from dearly.language.syntax.tree import ScoreDeclaration
from dearly.language.types import DAY_US, HOUR_US, Value
from tests.language.checking import check_rules
from tests.language.test_checker_branches import CONTRADICTIONS, COVERED, NOT_COVERED, SCORE

CUSTOMERS = 400
NOW_US = 20_485 * DAY_US + 11 * HOUR_US  # 2026-02-01, a Sunday
"""Around the dates that the conditions name."""

WRITTEN = sorted({condition for pair in (*COVERED, *NOT_COVERED, *CONTRADICTIONS) for condition in pair})


@pytest.fixture(scope="module")
def program() -> Program:
    """Each of the written conditions as a segment of its own."""
    segments = [f"segment s{number} {{ {condition} }}" for number, condition in enumerate(WRITTEN)]
    life = "lifecycle life { a when points > 3 b otherwise }"
    report = check_rules("\n".join([SCORE, life, *segments]))
    assert report.program is not None, report.diagnostics
    return report.program


@pytest.fixture(scope="module")
def answers(program: Program) -> list[Mapping[str, Value | None]]:
    """What each segment says of each of many customers."""
    random = Random(2026)
    found: list[Mapping[str, Value | None]] = []
    for _ in range(CUSTOMERS):
        facts, now_us = _customer(random), NOW_US + random.randrange(-40 * DAY_US, 40 * DAY_US)
        found.append({name: value_of(program, name, facts, now_us) for name in program.segments})
    return found


def _customer(random: Random) -> Facts:
    """Somebody whose values lie around the bounds that the conditions name; any of them may be missing."""
    profile: dict[str, Value | None] = {
        "country": random.choice([None, "a", "b", "c", "x"]),
        "points": float(random.randrange(8)),
        "birthday": random.choice([None, 7_000, 9_500, 10_956, 20_480, 20_484, 20_485, 20_486]),
        "joined": random.choice([None, NOW_US - DAY_US, NOW_US - HOUR_US, NOW_US - 40 * DAY_US, NOW_US]),
        "interests": random.choice([None, frozenset("a"), frozenset("ab"), frozenset("bc"), frozenset()]),
    }
    events = {name: _log(random) for name in ("viewed", "bought")}
    scores = {"score_a": random.choice([0.0, 0.25, 0.4, 0.6, 0.65, 0.9])} if random.random() < 0.8 else {}
    there = {name: value for name, value in profile.items() if value is not None}
    return Facts(profile=there, events=events, scores=scores)


def _log(random: Random) -> EventLog:
    reach = random.choice([DAY_US, 5 * DAY_US, 60 * DAY_US, 400 * DAY_US])
    times = sorted(NOW_US - random.randrange(-20 * DAY_US, reach) for _ in range(random.randrange(5)))
    return EventLog(tuple(times), tuple({"seconds": float(random.randrange(6))} for _ in times))


def _conditions(program: Program) -> Iterator[tuple[str, Expression]]:
    (score,), _ = parse_rules(SCORE, "score.rules")
    assert isinstance(score, ScoreDeclaration)
    for name, segment in program.segments.items():
        yield name, with_tier_bounds(segment.condition, {"score_a": score})


def test_a_condition_that_covers_another_is_true_whenever_the_other_is(
    program: Program, answers: list[Mapping[str, Value | None]]
) -> None:
    conditions = dict(_conditions(program))
    claimed = [
        (one, other)
        for one, other in permutations(conditions, 2)
        if covers(conditions[one], conditions[other])
    ]

    assert len(claimed) > len(COVERED)
    for one, other in claimed:
        wrong = [each for each in answers if each[other] is True and each[one] is not True]
        assert not wrong, f"{spell(conditions[one])} does not cover {spell(conditions[other])}"


def test_conditions_that_exclude_each_other_are_never_both_true(
    program: Program, answers: list[Mapping[str, Value | None]]
) -> None:
    conditions = dict(_conditions(program))
    claimed = [
        (one, other)
        for one, other in combinations(conditions, 2)
        if contradiction(And((conditions[one], conditions[other]))) is not None
    ]

    assert len(claimed) > len(CONTRADICTIONS)
    for one, other in claimed:
        both = [each for each in answers if each[one] is True and each[other] is True]
        assert not both, f"{spell(conditions[one])} and {spell(conditions[other])} are both true"


def test_the_customers_are_as_different_as_the_conditions(
    program: Program, answers: list[Mapping[str, Value | None]]
) -> None:
    told = [name for name in program.segments if len({each[name] for each in answers}) > 1]

    assert len(told) > 0.9 * len(WRITTEN)
