"""Conditions that cover others: when one is true whenever another is, as far as that can be proved simply.

Nothing here guesses: "no" means "not proved".
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator, Mapping

from dearly.language.program import And, Compare, Expression, Literal, Not, Occurs, Or, Selection
from dearly.language.types import Value

MAX_PARTS = 32
"""Conditions with more parts than this are compared as wholes only, so that comparing stays cheap."""

_COMPARISONS: Mapping[str, Callable[[Value, Value], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


def constant_truth(condition: Expression) -> bool | None:
    """Whether a condition that reads no data is true; None for one that reads any."""
    match condition:
        case Literal(value) if isinstance(value, bool):
            return value
        case Not(operand):
            truth = constant_truth(operand)
            return None if truth is None else not truth
        case And(operands):
            return _joined([constant_truth(operand) for operand in operands], decisive=False)
        case Or(operands):
            return _joined([constant_truth(operand) for operand in operands], decisive=True)
        case Compare(comparison, Literal(left), Literal(right)):
            return _COMPARISONS[comparison](left, right)
        case Occurs("at least", 0, _):
            return True
        case _:
            return None


def _joined(truths: list[bool | None], decisive: bool) -> bool | None:
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def covers(earlier: Expression, later: Expression) -> bool:
    """Whether ``earlier`` is proved to be true whenever ``later`` is true.

    Both are read as "one of several, each of which is all of several"; that goes one level deep.
    """
    if earlier == later or constant_truth(earlier):
        return True
    wanted, given = _alternatives(later), _alternatives(earlier)
    if sum(map(len, wanted)) > MAX_PARTS or sum(map(len, given)) > MAX_PARTS:
        return False
    return all(any(_all_follow(whole, parts) for whole in given) for parts in wanted)


def _alternatives(condition: Expression) -> list[tuple[Expression, ...]]:
    return [tuple(_flat(one, And)) for one in _flat(condition, Or)]


def _flat(condition: Expression, joiner: type[And] | type[Or]) -> Iterator[Expression]:
    if isinstance(condition, And | Or) and isinstance(condition, joiner):
        for operand in condition.operands:
            yield from _flat(operand, joiner)
    else:
        yield condition


def _all_follow(wanted: tuple[Expression, ...], given: tuple[Expression, ...]) -> bool:
    return all(any(_follows(one, other) for other in given) for one in wanted)


def _follows(wanted: Expression, given: Expression) -> bool:
    if wanted == given:
        return True
    if isinstance(wanted, Occurs) and isinstance(given, Occurs):
        return _count_follows(wanted, given)
    if isinstance(wanted, Compare) and isinstance(given, Compare):
        return _bound_follows(wanted, given)
    return False


def _count_follows(wanted: Occurs, given: Occurs) -> bool:
    if wanted.quantifier == "at least":
        enough = given.quantifier in ("at least", "exactly") and given.count >= wanted.count
        return enough and contains(wanted.selection, given.selection)
    if wanted.quantifier == "at most":
        few = given.quantifier in ("at most", "exactly") and given.count <= wanted.count
        return few and contains(given.selection, wanted.selection)
    none = given.quantifier in ("at most", "exactly") and given.count == 0 == wanted.count
    return none and contains(given.selection, wanted.selection)


def contains(larger: Selection, smaller: Selection) -> bool:
    """Whether every event of ``smaller`` is proved to be one of ``larger``."""
    return (
        larger.event == smaller.event
        and (larger.where is None or larger.where == smaller.where)
        and (larger.sequence is None or larger.sequence == smaller.sequence)
        and (
            larger.within_us is None
            or (smaller.within_us is not None and smaller.within_us <= larger.within_us)
        )
        and (larger.older_than_us or 0) <= (smaller.older_than_us or 0)
    )


def _bound_follows(wanted: Compare, given: Compare) -> bool:
    if (
        wanted.left != given.left
        or not isinstance(wanted.right, Literal)
        or not isinstance(given.right, Literal)
    ):
        return False
    bound, value = wanted.right.value, given.right.value
    match wanted.operator, given.operator:
        case ((">" | ">=" | "<" | "<=" | "!=") as asked, "=="):
            return _COMPARISONS[asked](value, bound)
        case (">=", ">" | ">=") | (">", ">"):
            return value >= bound  # type: ignore[operator]  # both of one ordered type
        case (">", ">="):
            return value > bound  # type: ignore[operator]
        case ("<=", "<" | "<=") | ("<", "<"):
            return value <= bound  # type: ignore[operator]
        case ("<", "<="):
            return value < bound  # type: ignore[operator]
        case _:
            return False
