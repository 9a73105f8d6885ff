"""An answer taken apart: each part of an expression with its value, through the names that it leads to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from dearly.evaluation.explanation.evidence import Evidence, evidence_for
from dearly.evaluation.facts import Facts
from dearly.evaluation.reference import evaluate_each, value_of
from dearly.language.checking.typing_rules import type_of
from dearly.language.program import (
    NOWHERE,
    Aggregate,
    Arithmetic,
    ContextField,
    DayStart,
    Expression,
    ItemProperty,
    Literal,
    Pick,
    ProfileField,
    Program,
    ScoreRef,
    SegmentRef,
    Span,
    StageIs,
    TierIs,
    TimeSince,
    ValueRef,
    VariantIs,
)
from dearly.language.sensitivity import sensitive_origin, sensitive_values
from dearly.language.spelling import spell
from dearly.language.traversal import OverEvents, children, definitions
from dearly.language.types import NUMBER, TEXT, Type, Value

MAX_DEPTH = 60
"""So deep an answer is taken apart; whatever lies below is cut."""

MAX_PARTS = 2_000
"""So many parts are told at most."""


@dataclass(frozen=True, slots=True)
class Explained:
    """One part of an answer: its words, its value (None: missing, or unknown), and what that comes from.

    ``missing`` says why there is no value. ``sensitive`` values are, or are made of, an ``@sensitive`` field;
    what a condition says of one is not. ``named`` parts are declared at ``span``. ``cut`` parts have more
    inside than is told: it stands further up already, or there is too much of it.
    """

    words: str
    value: Value | None
    type: Type
    missing: tuple[str, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    parts: tuple[Explained, ...] = ()
    sensitive: bool = False
    cut: bool = False
    named: bool = False
    span: Span = NOWHERE


def explain_expression(
    program: Program,
    expression: Expression,
    facts: Facts,
    now_us: int,
    item: Mapping[str, Value] | None = None,
) -> Explained:
    """Why an expression has the value that it has, for one customer at one instant."""
    values = _values(program, [expression], facts, now_us, item)
    return _telling(program, facts, now_us, values).expression(expression, 0)


def explain_name(program: Program, name: str, facts: Facts, now_us: int) -> Explained:
    """Why a segment, a value or a lifecycle has the value that it has."""
    values = _values(program, definitions(program, name), facts, now_us, None)
    return _telling(program, facts, now_us, values).name(name)


def _values(
    program: Program,
    roots: tuple[Expression, ...] | list[Expression],
    facts: Facts,
    now_us: int,
    item: Mapping[str, Value] | None,
) -> Mapping[int, Value | None]:
    """The value of each expression that will be told, by its identity; nearest first, as many as may be."""
    found: dict[int, Expression] = {}
    names: set[str] = set()
    waiting = list(roots)
    for _ in range(MAX_DEPTH):
        new = [expression for expression in waiting if id(expression) not in found]
        for expression in new[: MAX_PARTS - len(found)]:
            found[id(expression)] = expression
        waiting = [inner for expression in new for inner in _below(program, expression, names)]
    told = list(found.values())
    return dict(zip(found, evaluate_each(program, told, facts, now_us, item), strict=True))


def _below(program: Program, expression: Expression, names: set[str]) -> tuple[Expression, ...]:
    """What an expression's value is made of: its parts, or what defines the name that it is; a name once."""
    name = _name_in(expression)
    if name is not None:
        if name in names:
            return ()
        names.add(name)
        return definitions(program, name)
    if isinstance(expression, OverEvents):
        return ()
    return tuple(inner for inner in children(expression) if not isinstance(inner, Literal | DayStart))


def _name_in(expression: Expression) -> str | None:
    match expression:
        case SegmentRef(name) | ValueRef(name) | StageIs(name):
            return name
        case _:
            return None


@dataclass(frozen=True, slots=True)
class _Telling:
    """One customer at one instant, and what was told so far; a name's definition is told once."""

    program: Program
    facts: Facts
    now_us: int
    values: Mapping[int, Value | None]
    sensitive: Mapping[str, str]
    """The values that hand on sensitive data."""
    told: set[str] = field(default_factory=set)

    def expression(self, expression: Expression, depth: int) -> Explained:
        """The expression, taken apart."""
        value = self.values[id(expression)]
        evidence: tuple[Evidence, ...] = ()
        if isinstance(expression, OverEvents):
            evidence = evidence_for(self.program, expression.selection, self.facts, self.now_us)
        cut, parts = self._parts(expression, depth)
        return Explained(
            words=spell(expression),
            value=value,
            type=type_of(expression),
            missing=() if value is not None else _missing(expression, evidence, parts),
            evidence=evidence,
            parts=parts,
            sensitive=sensitive_origin(expression, self.program, self.sensitive) is not None,
            cut=cut,
            named=_name_in(expression) is not None,
            span=self._declared(expression),
        )

    def name(self, name: str, depth: int = 0) -> Explained:
        """A segment, a value or a lifecycle, by what defines it."""
        value = value_of(self.program, name, self.facts, self.now_us)
        if name in self.program.lifecycles:
            parts = self._stages(name, depth)
            span = self.program.lifecycles[name].span
            return Explained(name, value, TEXT, parts=parts, named=True, span=span)
        (definition,) = definitions(self.program, name)
        part = self.expression(definition, depth + 1)
        declared = self.program.segments.get(name) or self.program.values[name]
        return Explained(
            name,
            value,
            part.type,
            part.missing,
            parts=(part,),
            sensitive=part.sensitive,
            named=True,
            span=declared.span,
        )

    def _parts(self, expression: Expression, depth: int) -> tuple[bool, tuple[Explained, ...]]:
        """Whether there is more inside than is told; and what is told."""
        match expression:
            case TierIs(score):
                return False, (self._score(score),)
            case VariantIs(experiment):
                return False, (self._variant(experiment),)
            case StageIs(lifecycle) if lifecycle not in self.told:
                return False, self._stages(lifecycle, depth)
        name = _name_in(expression)
        if name is not None:
            if name in self.told:
                return True, ()
            self.told.add(name)
            inside = definitions(self.program, name)
        else:
            inside = _below(self.program, expression, set())
        known = [inner for inner in inside if id(inner) in self.values and depth < MAX_DEPTH]
        return len(known) < len(inside), tuple(self.expression(inner, depth + 1) for inner in known)

    def _stages(self, lifecycle: str, depth: int) -> tuple[Explained, ...]:
        """The conditions of the stages down to the one that decides."""
        self.told.add(lifecycle)
        found: list[Explained] = []
        for stage in self.program.lifecycles[lifecycle].stages:
            if stage.condition is None or id(stage.condition) not in self.values or depth >= MAX_DEPTH:
                break
            part = self.expression(stage.condition, depth + 1)
            found.append(replace(part, words=f"{stage.name} when {part.words}", span=stage.span))
            if part.value is True:
                break
        return tuple(found)

    def _score(self, score: str) -> Explained:
        probability = self.facts.scores.get(score)
        return Explained(score, probability, NUMBER, () if probability is not None else (_no_score(score),))

    def _variant(self, experiment: str) -> Explained:
        variant = self.facts.variants.get(experiment)
        return Explained(experiment, variant, TEXT, () if variant else ("the customer takes no part in it",))

    def _declared(self, expression: Expression) -> Span:
        """Where a name is declared; where anything else is written."""
        match expression:
            case SegmentRef(name):
                return self.program.segments[name].span
            case ValueRef(name):
                return self.program.values[name].span
            case StageIs(name):
                return self.program.lifecycles[name].span
            case _:
                return expression.span


def _telling(program: Program, facts: Facts, now_us: int, values: Mapping[int, Value | None]) -> _Telling:
    sensitive = sensitive_values(program, program.evaluation_order, program.values)
    return _Telling(program, facts, now_us, values, sensitive)


# --------------------------------------------------------------------------------------------------- missing


def _missing(
    expression: Expression, evidence: tuple[Evidence, ...], parts: tuple[Explained, ...]
) -> tuple[str, ...]:
    """Why an expression has no value."""
    match expression:
        case ProfileField(name):
            return (f"{name} is missing",)
        case ContextField(name):
            return (f"the call brought no {name}",)
        case ItemProperty(name):
            return (f"the item has no {name}",)
        case ScoreRef(score) | TierIs(score):
            return (_no_score(score),)
        case Pick() | Aggregate() | TimeSince():
            return (_nothing_selected(expression, evidence[0]),)
    reasons = tuple(dict.fromkeys(reason for part in parts for reason in part.missing))
    if not reasons and isinstance(expression, Arithmetic):
        return ("it divides by zero, or goes beyond all numbers",)
    return reasons


def _no_score(score: str) -> str:
    return f"there is no score {score} for this customer"


def _nothing_selected(expression: Pick | Aggregate | TimeSince, evidence: Evidence) -> str:
    if evidence.counted == 0 or isinstance(expression, TimeSince):
        return f"no {evidence.event} counts"
    return f"no {evidence.event} that is looked at has a {expression.property}"
