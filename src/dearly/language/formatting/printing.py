"""Pieces to lines: what fits is not broken, what was commented is, and comments stand in columns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from dearly.language.formatting.comments import Comment, Gap
from dearly.language.formatting.pieces import Break, Close, Column, Open, Piece, Word

WIDTH = 110
"""Of a line, in characters; a text or a name that is longer stands alone."""

_BEFORE_COMMENT = 2


@dataclass(slots=True)
class Line:
    """A line of the file, with the comment at its end; ``empty_before`` puts an empty line before it."""

    text: str
    comment: str = ""
    empty_before: bool = False

    @property
    def indent(self) -> int:
        """How many spaces it begins with."""
        return len(self.text) - len(self.text.lstrip(" "))


def print_pieces(pieces: Sequence[Piece], gaps: Mapping[int, Gap]) -> list[Line]:
    """The lines of one declaration."""
    printer = _Printer(pieces, gaps, _broken_groups(pieces, gaps))
    for number, piece in enumerate(pieces):
        printer.take(number, piece)
    return printer.lines


def _broken_groups(pieces: Sequence[Piece], gaps: Mapping[int, Gap]) -> set[int]:
    """The groups, by the numbers of their beginnings, that are broken whether they fit or not."""
    broken: set[int] = set()
    around: list[int] = []
    for number, piece in enumerate(pieces):
        match piece:
            case Open():
                around.append(number)
                if piece.broken:
                    broken.update(around)
            case Close():
                around.pop()
            case Break() if number in gaps and gaps[number].comments:
                broken.update(around)
    return broken


@dataclass(frozen=True, slots=True)
class _Group:
    outside: int
    inside: int
    """Indentations."""
    broken: bool


@dataclass(slots=True)
class _Printer:
    """Takes the pieces one by one, and remembers what the line holds."""

    pieces: Sequence[Piece]
    gaps: Mapping[int, Gap]
    broken: set[int]
    lines: list[Line] = field(default_factory=lambda: [Line("")])
    groups: list[_Group] = field(default_factory=lambda: [_Group(0, 0, True)])

    def take(self, number: int, piece: Piece) -> None:
        line = self.lines[-1]
        match piece:
            case Word():
                line.text += piece.text
            case Open():
                self._begin(number, piece)
            case Close():
                self.groups.pop()
            case Column():
                at = piece.at if self.groups[-1].broken else 0
                line.text += " " * max(1, at - len(line.text))
            case Break():
                self._break(number, piece)

    def _begin(self, number: int, group: Open) -> None:
        around, width = self.groups[-1], len(self.lines[-1].text)
        inside = (width if group.hanging else around.inside) + group.indent
        broken = number in self.broken or (around.broken and not self._fits(number))
        self.groups.append(_Group(around.inside, inside, broken))

    def _break(self, number: int, piece: Break) -> None:
        group, gap = self.groups[-1], self.gaps.get(number, Gap())
        is_broken = group.broken and (not piece.fill or gap.comments or not self._fits_up_to_next(number))
        if not is_broken:
            self.lines[-1].text += piece.flat
            return
        self._end_line(gap.comments, group.inside, piece.members)
        empty = piece.members and gap.empty_after and not piece.outer
        self.lines.append(Line(" " * (group.outside if piece.outer else group.inside), "", empty))

    def _end_line(self, comments: Sequence[Comment], indent: int, may_be_empty: bool) -> None:
        for number, comment in enumerate(comments):
            if number == 0 and not comment.own_line:
                self.lines[-1].comment = comment.text
            else:
                empty = may_be_empty and comment.empty_before
                self.lines.append(Line(" " * indent + comment.text, "", empty))

    def _fits(self, number: int) -> bool:
        """Whether the group that begins here, and what cannot be parted from its end, fits on the line."""
        room = WIDTH - len(self.lines[-1].text)
        around = len(self.groups)
        level = around
        for at in range(number, len(self.pieces)):
            piece = self.pieces[at]
            match piece:
                case Open():
                    level += 1
                case Close():
                    level -= 1
                case Break() if level <= around and self.groups[level - 1].broken:
                    return room >= 0
                case Word() | Break() | Column():
                    room -= _width(piece)
            if room < 0:
                return False
        return True

    def _fits_up_to_next(self, number: int) -> bool:
        """Whether what stands between this break and the next fits on the line."""
        room = WIDTH - len(self.lines[-1].text) - _width(self.pieces[number])
        for piece in self.pieces[number + 1 :]:
            if isinstance(piece, Break) or room < 0:
                break
            room -= _width(piece)
        return room >= 0


def _width(piece: Piece) -> int:
    match piece:
        case Word():
            return len(piece.text)
        case Break():
            return len(piece.flat)
        case Column():
            return 1
        case _:
            return 0


def align_comments(lines: Sequence[Line]) -> None:
    """Put the comments at the ends of neighbouring lines, of one indentation, into one column."""
    run: list[Line] = []
    for line in lines:
        if run and (line.empty_before or line.indent != run[-1].indent):
            _align(run)
            run = []
        run.append(line)
    _align(run)


def _align(run: Sequence[Line]) -> None:
    commented = [line for line in run if line.comment]
    column = max((len(line.text) for line in commented), default=0) + _BEFORE_COMMENT
    for line in commented:
        line.text = f"{line.text:<{column}}{line.comment}"
        line.comment = ""
