"""Conditions that cover others: when one is true whenever another is, as far as that can be proved simply.

Nothing here guesses: "no" means "not proved".
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from dearly.language.checking.bounds import COMPARISONS, bound_follows, bound_of, bounds_exclude
from dearly.language.checking.containment import contains, set_follows, sets_exclude
from dearly.language.program import (
    And,
    Compare,
    Expression,
    In,
    Literal,
    Not,
    Occurs,
    Or,
    Presence,
    SetCompare,
    SetContains,
    StageIs,
    TextMatch,
    TierIs,
    VariantIs,
)

MAX_PARTS = 32
"""Conditions with more parts than this are compared as wholes only, so that comparing stays cheap."""

MAX_EXCLUDED = 12
"""Of the parts of an ``and`` that are about one thing, so many are compared."""


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
            return COMPARISONS[comparison](left, right)
        case Occurs("at least", 0, _):
            return True
        case _:
            return None


def _joined(truths: list[bool | None], decisive: bool) -> bool | None:
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


# -------------------------------------------------------------------------------------------------- coverage


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
    if isinstance(wanted, Presence) and not wanted.missing:
        return wanted.operand in _read_by(given)
    asked, known = _count_of(wanted), _count_of(given)
    if asked is not None and known is not None:
        return _count_follows(asked, known)
    return bound_follows(wanted, given) or set_follows(wanted, given)


def _read_by(given: Expression) -> tuple[Expression, ...]:
    """What must be there for a comparison to be true."""
    match given:
        case Compare(_, left, right) | TextMatch(_, left, right) | SetCompare(_, left, right):
            return (left, right)
        case SetContains(left, right):
            return (left, right)
        case In(left):
            return (left,)
        case Not(Compare() | In() | TextMatch() | SetContains() | SetCompare() as operand):
            return _read_by(operand)
        case _:
            return ()


def _count_of(condition: Expression) -> Occurs | None:
    """How many events must be there, also where that is said by what must not be."""
    match condition:
        case Occurs():
            return condition
        case Not(Occurs("at least", count, selection)) if count > 0:
            return Occurs("at most", count - 1, selection)
        case Not(Occurs("at most", count, selection)) | Not(Occurs("exactly", 0 as count, selection)):
            return Occurs("at least", count + 1, selection)
        case _:
            return None


def _count_follows(wanted: Occurs, given: Occurs) -> bool:
    if wanted.quantifier == "at least":
        enough = given.quantifier in ("at least", "exactly") and given.count >= wanted.count
        return enough and contains(wanted.selection, given.selection)
    if wanted.quantifier == "at most":
        few = given.quantifier in ("at most", "exactly") and given.count <= wanted.count
        return few and contains(given.selection, wanted.selection)
    none = given.quantifier in ("at most", "exactly") and given.count == 0 == wanted.count
    return none and contains(given.selection, wanted.selection)


# --------------------------------------------------------------------------------------------- contradictions


def contradiction(condition: And) -> tuple[Expression, Expression] | None:
    """Two parts of an ``and`` that are proved never to be true together; None when none are."""
    by_topic: dict[Expression | str, list[Expression]] = {}
    for part in _flat(condition, And):
        by_topic.setdefault(_topic(part), []).append(part)
    for parts in by_topic.values():
        for one, other in combinations(parts[:MAX_EXCLUDED], 2):
            if _exclude(one, other):
                return one, other
    return None


def _topic(condition: Expression) -> Expression | str:
    """What a condition is about: only conditions about the same thing can exclude each other."""
    match condition:
        case Not(operand):
            return _topic(operand)
        case Occurs():
            return condition.selection.event
        case StageIs(subject) | TierIs(subject) | VariantIs(subject):
            return subject
        case In(subject) | SetContains(subject) | SetCompare(_, subject):
            return subject
        case Compare():
            bound = bound_of(condition)
            return bound.subject if bound is not None else condition
        case _:
            return condition


def _exclude(one: Expression, other: Expression) -> bool:
    if _is_negation(one, other) or _is_negation(other, one):
        return True
    match one, other:
        case (StageIs(subject, state), StageIs(same, another)):
            return subject == same and state != another
        case (TierIs(subject, state), TierIs(same, another)):
            return subject == same and state != another
        case (VariantIs(subject, state), VariantIs(same, another)):
            return subject == same and state != another
        case _:
            pass
    first, second = _count_of(one), _count_of(other)
    if first is not None and second is not None:
        return _counts_exclude(first, second) or _counts_exclude(second, first)
    return bounds_exclude(one, other) or sets_exclude(one, other)


def _is_negation(one: Expression, other: Expression) -> bool:
    return isinstance(one, Not) and one.operand == other


def _counts_exclude(many: Occurs, few: Occurs) -> bool:
    """Whether so many events of the one selection are more than the other may have."""
    too_many = many.quantifier != "at most" and few.quantifier != "at least" and many.count > few.count
    return too_many and contains(few.selection, many.selection)
