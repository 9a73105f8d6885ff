"""A rules file as text that knows its places: bytes to text, and offsets to lines and columns."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from dearly.language.diagnostics import Diagnostic
from dearly.language.program import Span

MAX_FILE_BYTES = 1 << 20

_NEWLINES = re.compile("\r\n?")
_UTF16_MARKS = (b"\xff\xfe", b"\xfe\xff")


@dataclass(frozen=True, slots=True)
class Source:
    """The text of one file and the offsets at which its lines begin."""

    file: str
    text: str
    line_starts: Sequence[int]


def open_source(text: str, file: str) -> Source:
    """The text with its lines found."""
    starts = array("L", [0])
    starts.extend(match.end() for match in re.finditer("\n", text))
    return Source(file, text, starts)


def place(source: Source, start: int, end: int) -> Span:
    """The span from one offset to another, in characters, 1-based, its end exclusive."""
    line = bisect_right(source.line_starts, start)
    end_line = bisect_right(source.line_starts, end, line - 1)
    column = start - source.line_starts[line - 1] + 1
    return Span(source.file, line, column, end_line, end - source.line_starts[end_line - 1] + 1)


def decode_rules(data: bytes, file: str) -> str | Diagnostic:
    """The text of a rules file, or why it cannot be read.

    The text is UTF-8; a byte order mark is dropped and every line end becomes ``\\n``, so that a file means
    the same whichever system saved it.
    """
    if len(data) > MAX_FILE_BYTES:
        return too_large(len(data), file)
    if data.startswith(_UTF16_MARKS):
        message = "This file is UTF-16 (its byte 0 begins the mark of it); UTF-8 is expected."
        return _bad_encoding(message, Span(file, 1, 1, 1, 1))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        # The decoder counts from after the mark that it drops.
        offset = len(data) - len(error.object) + error.start
        readable = _NEWLINES.sub("\n", data[:offset].decode("utf-8-sig"))
        message = f"Byte {offset:,} (0x{data[offset]:02x}) is not UTF-8, which is expected."
        end = len(readable)
        return _bad_encoding(message, place(open_source(readable, file), end, end))
    return _NEWLINES.sub("\n", text)


def too_large(size: int, file: str) -> Diagnostic:
    """The finding that a file of ``size`` bytes is beyond the limit."""
    message = f"This file has {size:,} bytes; at most {MAX_FILE_BYTES:,} are read."
    return Diagnostic(
        "file-too-large", "error", message, Span(file, 1, 1, 1, 1), "Split it into several files."
    )


def _bad_encoding(message: str, span: Span) -> Diagnostic:
    return Diagnostic("bad-encoding", "error", message, span, "Save the file as UTF-8.")
