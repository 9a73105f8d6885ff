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
]  # fmt: skip


@pytest.mark.parametrize(("earlier", "later"), COVERED)
def test_a_when_that_an_earlier_one_covers_is_never_reached(earlier: str, later: str) -> None:
    assert codes_of(_lifecycle(earlier, later)) == ["unreachable-when"]


@pytest.mark.parametrize(("earlier", "later"), NOT_COVERED)
def test_a_when_that_may_be_true_alone_is_not_called_unreachable(earlier: str, later: str) -> None:
    assert "unreachable-when" not in codes_of(_lifecycle(earlier, later))


def test_an_unreachable_when_names_the_one_that_covers_it() -> None:
    rules = "lifecycle l {\n a when points > 3\n b when any read\n c when points > 4\n d otherwise\n}"

    (found,) = check_rules(rules).diagnostics

    assert f"`points > 3` at shop.rules:{found.span.line - 2} is true too, and comes first." in found.message


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
