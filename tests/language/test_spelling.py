"""Expressions in their author's words."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings

from dearly.language import Package, check_package, render_text
from dearly.language.program import Expression, Literal, Occurs, Program, Selection, SetCompare
from dearly.language.spelling import brief, capitalised, describe, quoted, spell, spell_duration
from dearly.language.types import (
    BOOL,
    DATE,
    HOUR_US,
    MINUTE_US,
    NUMBER,
    SECOND_US,
    TEXT,
    ItemRef,
    SetOf,
    Type,
)
from tests.evaluation.cases import TEMPLATE, Case
from tests.evaluation.generator import cases
from tests.evaluation.rules_text import write_rules
from tests.language.checking import program_of

CONDITIONS = [
    "any viewed",
    "no viewed",
    "at least 2 viewed",
    "exactly 3 viewed",
    'at least 2 viewed where product_id == "X" within 23 hours',
    "any viewed where (seconds > 3 or category is missing) within 7 days",
    "any viewed where (seconds > 3 and seconds < 9)",
    "any viewed where not (seconds > 3)",
    "any viewed within 30 days older than 2 days",
    "any viewed since 2026-01-01 before 2026-02-01T10:00:00Z",
    "any bought since 2026-01-01 where gift and points > 3",
    "(count of bought before 2026-01-01 where gift) > 3",
    "any bought before 2026-01-01 where gift within 90 days",
    "any viewed this week on monday or friday",
    "any viewed today on weekends",
    "any viewed this year on weekdays",
    "any viewed within 30 days not followed by bought where total > 3 within 2 days",
    "any viewed followed by bought",
    "(count of viewed where seconds > 3) > 3",
    "count of viewed where seconds > 3 within 7 days > 3",
    "sum of bought.total within 365 days > 1000",
    "distinct of viewed.category within 7 days >= 3",
    'top viewed.category within 90 days == "books"',
    'latest viewed.product_id == "X"',
    '((first viewed.category where seconds > 3) else "x") == "x"',
    "time since last bought > 60 days",
    "time since first viewed where seconds > 3 is missing",
    "points + 2 * 3 > 4",
    "(points + 2) * 3 > 4",
    "points - (2 - 3) > -4",
    "points - 2 - 3 > 4",
    "-(points + 1) < 3",
    "points > -(-(3))",
    "points between 3 and 5",
    "points not between 3 and 5 + 1",
    "birthday between today - 3 days and today",
    "birthday == today + 1 day",
    "joined < now - 90 minutes",
    "joined since 2026-01-01",
    "joined before 2026-01-01",
    "birthday < 1990-01-01",
    "joined >= 2026-01-01T10:00:00Z",
    'country in ["AT", "DE"]',
    'country not in ["AT", "DE"]',
    'country is not like "x"',
    'country starts with "A"',
    'not (country contains "A")',
    'interests any of ["a", "b"]',
    'interests all of ["a"]',
    "interests none of interests",
    'interests contains "a"',
    '(country else "x") == "y"',
    "(points else -3) > 2",
    "country is present and (points > 3 or points < 1) and not old",
    "not (not old)",
    "old and (old or not old) or old",
    '(points > 3) == (country == "x")',
    "life is vip",
    "life is not vip",
    "conversion is high or conversion > 0.5",
    "conversion is not low",
    "true",
    'country == "say \\"hi\\" \\\\ \\n \\t"',
    "points == 0.1",
]

DECLARED = """
segment old { birthday < 1960-01-01 }
lifecycle life { vip when points > 3 rest otherwise }
score conversion { predict any bought within 30 days features auto tiers high >= 0.6, low }
"""


def _condition(written: str) -> Expression:
    return program_of(f"{DECLARED}segment s {{ {written} }}").segments["s"].condition


@pytest.mark.parametrize("written", CONDITIONS)
def test_what_is_spelled_means_what_was_written(written: str) -> None:
    condition = _condition(written)

    assert _condition(spell(condition)) == condition


@pytest.mark.parametrize(
    "written",
    [
        condition
        for condition in CONDITIONS
        if condition not in ("points > -(-(3))", "time since first viewed where seconds > 3 is missing")
    ],
)
def test_a_condition_is_spelled_as_its_author_wrote_it(written: str) -> None:
    assert spell(_condition(written)) == written


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("more than 2 viewed", "at least 3 viewed"),
        ("((points)) > (3)", "points > 3"),
        (
            "any viewed on tuesday older than 1 week within 30 days",
            "any viewed within 30 days on tuesday older than 7 days",
        ),
        ("any viewed where seconds > 3 since 2026-01-01", "any viewed since 2026-01-01 where seconds > 3"),
        ("birthday before 2000-01-01", "birthday < 2000-01-01"),
        ("points >= 3 and points <= 5", "points between 3 and 5"),
        ("customer.points > 3", "points > 3"),
    ],
)
def test_other_words_for_the_same_are_spelled_alike(written: str, spelled: str) -> None:
    assert spell(_condition(written)) == spelled


def test_a_long_text_or_list_is_spelled_whole_and_cut_only_in_brief() -> None:
    letters = spell(Literal("x" * 200, TEXT))
    many = spell(Literal(frozenset(float(number) for number in range(200)), SetOf(NUMBER)))

    assert letters == f'"{"x" * 200}"'
    assert many == f"[{', '.join(map(str, range(200)))}]"
    assert brief(many) == f"{many[:157]} .."
    assert brief("short") == "short"


def test_the_elements_of_a_set_are_spelled_by_their_type() -> None:
    days = Literal(frozenset([1, 0]), SetOf(DATE))

    assert (
        spell(SetCompare("any of", days, days)) == "[1970-01-01, 1970-01-02] any of [1970-01-01, 1970-01-02]"
    )


@pytest.mark.parametrize(
    ("us", "spelled"),
    [
        (SECOND_US, "1 second"),
        (90 * MINUTE_US, "90 minutes"),
        (48 * HOUR_US, "2 days"),
        (SECOND_US + SECOND_US // 2, "1.5 seconds"),
    ],
)
def test_a_length_of_time_is_spelled_in_its_largest_whole_unit(us: int, spelled: str) -> None:
    assert spell_duration(us) == spelled


def test_what_is_too_long_for_a_sentence_is_named_by_what_it_is() -> None:
    long = " or ".join(f'country == "{number}"' for number in range(9))

    assert quoted(_condition("any viewed")) == "`any viewed`"
    assert quoted(_condition(long)) == "this condition"
    assert capitalised(quoted(_condition(long))) == "This condition"


def test_types_are_described_in_plain_words() -> None:
    kinds: list[Type] = [TEXT, NUMBER, BOOL, ItemRef("product"), SetOf(TEXT)]

    assert [describe(kind) for kind in kinds] == [
        "text",
        "a number",
        "true or false",
        "an item's id (product)",
        "a set of text",
    ]


def test_the_deepest_nesting_that_a_rule_may_have_is_spelled() -> None:
    condition: Expression = Occurs("at least", 1, Selection("viewed"))
    written = "any viewed"
    for number in range(45):
        written = f"(({written}) or points > {number}) and points < {number}"

    condition = _condition(written)

    assert _condition(spell(condition)) == condition


def _respelled(program: Program) -> str:
    """The program's rules, with its segments and values in the checker's words in place of the writer's."""
    others = [
        line for line in write_rules(program).split("\n") if not line.startswith(("segment ", "value "))
    ]
    segments = [f"segment {one.name} {{ {spell(one.condition)} }}" for one in program.segments.values()]
    values = [f"value {one.name} = {spell(one.expression)}" for one in program.values.values()]
    return "\n".join([*segments, *values, *others])


def _read(text: str) -> Program | None:
    report = check_package(
        Package({"all.rules": text.encode(), f"templates/{TEMPLATE}.html": b"<p>shown</p>"})
    )
    wrong = [found for found in report.diagnostics if found.severity == "error"]
    others = [found for found in wrong if found.code != "unreachable-when"]
    assert not others, "\n".join(render_text(found, {"all.rules": text}) for found in others)
    return report.program


@given(cases())
@settings(
    max_examples=100, derandomize=True, database=None, deadline=None, suppress_health_check=list(HealthCheck)
)
def test_any_program_that_is_spelled_means_the_same(case: Case) -> None:
    program = _read(write_rules(case.program))
    if program is None:
        return

    again = _read(_respelled(program))

    assert again is not None
    assert (again.segments, again.values) == (program.segments, program.values)
