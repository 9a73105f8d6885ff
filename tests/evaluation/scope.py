"""Where a random expression stands, and what it may name there."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from dearly.language import program as tree
from dearly.language.program import Expression, Selection
from dearly.language.types import BOOL, NUMBER, Type
from tests.evaluation.histories import Below, Palette
from tests.evaluation.vocabulary import CONTEXT, EVENTS, EXPERIMENTS, PRODUCT_FIELDS, PROFILE, SCORES


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: what it may draw on.

    ``event`` is set inside an event's ``where`` (which sees properties and profile, nothing else), ``item``
    inside an item list's (which sees fields, profile and names), ``content`` inside a block (which also sees
    what a call brings along, and variants). ``drawn`` gathers the program's selections: what several
    conditions share, evaluators compute once, so some are drawn again.
    """

    below: Below
    palette: Palette
    names: tuple[tuple[str, Type], ...] = ()
    segments: tuple[str, ...] = ()
    stages: tuple[tuple[str, str], ...] = ()
    event: str | None = None
    item: bool = False
    content: bool = False
    drawn: list[Selection] = field(default_factory=list)

    def pick(self, options: Sequence[Any]) -> Any:
        """One of several; the types of the rest of a tree hold by construction."""
        return options[self.below(len(options))]

    def one_in(self, n: int) -> bool:
        return self.below(n) == n - 1

    @property
    def sees_events(self) -> bool:
        return self.event is None and not self.item


def fields_of(scope: Scope, kind: Type) -> list[Expression]:
    """The fields of a type that stand there to be read, those nearest most often."""
    found: list[Expression] = [tree.ProfileField(n, f.type) for n, f in PROFILE.items() if f.type == kind]
    if scope.content:
        found += [tree.ContextField(n, f.type) for n, f in CONTEXT.items() if f.type == kind]
    if scope.event is not None:
        declared = EVENTS[scope.event].fields
        found += [tree.EventProperty(n, f.type) for n, f in declared.items() if f.type == kind] * 3
    if scope.item:
        found += [tree.ItemProperty(n, f.type) for n, f in PRODUCT_FIELDS.items() if f.type == kind] * 3
    return found


def names_of(scope: Scope, kind: Type) -> list[Expression]:
    """The named things of a type; none in an event's ``where``."""
    if scope.event is not None:
        return []
    found: list[Expression] = [tree.ValueRef(name, each) for name, each in scope.names if each == kind] * 2
    if kind == NUMBER:
        found += [tree.ScoreRef(name) for name in SCORES]
    if kind == BOOL:
        found += [tree.SegmentRef(name) for name in scope.segments]
        found += [tree.StageIs(lifecycle, stage) for lifecycle, stage in scope.stages]
        found.append(_tier_is(scope))
        if scope.content:
            found.append(_variant_is(scope))
    return found


def _tier_is(scope: Scope) -> Expression:
    score = scope.pick(tuple(SCORES.values()))
    return tree.TierIs(score.name, scope.pick(score.tiers).name)


def _variant_is(scope: Scope) -> Expression:
    experiment = scope.pick(tuple(EXPERIMENTS.values()))
    return tree.VariantIs(experiment.name, scope.pick(experiment.variants).name)
