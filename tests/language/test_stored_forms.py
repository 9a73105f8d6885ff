"""One spelling for one value: at the door, in a rules file, in a template."""

from __future__ import annotations

from datetime import UTC, date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.language.syntax.literals import LiteralProblem, date_days, text_value, time_us
from dearly.language.template_data import template_data
from dearly.language.types import DATE, TEXT, TIME
from dearly.language.values import (
    ValueProblem,
    date_from_stored,
    date_to_stored,
    moment_at,
    normalise,
    time_of,
    time_to_stored,
    to_stored,
)

DAYS = st.dates().map(lambda day: (day - date(1970, 1, 1)).days)
TIMES = st.datetimes(timezones=st.just(UTC)).map(time_of)


@given(DAYS)
def test_a_date_has_one_spelling_everywhere(days: int) -> None:
    spelling = date_to_stored(days)

    assert to_stored(DATE, spelling) == spelling == template_data(DATE, days)
    assert date_from_stored(spelling) == date_days(spelling) == days


@given(TIMES)
def test_a_time_has_one_spelling_everywhere(microseconds: int) -> None:
    spelling = time_to_stored(microseconds)

    assert to_stored(TIME, spelling) == spelling == template_data(TIME, microseconds)
    assert time_us(spelling) == time_of(moment_at(microseconds)) == microseconds


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters='"\\'), max_size=30))
def test_a_text_is_the_same_in_a_rules_file_as_at_the_door(text: str) -> None:
    assert text_value(f'"{text}"') == to_stored(TEXT, text) == normalise(text)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("a\ud800", r"got a lone surrogate \(U\+D800\) at character 1"),
        ("a" + "\u0301" * 31, "got more than 30 combining marks in a row"),
    ],
)
def test_what_is_no_text_is_refused_with_the_reason(text: str, why: str) -> None:
    with pytest.raises(ValueProblem, match=f"expected text, {why}"):
        normalise(text)
    with pytest.raises(LiteralProblem, match=why):
        text_value(f'"{text}"')


def test_a_short_text_at_the_door_may_have_as_many_marks_as_it_likes() -> None:
    assert to_stored(TEXT, "a" + "\u0316" * 40) == "a" + "\u0316" * 40
