"""CSV and TSV: a line is a row, and a stray quote costs its own row only."""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

from dearly.cli.importing.lines import MAX_LINE_BYTES, read_lines
from dearly.cli.importing.rows import BadRow, Row, TableError


@dataclass(frozen=True, slots=True)
class Spelling:
    """How a file's cells are told apart, and whether one in quotes may go on on the next line."""

    delimiter: str
    multiline: bool


def read_header(path: Path, spelling: Spelling) -> tuple[str, ...]:
    """The names of the columns, from the first line.

    Raises:
        TableError: there is none, or it is no row of text.
    """
    _, text = next(read_lines(path), (1, ""))
    header = text if isinstance(text, BadRow) else _split([text], text, spelling)
    if isinstance(header, BadRow):
        raise TableError(f"{path}: the first line should name the columns, but: {header.reason}")
    if not header:
        raise TableError(f"{path} is empty: expected a first line with the names of the columns.")
    if not "".join(header).isascii():
        try:
            "".join(header).encode()
        except UnicodeEncodeError:
            raise TableError(f"{path}: expected names of columns in UTF-8.") from None
    return tuple(header)


def read_rows(
    path: Path, spelling: Spelling, header: Sequence[str], columns: Sequence[str], missing: frozenset[str]
) -> Iterator[tuple[int, Row | BadRow]]:
    """Each row's first line, and its cells of the wanted columns; None where it is a ``missing`` word."""
    take = _taker([header.index(name) for name in columns])
    width = len(header)
    lines = read_lines(path)
    next(lines, None)
    for line, cells in _each_row(lines, width, spelling):
        if isinstance(cells, BadRow):
            yield line, cells
        elif cells:
            yield line, [None if cell in missing else cell for cell in take(cells)]


_Line: TypeAlias = "tuple[int, str | BadRow]"


def _each_row(
    lines: Iterator[_Line], width: int, spelling: Spelling
) -> Iterator[tuple[int, list[str] | BadRow]]:
    """Rows, each from the line where it begins. After a bad one, reading goes on with the very next line."""
    again: deque[_Line] = deque()

    def following() -> _Line | None:
        return again.popleft() if again else next(lines, None)

    while line := following():
        number, text = line
        if isinstance(text, BadRow):
            yield number, text
            continue
        if not spelling.multiline:
            yield number, _as_wide(_split([text], text, spelling), width)
            continue
        taken: list[_Line] = []
        row = _as_wide(_split(_continued(text, following, taken), text, spelling), width)
        if isinstance(row, BadRow):
            again.extendleft(reversed(taken))
        yield number, row


def _continued(text: str, following: Callable[[], _Line | None], taken: list[_Line]) -> Iterator[str]:
    """A line and, for as long as a quote is open, those below it, which are noted in ``taken``."""
    size = len(text)
    yield text
    while line := following():
        taken.append(line)
        _, more = line
        if isinstance(more, BadRow) or (size := size + len(more)) > MAX_LINE_BYTES:
            return
        yield more


def _split(lines: Sequence[str] | Iterator[str], first: str, spelling: Spelling) -> list[str] | BadRow:
    """The cells of the row that begins with the line ``first``; none of an empty line."""
    try:
        return next(csv.reader(lines, delimiter=spelling.delimiter, strict=True), [])
    except csv.Error as error:
        reason = f"not a row: {error}."
        if '"' in first and not spelling.multiline:
            reason += " Mend its quotes; or, if cells have line breaks in quotes, say `multiline = true`."
        return BadRow(reason, first.rstrip("\r\n"))


def _as_wide(cells: list[str] | BadRow, width: int) -> list[str] | BadRow:
    if isinstance(cells, BadRow) or len(cells) in (0, width):
        return cells
    return BadRow(f"expected {width} columns, got {len(cells)}.", cells)


def _taker(places: Sequence[int]) -> Callable[[Row], Row]:
    if len(places) > 1:
        return itemgetter(*places)
    return lambda cells: [cells[place] for place in places]
