"""Which named segments, values and lifecycles get a column of their own, and in which order.

A name that is used once is written where it is used, as are small ones. What is used more often is worked out
once, in a column that later ones read: else a short chain of names, each used twice by the next, would make
an endless statement. Columns that need no other form the first layer, those that need only these the second,
and so on.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import NamedTuple

from dearly.evaluation.sql.arithmetic import magnitude
from dearly.language.magnitudes import Magnitude
from dearly.language.program import Else, Expression, Program, SegmentRef, StageIs, TextMatch, ValueRef
from dearly.language.traversal import children, definitions, walk

HIGHEST_INLINED = 60
"""How deep an expression may get by writing names out; engines walk expressions recursively."""
LARGEST_REPEATED = 12
"""Parts of a definition that is written out at each use."""


class Form(NamedTuple):
    """A name, as itself or (a text) with its case folded."""

    name: str
    folded: bool = False


@dataclass(frozen=True, slots=True)
class NamePlan:
    """The layer of each form that has a column, 1 and up, and how large numbers behind names get."""

    layers: Mapping[Form, int]
    magnitudes: Mapping[str, Magnitude]

    def in_layers(self) -> list[list[Form]]:
        """The forms that have columns, layer by layer."""
        layers: list[list[Form]] = [[] for _ in range(max(self.layers.values(), default=0))]
        for form, layer in self.layers.items():
            layers[layer - 1].append(form)
        return layers


def plan_names(program: Program, roots: Sequence[Expression], asked: Sequence[Form]) -> NamePlan:
    """The plan for a statement that says these expressions and these forms."""
    uses = Counter(asked)
    uses.update(form for root in roots for form in references(root))
    needed = _in_order(program, uses)
    layers: dict[Form, int] = {}
    needs: dict[Form, int] = {}
    heights: dict[Form, int] = {}
    for form in needed:
        referred = list(_references_of(program, form))
        uses.update(referred)
    for form in needed:
        referred = list(_references_of(program, form))
        need = max((needs[one] for one in referred), default=0)
        height = max(
            (_height(part, form.folded, heights) for part in definitions(program, form.name)), default=0
        )
        once = uses[form] == 1 and height <= HIGHEST_INLINED
        if once or (not referred and _is_small(program, form.name)):
            needs[form], heights[form] = need, height
        else:
            needs[form], heights[form], layers[form] = need + 1, 1, need + 1
    return NamePlan(layers, _magnitudes(program, needed))


def references(expression: Expression, folded: bool = False) -> Iterator[Form]:
    """The forms of names that an expression refers to, each as often as it does."""
    waiting = [(expression, folded)]
    while waiting:
        current, is_folded = waiting.pop()
        match current:
            case SegmentRef():
                yield Form(current.name)
            case StageIs():
                yield Form(current.lifecycle)
            case ValueRef():
                yield Form(current.name, is_folded)
            case _:
                waiting += [(child, _folds(current, is_folded)) for child in children(current)]


def _folds(expression: Expression, folded: bool) -> bool:
    """Whether what stands inside is wanted with its case folded."""
    if isinstance(expression, TextMatch):
        return expression.operator == "is like"
    return folded and isinstance(expression, Else)


def _references_of(program: Program, form: Form) -> Iterator[Form]:
    for part in definitions(program, form.name):
        yield from references(part, form.folded)


def _in_order(program: Program, asked: Iterable[Form]) -> list[Form]:
    """The forms asked for and all that they lead to, each after what it refers to."""
    found = set(asked)
    waiting = list(found)
    while waiting:
        for form in _references_of(program, waiting.pop()):
            if form not in found:
                found.add(form)
                waiting.append(form)
    places = {name: place for place, name in enumerate(program.evaluation_order)}
    return sorted(found, key=lambda form: (places[form.name], form.folded))


def _height(expression: Expression, folded: bool, heights: Mapping[Form, int]) -> int:
    """How deep an expression is, with the names in it that are written out."""
    inside = [_height(child, _folds(expression, folded), heights) for child in children(expression)]
    named = [heights[form] for form in references(expression, folded)] if not inside else []
    return 1 + max((*inside, *named), default=0)


def _is_small(program: Program, name: str) -> bool:
    parts = (part for definition in definitions(program, name) for part in walk(definition))
    return len(list(islice(parts, LARGEST_REPEATED + 1))) <= LARGEST_REPEATED


def _magnitudes(program: Program, needed: Iterable[Form]) -> Mapping[str, Magnitude]:
    found: dict[str, Magnitude] = {}
    for form in needed:
        if form.name in program.values:
            found[form.name] = magnitude(program.values[form.name].expression, found)
    return found
