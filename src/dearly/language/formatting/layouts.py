"""How each rule of the grammar is laid out, but for declarations: conditions, events, lists."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from lark import Token, Tree

from dearly.language.formatting.pieces import SPACE, Break, Close, Column, Open, Piece, Unread, Word

Layout: TypeAlias = Callable[[Sequence["Token | Tree[Token]"]], list[Unread]]
"""What a rule's children become, in their order; none is left out but commas."""

_NO_SPACE_BEFORE = frozenset({"COMMA", "DOT", "QMARK", "PERCENT", "COLON", "SEMICOLON", "RPAR", "RSQB"})
_NO_SPACE_AFTER = frozenset({"DOT", "LPAR", "LSQB"})


def type_of(child: Unread) -> str:
    """A token's type, a tree's rule; empty of a piece."""
    if isinstance(child, Token):
        return child.type
    return str(child.data) if isinstance(child, Tree) else ""


def spaced(children: Sequence[Unread]) -> list[Unread]:
    """One after the other, with a space between two where their signs do not say otherwise."""
    laid_out: list[Unread] = []
    for child in children:
        before = type_of(laid_out[-1]) if laid_out else ""
        if laid_out and type_of(child) not in _NO_SPACE_BEFORE and before not in _NO_SPACE_AFTER:
            laid_out.append(SPACE)
        laid_out.append(child)
    return laid_out


def tight(children: Sequence[Unread]) -> list[Unread]:
    """One after the other, with nothing between."""
    return list(children)


def listed(children: Sequence[Unread], separator: Break) -> list[Unread]:
    """Things with commas between, which are followed by a break; a last comma is left out."""
    laid_out: list[Unread] = []
    for number, child in enumerate(children):
        if type_of(child) != "COMMA":
            laid_out.append(child)
        elif number < len(children) - 1:
            laid_out += [child, separator]
    return laid_out


# ------------------------------------------------------------------------------------------------ expressions


def chain(children: Sequence[Unread]) -> list[Unread]:
    """Operands, and a break before each operator between them."""
    laid_out: list[Unread] = [children[0]]
    for operator, operand in zip(children[1::2], children[2::2], strict=True):
        laid_out += [Break(), operator, SPACE, operand]
    return laid_out


def links(tree: Unread) -> list[Unread] | None:
    """The operands and operators of a chain, of one strength; None where there is no chain."""
    match type_of(tree):
        case "disjunction" | "conjunction":
            return list(tree.children)  # type: ignore[union-attr]
        case "arithmetic" | "else_":
            return _leaning(tree)  # type: ignore[arg-type]
        case _:
            return None


_STRENGTHS: Mapping[str, int] = {"PLUS": 1, "MINUS": 1, "TIMES": 2, "OVER": 2, "ELSE": 3}


def _leaning(tree: Tree[Token]) -> list[Unread]:
    """``a - b - c`` leans to the left in the grammar."""
    strength = _STRENGTHS[type_of(tree.children[1])]
    found: list[Unread] = []
    left: Token | Tree[Token] = tree
    while type_of(left) in ("arithmetic", "else_") and isinstance(left, Tree):
        first, operator, right = left.children
        if _STRENGTHS[type_of(operator)] != strength:
            break
        found += [right, operator]
        left = first
    return [left, *reversed(found)]


def unwrapped(tree: Unread) -> list[Unread]:
    """A chain's links in the group around it, so that they are broken when that is; else the tree itself."""
    found = links(tree)
    return chain(found) if found else [tree]


def _joined(children: Sequence[Unread]) -> list[Unread]:
    return [Open(), *chain(children), Close()]


def _leaned(children: Sequence[Token | Tree[Token]]) -> list[Unread]:
    rule = "else_" if type_of(children[1]) == "ELSE" else "arithmetic"
    return [Open(), *chain(_leaning(Tree(rule, list(children)))), Close()]


def _compared(children: Sequence[Unread]) -> list[Unread]:
    left, operator, *right = children
    return [Open(), left, Break(), operator, SPACE, *spaced(right), Close()]


def _negated(children: Sequence[Unread]) -> list[Unread]:
    minus, operand = children
    return [minus, SPACE, operand] if type_of(operand) in ("negate", "negative") else [minus, operand]


def _grouped(children: Sequence[Unread]) -> list[Unread]:
    opening, held, closing = children
    return [opening, Open(), Break(""), *unwrapped(held), Break("", outer=True), closing, Close()]


def _bracketed(children: Sequence[Unread]) -> list[Unread]:
    opening, *elements, closing = children
    inside = listed(elements, Break(fill=True))
    return [opening, Open(), Break(""), *inside, Break("", outer=True), closing, Close()]


# ----------------------------------------------------------------------------------------------------- events


def _events(children: Sequence[Unread]) -> list[Unread]:
    event, *clauses = children
    return _with_clauses([event], clauses)


def _property(children: Sequence[Unread]) -> list[Unread]:
    return _with_clauses(children[:3], children[3:])


def _followed(children: Sequence[Unread]) -> list[Unread]:
    return _with_clauses(spaced(children[:2]), children[2:])


def _with_clauses(events: Sequence[Unread], clauses: Sequence[Unread]) -> list[Unread]:
    laid_out: list[Unread] = [Open(), *events]
    for clause in clauses:
        laid_out += [Break(), clause]
    return [*laid_out, Close()]


LAYOUTS: Mapping[str, Layout] = {
    "disjunction": _joined,
    "conjunction": _joined,
    "arithmetic": _leaned,
    "else_": _leaned,
    "compare": _compared,
    "matches": _compared,
    "set_matches": _compared,
    "between": _compared,
    "date_compare": _compared,
    "negate": _negated,
    "negative": tight,
    "group": _grouped,
    "list": _bracketed,
    "events": _events,
    "property": _property,
    "touched": _property,
    "followed": _followed,
    "annotation": tight,
}
"""The rules that are more than words with spaces between."""


def laid_out(parts: Sequence[Unread], start: int) -> list[Piece]:
    """The pieces of a declaration; ``start`` is where its text begins in the file.

    A stack of its own: how deep the tree is, is the author's doing.
    """
    pieces: list[Piece] = []
    waiting = list(reversed(parts))
    while waiting:
        part = waiting.pop()
        if isinstance(part, Token):
            pieces.append(_word(part, start))
        elif isinstance(part, Tree):
            layout = LAYOUTS.get(str(part.data), spaced)
            waiting.extend(reversed(layout(part.children)))
        else:
            pieces.append(part)
    return pieces


def _word(token: Token, start: int) -> Word:
    # Words of a phrase may stand on several lines; the characters of a text are its own.
    text = str(token) if token.type == "TEXT" else " ".join(token.split())
    return Word(text, start + (token.start_pos or 0), start + (token.end_pos or 0))


def width_of(parts: Sequence[Unread]) -> int:
    """How wide it is on one line."""
    return sum(_width(piece) for piece in laid_out(parts, 0))


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
