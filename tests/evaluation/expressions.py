"""Random well-typed expressions, of a type and at most so deep, in whatever scope they stand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any, TypeAlias

from dearly.language import program as tree
from dearly.language.program import Expression, Selection
from dearly.language.types import BOOL, DATE, DURATION, NUMBER, TEXT, TIME, URL, ItemRef, Scalar, Type
from tests.evaluation.histories import Below, Palette
from tests.evaluation.vocabulary import (
    EVENTS,
    KINDS,
    NUMBERS_SET,
    PRODUCT,
    PRODUCT_FIELDS,
    PROFILE,
    TEXTS_SET,
)


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: what it may draw on.

    ``event`` is set inside an event's ``where`` (which sees properties and profile, nothing else), ``item``
    inside an item list's (which sees fields, profile and names). ``drawn`` gathers the program's selections:
    what several conditions share, evaluators compute once, so some are drawn again.
    """

    below: Below
    palette: Palette
    names: tuple[tuple[str, Type], ...] = ()
    segments: tuple[str, ...] = ()
    stages: tuple[tuple[str, str], ...] = ()
    event: str | None = None
    item: bool = False
    drawn: list[Selection] = field(default_factory=list)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of several; the types of the rest of a tree hold by construction."""
        return options[self.below(len(options))]

    def one_in(self, n: int) -> bool:
        return self.below(n) == n - 1

    @property
    def sees_events(self) -> bool:
        return self.event is None and not self.item


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
    if scope.sees_events:
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
        _else_of(BOOL),
    )
    over_events = (occurs, occurs, occurs, occurs, _compare_durations, _compare_durations)
    makers = (_leaf_of(BOOL), *pure, *(over_events if scope.sees_events else ()))
    return scope.pick(makers)(scope, depth)


def _leaf(scope: Scope, kind: Type) -> Expression:
    """A constant, a field, a property, or a name of this type; only what text can spell as a constant."""
    options: list[Expression] = [] if kind == DURATION else _fields(scope, kind)
    if scope.event is None:
        options += [tree.ValueRef(name, each) for name, each in scope.names if each == kind] * 2
        if kind == BOOL:
            options += [tree.SegmentRef(name) for name in scope.segments]
            options += [tree.StageIs(lifecycle, stage) for lifecycle, stage in scope.stages]
    if kind in _SPELLED and not scope.below(1 + len(options)):
        return _literal(scope, kind)
    return scope.pick(options)


_SPELLED = (BOOL, NUMBER, TEXT, DATE, TIME, DURATION)
"""The types whose constants say their type; a quoted text may also be meant as a url or an item's id."""


def _fields(scope: Scope, kind: Type) -> list[Expression]:
    found: list[Expression] = [tree.ProfileField(n, f.type) for n, f in PROFILE.items() if f.type == kind]
    if scope.event is not None:
        declared = EVENTS[scope.event].fields
        found += [tree.EventProperty(n, f.type) for n, f in declared.items() if f.type == kind] * 3
    if scope.item:
        found += [tree.ItemProperty(n, f.type) for n, f in PRODUCT_FIELDS.items() if f.type == kind] * 3
    return found


def _literal(scope: Scope, kind: Type) -> tree.Literal:
    return tree.Literal(scope.pick(scope.palette.values[kind]), kind)


def _number(scope: Scope, depth: int) -> Expression:
    pure = (_leaf_of(NUMBER), _leaf_of(NUMBER), _arithmetic, _arithmetic, _negate, _else_of(NUMBER))
    over_events = (_count, _count, _sum_or_average, _sum_or_average, _extreme_of(NUMBER), _pick_of(NUMBER))
    return scope.pick((*pure, *over_events) if scope.sees_events else pure)(scope, depth)


def _duration(scope: Scope, depth: int) -> Expression:
    since = tree.TimeSince(scope.pick(("latest", "first")), _selection(scope, depth - 1))
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
        which = scope.pick(("latest", "first"))
        return tree.Pick(which, _selection(scope, depth - 1, event), name, kind)

    return make


@cache
def _extreme_of(kind: Type) -> Maker:
    def make(scope: Scope, depth: int) -> Expression:
        event, name = _property(scope, kind)
        return tree.Aggregate(scope.pick(("min", "max")), _selection(scope, depth - 1, event), name, kind)

    return make


def _property(scope: Scope, kind: Type) -> tuple[str, str]:
    """A property of this type and its event type; not one of the palette's when none of those has any."""
    every = _properties(kind)
    return scope.pick([each for each in every if each[0] in scope.palette.events] or every)


@cache
def _properties(kind: Type) -> tuple[tuple[str, str], ...]:
    return tuple((e, n) for e, schema in EVENTS.items() for n, f in schema.fields.items() if f.type == kind)


def _count(scope: Scope, depth: int) -> Expression:
    return tree.Aggregate("count", _selection(scope, depth - 1), None, NUMBER)


def _sum_or_average(scope: Scope, depth: int) -> Expression:
    event, name = _property(scope, NUMBER)
    return tree.Aggregate(scope.pick(("sum", "average")), _selection(scope, depth - 1, event), name, NUMBER)


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
        operand = scope.pick(_fields(scope, kind))  # a constant is always present; the checker says so
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


def occurs(scope: Scope, depth: int) -> Expression:
    """A count of selected events, against a bound."""
    quantifier = scope.pick(("at least", "at most", "exactly"))
    return tree.Occurs(quantifier, scope.pick((1, 0, 2, 1, 3)), _selection(scope, max(depth - 1, 0)))


def _selection(scope: Scope, depth: int, event: str | None = None) -> Selection:
    """A selection, as often as not the same as an earlier one."""
    kind = scope.pick(scope.palette.events) if event is None else event
    shared = [each for each in scope.drawn if each.event == kind]
    if shared and scope.one_in(2):
        return scope.pick(shared)
    scope.drawn.append(_new_selection(scope, depth, kind))
    return scope.drawn[-1]


def _new_selection(scope: Scope, depth: int, event: str) -> Selection:
    where = _where(scope, event, depth)
    within_us = scope.pick(scope.palette.durations) if scope.one_in(2) else None
    older_than_us = scope.pick(scope.palette.durations) if scope.one_in(4) else None
    if within_us is not None and older_than_us is not None and older_than_us >= within_us:
        within_us += older_than_us  # no event is both so recent and so old; the checker says so
    sequence = _sequence(scope, depth) if scope.one_in(3) else None
    return Selection(event, where, within_us, older_than_us, sequence=sequence)


def _sequence(scope: Scope, depth: int) -> tree.Sequence:
    kind = scope.pick(scope.palette.events)
    within_us = scope.pick(scope.palette.durations) if scope.below(3) else None
    return tree.Sequence(scope.one_in(2), kind, _where(scope, kind, depth), within_us)


def _where(scope: Scope, event: str, depth: int) -> Expression | None:
    if not scope.one_in(3):
        return None
    return boolean(replace(scope, event=event), min(depth, 2))
