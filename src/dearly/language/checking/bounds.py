"""Comparisons with something fixed: when one follows from another, and when two cannot both be true."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from dearly.language.checking.operators import Comparison
from dearly.language.program import Compare, DayStart, Expression, In, Literal, Not, Now, Today
from dearly.language.types import Value

COMPARISONS: Mapping[Comparison, Callable[[Any, Any], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}

_MIRRORED: Mapping[Comparison, Comparison] = {
    "==": "==",
    "!=": "!=",
    "<": ">",
    "<=": ">=",
    ">": "<",
    ">=": "<=",
}
_NEGATED: Mapping[Comparison, Comparison] = {
    "==": "!=",
    "!=": "==",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
}

Scale: TypeAlias = type[Literal] | type[Today] | type[Now] | type[DayStart]
"""What a value is counted from: bounds of different scales are not told apart."""


@dataclass(frozen=True, slots=True)
class Bound:
    """``subject sign value``, however it was written."""

    subject: Expression
    sign: Comparison
    scale: Scale
    value: Value


def bound_of(condition: Expression) -> Bound | None:
    """The bound that a condition is when it is true; None when it is none."""
    match condition:
        case Not(Compare(sign, left, right)):
            return _bound(_NEGATED[sign], left, right)
        case Compare(sign, left, right):
            return _bound(sign, left, right)
        case _:
            return None


def _bound(sign: Comparison, left: Expression, right: Expression) -> Bound | None:
    if (fixed := _fixed(right)) is not None:
        return Bound(left, sign, *fixed)
    if (fixed := _fixed(left)) is not None:
        return Bound(right, _MIRRORED[sign], *fixed)
    return None


def _fixed(side: Expression) -> tuple[Scale, Value] | None:
    match side:
        case Literal(value) | Today(value) | Now(value) | DayStart(value):
            return type(side), value
        case _:
            return None


def choices_of(condition: Expression) -> tuple[Expression, frozenset[Value]] | None:
    """What a condition lets its subject be one of; None when it is no such condition."""
    match condition:
        case In(subject, choices):
            return subject, frozenset(choice.value for choice in choices)
        case Compare("==", subject, Literal(value)):
            return subject, frozenset([value])
        case _:
            return None


def _left_out_by(condition: Expression) -> tuple[Expression, frozenset[Value]] | None:
    """What a condition lets its subject not be; None when it is no such condition."""
    match condition:
        case Not(In() | Compare("==", _, Literal()) as operand):
            return choices_of(operand)
        case Compare("!=", subject, Literal(value)):
            return subject, frozenset([value])
        case _:
            return None


def bound_follows(wanted: Expression, given: Expression) -> bool:
    """Whether a comparison is proved to be true whenever another one is."""
    asked, known = choices_of(wanted), choices_of(given)
    if asked is not None and known is not None and asked[0] == known[0] and known[1] <= asked[1]:
        return True
    if _is_left_out(wanted, given, known):
        return True
    bound = bound_of(wanted)
    if bound is None:
        return False
    if known is not None and known[0] == bound.subject and bound.scale is Literal:
        return all(COMPARISONS[bound.sign](value, bound.value) for value in known[1])
    other = bound_of(given)
    return other is not None and _is_same_scale(bound, other) and _lies_within(bound, other)


def _is_left_out(
    wanted: Expression, given: Expression, known: tuple[Expression, frozenset[Value]] | None
) -> bool:
    asked, other = _left_out_by(wanted), _left_out_by(given)
    if asked is None:
        return False
    if known is not None and known[0] == asked[0]:
        return known[1].isdisjoint(asked[1])
    return other is not None and other[0] == asked[0] and asked[1] <= other[1]


def _is_same_scale(one: Bound, other: Bound) -> bool:
    return one.scale is other.scale and one.subject == other.subject


def _lies_within(wanted: Bound, given: Bound) -> bool:
    """Whether every value within ``given`` lies within ``wanted``."""
    value, bound = given.value, wanted.value
    match wanted.sign, given.sign:
        case (sign, "=="):
            return COMPARISONS[sign](value, bound)
        case (">=", ">" | ">=") | (">", ">") | ("!=", ">"):
            return COMPARISONS[">="](value, bound)
        case (">" | "!=", ">="):
            return COMPARISONS[">"](value, bound)
        case ("<=", "<" | "<=") | ("<", "<") | ("!=", "<"):
            return COMPARISONS["<="](value, bound)
        case ("<" | "!=", "<="):
            return COMPARISONS["<"](value, bound)
        case ("!=", "!="):
            return value == bound
        case _:
            return False


def bounds_exclude(one: Expression, other: Expression) -> bool:
    """Whether two comparisons are proved never to be true together."""
    first, second = choices_of(one), choices_of(other)
    if first is not None and second is not None:
        return first[0] == second[0] and first[1].isdisjoint(second[1])
    for known, bound in ((first, bound_of(other)), (second, bound_of(one))):
        if known is not None and bound is not None:
            fits = COMPARISONS[bound.sign]
            same = known[0] == bound.subject and bound.scale is Literal
            return same and not any(fits(value, bound.value) for value in known[1])
    left, right = bound_of(one), bound_of(other)
    if left is None or right is None or not _is_same_scale(left, right):
        return False
    return _leaves_nothing(left, right) or _leaves_nothing(right, left)


def _leaves_nothing(lower: Bound, upper: Bound) -> bool:
    """Whether nothing lies above the one and below the other."""
    if lower.sign not in (">", ">=", "==") or upper.sign not in ("<", "<=", "=="):
        return (lower.sign, upper.sign) == ("==", "!=") and lower.value == upper.value
    inclusive = lower.sign != ">" and upper.sign != "<"
    meets = COMPARISONS["<=" if inclusive else "<"]
    return not meets(lower.value, upper.value)
