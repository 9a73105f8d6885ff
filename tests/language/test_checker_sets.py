"""Sets: `any of`, `all of`, `none of`, and the lists that they are compared with."""

from __future__ import annotations

import pytest

from dearly.language.program import Expression, Literal, ProfileField, SetCompare
from dearly.language.types import DATE, NUMBER, TEXT, ItemRef, SetOf
from tests.language.checking import check_rules, program_of

SCHEMA = """
profile { country text?, favourite product?, points number = 0, interests set of text, wishes set of product,
  lucky set of number, days set of date, others set of text }
catalog product { title text, tags set of text }
event viewed { product_id product }
"""

INTERESTS = ProfileField("interests", SetOf(TEXT))
WISHES = ProfileField("wishes", SetOf(ItemRef("product")))


@pytest.mark.parametrize(
    ("condition", "meant"),
    [
        (
            'interests any of ["a", "b", "a"]',
            SetCompare("any of", INTERESTS, Literal(frozenset(["a", "b"]), SetOf(TEXT))),
        ),
        ("interests all of others", SetCompare("all of", INTERESTS, ProfileField("others", SetOf(TEXT)))),
        (
            'interests is present and interests none of ["a"]',
            SetCompare("none of", INTERESTS, Literal(frozenset(["a"]), SetOf(TEXT))),
        ),
        (
            'wishes any of ["A1"]',
            SetCompare("any of", WISHES, Literal(frozenset(["A1"]), SetOf(ItemRef("product")))),
        ),
        (
            "lucky all of [7, -1]",
            SetCompare(
                "all of",
                ProfileField("lucky", SetOf(NUMBER)),
                Literal(frozenset([7.0, -1.0]), SetOf(NUMBER)),
            ),
        ),
        (
            "days any of [1970-01-02]",
            SetCompare("any of", ProfileField("days", SetOf(DATE)), Literal(frozenset([1]), SetOf(DATE))),
        ),
    ],
)
def test_a_comparison_of_sets_means(condition: str, meant: Expression) -> None:
    found = program_of(f"segment s {{ {condition} }}", schema=SCHEMA).segments["s"].condition

    assert meant in (found, *getattr(found, "operands", ()))


@pytest.mark.parametrize(
    ("condition", "place", "said"),
    [
        (
            'country any of ["AT"]',
            "country",
            "`any of` is asked of a set, and `country` is text. Of one",
        ),
        ('country none of ["AT"]', "country", "write `country not in [..]`."),
        ('country all of ["AT"]', "country", "`all of` is asked of a set"),
        ("country any of interests", "country", "`any of` is asked of a set"),
        ("interests any of country", "country", "Write `interests contains country`."),
        ("interests any of points", "points", "compares a set with a set, and `points` is a number."),
        ('interests any of ["a", 3]', "3", "`interests` holds texts, and `3` is a number."),
        ('lucky any of ["a", 3]', '"a"', '`lucky` holds numbers, and `"a"` is text.'),
        ("wishes any of [3]", "3", "`wishes` holds items' ids (product), and `3` is a number."),
        ("interests any of lucky", "interests any of lucky", "they cannot be compared."),
        ("interests == others", "interests == others", "Ask whether the set contains it"),
    ],
)
def test_sets_that_do_not_go_together_are_told_where_they_stand(
    condition: str, place: str, said: str
) -> None:
    rules = f"segment s {{ {condition} }}"

    (found,) = check_rules(rules, schema=SCHEMA).diagnostics

    assert found.code == "type-mismatch"
    assert rules[found.span.column - 1 : found.span.end_column - 1] == place
    assert said in f"{found.message} {found.hint}"


def test_sets_of_items_are_compared_in_the_where_of_a_list() -> None:
    rules = """block b {
      when true show "a.html" with items = recommended product, where tags any of interests
      otherwise show "b.html"
    }"""

    assert check_rules(rules, schema=SCHEMA).diagnostics == ()
