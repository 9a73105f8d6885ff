"""How values are worded: numbers as a person writes them, filters, comparisons with what is missing."""

from __future__ import annotations

import pytest

from dearly.content.local_words import LOCAL_WORDS
from dearly.content.wording import QUESTIONS, WORDS, MissingInTemplate, fixed, number_text, printed, truncate
from dearly.language.templates.filters import FILTER_NAMES, TEST_NAMES
from dearly.language.templates.lowering import COMPARISONS, URL_GUARD


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (12.0, "12"),
        (9.95, "9.95"),
        (0.0, "0"),
        (-0.0, "0"),
        (-2.5, "-2.5"),
        (0.1 + 0.2, "0.3"),
        (1e12, "1000000000000"),
        (123456789.25, "123456789.25"),
        (0.000001, "0.000001"),
        (3, "3"),
    ],
)
def test_numbers_are_printed_as_a_person_writes_them(number: float, text: str) -> None:
    assert number_text(number) == text
    assert printed(number) == text


@pytest.mark.parametrize(
    ("number", "digits", "text"),
    [
        (9.95, 2, "9.95"),
        (12.0, 2, "12.00"),
        (2.675, 2, "2.68"),
        (1.005, 2, "1.01"),
        (0.125, 2, "0.13"),
        (-0.125, 2, "-0.13"),
        (2.5, 0, "3"),
        (1e12, 2, "1000000000000.00"),
        (3, 2, "3.00"),
        (1 / 3, 6, "0.333333"),
    ],
)
def test_fixed_rounds_halves_away_from_zero(number: float, digits: int, text: str) -> None:
    assert fixed(number, digits) == text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("Trail shoes", 11), "Trail shoes"),
        (("Trail shoes", 10), "Trail…"),
        (("Trail shoes", 6), "Trail…"),
        (("Trail shoes", 10, True), "Trail sho…"),
        (("Trail shoes", 9, False, "..."), "Trail..."),
        (("Trailshoes", 5), "Trai…"),
        (("Trail", 1), "…"),
        (("Trail", 2, False, "..."), ".."),
    ],
)
def test_truncate_keeps_whole_words_and_the_length(arguments: tuple[str, int], text: str) -> None:
    assert truncate(*arguments) == text
    assert len(text) <= arguments[1]


@pytest.mark.parametrize(
    ("name", "arguments", "result"),
    [
        ("upper", ("straße",), "STRASSE"),
        ("lower", ("ÅNGSTRÖM",), "ångström"),
        ("capitalize", ("hiking BOOTS",), "Hiking boots"),
        ("title", ("don't look back",), "Don't Look Back"),
        ("trim", ("  x ",), "x"),
        ("urlencode", ("a/b c&ü?",), "a%2Fb%20c%26%C3%BC%3F"),
        ("urlencode", (12.0,), "12"),
        ("round", (2.5,), 3.0),
        ("round", (2.345, 2), 2.35),
        ("length", (("a", "b"),), 2),
        ("join", ((1.0, 2.5), ", "), "1, 2.5"),
        ("first", (("a", "b"),), "a"),
        ("last", (("a", "b"),), "b"),
        ("first", ((),), None),
        ("default", (None, "x"), "x"),
        ("default", ("", "x"), ""),
        ("default", ("", "x", True), "x"),
        ("default", (0.0, 1.0), 0.0),
    ],
)
def test_filters_give_what_their_names_say(name: str, arguments: tuple[object, ...], result: object) -> None:
    assert WORDS[name](*arguments) == result


def test_what_is_missing_stays_missing_through_every_filter_but_default() -> None:
    assert {name for name, word in WORDS.items() if name != "default" and word(None) is not None} == set()


@pytest.mark.parametrize("name", sorted(COMPARISONS))
def test_no_comparison_with_something_missing_holds(name: str) -> None:
    assert QUESTIONS[name](None, 1.0) is False
    assert QUESTIONS[name](1.0, None) is False


def test_every_word_that_the_check_allows_is_there_and_no_other() -> None:
    assert set(WORDS) | set(LOCAL_WORDS) == FILTER_NAMES | {URL_GUARD}
    assert not set(WORDS) & set(LOCAL_WORDS)
    assert set(QUESTIONS) == TEST_NAMES | COMPARISONS


def test_something_missing_is_never_printed() -> None:
    with pytest.raises(MissingInTemplate):
        printed(None)


@pytest.mark.parametrize("value", [True, ["a"], {"a": 1}, object(), len])
def test_only_texts_and_numbers_are_printed(value: object) -> None:
    with pytest.raises(TypeError, match="texts and numbers"):
        printed(value)
