"""What people write who know other languages, and what they are told to write instead."""

from __future__ import annotations

import pytest

from dearly.language import Package, check_package

HABITS = {
    "segment s { order_completed within last 7 days }": "Say how many: `any order_completed within ..`",
    'segment s { country == "DE" and viewed where x == 1 }': "Say how many: `any viewed where ..`",
    "segment s { any viewed in 7 days }": "Write `within 7 days`",
    'segment s { name starts_with "A" }': "Write `starts with`.",
    'block b { when any viewed show "a.html" else show "b.html" }': "Write `otherwise`.",
    'segment s { country == "DE" , any viewed }': "Join conditions with `and` or `or`.",
    'test "t" { at 2026-03-01 viewed { } }': "Say the time of day, too: `at 2026-03-01 10:00`.",
    "segment german-climbers { any viewed }": "`german_climbers`",
    "segment s { not in vip }": "Of a segment, write `not vip`",
}


@pytest.mark.parametrize("rules", HABITS)
def test_a_habit_of_other_languages_is_answered_with_what_to_write(rules: str) -> None:
    found = check_package(Package({"shop.rules": rules.encode()})).diagnostics[0]

    assert found.code == "syntax-error"
    assert HABITS[rules] in (found.hint or "")
