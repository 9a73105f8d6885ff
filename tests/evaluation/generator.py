"""Random well-typed programs and histories.

Everything is drawn through one verb, ``below(n)``: a whole number from 0 to n - 1, smaller meaning simpler.
Hypothesis supplies it, keeps runs repeatable, avoids repeats, and shrinks what fails; drawing whole numbers
only keeps a draw cheap enough for tens of thousands of cases. A program is drawn with several customers and
instants, since making and compiling a program costs more than asking it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cache

from hypothesis import strategies as st

from dearly.language import program as tree
from dearly.language.program import Block, Branch, Expression, ItemList, Lifecycle, NamedValue, Segment
from dearly.language.types import NUMBER
from tests.evaluation.cases import TEMPLATE, Case, program_of
from tests.evaluation.expressions import Scope, any_of, boolean, occurs
from tests.evaluation.histories import draw_customer, draw_instants, draw_item, draw_palette
from tests.evaluation.vocabulary import DURATIONS, INSTANTS, KINDS, PRODUCT


@cache
def _numbers_below(n: int) -> st.SearchStrategy[int]:
    return st.integers(0, n - 1)


@st.composite
def cases(
    draw: st.DrawFn,
    durations: Sequence[int] = DURATIONS,
    origins: Sequence[int] = INSTANTS,
    customers: int = 3,
    instants: int = 3,
) -> Case:
    """Programs of a few names and a block, with customers, instants and items to ask them of."""

    def below(n: int) -> int:
        return draw(_numbers_below(n)) if n > 1 else 0

    palette = draw_palette(below, durations)
    times = draw_instants(below, palette, origins, instants)
    return Case(
        program=_program(Scope(below, palette)),
        customers=tuple(draw_customer(below, palette, times) for _ in range(customers)),
        instants=times,
        items=tuple(draw_item(below, palette) for _ in range(2)),
    )


def _program(scope: Scope) -> tree.Program:
    declared: list[Segment | NamedValue | Lifecycle] = []
    for index in range(2 + scope.below(4)):
        declaration = scope.pick((_segment, _segment, _value, _value, _lifecycle))(scope, index)
        declared.append(declaration)
        scope = _knowing(scope, declaration)
    return program_of(*declared, block=_block(scope))


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
    strategy = tree.SimilarTo(any_of(scope, PRODUCT, 1)) if scope.one_in(2) else tree.Recommended()
    where = boolean(replace(scope, item=True), 2) if scope.one_in(2) else None
    return (ItemList("items", "product", strategy, 6, where),)
