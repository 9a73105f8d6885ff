"""What lies within what: events selected by one condition among those of another, sets within sets."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language.checking.windows import is_not_after
from dearly.language.program import (
    Expression,
    Instant,
    Literal,
    Period,
    Selection,
    SetCompare,
    SetContains,
)
from dearly.language.requirements import horizon_us
from dearly.language.types import Value

_WITHIN_PERIOD: Mapping[Period, tuple[Period, ...]] = {
    "today": ("today",),
    "this week": ("this week", "today"),
    "this month": ("this month", "today"),
    "this year": ("this year", "this month", "today"),
}
"""The calendar periods that lie within each one (a week may begin in another month or year)."""


def contains(larger: Selection, smaller: Selection) -> bool:
    """Whether every event of ``smaller`` is proved to be one of ``larger``."""
    return (
        larger.event == smaller.event
        and (larger.where is None or larger.where == smaller.where)
        and (larger.sequence is None or larger.sequence == smaller.sequence)
        and _is_as_young(larger, smaller)
        and (larger.older_than_us or 0) <= (smaller.older_than_us or 0)
        and (larger.since is None or _is_proved_first(larger.since, smaller.since))
        and (larger.before is None or _is_proved_first(smaller.before, larger.before))
        and (larger.weekdays is None or _is_on(larger.weekdays, smaller.weekdays))
    )


def _is_as_young(larger: Selection, smaller: Selection) -> bool:
    """Whether ``smaller`` looks no further back, in rolling windows and in calendar periods."""
    reach_us = horizon_us(smaller)
    if larger.within_us is not None and (reach_us is None or reach_us > larger.within_us):
        return False
    return larger.period is None or smaller.period in _WITHIN_PERIOD[larger.period]


def _is_proved_first(one: Instant | None, other: Instant | None) -> bool:
    return one is not None and other is not None and is_not_after(one, other)


def _is_on(days: frozenset[int], others: frozenset[int] | None) -> bool:
    return others is not None and others <= days


def set_follows(wanted: Expression, given: Expression) -> bool:
    """Whether a condition on a set is proved to be true whenever another one is."""
    asked, known = _elements(wanted), _elements(given)
    if asked is None or known is None or asked[1] != known[1]:
        return False
    (wanted_sign, _, wanted_ones), (given_sign, _, given_ones) = asked, known
    match wanted_sign, given_sign:
        case ("all of", "all of") | ("none of", "none of"):
            return wanted_ones <= given_ones
        case ("any of", "any of"):
            return given_ones <= wanted_ones
        case ("any of", "all of"):
            return not given_ones.isdisjoint(wanted_ones)
        case _:
            return False


def sets_exclude(one: Expression, other: Expression) -> bool:
    """Whether two conditions on a set are proved never to be true together."""
    return _has_what_other_lacks(one, other) or _has_what_other_lacks(other, one)


def _has_what_other_lacks(one: Expression, other: Expression) -> bool:
    having, lacking = _elements(one), _elements(other)
    if having is None or lacking is None or having[1] != lacking[1] or lacking[0] != "none of":
        return False
    if having[0] == "all of":
        return not having[2].isdisjoint(lacking[2])
    return having[0] == "any of" and having[2] <= lacking[2]


def _elements(condition: Expression) -> tuple[str, Expression, frozenset[Value]] | None:
    """How a condition compares which set with which written elements; None when it is no such condition."""
    match condition:
        case SetCompare(sign, left, Literal(frozenset() as elements)):
            return sign, left, frozenset[Value](elements)
        case SetContains(left, Literal(element)):
            return "all of", left, frozenset([element])
        case _:
            return None
