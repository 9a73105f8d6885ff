"""Nearest names."""

from __future__ import annotations

import pytest

from dearly.language.suggestions import nearest
from tests.steps import steps_of


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("totl_spend", "total_spend"),  # a letter left out
        ("total_spendd", "total_spend"),  # one too many
        ("tutal_spend", "total_spend"),  # another one
        ("toatl_spend", "total_spend"),  # two swapped
        ("Total_Spend", "total_spend"),  # capitals
        ("ttal_spnd", "total_spend"),
    ],
)
def test_a_mistyped_name_finds_the_one_meant(written: str, meant: str) -> None:
    assert nearest(written, ["country", "total_spend", "total_visits"]) == meant


@pytest.mark.parametrize("written", ["zzz", "spend", "", "x" * 10_000, "t"])
def test_a_name_like_no_other_finds_none(written: str) -> None:
    assert nearest(written, ["country", "total_spend"]) is None


def test_a_name_is_not_its_own_nearest() -> None:
    assert nearest("points", ["points"]) is None


def test_of_equally_near_names_the_first_by_the_alphabet_is_given() -> None:
    assert nearest("cat", ["rat", "bat"]) == nearest("cat", ["bat", "rat"]) == "bat"


def test_nine_thousand_near_names_cost_little_more_than_looking_at_each() -> None:
    known = [f"alpha_near_{number}" for number in range(9_000)]
    assert nearest("alpha_naer_55x", known) == "alpha_near_55"
    assert steps_of(lambda: nearest("alpha_naer_55x", known)) < 300 * len(
        known
    )  # some 900 each without leaving out what they share
