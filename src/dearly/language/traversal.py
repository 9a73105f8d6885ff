"""Walking over checked expressions: what stands inside one, and which names it leads to.

Nothing here recurses: chains of names may be as long as a package has declarations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeAlias

from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    Else,
    Expression,
    In,
    Negate,
    Not,
    Occurs,
    Or,
    Pick,
    Presence,
    Program,
    SegmentRef,
    Selection,
    SetCompare,
    SetContains,
    StageIs,
    TextMatch,
    TimeSince,
    ValueRef,
)

OverEvents: TypeAlias = Occurs | Aggregate | Pick | TimeSince
"""The expressions that look at selected events."""


def children(expression: Expression) -> tuple[Expression, ...]:
    """The expressions directly inside, conditions of event selections included; names are not followed."""
    match expression:
        case Not() | Negate() | Presence():
            return (expression.operand,)
        case And() | Or():
            return expression.operands
        case Compare() | TextMatch() | Arithmetic():
            return (expression.left, expression.right)
        case In():
            return (expression.left, *expression.choices)
        case SetCompare():
            return (expression.left, expression.right)
        case SetContains():
            return (expression.set, expression.element)
        case Else():
            return (expression.operand, expression.default)
        case Occurs() | Aggregate() | Pick() | TimeSince():
            return _conditions(expression.selection)
        case _:
            return ()


def walk(expression: Expression) -> Iterator[Expression]:
    """The expression and everything inside it, left to right; names are not followed."""
    waiting = [expression]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(children(current)))


def definitions(program: Program, name: str) -> tuple[Expression, ...]:
    """The expressions that define a segment, a value or a lifecycle (the conditions of its stages)."""
    if name in program.segments:
        return (program.segments[name].condition,)
    if name in program.values:
        return (program.values[name].expression,)
    stages = program.lifecycles[name].stages
    return tuple(stage.condition for stage in stages if stage.condition is not None)


def names_within(program: Program, expressions: Iterable[Expression]) -> frozenset[str]:
    """Every segment, value and lifecycle that the expressions lead to, directly or through others."""
    found: set[str] = set()
    waiting = list(expressions)
    while waiting:
        for expression in walk(waiting.pop()):
            name = _referenced_name(expression)
            if name is not None and name not in found:
                found.add(name)
                waiting.extend(definitions(program, name))
    return frozenset(found)


def walk_with_names(program: Program, expressions: Iterable[Expression]) -> Iterator[Expression]:
    """Everything inside the expressions and the definitions of the names that they lead to."""
    roots = list(expressions)
    for root in roots:
        yield from walk(root)
    for name in names_within(program, roots):
        for definition in definitions(program, name):
            yield from walk(definition)


def _referenced_name(expression: Expression) -> str | None:
    match expression:
        case SegmentRef() | ValueRef():
            return expression.name
        case StageIs():
            return expression.lifecycle
        case _:
            return None


def _conditions(selection: Selection) -> tuple[Expression, ...]:
    sequence = selection.sequence
    found = (selection.where, sequence.where if sequence is not None else None)
    return tuple(condition for condition in found if condition is not None)
