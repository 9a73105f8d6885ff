"""Positions as editors count them, and as findings do.

The Language Server Protocol counts lines from 0 and, within a line, the units of an encoding that client and
server agree on: UTF-16, unless they say otherwise (LSP 3.17, "Position"). Places in rules and templates count
lines and characters from 1, whatever bytes a character takes. Both end a line at ``\\n``, ``\\r\\n`` and
``\\r``, and nowhere else.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.diagnostics import Edit
from dearly.language.program import Span

Encoding: TypeAlias = OneOf["utf-8", "utf-16", "utf-32"]

_LINE_ENDS = re.compile("\r\n|\r|\n")
_MARK = "\ufeff"


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place between two characters, as an editor counts: both from 0, ``units`` in an encoding."""

    line: int
    units: int


@dataclass(frozen=True, slots=True)
class Document:
    """A file's text as an editor has it; ``mark`` is 1 where it begins with a byte order mark, else 0."""

    lines: tuple[str, ...]
    mark: int
    encoding: Encoding

    def end(self) -> Position:
        """The end of the text."""
        last = len(self.lines) - 1
        return Position(last, _units(self.lines[last], self.encoding))


@lru_cache(maxsize=64)  # a file is asked about for each of its places: thousands of times for one rename
def open_document(text: str, encoding: Encoding) -> Document:
    """The text, cut into lines."""
    return Document(tuple(_LINE_ENDS.split(text)), int(text.startswith(_MARK)), encoding)


def to_editor(document: Document, line: int, column: int) -> Position:
    """Where a line and column of a span are; a place beyond a line, or beyond the text, is at its end."""
    if line > len(document.lines):
        return document.end()
    index = max(line, 1) - 1
    characters = max(column, 1) - 1 + (document.mark if index == 0 else 0)
    return Position(index, _units(document.lines[index][:characters], document.encoding))


def range_of(document: Document, span: Span) -> tuple[Position, Position]:
    """The beginning and end of a span; of one that is nowhere, the beginning of the text."""
    start = to_editor(document, span.line, span.column)
    return start, max(start, to_editor(document, span.end_line, span.end_column))


def from_editor(document: Document, position: Position) -> tuple[int, int]:
    """The line and column of a position, as spans count; within a character it is at its beginning."""
    if position.line >= len(document.lines):
        return len(document.lines), len(document.lines[-1]) + 1
    text = document.lines[position.line]
    characters = _characters(text, position.units, document.encoding)
    return position.line + 1, max(1, characters + 1 - (document.mark if position.line == 0 else 0))


def offset_of(document: Document, line: int, column: int) -> int:
    """The character of a line and column in the text that the parser reads: no mark, every line end one."""
    lines = document.lines[: line - 1]
    return sum(len(one) + 1 for one in lines) - (document.mark if lines else 0) + column - 1


def plain_text(document: Document) -> str:
    """The text that the parser reads: no mark, every line end one."""
    return "\n".join(document.lines)[document.mark :]


def apply_edits(document: Document, edits: Iterable[Edit]) -> str:
    """The text that the parser reads, once edits to it are made; no two of them touch the same place."""
    text = plain_text(document)
    for edit in sorted(edits, key=lambda one: (one.span.line, one.span.column), reverse=True):
        start = offset_of(document, edit.span.line, edit.span.column)
        end = offset_of(document, edit.span.end_line, edit.span.end_column)
        text = text[:start] + edit.replacement + text[end:]
    return text


def _units(text: str, encoding: Encoding) -> int:
    if text.isascii() or encoding == "utf-32":
        return len(text)
    return sum(_UNITS[encoding](character) for character in text)


def _characters(text: str, units: int, encoding: Encoding) -> int:
    """How many whole characters lie before so many units."""
    if text.isascii() or encoding == "utf-32":
        return min(units, len(text))
    seen = 0
    for index, character in enumerate(text):
        seen += _UNITS[encoding](character)
        if seen > units:
            return index
    return len(text)


_UNITS = {
    "utf-8": lambda character: 1 + (character > "\x7f") + (character > "\u07ff") + (character > "\uffff"),
    "utf-16": lambda character: 1 + (character > "\uffff"),
}
