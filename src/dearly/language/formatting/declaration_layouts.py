"""How each kind of declaration is laid out: its head, its body, the columns in it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from lark import Token, Tree

from dearly.language.formatting.layouts import laid_out, listed, spaced, type_of, unwrapped, width_of
from dearly.language.formatting.pieces import SPACE, Break, Close, Column, Open, Piece, Unread

Child: TypeAlias = "Token | Tree[Token]"

INDENT = 2
_GAP = 2
"""Between two columns of a body."""


@dataclass(frozen=True, slots=True)
class Head:
    """Where the parts of a declaration's head stand: 0 is directly after what is before."""

    title: int = 0
    body: int = 0


def declaration_pieces(parsed: Tree[Token], start: int, head: Head, opened: bool) -> list[Piece]:
    """The pieces of a declaration whose text begins at ``start``; ``opened`` opens its braces."""
    children = parsed.children
    if parsed.data == "value":
        keyword, name, equals, expression = children
        parts: list[Unread] = [keyword, SPACE, name, Column(head.body), equals]
        parts += [Open(broken=opened), Break(), *unwrapped(expression), Close()]
        return laid_out(parts, start)
    brace = next(number for number, child in enumerate(children) if type_of(child) == "LBRACE")
    parts = _head(children[:brace], head)
    opened = opened or parsed.data in _ALWAYS_OPEN
    members = _BODIES[str(parsed.data)](children[brace + 1 : -1])
    return laid_out([*parts, *_braces(children[brace:], members, opened)], start)


_ALWAYS_OPEN = ("block", "test")


def _head(children: Sequence[Child], head: Head) -> list[Unread]:
    parts: list[Unread] = [children[0]]
    for child in children[1:]:
        is_title = type_of(child) == "TEXT" and len(children) == 3
        parts += [Column(head.title) if is_title else SPACE, child]
    return [*parts, Column(head.body)]


def _braces(children: Sequence[Child], members: Sequence[Unread], opened: bool = False) -> list[Unread]:
    """A body in braces, which stay open where their author opened them."""
    opening, *_, closing = children
    if not members:
        return [opening, Open(), Break("", outer=True), closing, Close()]
    is_broken = opened or _line(children[1]) > _line(opening)
    return [
        opening,
        Open(INDENT, is_broken),
        Break(),
        *members,
        Break(outer=True, members=True),
        closing,
        Close(),
    ]


def _line(child: Child) -> int:
    while isinstance(child, Tree):
        child = child.children[0]
    return child.line or 0


# ----------------------------------------------------------------------------------------------------- bodies


def _condition(children: Sequence[Child]) -> list[Unread]:
    return unwrapped(children[0])


@dataclass(frozen=True, slots=True)
class _Field:
    """The cells of a field's row, as they stand in columns."""

    name: Sequence[Unread]
    kind: Sequence[Unread] = ()
    annotations: Sequence[Unread] = ()


def _fields(children: Sequence[Child]) -> list[Unread]:
    """A field a line: its name, its type and default, its annotations."""
    fields = [_field(child) for child in children if isinstance(child, Tree)]
    names = [width_of(field.name) for field in fields if field.kind]
    kinds = [width_of(field.kind) for field in fields if field.annotations]
    kind_at = INDENT + _GAP + max(names, default=0)
    annotations_at = kind_at + _GAP + max(kinds, default=0)
    rows = []
    for field in fields:
        row = list(field.name)
        if field.kind:
            row += [Column(kind_at), *field.kind]
        if field.annotations:
            row += [Column(annotations_at), *field.annotations]
        rows.append(row)
    return _in_rows(rows, Break(", ", members=True))


def _field(field: Tree[Token]) -> _Field:
    if field.data == "again":
        return _Field(spaced(field.children))
    name, *rest = field.children
    annotations = [child for child in rest if type_of(child) == "annotation"]
    return _Field([name], spaced(rest[: len(rest) - len(annotations)]), spaced(annotations))


def _in_rows(rows: Sequence[Sequence[Unread]], separator: Break) -> list[Unread]:
    laid: list[Unread] = []
    for number, row in enumerate(rows):
        laid += [separator, *row] if number else row
    return laid


_BETWEEN_PARTS = Break("  ", members=True)


def _parts(children: Sequence[Child]) -> list[Unread]:
    return _in_rows([_part(child) for child in children], _BETWEEN_PARTS)


def _part(child: Child) -> list[Unread]:
    if isinstance(child, Tree) and child.data == "emit":
        keyword, *body = child.children
        return [keyword, SPACE, *_pairs(body)]
    return [child]


def _named_parts(children: Sequence[Child]) -> list[Unread]:
    """A part a line: its keyword, and in a column what it says."""
    parts = [child for child in children if isinstance(child, Tree)]
    at = INDENT + _GAP + max((width_of(part.children[:1]) for part in parts), default=0)
    rows = []
    for part in parts:
        keyword, *said = part.children
        inside = unwrapped(said[0]) if len(said) == 1 else _list(said)
        rows.append([keyword, Column(at), Open(0, hanging=True), *inside, Close()])
    return _in_rows(rows, _BETWEEN_PARTS)


def _list(said: Sequence[Child]) -> list[Unread]:
    if any(type_of(child) == "COMMA" for child in said):
        return listed(said, Break(fill=True))
    return spaced(said)


def _stages(children: Sequence[Child]) -> list[Unread]:
    stages = [child for child in children if isinstance(child, Tree)]
    at = INDENT + _GAP + max(width_of(stage.children[:1]) for stage in stages)
    rows = []
    for stage in stages:
        name, word, *condition = stage.children
        row: list[Unread] = [name, Column(at), Open(hanging=True), word]
        if condition:
            row += [SPACE, *unwrapped(condition[0])]
        rows.append([*row, Close()])
    return _in_rows(rows, _BETWEEN_PARTS)


def _pairs(children: Sequence[Child]) -> list[Unread]:
    """``{ NAME: VALUE, .. }``."""
    inside = listed(children[1:-1], Break(members=True))
    return _braces(children, inside)


# ----------------------------------------------------------------------------------------------------- blocks


def _block(children: Sequence[Child]) -> list[Unread]:
    rows = []
    for child in children:
        if isinstance(child, Tree) and child.data == "branch":
            rows.append(_branch(child.children))
        elif isinstance(child, Tree):
            keyword, *names = child.children
            rows.append([keyword, SPACE, Open(0, hanging=True), *_list(names), Close()])
    return _in_rows(rows, _BETWEEN_PARTS)


def _branch(children: Sequence[Child]) -> list[Unread]:
    show = next(number for number, child in enumerate(children) if type_of(child) == "SHOW")
    word, *condition = children[:show]
    parts: list[Unread] = [Open(broken=True), word]
    if condition:
        parts += [SPACE, Open(INDENT), *unwrapped(condition[0]), Close()]
    parts += [Break(), *spaced(children[show : show + 2])]
    lists = [child for child in children[show + 2 :] if isinstance(child, Tree)]
    if len(lists) == 1:
        parts += [Open(0), Break(), children[show + 2], SPACE, *_item_list(lists[0], 0), Close()]
    elif lists:
        parts += _several_lists(children[show + 2 :], lists)
    return [*parts, Close()]


def _several_lists(children: Sequence[Child], lists: Sequence[Tree[Token]]) -> list[Unread]:
    """Each on a line of its own: ``with``, and below it ``and``, with their names in a column."""
    equals = 2 * INDENT + len("with ") + 1 + max(width_of(one.children[:1]) for one in lists)
    parts: list[Unread] = []
    for child in children:
        match child:
            case Tree():
                parts += [SPACE, *_item_list(child, equals)]
            case Token(type="SEMICOLON"):
                parts.append(child)
            case Token(type="AND"):
                parts += [Break(), SPACE, child]
            case _:
                parts += [Break(), child]
    return parts


def _item_list(item_list: Tree[Token], equals: int) -> list[Unread]:
    name, sign, strategy, *options = item_list.children
    parts: list[Unread] = [name, Column(equals), sign, SPACE, Open(2 * INDENT), strategy]
    for child in options:
        if type_of(child) == "OR_ELSE":
            parts += [Break(), child, SPACE]
        elif type_of(child) == "COMMA":
            parts += [child, Break()]
        else:
            parts.append(child)
    return [*parts, Close()]


# ------------------------------------------------------------------------------------------------------ tests


def _steps(children: Sequence[Child]) -> list[Unread]:
    parts = [child for child in children if isinstance(child, Tree)]
    moments = [width_of([part.children[1]]) for part in parts if part.data == "step"]
    at = INDENT + len("at ") + _GAP + max(moments, default=0)
    rows = [_given(part) if part.data == "given" else _step(part, at) for part in parts]
    return _in_rows(rows, _BETWEEN_PARTS)


def _given(given: Tree[Token]) -> list[Unread]:
    keyword, *parts = given.children
    rows = [_given_part(part) for part in parts if isinstance(part, Tree)]
    return [keyword, SPACE, Open(0, hanging=True), *_in_rows(rows, Break()), Close()]


def _given_part(part: Tree[Token]) -> list[Unread]:
    keyword, *rest = part.children
    if part.data == "consents":
        return [keyword, SPACE, Open(0, hanging=True), *_list(rest), Close()]
    return [keyword, SPACE, *_pairs(rest)]


def _step(step: Tree[Token], at: int) -> list[Unread]:
    keyword, moment, *rest = step.children
    parts: list[Unread] = [keyword, SPACE, moment, Column(at)]
    parts.append(Open(0, hanging=True))
    if isinstance(rest[0], Tree) and rest[0].data == "happens":
        event, *body = rest.pop(0).children  # type: ignore[union-attr]
        parts += [event, SPACE, *_pairs(body)]
        if rest:
            parts.append(Break())
    if rest:
        expect, *expectations = rest
        expected = listed(expectations, Break())
        parts += [expect, SPACE, Open(0, hanging=True), *expected, Close()]
    return [*parts, Close()]


_BODIES: Mapping[str, Callable[[Sequence[Child]], list[Unread]]] = {
    "settings": _named_parts,
    "profile": _fields,
    "context": _fields,
    "schema": _fields,
    "segment": _condition,
    "lifecycle": _stages,
    "score": _named_parts,
    "block": _block,
    "cap": _parts,
    "experiment": _named_parts,
    "trigger": _parts,
    "test": _steps,
}
