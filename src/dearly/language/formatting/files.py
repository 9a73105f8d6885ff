"""A whole rules file in its layout: its declarations, the comments between them, neighbours in columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from lark import Token, Tree

from dearly import DearlyError
from dearly.language.diagnostics import Diagnostic
from dearly.language.formatting.comments import Comment, Gap, Placed, place_comments, read_gap
from dearly.language.formatting.declaration_layouts import Head, declaration_pieces
from dearly.language.formatting.pieces import Piece, Word
from dearly.language.formatting.printing import WIDTH, Line, align_comments, print_pieces
from dearly.language.syntax.grammar import grammar
from dearly.language.syntax.parser import parse_rules
from dearly.language.syntax.sections import split
from dearly.language.syntax.source import MAX_FILE_BYTES, open_source, too_large


class Unformattable(DearlyError):
    """A rules file that cannot be read has no layout; ``diagnostics`` say what is wrong with it."""

    def __init__(self, file: str, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__(f"{file} cannot be read, so it was not formatted.")
        self.diagnostics = diagnostics


def format_rules(text: str, file: str) -> str:
    """The text in its one layout. It means the same, keeps every comment, and is its own layout.

    Raises:
        Unformattable: the text does not parse, or would be too large once it is laid out.
    """
    _, problems = parse_rules(text, file)
    if problems:
        raise Unformattable(file, problems)
    declared = _in_columns(text, _read(text, file))
    lines = _file_lines(text, declared)
    align_comments(lines)
    formatted = "".join(("\n" if line.empty_before else "") + line.text + "\n" for line in lines)
    if (size := len(formatted.encode())) > MAX_FILE_BYTES:
        raise Unformattable(file, (too_large(size, file),))
    return formatted


@dataclass(frozen=True, slots=True)
class _Declared:
    """A declaration, and how it is laid out."""

    parsed: Tree[Token]
    start: int
    pieces: list[Piece]
    placed: Placed
    lines: list[Line]
    before: Gap
    """What stands between it and the declaration before."""
    end: int
    """Where its last word ends."""

    @property
    def keyword(self) -> str:
        """What it begins with."""
        return _words(self.pieces)[0].text

    @property
    def is_line(self) -> bool:
        """Whether it stands on one line."""
        return len(self.lines) == 1


def _read(text: str, file: str) -> list[_Declared]:
    declared: list[_Declared] = []
    for section in split(open_source(text, file)):
        parsed = grammar().parse(text[section.start : section.end])
        found = _laid_out(text, parsed, section.start, Head(), opened=False)
        begin = declared[-1].end if declared else 0
        gap = read_gap(text, begin, _words(found.pieces)[0].start or 0)
        declared.append(replace(found, before=gap))
    return declared


def _laid_out(text: str, parsed: Tree[Token], start: int, head: Head, opened: bool) -> _Declared:
    pieces = declaration_pieces(parsed, start, head, opened)
    placed = place_comments(text, pieces)
    lines = print_pieces(pieces, placed.gaps)
    return _Declared(parsed, start, pieces, placed, lines, Gap(), _words(pieces)[-1].end or 0)


def _words(pieces: Sequence[Piece]) -> list[Word]:
    return [piece for piece in pieces if isinstance(piece, Word) and piece.start is not None]


# ------------------------------------------------------------------------------------------------- neighbours


def _in_columns(text: str, declared: Sequence[_Declared]) -> list[_Declared]:
    """Neighbours of one kind, a line each, with their titles and bodies in columns, as far as they fit."""
    found: list[_Declared] = []
    run: list[_Declared] = []
    for one in declared:
        if run and not _are_neighbours(run[-1], one):
            found += _run_in_columns(text, run)
            run = []
        run.append(one)
    return found + _run_in_columns(text, run)


def _are_neighbours(before: _Declared, after: _Declared) -> bool:
    between = (*before.placed.after, *after.before.comments)
    is_parted = after.before.empty_after or any(comment.empty_before for comment in between)
    return before.is_line and after.is_line and before.keyword == after.keyword and not is_parted


def _run_in_columns(text: str, run: Sequence[_Declared]) -> list[_Declared]:
    if len(run) < 2:
        return list(run)
    head = _head_of(run)
    fits = [_width(one, head) <= WIDTH for one in run]
    head = _head_of([one for one, does in zip(run, fits, strict=True) if does])
    return [_aligned(text, one, head) if does else one for one, does in zip(run, fits, strict=True)]


def _width(one: _Declared, head: Head) -> int:
    return head.body - len(" ".join(_head_words(one))) - 1 + len(one.lines[0].text)


def _aligned(text: str, one: _Declared, head: Head) -> _Declared:
    return replace(_laid_out(text, one.parsed, one.start, head, opened=False), before=one.before)


def _head_of(run: Sequence[_Declared]) -> Head:
    names = [_head_words(one) for one in run]
    title = 1 + max((len(" ".join(words[:2])) for words in names), default=0)
    titles = [len(words[2]) for words in names if len(words) == 3]
    return Head(title, title + max(titles) + 1 if titles else title)


def _head_words(one: _Declared) -> list[str]:
    """Its keyword, its name, and its title where it has one."""
    tokens = [child for child in one.parsed.children[:3] if isinstance(child, Token)]
    return [str(token) for token in tokens if token.type not in ("LBRACE", "EQUAL")]


# ------------------------------------------------------------------------------------------------- all of it


def _file_lines(text: str, declared: Sequence[_Declared]) -> list[Line]:
    lines: list[Line] = []
    before: _Declared | None = None
    for one in declared:
        comments = (*(before.placed.after if before else ()), *one.before.comments)
        may_touch = before is None or _are_neighbours(before, one)
        _add_between(lines, comments, one.before.empty_after, one.lines[0], may_touch)
        lines += one.lines
        before = one
    rest = read_gap(text, before.end if before else 0, len(text))
    _add_between(lines, (*(before.placed.after if before else ()), *rest.comments), False, None, True)
    return lines


def _add_between(
    lines: list[Line],
    comments: Sequence[Comment],
    empty_after: bool,
    following: Line | None,
    may_touch: bool,
) -> None:
    """The comments between two declarations, with an empty line at least where the two may not touch."""
    if lines and comments and not comments[0].own_line:
        lines[-1].comment = comments[0].text
        comments = comments[1:]
    added = [Line(comment.text, "", comment.empty_before) for comment in comments]
    lines_between = [*added, following] if following else added
    if following:
        following.empty_before = empty_after
    if lines_between and not lines:
        lines_between[0].empty_before = False
    elif following and not may_touch and not any(line.empty_before for line in lines_between):
        lines_between[0].empty_before = True
    lines += added
