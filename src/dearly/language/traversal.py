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
    Block,
    BoughtTogether,
    Compare,
    Else,
    ExcludeItems,
    ExcludeTouched,
    Expression,
    In,
    ItemList,
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
    SimilarTo,
    StageIs,
    Strategy,
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
            return selection_conditions(expression.selection)
        case _:
            return ()


def selection_conditions(selection: Selection) -> tuple[Expression, ...]:
    """What is asked of each selected event, and of what follows it."""
    sequence = selection.sequence
    found = (selection.where, sequence.where if sequence is not None else None)
    return tuple(condition for condition in found if condition is not None)


def list_expressions(items: ItemList) -> tuple[Expression, ...]:
    """All that an item list evaluates: the items that it starts from, what it leaves out, its ``where``."""
    found = [item for strategy in list_strategies(items) for item in _item_of(strategy)]
    for exclusion in items.excluding:
        match exclusion:
            case ExcludeTouched(selection):
                found.extend(selection_conditions(selection))
            case ExcludeItems(excluded):
                found.append(excluded)
    return (*found, items.where) if items.where is not None else tuple(found)


def list_strategies(items: ItemList) -> tuple[Strategy, ...]:
    """The strategies of an item list, in the order in which they fill it."""
    return (items.strategy, *items.fillers)


def block_expressions(block: Block) -> tuple[Expression, ...]:
    """The conditions of a block's branches, and all that their item lists evaluate."""
    found: list[Expression] = []
    for branch in block.branches:
        if branch.condition is not None:
            found.append(branch.condition)
        for items in branch.lists:
            found.extend(list_expressions(items))
    return tuple(found)


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


def names_directly_within(expressions: Iterable[Expression]) -> frozenset[str]:
    """The segments, values and lifecycles that the expressions themselves name."""
    found = (_referenced_name(part) for expression in expressions for part in walk(expression))
    return frozenset(name for name in found if name is not None)


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


def _item_of(strategy: Strategy) -> tuple[Expression, ...]:
    match strategy:
        case SimilarTo(item) | BoughtTogether(item):
            return (item,)
        case _:
            return ()
