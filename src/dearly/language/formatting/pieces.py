"""What a declaration is laid out as: words, and the places where its lines may be broken."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from lark import Token, Tree


@dataclass(frozen=True, slots=True)
class Word:
    """A token, or what is put between two; ``end`` is where it ends in the text (None: it was not there)."""

    text: str
    start: int | None = None
    end: int | None = None


@dataclass(frozen=True, slots=True)
class Break:
    """A new line where its group is broken, else the ``flat`` text.

    ``always`` breaks without regard to the group; ``fill`` only where what follows would not fit. ``outer``
    ends the group's indentation: it stands before a closing bracket. Between two ``members`` an author's
    empty line is kept.
    """

    flat: str = " "
    always: bool = False
    fill: bool = False
    outer: bool = False
    members: bool = False


@dataclass(frozen=True, slots=True)
class Column:
    """Spaces up to a column of the line (counted from 0) where its group is broken; at least one."""

    at: int = 0


@dataclass(frozen=True, slots=True)
class Open:
    """A group begins: all of its breaks are new lines, or none. What fits on the line is not broken.

    Broken lines are indented by ``indent`` more than those around, or with ``hanging`` than this place.
    """

    indent: int = 2
    broken: bool = False
    hanging: bool = False


@dataclass(frozen=True, slots=True)
class Close:
    """The last group that was begun ends."""


Piece: TypeAlias = Word | Break | Column | Open | Close
Unread: TypeAlias = "Piece | Token | Tree[Token]"
"""A piece, or what pieces are still to be made of."""

SPACE = Word(" ")
