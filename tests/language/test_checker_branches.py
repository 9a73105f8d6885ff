"""Whatever its first true `when` decides: each one reachable, `otherwise` there and last."""

from __future__ import annotations

import pytest

from dearly.language.checking.coverage import MAX_PARTS
from tests.language.checking import check_rules, codes_of, only_finding


def _lifecycle(*conditions: str) -> str:
    stages = " ".join(f"s{number} when {condition}" for number, condition in enumerate(conditions))
    return f"lifecycle l {{ {stages} rest otherwise }}"


COVERED = [
    ("points > 3", "points > 3"),
    ("points > 3", "points > 3 and country == \"x\""),
    ("points > 3 or country == \"x\"", "points > 3"),
    ("points > 3 or country == \"x\"", "country == \"x\" and any viewed"),
    ("points > 3 or country == \"x\"", "country == \"x\" or points > 3"),
    ("points > 3 and any viewed", "any viewed and country == \"x\" and points > 3"),
    ("points > 3", "points > 5"),
    ("points > 3", "points >= 5"),
    ("points >= 3", "points > 3"),
    ("points <= 3", "points < 3"),
    ("points < 3", "points == 2"),
    ("points != 3", "points == 2"),
    ("country < \"m\"", "country < \"c\""),
    ("birthday >= 2000-01-01", "birthday > 2001-01-01"),
    ("any viewed", "at least 3 viewed"),
    ("any viewed", "exactly 2 viewed"),
    ("any viewed", "any viewed within 7 days"),
    ("any viewed within 7 days", "any viewed within 3 days"),
    ("any viewed within 7 days", "at least 2 viewed where seconds > 3 within 7 days older than 1 day"),
    ("any viewed older than 1 day", "any viewed older than 2 days"),
    ("any viewed", "any viewed followed by bought"),
    ("at most 2 viewed", "no viewed"),
    ("no viewed within 3 days", "no viewed"),
    ("fewer than 4 viewed where (seconds else 0) > 3", "fewer than 3 viewed"),
    ("no viewed within 3 days", "at most 0 viewed within 7 days"),
    ("points > 3 or true", "any viewed"),
    ("1 < 2", "any viewed"),
    ("not false", "any viewed"),
    ("at least 0 bought", "any viewed"),
    ("points > 2", "points between 3 and 5"),
    ("points between 3 and 9", "points between 4 and 5"),
    ("points between 3 and 9", "points == 4"),
    ("points not between 3 and 9", "points not between 3 and 9"),
    ("3 < points", "points > 4"),
    ("points != 3", "points > 3"),
    ("points != 3", "points not in [2, 3]"),
    ("points not in [2, 3]", "points not in [1, 2, 3]"),
    ("points not in [2, 3]", "points in [1, 4]"),
    ("points >= 3", "not (points < 3)"),
    ("points > 2", "points in [3, 5]"),
    ("country in [\"a\", \"b\"]", "country == \"a\""),
    ("country in [\"a\", \"b\", \"c\"]", "country in [\"a\", \"b\"]"),
    ("birthday before today", "birthday before today - 3 days"),
    ("birthday since today - 30 days", "birthday between today - 3 days and today"),
    ("joined > now - 3 days", "joined > now - 3 hours"),
    ("joined since 2026-01-01", "joined since 2026-02-01"),
    ("birthday before 2000-01-01", "birthday < 1999-01-01"),
    ("country is present", "country == \"x\""),
    ("country is present", "country not in [\"x\"]"),
    ("birthday is present", "birthday before today"),
    ("interests is present", "interests any of [\"a\"]"),
    ("interests any of [\"a\", \"b\"]", "interests any of [\"a\"]"),
    ("interests any of [\"a\", \"b\"]", "interests contains \"a\""),
    ("interests any of [\"a\", \"b\"]", "interests all of [\"b\", \"c\"]"),
    ("interests contains \"a\"", "interests all of [\"a\", \"b\"]"),
    ("interests none of [\"a\"]", "interests none of [\"a\", \"b\"]"),
    ("any viewed this week", "any viewed today"),
    ("any viewed this year", "at least 2 viewed this month older than 3 days"),
    ("any viewed within 32 days", "any viewed this month"),
    ("no viewed today", "no viewed this week"),
    ("any viewed since 2026-01-01", "any viewed since 2026-02-01 within 7 days"),
    ("any viewed before 2026-02-01", "any viewed since 2025-01-01 before 2026-01-01"),
    ("any viewed since 2026-01-01T00:00:00Z", "any viewed since 2026-01-02"),
    ("any viewed on weekdays", "any viewed on monday or friday"),
    ("no viewed", "not any viewed"),
    ("fewer than 3 viewed", "not (at least 2 viewed)"),
    ("any viewed", "not (no viewed within 3 days)"),
    ("score_a >= 0.6", "score_a is high"),
    ("score_a is high", "score_a >= 0.6"),
    ("score_a is high", "score_a > 0.7"),
    ("score_a is medium", "score_a between 0.3 and 0.5"),
    ("score_a >= 0.25", "score_a is medium or score_a is high"),
    ("score_a < 0.25", "score_a is low"),
    ("score_a is low", "score_a == 0"),
    ("score_a is present", "score_a is medium"),
]  # fmt: skip

NOT_COVERED = [
    ("points > 5", "points > 3"),
    ("points >= 3", "points >= 2"),
    ("points > 3", "points >= 3"),
    ("points > 3", "any viewed or points > 3"),
    ("points > 3 and any viewed", "points > 3"),
    ("points > 3", "points < 5"),
    ("points == 3", "points > 3"),
    ("at least 3 viewed", "any viewed"),
    ("any viewed within 3 days", "any viewed"),
    ("any viewed within 3 days", "any viewed within 7 days"),
    ("any viewed older than 2 days", "any viewed older than 1 day"),
    ("any viewed where seconds > 3", "any viewed"),
    ("any viewed where seconds > 3", "any viewed where seconds > 5"),
    ("any viewed followed by bought", "any viewed"),
    ("any viewed", "any bought"),
    ("no viewed", "no viewed within 3 days"),
    ("no viewed", "at most 2 viewed"),
    ("exactly 2 viewed", "any viewed"),
    ("country == \"x\"", "country is present"),
    ("points between 3 and 5", "points > 2"),
    ("points != 3", "points >= 3"),
    ("points != 3", "points not in [2, 4]"),
    ("points not in [2, 3]", "points in [1, 2]"),
    ("points > 3", "points in [3, 5]"),
    ("country in [\"a\"]", "country in [\"a\", \"b\"]"),
    ("birthday before today - 3 days", "birthday before today"),
    ("birthday before today", "birthday before 2000-01-01"),
    ("joined since 2026-01-01", "joined >= 2026-01-01T00:00:00Z"),
    ("country is missing", "country == \"x\""),
    ("interests any of [\"a\"]", "interests any of [\"a\", \"b\"]"),
    ("interests all of [\"a\", \"b\"]", "interests contains \"a\""),
    ("any viewed today", "any viewed this week"),
    ("any viewed this month", "any viewed this week"),
    ("any viewed this year", "any viewed within 1 day"),
    ("any viewed within 1 day", "any viewed today"),
    ("any viewed since 2026-02-01", "any viewed since 2026-01-01"),
    ("any viewed since 2026-01-01T00:00:00Z", "any viewed since 2026-01-01"),
    ("any viewed on monday", "any viewed"),
    ("score_a >= 0.7", "score_a is high"),
    ("score_a is high", "score_a is present"),
    ("score_a is high", "score_a is medium"),
    ("score_a is medium", "score_a >= 0.3"),
]  # fmt: skip

SCORE = """
score score_a {
  predict any bought within 7 days
  features auto
  tiers high >= 0.6, medium >= 0.25, low
}
"""


@pytest.mark.parametrize(("earlier", "later"), COVERED)
def test_a_when_that_an_earlier_one_covers_is_never_reached(earlier: str, later: str) -> None:
    assert "unreachable-when" in codes_of(SCORE + _lifecycle(earlier, later))


@pytest.mark.parametrize(("earlier", "later"), NOT_COVERED)
def test_a_when_that_may_be_true_alone_is_not_called_unreachable(earlier: str, later: str) -> None:
    codes = codes_of(SCORE + _lifecycle(earlier, later))

    assert "unreachable-when" not in codes
    assert set(codes) <= {"missing-under-not", "missing-in-no"}


def test_an_unreachable_when_names_the_one_that_covers_it() -> None:
    rules = "lifecycle l {\n a when points > 3\n b when any read\n c when points > 4\n d otherwise\n}"

    (found,) = check_rules(rules).diagnostics

    assert f"`points > 3` at shop.rules:{found.span.line - 2} is true too, and comes first." in found.message


CONTRADICTIONS = [
    ("points > 5", "points < 3"),
    ("points > 3", "points <= 3"),
    ("points == 3", "points == 4"),
    ("points == 3", "points != 3"),
    ("points between 1 and 3", "points > 4"),
    ("points in [1, 2]", "points > 4"),
    ("country in [\"a\", \"b\"]", "country == \"c\""),
    ("birthday before today - 3 days", "birthday since today"),
    ("birthday before 1990-01-01", "birthday > 1995-01-01"),
    ("joined > now", "joined before now"),
    ("any viewed", "no viewed"),
    ("any viewed today", "no viewed this week"),
    ("at least 3 viewed", "fewer than 3 viewed"),
    ("exactly 3 viewed", "exactly 2 viewed"),
    ("at least 3 viewed where seconds > 3", "at most 2 viewed"),
    ("interests contains \"a\"", "interests none of [\"a\"]"),
    ("interests any of [\"a\"]", "interests none of [\"a\", \"b\"]"),
    ("(life is a)", "life is b"),
    ("score_a is high", "score_a is low"),
    ("any viewed", "not any viewed"),
    ("country is missing", "not (country is missing)"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), CONTRADICTIONS)
def test_conditions_that_are_never_both_true_are_warned_of(one: str, other: str) -> None:
    declared = f"{SCORE}lifecycle life {{ a when points > 3 b otherwise }}\n"

    found = check_rules(f"{declared}segment s {{ {one} and (any read and {other}) }}").diagnostics

    assert [one.message for one in found if one.code == "never-true"] != []


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("points > 3", "points < 5"),
        ("points >= 3", "points <= 3"),
        ("points > 3", "count of viewed < 3"),
        ("points != 3", "points != 4"),
        ("points in [1, 2]", "points > 1"),
        ("any viewed today", "no viewed within 1 day"),
        ("any viewed", "no viewed today"),
        ("any viewed", "no bought"),
        ("at least 2 viewed", "at most 2 viewed"),
        ('interests contains "a"', 'interests none of ["b"]'),
        ('interests any of ["a", "b"]', 'interests none of ["a"]'),
        ("birthday before today", "birthday > 2000-01-01"),
        ("score_a is high", "score_a > 0.5"),
    ],
)
def test_conditions_that_may_both_be_true_are_not_warned_of(one: str, other: str) -> None:
    assert "never-true" not in codes_of(f"{SCORE}segment s {{ {one} and {other} }}")


def test_what_is_never_true_is_told_by_the_two_that_exclude_each_other() -> None:
    assert only_finding("segment s { points > 5 and any viewed and points < 3 }") == (
        "never-true: `points > 5` and `points < 3` are never both true, so this never is. "
        "Write `or` between them if either is enough, or mend one of them."
    )


def test_a_when_that_is_never_true_is_told() -> None:
    assert "is never true" in only_finding(_lifecycle("points > 3 and false", "any viewed"))


def test_an_otherwise_has_its_use_below_a_when_that_is_always_true() -> None:
    assert (
        codes_of('block b { when points > 3 show "a.html" when true show "b.html" otherwise show "c.html" }')
        == []
    )


def test_blocks_are_held_to_the_same() -> None:
    rules = 'block b { when points > 3 show "a.html" when points > 5 show "a.html" otherwise show "b.html" }'

    assert codes_of(rules) == ["unreachable-when"]


def test_the_same_long_condition_is_found_again_however_far_apart() -> None:
    long = " or ".join(f"points == {number}" for number in range(MAX_PARTS + 8))
    others = [f"count of viewed == {number}" for number in range(200)]

    assert codes_of(_lifecycle(long, *others, long)) == ["unreachable-when"]


@pytest.mark.parametrize(
    ("rules", "code"),
    [
        ("lifecycle l { a when points > 3 }", "missing-otherwise"),
        ('block b { when points > 3 show "a.html" }', "missing-otherwise"),
        ("lifecycle l { a otherwise b when points > 3 }", "otherwise-not-last"),
        ('block b { otherwise show "a.html" when points > 3 show "a.html" }', "otherwise-not-last"),
        ("lifecycle l { a otherwise b otherwise }", "otherwise-not-last"),
        ("lifecycle l { a when points > 3 a otherwise }", "duplicate-stage"),
    ],
)
def test_otherwise_is_there_and_last_and_stages_are_told_apart(rules: str, code: str) -> None:
    assert codes_of(rules) == [code]


def test_a_faulty_when_is_not_taken_for_an_otherwise() -> None:
    assert codes_of('block b { when pionts > 3 show "a.html" otherwise show "b.html" }') == ["unknown-name"]
