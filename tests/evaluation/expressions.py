"""Random well-typed expressions, of a type and at most so deep, in whatever scope they stand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import cache
from typing import TypeAlias

from dearly.language import program as tree
from dearly.language.program import Expression, Selection
from dearly.language.types import (
    BOOL,
    DATE,
    DURATION,
    NUMBER,
    TEXT,
    TIME,
    URL,
    ItemRef,
    Scalar,
    SetOf,
    Type,
)
from tests.evaluation.scope import Scope, fields_of, names_of
from tests.evaluation.selections import draw_selection
from tests.evaluation.vocabulary import (
    DATES_SET,
    EVENTS,
    KINDS,
    NUMBERS_SET,
    PRODUCT,
    PRODUCTS_SET,
    TEXTS_SET,
)


def any_of(scope: Scope, kind: Type, depth: int) -> Expression:
    """An expression of a type, at most so deep."""
    if kind == BOOL:
        return boolean(scope, depth)
    if depth == 0:
        return _leaf(scope, kind)
    if kind == NUMBER:
        return _number(scope, depth)
    if kind == DURATION:
        return _duration(scope, depth)
    makers = [_leaf_of(kind), _leaf_of(kind), _else_of(kind)]
    if scope.sees_events and _properties(kind):
        makers += [_pick_of(kind), _pick_of(kind)]
        makers += [_extreme_of(kind)] if kind in (DATE, TIME) else []
    return scope.pick(makers)(scope, depth)


def boolean(scope: Scope, depth: int) -> Expression:
    """A condition, at most so deep."""
    if depth == 0:
        return scope.pick((_leaf_of(BOOL), occurs if scope.sees_events else _compare, _presence))(scope, 0)
    pure = (
        _compare,
        _compare,
        _and,
        _or,
        _not,
        _presence,
        _in,
        _text_match,
        _text_match,
        _set_contains,
        _set_compare,
        _compare_day_start,
        _else_of(BOOL),
    )
    over_events = (occurs, occurs, occurs, occurs, _compare_durations, _compare_durations, _compare_moving)
    makers = (_leaf_of(BOOL), *pure, *(over_events if scope.sees_events else ()))
    return scope.pick(makers)(scope, depth)


def _leaf(scope: Scope, kind: Type) -> Expression:
    """A constant, a field, a property, or a name of this type; only what text can spell as a constant."""
    options = [] if kind == DURATION else [*fields_of(scope, kind), *names_of(scope, kind)]
    if kind in _SPELLED and not scope.below(1 + len(options)):
        return _literal(scope, kind)
    return scope.pick(options)


_SPELLED = (BOOL, NUMBER, TEXT, DATE, TIME, DURATION)
"""The types whose constants say their type; a quoted text may also be meant as a url or an item's id."""


def _literal(scope: Scope, kind: Type) -> tree.Literal:
    return tree.Literal(scope.pick(scope.palette.values[kind]), kind)


def _number(scope: Scope, depth: int) -> Expression:
    pure = (_leaf_of(NUMBER), _leaf_of(NUMBER), _arithmetic, _arithmetic, _negate, _else_of(NUMBER))
    over_events = (
        _count,
        _count,
        _distinct,
        _sum_or_average,
        _sum_or_average,
        _extreme_of(NUMBER),
        _pick_of(NUMBER),
    )
    return scope.pick((*pure, *over_events) if scope.sees_events else pure)(scope, depth)


def _duration(scope: Scope, depth: int) -> Expression:
    since = tree.TimeSince(scope.pick(("latest", "first")), selection(scope, depth - 1))
    if not scope.one_in(3):
        return since
    return tree.Else(
        since, _duration(scope, depth - 1) if depth > 1 and scope.one_in(3) else _literal(scope, DURATION)
    )


Maker: TypeAlias = Callable[[Scope, int], Expression]


@cache
def _leaf_of(kind: Type) -> Maker:
    return lambda scope, _depth: _leaf(scope, kind)


@cache
def _else_of(kind: Type) -> Maker:
    return lambda scope, depth: tree.Else(any_of(scope, kind, depth - 1), any_of(scope, kind, depth - 1))


@cache
def _pick_of(kind: Type) -> Maker:
    def make(scope: Scope, depth: int) -> Expression:
        event, name = _property(scope, kind)
        which = scope.pick(("latest", "first") if isinstance(kind, SetOf) else ("latest", "first", "top"))
        return tree.Pick(which, selection(scope, depth - 1, event), name, kind)

    return make


@cache
def _extreme_of(kind: Type) -> Maker:
    def make(scope: Scope, depth: int) -> Expression:
        event, name = _property(scope, kind)
        return tree.Aggregate(scope.pick(("min", "max")), selection(scope, depth - 1, event), name, kind)

    return make


def _property(scope: Scope, kind: Type) -> tuple[str, str]:
    """A property of this type and its event type; not one of the palette's when none of those has any."""
    every = _properties(kind)
    return scope.pick([each for each in every if each[0] in scope.palette.events] or every)


@cache
def _properties(kind: Type) -> tuple[tuple[str, str], ...]:
    return tuple((e, n) for e, schema in EVENTS.items() for n, f in schema.fields.items() if f.type == kind)


def _count(scope: Scope, depth: int) -> Expression:
    return tree.Aggregate("count", selection(scope, depth - 1), None, NUMBER)


def _distinct(scope: Scope, depth: int) -> Expression:
    event, name = _property(scope, scope.pick((TEXT, NUMBER, PRODUCT, DATE, TIME, BOOL, URL)))
    return tree.Aggregate("distinct", selection(scope, depth - 1, event), name, NUMBER)


def _sum_or_average(scope: Scope, depth: int) -> Expression:
    event, name = _property(scope, NUMBER)
    return tree.Aggregate(scope.pick(("sum", "average")), selection(scope, depth - 1, event), name, NUMBER)


def _arithmetic(scope: Scope, depth: int) -> Expression:
    operator = scope.pick(("+", "-", "*", "/"))
    return tree.Arithmetic(operator, any_of(scope, NUMBER, depth - 1), any_of(scope, NUMBER, depth - 1))


def _negate(scope: Scope, depth: int) -> Expression:
    operand = any_of(scope, NUMBER, depth - 1)
    if isinstance(operand, tree.Literal) and isinstance(operand.value, float):
        return tree.Literal(-operand.value, NUMBER)  # as the checker has it
    return tree.Negate(operand)


def _not(scope: Scope, depth: int) -> Expression:
    return tree.Not(boolean(scope, depth - 1))


def _and(scope: Scope, depth: int) -> Expression:
    return tree.And(tuple(boolean(scope, depth - 1) for _ in range(2 + scope.below(2))))


def _or(scope: Scope, depth: int) -> Expression:
    return tree.Or(tuple(boolean(scope, depth - 1) for _ in range(2 + scope.below(2))))


def _presence(scope: Scope, depth: int) -> Expression:
    kind = scope.pick((*KINDS, DURATION) if scope.sees_events and depth > 0 else KINDS)
    if kind == DURATION:
        operand = _duration(scope, 1)
    else:
        operand = any_of(scope, kind, depth - 1) if depth > 0 else _leaf(scope, kind)
    if isinstance(operand, tree.Literal):
        operand = scope.pick(fields_of(scope, kind))  # a constant is always present; the checker says so
    return tree.Presence(operand, missing=scope.one_in(2))


_ORDERED = ("==", "!=", "<", "<=", ">", ">=")
_COMPARED: tuple[tuple[Type, tuple[str, ...]], ...] = (
    (NUMBER, _ORDERED),
    (NUMBER, _ORDERED),
    (TEXT, _ORDERED),
    (DATE, _ORDERED),
    (TIME, _ORDERED),
    (BOOL, ("==", "!=")),
    (PRODUCT, _ORDERED),
    (URL, _ORDERED),
)


def _compare(scope: Scope, depth: int) -> Expression:
    kind, operators = scope.pick(_COMPARED)
    operator = scope.pick(operators)
    inner = 0 if kind == BOOL else max(depth - 1, 0)
    left = _leaf(scope, kind) if inner == 0 else any_of(scope, kind, inner)
    if not scope.one_in(3):
        right: Expression = _literal(scope, kind)
    else:
        right = _leaf(scope, kind) if inner == 0 else any_of(scope, kind, inner)
    return tree.Compare(operator, left, right)


_DAYS_ON = (0, 1, -1, 7, -7, 30)


def _compare_moving(scope: Scope, depth: int) -> Expression:
    """Today, or now, against what stands still."""
    inner = min(depth - 1, 1)
    if scope.palette.calendar and scope.one_in(2):
        moving: Expression = tree.Today(scope.pick(_DAYS_ON))
        fixed = any_of(scope, DATE, inner)
    else:
        lengths = (0, *scope.palette.durations, *(-each for each in scope.palette.durations))
        moving = tree.Now(scope.pick(lengths))
        fixed = (
            _day_start(scope) if scope.palette.calendar and scope.one_in(4) else any_of(scope, TIME, inner)
        )
    operator = scope.pick((">=", "<") if isinstance(fixed, tree.DayStart) else _ORDERED)
    if not isinstance(fixed, tree.DayStart) and scope.one_in(3):
        return tree.Compare(operator, fixed, moving)
    return tree.Compare(operator, moving, fixed)


def _compare_day_start(scope: Scope, depth: int) -> Expression:
    """A time against the beginning of a date: what ``since`` and ``before`` ask."""
    if not scope.palette.calendar:
        return _compare(scope, depth)
    return tree.Compare(scope.pick((">=", "<")), _leaf(scope, TIME), _day_start(scope))


def _day_start(scope: Scope) -> tree.DayStart:
    return tree.DayStart(scope.pick(scope.palette.values[DATE]))


def _compare_durations(scope: Scope, depth: int) -> Expression:
    left = _duration(scope, depth)
    right = _duration(scope, depth) if scope.one_in(4) else _literal(scope, DURATION)
    operator = scope.pick(_ORDERED)
    if scope.one_in(4):
        left, right = right, left
    return tree.Compare(operator, left, right)


def _in(scope: Scope, depth: int) -> Expression:
    kind: Scalar | ItemRef = scope.pick((TEXT, NUMBER, PRODUCT, DATE, TIME))
    choices = tuple(_literal(scope, kind) for _ in range(1 + scope.below(3)))
    return tree.In(any_of(scope, kind, depth - 1), choices)


def _text_match(scope: Scope, depth: int) -> Expression:
    operator = scope.pick(("contains", "starts with", "ends with", "is like", "is like", "is like"))
    return tree.TextMatch(operator, any_of(scope, TEXT, depth - 1), _leaf(scope, TEXT))


def _set_contains(scope: Scope, depth: int) -> Expression:
    kind, element = scope.pick(((TEXTS_SET, TEXT), (NUMBERS_SET, NUMBER)))
    return tree.SetContains(any_of(scope, kind, depth - 1), any_of(scope, element, depth - 1))


def _set_compare(scope: Scope, depth: int) -> Expression:
    kind = scope.pick((TEXTS_SET, NUMBERS_SET, DATES_SET, PRODUCTS_SET))
    operator = scope.pick(("any of", "all of", "none of"))
    left = any_of(scope, kind, depth - 1)
    if scope.one_in(3):
        return tree.SetCompare(operator, left, any_of(scope, kind, depth - 1))
    elements = frozenset(scope.pick(scope.palette.values[kind.element]) for _ in range(1 + scope.below(3)))
    return tree.SetCompare(operator, left, tree.Literal(elements, kind))


def occurs(scope: Scope, depth: int) -> Expression:
    """A count of selected events, against a bound."""
    quantifier = scope.pick(("at least", "at most", "exactly"))
    return tree.Occurs(quantifier, scope.pick((1, 0, 2, 1, 3)), selection(scope, max(depth - 1, 0)))


def selection(scope: Scope, depth: int, event: str | None = None) -> Selection:
    """A selection of events, of one type or any."""

    def where(outside: Scope, kind: str) -> Expression:
        return boolean(replace(outside, event=kind), min(depth, 2))

    return draw_selection(scope, where, event)
