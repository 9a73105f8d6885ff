"""Lines and units as editors count them, whatever encoding, line ends, marks and scripts."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.editor import (
    Document,
    Encoding,
    Position,
    from_editor,
    offset_of,
    open_document,
    plain_text,
    range_of,
    to_editor,
)
from dearly.language.program import Span

ENCODINGS: tuple[Encoding, ...] = ("utf-8", "utf-16", "utf-32")


@pytest.mark.parametrize(
    ("encoding", "units"), [("utf-8", 4 + 3 + 2), ("utf-16", 2 + 2 + 1), ("utf-32", 1 + 2 + 1)]
)
def test_characters_count_as_many_units_as_their_encoding_takes(encoding: Encoding, units: int) -> None:
    document = open_document("😋e\u0301é|", encoding)
    assert to_editor(document, 1, 5) == Position(0, units)
    assert from_editor(document, Position(0, units)) == (1, 5)


def test_a_position_within_a_character_is_at_its_beginning() -> None:
    assert from_editor(open_document("a😋b", "utf-16"), Position(0, 2)) == (1, 2)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_every_line_end_of_the_protocol_ends_a_line(end: str) -> None:
    document = open_document(f"one{end}two", "utf-16")
    assert to_editor(document, 2, 3) == Position(1, 2)
    assert plain_text(document) == "one\ntwo"
    assert offset_of(document, 2, 3) == 6


@pytest.mark.parametrize("no_end", ["\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"])
def test_nothing_else_ends_a_line(no_end: str) -> None:
    assert len(open_document(f"one{no_end}two", "utf-16").lines) == 1


def test_a_byte_order_mark_is_counted_by_the_editor_and_not_in_findings() -> None:
    document = open_document("\ufeffvalue\nx", "utf-16")
    assert to_editor(document, 1, 1) == Position(0, 1)
    assert from_editor(document, Position(0, 1)) == (1, 1)
    assert from_editor(document, Position(0, 0)) == (1, 1)
    assert to_editor(document, 2, 1) == Position(1, 0)
    assert plain_text(document) == "value\nx"
    assert offset_of(document, 2, 1) == 6


def test_places_beyond_the_text_are_at_its_end() -> None:
    document = open_document("ab\nc", "utf-16")
    assert to_editor(document, 9, 9) == Position(1, 1)
    assert from_editor(document, Position(9, 9)) == (2, 2)
    assert from_editor(document, Position(0, 99)) == (1, 3)
    assert range_of(document, Span("f", 0, 0, 0, 0)) == (Position(0, 0), Position(0, 0))


@settings(max_examples=200, deadline=None)
@given(
    st.lists(st.sampled_from(["a", "é", "😋", "\u0301", "\n", "\r\n", "\r", "\u2028"]), max_size=12).map(
        "".join
    ),
    st.sampled_from(ENCODINGS),
    st.booleans(),
)
def test_every_place_comes_back_as_it_went(text: str, encoding: Encoding, mark: bool) -> None:
    document: Document = open_document("\ufeff" * mark + text, encoding)
    plain = plain_text(document)
    for number, line in enumerate(plain.split("\n"), start=1):
        for column in range(1, len(line) + 2):
            position = to_editor(document, number, column)
            assert from_editor(document, position) == (number, column)
            offset = offset_of(document, number, column)
            assert plain.count("\n", 0, offset) + 1 == number
            assert offset - (plain.rfind("\n", 0, offset) + 1) == column - 1
