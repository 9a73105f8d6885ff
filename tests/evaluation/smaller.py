"""Trees with one thing taken away: what is tried to find the least that evaluators disagree about."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, get_args

from dearly.language import program as tree
from dearly.language.program import Expression, Selection, Sequence
from dearly.language.traversal import children
from dearly.language.types import BOOL, DATE, DURATION, NUMBER, TIME, Type

_EXPRESSIONS = get_args(Expression)
_SPARED = {"fillers", "excluding", "lists", "choices", "operands"}
"""Tuples that mean something with an element less."""


def smaller_trees(node: Any) -> Iterator[Any]:
    """Every tree with one part less, those that lose most first."""
    if not is_dataclass(node):
        return
    if isinstance(node, _EXPRESSIONS):
        kind = _kind(node)
        yield from (child for child in _inside(node) if _kind(child) == kind)
    if isinstance(node, Selection | Sequence):
        limits = (field.name for field in fields(node) if field.name not in ("event", "negated", "span"))
        yield from (replace(node, **{name: None}) for name in limits if getattr(node, name) is not None)
    if isinstance(node, tree.ItemList) and node.where is not None:
        yield replace(node, where=None)
    for field in fields(node):
        yield from (
            replace(node, **{field.name: value})
            for value in _smaller_values(field.name, getattr(node, field.name))
        )


def _inside(node: Expression) -> tuple[Expression, ...]:
    """What may stand in an expression's place: not what looks at an event in its ``where``."""
    if isinstance(node, tree.Occurs | tree.Aggregate | tree.Pick | tree.TimeSince):
        return ()
    return children(node)


def _smaller_values(name: str, value: Any) -> Iterator[Any]:
    if not isinstance(value, tuple):
        yield from smaller_trees(value)
        return
    if name in _SPARED:
        least = {"operands": 2, "choices": 1}.get(name, 0)
        yield from (value[:at] + value[at + 1 :] for at in range(len(value)) if len(value) > least)
    for at, each in enumerate(value):
        yield from ((*value[:at], smaller, *value[at + 1 :]) for smaller in smaller_trees(each))


def _kind(node: Expression) -> Type:
    match node:
        case tree.Arithmetic() | tree.Negate() | tree.ScoreRef():
            return NUMBER
        case tree.Today():
            return DATE
        case tree.Now() | tree.DayStart():
            return TIME
        case tree.TimeSince():
            return DURATION
        case tree.Else():
            return _kind(node.operand)
        case _:
            kind: Type = getattr(node, "type", BOOL)
            return kind
