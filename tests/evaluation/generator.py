"""Random well-typed programs and histories.

Everything is drawn through one verb, ``below(n)``: a whole number from 0 to n - 1, smaller meaning simpler.
Hypothesis supplies it, or a seeded generator where there are to be very many. A program is drawn with several
customers and instants, since making and compiling a program costs more than asking it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from random import Random

from hypothesis import strategies as st

from dearly.language import program as tree
from dearly.language.program import Block, Branch, Expression, ItemList, Lifecycle, NamedValue, Segment
from dearly.language.types import DAY_US, NUMBER
from tests.evaluation.cases import TEMPLATE, Case, program_of
from tests.evaluation.expressions import any_of, boolean, occurs, selection
from tests.evaluation.histories import (
    Below,
    Palette,
    draw_customer,
    draw_instants,
    draw_item,
    draw_palette,
)
from tests.evaluation.scope import Scope
from tests.evaluation.vocabulary import DURATIONS, KINDS, OCCASIONS, PRODUCT, PRODUCTS_SET, Occasion


@cache
def _numbers_below(n: int) -> st.SearchStrategy[int]:
    return st.integers(0, n - 1)


@st.composite
def cases(
    draw: st.DrawFn,
    durations: Sequence[int] = DURATIONS,
    occasions: Sequence[Occasion] = OCCASIONS,
    customers: int = 3,
    instants: int = 3,
    *,
    calendar: bool = True,
) -> Case:
    """Programs of a few names and a block, with customers, instants and items to ask them of."""

    def below(n: int) -> int:
        return draw(_numbers_below(n)) if n > 1 else 0

    occasion = occasions[below(len(occasions))]
    palette = draw_palette(below, durations, occasion, calendar=calendar)
    return _case(below, palette, draw_instants(below, palette, occasion, instants), customers)


def random_case(
    seed: int,
    customers: int,
    instants: int,
    durations: Sequence[int] = DURATIONS,
    *,
    calendar: bool = True,
) -> Case:
    """The case of a seed, drawn in a hundredth of the time that Hypothesis takes, and never shrunk by it."""
    random = Random(seed)
    occasion = random.choice(OCCASIONS)
    palette = draw_palette(random.randrange, durations, occasion, calendar=calendar)
    times = draw_instants(random.randrange, palette, occasion, instants)
    return _case(random.randrange, palette, times, customers)


def _case(below: Below, palette: Palette, instants: tuple[int, ...], customers: int) -> Case:
    return Case(
        program=_program(Scope(below, palette)),
        customers=tuple(draw_customer(below, palette, instants) for _ in range(customers)),
        instants=instants,
        items=tuple(draw_item(below, palette) for _ in range(2)),
    )


def _program(scope: Scope) -> tree.Program:
    declared: list[Segment | NamedValue | Lifecycle] = _oversized(scope)
    if declared:
        scope = _knowing(scope, declared[-1])
    for index in range(2 + scope.below(4)):
        declaration = scope.pick((_segment, _segment, _value, _value, _lifecycle))(scope, index)
        declared.append(declaration)
        scope = _knowing(scope, declaration)
    return program_of(*declared, block=_block(scope), timezone=scope.palette.timezone)


SQUARES, LINKS, WIDTH = 6, 40, 70
"""Squares end beyond the greatest double; links are more than a compiled program lets call each other, and
conditions more than SQL joins in a row."""


def _oversized(scope: Scope) -> list[Segment | NamedValue | Lifecycle]:
    """Rarely, what is larger than evaluators write down as it stands."""
    size = {47: WIDTH, 48: SQUARES, 49: LINKS}.get(scope.below(50), 0)
    if size != WIDTH:
        return list(_ladder(scope, size))
    joined = tree.And if scope.one_in(2) else tree.Or
    return [Segment("wide", "", joined(tuple(boolean(scope, 0) for _ in range(size))))]


def _ladder(scope: Scope, rungs: int) -> list[NamedValue]:
    """Values that are each made of the one before."""
    ladder: list[NamedValue] = []
    for index in range(rungs):
        rung = _rung(ladder[-1], rungs) if ladder else any_of(scope, NUMBER, 0)
        ladder.append(NamedValue(f"rung_{index}", rung, NUMBER, may_be_missing=True))
    return ladder


def _rung(below: NamedValue, rungs: int) -> Expression:
    lower = tree.ValueRef(below.name, NUMBER)
    if rungs == SQUARES:
        return tree.Arithmetic("*", lower, lower)
    return tree.Arithmetic("+", lower, tree.Literal(1.0, NUMBER))


def _knowing(scope: Scope, declared: Segment | NamedValue | Lifecycle) -> Scope:
    match declared:
        case Segment():
            return replace(scope, segments=(*scope.segments, declared.name))
        case NamedValue():
            return replace(scope, names=(*scope.names, (declared.name, declared.type)))
        case Lifecycle():
            stages = tuple((declared.name, stage.name) for stage in declared.stages)
            return replace(scope, stages=(*scope.stages, *stages))


def _segment(scope: Scope, index: int) -> Segment:
    return Segment(f"segment_{index}", "", boolean(scope, 3))


def _value(scope: Scope, index: int) -> NamedValue:
    kind = scope.pick((NUMBER, NUMBER, NUMBER, *KINDS))
    return NamedValue(f"value_{index}", any_of(scope, kind, 3), kind, may_be_missing=True)


def _lifecycle(scope: Scope, index: int) -> Lifecycle:
    conditions = [_way(scope) for _ in range(1 + scope.below(2))]
    stages = [tree.Stage(f"stage_{index}_{place}", condition) for place, condition in enumerate(conditions)]
    return Lifecycle(f"lifecycle_{index}", (*stages, tree.Stage(f"stage_{index}_rest", None)))


def _block(scope: Scope) -> Block:
    scope = replace(scope, content=True)
    conditions: list[Expression | None] = [_way(scope) for _ in range(1 + scope.below(2))]
    branches = [Branch(each, TEMPLATE, _lists(scope)) for each in conditions]
    return Block("hero", (*branches, Branch(None, TEMPLATE, ())))  # an otherwise has no personal lists


def _way(scope: Scope) -> Expression:
    """The condition of a stage or branch; a constant would leave the next one unreachable."""
    condition = boolean(scope, 2)
    return occurs(scope, 1) if isinstance(condition, tree.Literal) else condition


def _lists(scope: Scope) -> tuple[ItemList, ...]:
    if not scope.one_in(2):
        return ()
    items = ItemList(
        "items",
        "product",
        _strategy(scope),
        limit=6,
        where=boolean(replace(scope, item=True), 2) if scope.one_in(2) else None,
        fillers=tuple(_strategy(scope) for _ in range(scope.below(3))),
        excluding=tuple(_exclusion(scope) for _ in range(scope.below(3))),
        diverse_by="title" if scope.one_in(4) else None,
    )
    return (items,)


def _strategy(scope: Scope) -> tree.Strategy:
    return scope.pick(
        (
            tree.Recommended(),
            tree.SimilarTo(any_of(scope, PRODUCT, 1)),
            tree.BoughtTogether(any_of(scope, PRODUCT, 1)),
            tree.Trending(7 * DAY_US),
            tree.Recently("viewed", "product"),
            tree.Listed(("X", "x")),
        )
    )


def _exclusion(scope: Scope) -> tree.Exclusion:
    if scope.one_in(2):
        kind = scope.pick((PRODUCT, PRODUCTS_SET))
        return tree.ExcludeItems(any_of(scope, kind, 1))
    event, name = scope.pick((("viewed", "product"), ("bought", "item")))
    touched = replace(selection(scope, 1, event), sequence=None)  # the text of a list has no place for one
    return tree.ExcludeTouched(touched, name)
