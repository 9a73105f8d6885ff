"""The comments of a rules file, and the break of a declaration at which each can stand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from dearly.language.formatting.pieces import Break, Piece, Word

_COMMENT = re.compile(r"#[^\n]*")
_EMPTY_LINE = re.compile(r"\n[ \t\r]*\n")


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment, without the spaces at its end."""

    text: str
    own_line: bool
    """Whether nothing stands before it on its line."""
    empty_before: bool
    """Whether an empty line stands before it."""


@dataclass(frozen=True, slots=True)
class Gap:
    """What stands between two words."""

    comments: tuple[Comment, ...] = ()
    empty_after: bool = False
    """Whether an empty line stands before the next word."""


def read_gap(text: str, start: int, end: int) -> Gap:
    """The comments between two places of the text, between which no word stands."""
    comments: list[Comment] = []
    position = start
    for match in _COMMENT.finditer(text, start, end):
        before = text[position : match.start()]
        own_line = "\n" in before or position == 0
        comments.append(Comment(match[0].rstrip(), own_line, _EMPTY_LINE.search(before) is not None))
        position = match.end()
    return Gap(tuple(comments), _EMPTY_LINE.search(text, position, end) is not None)


@dataclass(frozen=True, slots=True)
class Placed:
    """The gaps of a declaration by the number of the break at which they are told; the rest come after it."""

    gaps: dict[int, Gap]
    after: tuple[Comment, ...]


def place_comments(text: str, pieces: Sequence[Piece]) -> Placed:
    """Each comment within a declaration at the first place after it where a line can be broken."""
    gaps: dict[int, Gap] = {}
    waiting: list[Comment] = []
    end: int | None = None
    place: int | None = None
    """The first break since the last word."""
    for number, piece in enumerate(pieces):
        if isinstance(piece, Break) and place is None:
            place = number
        elif isinstance(piece, Word) and piece.start is not None:
            gap = Gap() if end is None else read_gap(text, end, piece.start)
            waiting += gap.comments
            if place is not None:
                gaps[place] = Gap(tuple(waiting), gap.empty_after)
                waiting = []
            place, end = None, piece.end
    return Placed(gaps, tuple(waiting))
