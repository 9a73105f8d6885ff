"""The reference evaluator: what the language means, as a plain walk over the checked tree.

It is written to be obviously right, not fast: it is the oracle that every other evaluator must agree with.
It shares nothing with them but the facts, :func:`~dearly.evaluation.facts.fold_case` and the calendar.

A boolean expression gives ``True``, ``False`` or ``None`` (unknown); any other gives its value or ``None``
(missing). Two values are the same when they are equal and of one type; the sign of a zero does not matter.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dearly.evaluation.facts import Facts, fold_case
from dearly.evaluation.reference.events import (
    Happening,
    aggregate,
    is_quantity,
    latest_or_first,
    most_frequent,
    select,
)
from dearly.evaluation.reference.flips import candidate_instants
from dearly.language.calendar import day_start, local_day, zone_of
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Block,
    Compare,
    ContextField,
    DayStart,
    Else,
    EventProperty,
    ExcludeItems,
    ExcludeTouched,
    Expression,
    In,
    ItemList,
    ItemProperty,
    Lifecycle,
    Literal,
    Negate,
    Not,
    Now,
    Occurs,
    Or,
    Pick,
    Presence,
    ProfileField,
    Program,
    Score,
    ScoreRef,
    SegmentRef,
    Selection,
    SetCompare,
    SetContains,
    StageIs,
    TextMatch,
    TierIs,
    TimeSince,
    Today,
    ValueRef,
    VariantIs,
)
from dearly.language.traversal import names_within
from dearly.language.types import Value


def evaluate(
    program: Program,
    expression: Expression,
    facts: Facts,
    now_us: int,
    item: Mapping[str, Value] | None = None,
) -> Value | None:
    """The value of an expression for one customer at one instant; ``item`` is what ``ItemProperty`` reads."""
    known = _evaluate_names(program, _names_in_order(program, [expression]), facts, now_us)
    return _value(expression, _Scene(program, facts, now_us, known, item=item))


def evaluate_each(
    program: Program,
    expressions: Sequence[Expression],
    facts: Facts,
    now_us: int,
    item: Mapping[str, Value] | None = None,
) -> list[Value | None]:
    """:func:`evaluate` for several expressions; the names that they lead to are evaluated once."""
    known = _evaluate_names(program, _names_in_order(program, expressions), facts, now_us)
    scene = _Scene(program, facts, now_us, known, item=item)
    return [_value(expression, scene) for expression in expressions]


def selected_events(program: Program, selection: Selection, facts: Facts, now_us: int) -> list[Happening]:
    """The events of a selection, ascending by (time, source, id)."""
    return _Scene(program, facts, now_us, names={}).selected(selection)  # a selection refers to no names


def value_of(program: Program, name: str, facts: Facts, now_us: int) -> Value | None:
    """A segment's condition (None: unknown), a value, or the name of the stage that a lifecycle stands at."""
    expression = _definition(program, name)
    if isinstance(expression, Lifecycle):
        conditions = [stage.condition for stage in expression.stages if stage.condition is not None]
        known = _evaluate_names(program, _names_in_order(program, conditions), facts, now_us)
        return _stage(expression, _Scene(program, facts, now_us, known))
    return evaluate(program, expression, facts, now_us)


def branch_of(program: Program, block: str, facts: Facts, now_us: int) -> int:
    """The index of the branch that decides: the first whose condition is true, or the ``otherwise``."""
    conditions = _branch_conditions(program.blocks[block])
    known = _evaluate_names(program, _names_in_order(program, conditions), facts, now_us)
    return _first_true(conditions, _Scene(program, facts, now_us, known))


def excluded(program: Program, items: ItemList, facts: Facts, now_us: int) -> frozenset[str]:
    """The ids of the items that a list leaves out, by all that it is ``excluding`` together."""
    found: set[Any] = set()
    for exclusion in items.excluding:
        match exclusion:
            case ExcludeTouched():
                touched = selected_events(program, exclusion.selection, facts, now_us)
                found.update(event.properties.get(exclusion.property) for event in touched)
            case ExcludeItems():
                value = evaluate(program, exclusion.items, facts, now_us)
                found.update(value if isinstance(value, frozenset) else {value})
    return frozenset(found - {None})


def next_flip(program: Program, of: Expression | str, facts: Facts, now_us: int) -> int | None:
    """The earliest instant after ``now_us`` at which an expression, or what has that name, differs from now.

    No new event is assumed; events in the facts that are stamped in the future do come due. None is never.
    """
    if isinstance(of, str):
        name = of
        expressions = _conditions_of(_definition(program, name))
        return _first_difference(
            program, expressions, facts, now_us, lambda at: value_of(program, name, facts, at)
        )
    expression = of
    return _first_difference(
        program, [expression], facts, now_us, lambda at: evaluate(program, expression, facts, at)
    )


def next_branch_flip(program: Program, block: str, facts: Facts, now_us: int) -> int | None:
    """The earliest instant after ``now_us`` at which another branch of the block decides; None is never."""
    conditions = _branch_conditions(program.blocks[block])
    return _first_difference(
        program, conditions, facts, now_us, lambda at: branch_of(program, block, facts, at)
    )


# ------------------------------------------------------------------------------------------ names, in order


def _definition(program: Program, name: str) -> Expression | Lifecycle:
    if name in program.segments:
        return program.segments[name].condition
    if name in program.values:
        return program.values[name].expression
    return program.lifecycles[name]


def _conditions_of(definition: Expression | Lifecycle) -> list[Expression]:
    if isinstance(definition, Lifecycle):
        return [stage.condition for stage in definition.stages if stage.condition is not None]
    return [definition]


def _branch_conditions(block: Block) -> list[Expression]:
    return [branch.condition for branch in block.branches if branch.condition is not None]


def _names_in_order(program: Program, expressions: Iterable[Expression]) -> list[str]:
    """The names that expressions lead to, each after all that it refers to."""
    needed = names_within(program, expressions)
    return [name for name in program.evaluation_order if name in needed] if needed else []


def _evaluate_names(
    program: Program, names: Iterable[str], facts: Facts, now_us: int
) -> Mapping[str, Value | None]:
    """Each name's value, in order, so that a chain of names is as deep as a single one."""
    known: dict[str, Value | None] = {}
    scene = _Scene(program, facts, now_us, known)
    for name in names:
        definition = _definition(program, name)
        known[name] = (
            _stage(definition, scene) if isinstance(definition, Lifecycle) else _value(definition, scene)
        )
    return known


def _first_difference(
    program: Program,
    expressions: Iterable[Expression],
    facts: Facts,
    now_us: int,
    value_at: Callable[[int], Value | None],
) -> int | None:
    """The first instant after now, of all at which something may change, where the value is another."""
    value_now = value_at(now_us)
    for instant_us in sorted(candidate_instants(program, expressions, facts)):
        if instant_us > now_us and value_at(instant_us) != value_now:
            return instant_us
    return None


# ----------------------------------------------------------------------------------------------- evaluation


@dataclass(frozen=True, slots=True)
class _Scene:
    """All that an expression may look at; ``names`` holds whatever it refers to, already evaluated."""

    program: Program
    facts: Facts
    now_us: int
    names: Mapping[str, Value | None]
    item: Mapping[str, Value] | None = None
    event: Mapping[str, Value] | None = None

    @property
    def zone(self) -> str:
        """The time zone that this customer's days are of."""
        return zone_of(self.program.settings, self.facts.profile)

    def selected(self, selection: Selection) -> list[Happening]:
        """The events of a selection, at this scene's now."""
        return select(selection, self.facts, self.now_us, self.zone, self._keeps)

    def _keeps(self, where: Expression, event: Mapping[str, Value]) -> bool:
        return _value(where, replace(self, event=event)) is True


def _stage(lifecycle: Lifecycle, scene: _Scene) -> str:
    """The first stage whose condition is true; the last, without a condition, when none is."""
    for stage in lifecycle.stages:
        if stage.condition is None or _value(stage.condition, scene) is True:
            return stage.name
    raise AssertionError(f"lifecycle {lifecycle.name} has no 'otherwise'; the checker refuses that")


def _tier(score: Score, probability: float) -> str:
    """The highest tier that the probability reaches; the last has no lower end."""
    for tier in score.tiers:
        if tier.at_least is None or probability >= tier.at_least:
            return tier.name
    raise AssertionError(f"score {score.name} has no last tier; the checker refuses that")


def _first_true(conditions: list[Expression], scene: _Scene) -> int:
    for index, condition in enumerate(conditions):
        if _value(condition, scene) is True:
            return index
    return len(conditions)


def _value(expression: Expression, scene: _Scene) -> Value | None:
    match expression:
        case Literal():
            return expression.value
        case ProfileField():
            return scene.facts.profile.get(expression.name)
        case ContextField():
            return scene.facts.context.get(expression.name)
        case Today():
            return local_day(scene.zone, scene.now_us) + expression.plus_days
        case Now():
            return scene.now_us + expression.plus_us
        case DayStart():
            return day_start(scene.zone, expression.days)
        case EventProperty():
            assert scene.event is not None
            return scene.event.get(expression.name)
        case ItemProperty():
            assert scene.item is not None
            return scene.item.get(expression.name)
        case SegmentRef() | ValueRef():
            return scene.names[expression.name]
        case StageIs():
            return scene.names[expression.lifecycle] == expression.stage
        case ScoreRef():
            return scene.facts.scores.get(expression.score)
        case TierIs():
            probability = scene.facts.scores.get(expression.score)
            score = scene.program.scores[expression.score]
            return None if probability is None else _tier(score, probability) == expression.tier
        case VariantIs():
            return scene.facts.variants.get(expression.experiment) == expression.variant
        case Not() | And() | Or():
            return _logic(expression, scene)
        case Presence():
            return (_value(expression.operand, scene) is None) is expression.missing
        case Else():
            value = _value(expression.operand, scene)
            return _value(expression.default, scene) if value is None else value
        case Compare() | In() | TextMatch() | SetContains() | SetCompare():
            return _comparison(expression, scene)
        case Arithmetic() | Negate():
            return _arithmetic(expression, scene)
        case Occurs():
            return is_quantity(expression, len(scene.selected(expression.selection)))
        case Aggregate():
            return aggregate(expression, scene.selected(expression.selection))
        case Pick(which="top"):
            return most_frequent(expression.property, scene.selected(expression.selection))
        case Pick():
            picked = latest_or_first(expression.which, scene.selected(expression.selection))
            return None if picked is None else picked.properties.get(expression.property)
        case TimeSince():
            picked = latest_or_first(expression.which, scene.selected(expression.selection))
            return None if picked is None else scene.now_us - picked.time_us
        case _:
            raise NotImplementedError(expression)


def _logic(expression: Not | And | Or, scene: _Scene) -> bool | None:
    """Kleene's three values: unknown where the known operands do not settle it."""
    if isinstance(expression, Not):
        operand = _value(expression.operand, scene)
        return None if operand is None else not operand
    truths = [_value(operand, scene) for operand in expression.operands]
    settles = isinstance(expression, Or)
    if settles in truths:
        return settles
    return None if None in truths else not settles


_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_TEXT_MATCHES: Mapping[str, Callable[[Any, Any], bool]] = {
    "contains": operator.contains,
    "starts with": str.startswith,
    "ends with": str.endswith,
    "is like": lambda left, right: fold_case(left) == fold_case(right),
}

_SET_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    "any of": lambda left, right: not left.isdisjoint(right),
    "all of": lambda left, right: left.issuperset(right),
    "none of": lambda left, right: left.isdisjoint(right),
}


def _comparison(
    expression: Compare | In | TextMatch | SetContains | SetCompare, scene: _Scene
) -> bool | None:
    """Unknown when a side is missing. Python compares ``str`` by code point, as the language does."""
    if isinstance(expression, In):
        value = _value(expression.left, scene)
        return None if value is None else value in [choice.value for choice in expression.choices]
    if isinstance(expression, SetContains):
        left, right = _value(expression.set, scene), _value(expression.element, scene)
        compare: Callable[[Any, Any], bool] = operator.contains
    else:
        left, right = _value(expression.left, scene), _value(expression.right, scene)
        compare = _by_operator(expression)
    return None if left is None or right is None else compare(left, right)


def _by_operator(expression: Compare | TextMatch | SetCompare) -> Callable[[Any, Any], bool]:
    match expression:
        case Compare():
            return _COMPARISONS[expression.operator]
        case TextMatch():
            return _TEXT_MATCHES[expression.operator]
        case SetCompare():
            return _SET_COMPARISONS[expression.operator]


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def _arithmetic(expression: Arithmetic | Negate, scene: _Scene) -> float | None:
    if isinstance(expression, Negate):
        operand = _value(expression.operand, scene)
        assert operand is None or isinstance(operand, float)
        return None if operand is None else -operand
    left, right = _value(expression.left, scene), _value(expression.right, scene)
    if left is None or right is None:
        return None
    assert isinstance(left, float)
    assert isinstance(right, float)
    if expression.operator == "/" and right == 0:
        return None
    result = _ARITHMETIC[expression.operator](left, right)
    return result if math.isfinite(result) else None
