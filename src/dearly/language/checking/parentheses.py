"""Parentheses left out after `where`: that of ``any v where a == 1 and b == 2`` ends at the ``and``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice

from dearly.language.checking.references import children
from dearly.language.checking.symbols import Symbols
from dearly.language.diagnostics import Fix, enclosing
from dearly.language.program import Span
from dearly.language.syntax import tree

MAX_LOOKED_AT = 8
"""Conditions to the left of a name that are looked at, so that checking stays linear."""

_MAX_SHOWN = 40


@dataclass(frozen=True, slots=True)
class Chain:
    """The ``and`` or ``or`` that a condition stands in, its place there, and the chain around that."""

    node: tree.And | tree.Or
    place: int
    outer: Chain | None


@dataclass(frozen=True, slots=True)
class MeantWhere:
    """A ``where`` with the parentheses that were left out, in short; ``fix`` puts them in."""

    event: str
    where: str
    fix: Fix | None


def meant_where(name: str, chain: Chain | None, symbols: Symbols, ended: bool = False) -> MeantWhere | None:
    """The ``where`` that was meant of the event to the left that has this property and a ``where``.

    With ``ended``, only a ``where`` that the ``and`` or ``or`` itself has ended: the last clause of its
    condition, and not in parentheses.
    """
    for link, operand in islice(_to_the_left(chain), MAX_LOOKED_AT):
        for event, where in _open_ends(operand):
            if ended and (_end(where.span) != _end(operand.span) or _is_in_parentheses(where)):
                continue
            schema = symbols.events.get(event.text)
            if schema is not None and name in schema.fields:
                word = "and" if isinstance(link.node, tree.And) else "or"
                written = f"{_spell(where)} {word} {_spell(link.node.operands[link.place])}"
                return MeantWhere(event.text, f"where ({written})", _parenthesised(where, operand, link))
    return None


def _parenthesised(where: tree.Expression, condition: tree.Expression, link: Chain) -> Fix | None:
    """Parentheses from the beginning of the ``where`` to the end of the place in the chain.

    None where they would cross others: where more stands between the ``where`` and the end of its condition.
    """
    if _end(where.span) != _end(condition.span):
        return None
    last = link.node.operands[link.place].span
    start = where.span
    whole = Span(start.file, start.line, start.column, last.end_line, last.end_column)
    return enclosing(whole, "(", ")", "Put parentheses around the `where`")


def _to_the_left(chain: Chain | None) -> Iterator[tuple[Chain, tree.Expression]]:
    while chain is not None:
        for place in range(chain.place - 1, -1, -1):
            yield chain, chain.node.operands[place]
        chain = chain.outer


def _open_ends(node: tree.Expression) -> Iterator[tuple[tree.Name, tree.Expression]]:
    """The events with a ``where`` with which a condition ends, the last first."""
    while True:
        match node:
            case tree.Quantified() | tree.Aggregated() | tree.Picked() | tree.Elapsed():
                for part in (node.events.followed, node.events):
                    if part is not None and part.where is not None:
                        yield part.event, part.where
                return
            case tree.And() | tree.Or():
                node = node.operands[-1]
            case tree.Not() | tree.Negate():
                node = node.operand
            case tree.Compare() | tree.Matches() | tree.DateCompare() | tree.Arithmetic():
                node = node.right
            case tree.Between():
                node = node.high
            case _:
                return


def _is_in_parentheses(node: tree.Expression) -> bool:
    """Whether a condition was put in parentheses: they belong to its place, not to that of what is in it."""
    match node:
        case tree.And() | tree.Or():
            return True
        case tree.Not(operand):
            return _end(operand.span) != _end(node.span)
        case tree.Reference(name, qualifier):
            return _start((qualifier or name).span) != _start(node.span)
        case _:
            return any(_start(one.span) != _start(node.span) for one in children(node)[:1])


def _start(span: Span) -> tuple[int, int]:
    return span.line, span.column


def _end(span: Span) -> tuple[int, int]:
    return span.end_line, span.end_column


def _spell(node: tree.Expression) -> str:
    """A simple comparison as it may be written; ``..`` for all else."""
    match node:
        case tree.Compare(operator, left, right):
            sides = (_spell_side(left), _spell_side(right))
            return f"{sides[0]} {operator} {sides[1]}" if all(sides) else ".."
        case _:
            return _spell_side(node) or ".."


def _spell_side(node: tree.Expression) -> str:
    match node:
        case tree.Reference(name, qualifier):
            return f"{qualifier.text}.{name.text}" if qualifier is not None else name.text
        case tree.TextLiteral(value) if len(value) <= _MAX_SHOWN and value.isprintable():
            return f'"{value}"'
        case tree.NumberLiteral() if len(node.text) <= _MAX_SHOWN:
            return node.text
        case tree.BoolLiteral(value):
            return "true" if value else "false"
        case _:
            return ""
