"""What is to be said of a rules package: stable codes, places, messages, fixes, and how they are shown."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf

from dearly.language.program import Span

_MAX_WIDTH = 110
"""Columns of a source line that are shown."""
_BEFORE = 60
"""Columns shown before the place, when the line is longer than that."""


@dataclass(frozen=True, slots=True)
class Edit:
    """The text at a place, replaced; an empty place takes an insertion."""

    span: Span
    replacement: str


@dataclass(frozen=True, slots=True)
class Fix:
    """Edits that, made together, mend a finding; ``title`` says what they do, as a menu shows it.

    Where they are not ``certain`` they are a beginning: what they write is for the author to think about.
    """

    title: str
    edits: tuple[Edit, ...]
    certain: bool = True


def replacing(span: Span, replacement: str) -> Fix:
    """The fix that puts something else in one place."""
    return Fix(f"Write `{replacement}`", (Edit(span, replacement),))


def enclosing(span: Span, before: str, after: str, title: str) -> Fix:
    """The fix that puts something before and after a place, and leaves what stands there as it is."""
    start = Span(span.file, span.line, span.column, span.line, span.column)
    end = Span(span.file, span.end_line, span.end_column, span.end_line, span.end_column)
    edits = (Edit(start, before), Edit(end, after))
    return Fix(title, tuple(edit for edit in edits if edit.replacement))


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``code`` is stable (kebab-case, listed in docs/language.md); ``hint`` says what to do.

    ``fix`` does it, where the checker knows what to write.
    """

    code: str
    severity: OneOf["error", "warning"]
    message: str
    span: Span
    hint: str | None = None
    fix: Fix | None = None


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Sorted by file and place."""
    return tuple(sorted(diagnostics, key=_order))


def _order(found: Diagnostic) -> tuple[str, int, int, str, str]:
    return (found.span.file, found.span.line, found.span.column, found.code, found.message)


def render_text(diagnostic: Diagnostic, sources: Mapping[str, str] | Mapping[str, bytes]) -> str:
    """The finding as text: what, where, the line with the place underlined, and what to do.

    ``sources`` are the files' texts or bytes; without the file the line is left out. Nothing in a source
    reaches a terminal that could move its cursor or turn its direction.
    """
    span = diagnostic.span
    lines = [f"{diagnostic.severity}[{diagnostic.code}]: {visible(diagnostic.message)}"]
    if span.file:
        lines.append(f"  --> {visible(span.file)}:{span.line}:{span.column}")
    source_line = _line(sources.get(span.file), span.line)
    if source_line is not None:
        lines.extend(_excerpt(source_line, span))
    if diagnostic.hint:
        lines.append(f"   = {visible(diagnostic.hint)}")
    return "\n".join(lines)


def _line(source: str | bytes | None, number: int) -> str | None:
    if source is None or number < 1:
        return None
    text = source if isinstance(source, str) else source.decode("utf-8-sig", "replace")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    start = 0
    for _ in range(number - 1):
        start = text.find("\n", start) + 1
        if start == 0:
            return None
    end = text.find("\n", start)
    return text[start : end if end >= 0 else len(text)]


def _excerpt(line: str, span: Span) -> list[str]:
    """The line and, below, carets under the place; a long line is cut around it."""
    start = min(span.column, len(line) + 1) - 1
    end = span.end_column - 1 if span.end_line == span.line else len(line.rstrip())
    end = max(start + 1, min(end, len(line)))
    first = max(0, start - _BEFORE) if len(line) > _MAX_WIDTH else 0
    last = first + _MAX_WIDTH
    cut = end > last
    before, marked = visible(line[first:start]), visible(line[start : min(end, last)])
    after = visible(line[min(end, last) : last])
    shown = f"{'…' if first else ''}{before}{marked}{after}{'…' if len(line) > last else ''}"
    indent = " " * (_width(before) + bool(first))
    carets = "^" * max(1, _width(marked)) + ("…" if cut else "")
    gutter = str(span.line)
    blank = " " * len(gutter)
    return [f" {blank} |", f" {gutter} | {shown}".rstrip(), f" {blank} | {indent}{carets}"]


def visible(text: str) -> str:
    """The text with tabs as spaces, and what cannot be seen or would act on a terminal written out."""
    if text.isprintable():
        return text
    return "".join(_visible_character(character) for character in text)


def _visible_character(character: str) -> str:
    if character == "\t":
        return "    "
    return character if character.isprintable() else f"<U+{ord(character):04X}>"


def _width(text: str) -> int:
    """The columns that the text takes in a terminal."""
    if text.isascii():
        return len(text)
    return sum(_character_width(character) for character in text)


def _character_width(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
