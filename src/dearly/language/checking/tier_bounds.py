"""``conversion is high`` as the bounds that it stands for, so that it can be held against other bounds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import TypeAlias

from dearly.language.program import And, Compare, Expression, Literal, Or, ScoreRef, TierIs
from dearly.language.syntax import tree
from dearly.language.types import NUMBER

Scores: TypeAlias = Mapping[str, tree.ScoreDeclaration]


def with_tier_bounds(condition: Expression, scores: Scores) -> Expression:
    """The condition with each tier, within its ``and`` and ``or``, as a range of its score."""
    match condition:
        case TierIs():
            return _range(condition, scores)
        case And(operands) | Or(operands):
            return replace(condition, operands=tuple(with_tier_bounds(one, scores) for one in operands))
        case _:
            return condition


def _range(asked: TierIs, scores: Scores) -> Expression:
    """At least its own threshold, and less than that of the tier above it."""
    declared = scores.get(asked.score)
    tiers = declared.tiers if declared is not None else ()
    place = next((place for place, tier in enumerate(tiers) if tier.name.text == asked.tier), None)
    if place is None:
        return asked
    score = ScoreRef(asked.score)
    bounds: list[Expression] = []
    if (least := tiers[place].at_least) is not None:
        bounds.append(Compare(">=", score, Literal(least.value, NUMBER)))
    if place > 0 and (above := tiers[place - 1].at_least) is not None:
        bounds.append(Compare("<", score, Literal(above.value, NUMBER)))
    if len(bounds) == 2:
        return And(tuple(bounds), asked.span)
    return bounds[0] if bounds else asked
