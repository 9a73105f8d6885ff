"""Values at the door: what each type takes, what it refuses and in which words, and the one stored form."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.language.program import Field
from dearly.language.types import BOOL, DATE, NUMBER, TEXT, TIME, URL, ItemRef, SetOf, Type
from dearly.language.values import (
    FieldProblem,
    ValueProblem,
    check_fields,
    check_id,
    stored_reader,
    time_from_stored,
    time_to_stored,
    to_stored,
)
from tests.steps import steps_of

PRODUCT = ItemRef("product")

TAKEN: list[tuple[Type, object, object]] = [
    (TEXT, "", ""),
    (TEXT, "Käse\n\t\x00", "Käse\n\t\x00"),
    (TEXT, "e\u0301", "é"),
    (TEXT, "Ａ", "Ａ"),
    (TEXT, "x" * 65_536, "x" * 65_536),
    (URL, "https://a.example/?q=ü", "https://a.example/?q=ü"),
    (URL, "javascript:alert(1)", "javascript:alert(1)"),  # kept as text; the template's guard decides
    (PRODUCT, "p-1", "p-1"),
    (PRODUCT, "e\u0301", "é"),
    (NUMBER, 3, 3.0),
    (NUMBER, -1e12, -1e12),
    (NUMBER, 5e-324, 5e-324),
    (BOOL, False, False),
    (DATE, "2024-02-29", "2024-02-29"),
    (DATE, date(2024, 2, 29), "2024-02-29"),
    (TIME, "2026-03-01T10:00:00Z", "2026-03-01T10:00:00Z"),
    (TIME, "2026-03-01t10:00:00.5z", "2026-03-01T10:00:00.500000Z"),
    (TIME, "2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
    (TIME, "2026-03-01 10:00:00-23:59", "2026-03-02T09:59:00Z"),
    (TIME, datetime(2026, 3, 1, 10, tzinfo=timezone(timedelta(hours=2))), "2026-03-01T08:00:00Z"),
    (SetOf(TEXT), ["b", "a", "b", "e\u0301", "é"], ["a", "b", "é"]),
    (SetOf(TEXT), [], []),
    (SetOf(NUMBER), (3, 1, 1.0), [1.0, 3.0]),
    (SetOf(DATE), {"2026-01-02", "2026-01-01"}, ["2026-01-01", "2026-01-02"]),
    (SetOf(PRODUCT), ["p1"], ["p1"]),
]

REFUSED: list[tuple[Type, object, str]] = [
    (TEXT, 5, "expected text, got a number"),
    (TEXT, True, "expected text, got true or false"),
    (TEXT, ["a"], "expected text, got a list"),
    (TEXT, {"a": 1}, "expected text, got a mapping"),
    (TEXT, b"a", "expected text, got bytes"),
    (TEXT, "\ud800", r"lone surrogate \(U\+D800\) at character 0"),
    (TEXT, "ab\udfff", "at character 2"),
    (TEXT, "x" * 65_537, "at most 65,536 bytes, got 65,537"),
    (TEXT, "ü" * 32_769, "at most 65,536 bytes, got 65,538"),
    (URL, "https://a.example/" + "x" * 2_048, "at most 2,048 characters"),
    (URL, "java\nscript:alert(1)", "control characters"),
    (URL, "https://a.example/\u2028", "line breaks"),
    (PRODUCT, "", "1 to 256 bytes, got an empty one"),
    (PRODUCT, "x" * 257, "at most 256 bytes, got 257"),
    (PRODUCT, 7, "expected an id, got a number"),
    (NUMBER, True, "expected a number, got true or false"),
    (NUMBER, "1e3", "expected a number, got text"),
    (NUMBER, math.nan, "got nan"),
    (NUMBER, math.inf, "got inf"),
    (NUMBER, -math.inf, "got -inf"),
    (NUMBER, 1e12 + 1, "between -1e12 and 1e12, got one beyond"),
    (NUMBER, 2**63, "got one beyond"),
    (NUMBER, 10**5_000, "got one beyond"),
    (BOOL, 1, "expected true or false, got a number"),
    (BOOL, "true", "expected true or false, got text"),
    (DATE, "2026-02-29", "expected a date as YYYY-MM-DD"),
    (DATE, "20260228", "YYYY-MM-DD"),
    (DATE, "2026-W01-1", "YYYY-MM-DD"),
    (DATE, "0000-01-01", "YYYY-MM-DD"),
    (DATE, "२०२६-01-01", "YYYY-MM-DD"),
    (DATE, datetime(2026, 1, 1, tzinfo=UTC), "YYYY-MM-DD"),
    (TIME, "2026-03-01T10:00:00", "with its offset"),
    (TIME, "2026-03-01", "RFC 3339"),
    (TIME, "9999-12-31T23:59:60Z", "no day has"),
    (TIME, "0000-01-01T00:00:00Z", "no day has"),
    (TIME, "0001-01-01T00:00:00+14:00", "no day has"),
    (TIME, "2026-03-08T02:30:00[America/New_York]", "RFC 3339"),
    (TIME, 1_764_000_000_000, "got a number"),
    (TIME, datetime(2026, 1, 1), "without its offset"),  # noqa: DTZ001 (the point)
    (SetOf(TEXT), "abc", "expected a set of text, got text"),
    (SetOf(TEXT), ["a", 1], "expected text, got a number"),
    (SetOf(TEXT), ["a", None], "expected text, got nothing"),
    (SetOf(TEXT), [["a"]], "expected text, got a list"),
    (SetOf(NUMBER), [True], "expected a number"),
    (SetOf(TEXT), ["a"] * 10_001, "at most 10,000 elements, got 10,001"),
]


def named(rows: list[tuple[Type, object, Any]]) -> list[str]:
    return [f"{kind}-{number}" for number, (kind, *_) in enumerate(rows)]


@pytest.mark.parametrize(("kind", "incoming", "stored"), TAKEN, ids=named(TAKEN))
def test_a_value_of_its_type_has_one_stored_form(kind: Type, incoming: object, stored: object) -> None:
    found = to_stored(kind, incoming)
    assert found == stored
    assert type(found) is type(stored)


@pytest.mark.parametrize(("kind", "incoming", "words"), REFUSED, ids=named(REFUSED))
def test_a_value_that_does_not_fit_is_refused_in_words(kind: Type, incoming: object, words: str) -> None:
    with pytest.raises(ValueProblem, match=words):
        to_stored(kind, incoming)


@pytest.mark.parametrize(("kind", "incoming", "_"), TAKEN, ids=named(TAKEN))
def test_storing_what_is_stored_changes_nothing(kind: Type, incoming: object, _: object) -> None:
    once = to_stored(kind, incoming)
    assert to_stored(kind, once) == once


def test_negative_zero_is_stored_as_zero() -> None:
    assert math.copysign(1, float(str(to_stored(NUMBER, -0.0)))) == 1


def test_a_refusal_never_repeats_the_value() -> None:
    for kind in (NUMBER, BOOL, DATE, TIME, SetOf(TEXT), PRODUCT):
        with pytest.raises(ValueProblem) as caught:
            to_stored(kind, "secret" * 60)
        assert "secret" not in str(caught.value)


def test_nesting_is_refused_at_its_first_level_however_deep_it_is() -> None:
    deep: Any = "x"
    for _ in range(100_000):
        deep = [deep]
    for kind in (TEXT, NUMBER, BOOL, DATE, TIME, URL, SetOf(TEXT)):
        assert steps_of(lambda kind=kind: refuse(kind, deep, "got a list")) < 2_000  # most of them pytest's
    while isinstance(deep, list):  # taken apart by hand: freeing it in one go is what is slow
        deep = deep[0]


def refuse(kind: Type, incoming: object, why: str) -> None:
    with pytest.raises(ValueProblem, match=why):
        to_stored(kind, incoming)


def test_combining_marks_without_end_are_refused_unnormalised(monkeypatch: pytest.MonkeyPatch) -> None:
    def normalize(form: str, text: str) -> str:
        raise AssertionError("normalising takes quadratic time over a run of combining marks")

    with monkeypatch.context() as patched:
        patched.setattr(unicodedata, "normalize", normalize)
        refuse(TEXT, "a" + "\u0301\u0327" * 16_000, "more than 30 combining marks")


@pytest.mark.parametrize("bad", ["", "x" * 257, "a\x00b", "a\nb", "\ud800", None, 5, "\u2028"])
def test_an_id_is_short_text_on_one_line(bad: object) -> None:
    with pytest.raises(ValueProblem, match="expected an id"):
        check_id(bad)


def test_ids_that_look_the_same_are_the_same() -> None:
    assert check_id("Zoe\u0308") == check_id("Zoë") == "Zoë"


def test_dates_and_times_are_read_back_as_whole_numbers() -> None:
    assert stored_reader(DATE)("1970-01-02") == 1
    assert stored_reader(DATE)("1969-12-31") == -1
    assert stored_reader(TIME)("1970-01-01T00:00:01.000002Z") == 1_000_002
    assert stored_reader(SetOf(DATE))(["1970-01-02"]) == frozenset({1})
    assert stored_reader(NUMBER)(3) == 3.0
    assert stored_reader(PRODUCT)("p") == "p"


@pytest.mark.parametrize(
    ("kind", "kept"),
    [
        (TEXT, 5.0),
        (NUMBER, "5"),
        (NUMBER, True),
        (NUMBER, 10**400),
        (BOOL, 1.0),
        (DATE, "soon"),
        (DATE, 5.0),
        (TIME, "2026-01-01"),
        (TIME, "2026-01-01T00:00:00"),
        (SetOf(TEXT), "a"),
        (SetOf(NUMBER), ["a"]),
        (PRODUCT, ["a"]),
    ],
)
def test_a_kept_value_that_no_longer_fits_its_type_is_missing(kind: Type, kept: object) -> None:
    assert stored_reader(kind)(kept) is None


@given(st.integers(-62_135_596_800_000_000, 253_402_300_799_999_999))
def test_every_moment_survives_its_stored_form(time_us: int) -> None:
    assert time_from_stored(time_to_stored(time_us)) == time_us


@given(
    st.text() | st.integers() | st.floats() | st.booleans() | st.lists(st.text()) | st.none() | st.binary()
)
def test_whatever_comes_is_stored_or_refused_and_nothing_else(incoming: object) -> None:
    for kind in (TEXT, URL, NUMBER, BOOL, DATE, TIME, PRODUCT, SetOf(TEXT), SetOf(NUMBER)):
        try:
            stored = to_stored(kind, incoming)
        except ValueProblem:
            continue
        assert stored_reader(kind)(stored) is not None


# ---------------------------------------------------------------------------------------------- whole records


def fields(**kinds: Field) -> Mapping[str, Field]:
    return kinds


DECLARED = fields(
    title=Field("title", TEXT, optional=False),
    price=Field("price", NUMBER, optional=True),
    available=Field("available", BOOL, optional=False, default=True),
)


def test_a_whole_record_needs_what_is_declared_without_question_mark_or_default() -> None:
    assert check_fields(DECLARED, {"title": "Tent"}, partial=False) == {"title": "Tent"}
    for incoming in ({"price": 1}, {"title": None}):
        with pytest.raises(FieldProblem) as caught:
            check_fields(DECLARED, incoming, partial=False)
        assert caught.value.field == "title"
        assert "expected a text, got nothing" in caught.value.message


def test_none_is_the_same_as_absent_in_a_whole_record() -> None:
    assert check_fields(DECLARED, {"title": "Tent", "price": None}, partial=False) == {"title": "Tent"}


def test_a_patch_checks_only_what_came_and_keeps_what_it_clears() -> None:
    assert check_fields(DECLARED, {}, partial=True) == {}
    assert check_fields(DECLARED, {"price": 3, "title": None}, partial=True) == {"title": None, "price": 3.0}


def test_an_undeclared_field_is_refused_with_the_nearest_name() -> None:
    with pytest.raises(FieldProblem) as caught:
        check_fields(DECLARED, {"title": "Tent", "prize": 3}, partial=False)
    assert caught.value.field == "prize"
    assert caught.value.hint == "Did you mean `price`?"


def test_a_hostile_field_name_is_shown_short_and_printable() -> None:
    with pytest.raises(FieldProblem) as caught:
        check_fields(DECLARED, {"\n\ud800" + "k" * 1_000: 1}, partial=True)
    assert len(caught.value.field) < 60
    assert caught.value.field.isprintable()


def test_the_field_that_does_not_fit_is_named() -> None:
    with pytest.raises(FieldProblem, match=r"^price: expected a number, got text\.") as caught:
        check_fields(DECLARED, {"title": "Tent", "price": "9.99"}, partial=False)
    assert caught.value.field == "price"
