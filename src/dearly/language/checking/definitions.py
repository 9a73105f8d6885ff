"""Segments, values and lifecycles: each checked after all that it refers to.

Scores stand among the names that refer to names, so that none is learnt from itself; they are checked later.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from dearly.language.checking.branches import Way, check_ways
from dearly.language.checking.cycles import Graph, components, cycle_path, is_cycle
from dearly.language.checking.expressions import check_condition, check_value
from dearly.language.checking.findings import Findings
from dearly.language.checking.missingness import Watch, find_cause, measure
from dearly.language.checking.parts import named
from dearly.language.checking.references import referenced_names
from dearly.language.checking.scopes import Scope
from dearly.language.checking.symbols import Symbols
from dearly.language.checking.typing_rules import type_of
from dearly.language.magnitudes import Magnitude
from dearly.language.program import Expression, Lifecycle, NamedValue, Occurs, Segment, Selection, Span, Stage
from dearly.language.syntax import tree
from dearly.language.types import NUMBER, Type

MAX_SHOWN = 8
"""Of a longer cycle only so many names are shown."""


@dataclass(frozen=True, slots=True)
class Definitions:
    """The checked segments, values and lifecycles; ``order`` has each after all that it refers to."""

    segments: dict[str, Segment] = field(default_factory=dict)
    values: dict[str, NamedValue] = field(default_factory=dict)
    lifecycles: dict[str, Lifecycle] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    value_types: dict[str, Type] = field(default_factory=dict)
    uncertain: set[str] = field(default_factory=set)
    """The segments that may be unknown and the values that may be missing."""
    magnitudes: dict[str, Magnitude] = field(default_factory=dict)
    """How large the values get that are numbers."""


def check_definitions(symbols: Symbols, findings: Findings) -> Definitions:
    """Check every segment, value and lifecycle, and report those that refer to themselves."""
    checked = Definitions()
    scope = Scope(symbols, checked.value_types, findings)
    graph = reference_graph(symbols)
    for component in components(graph):
        if is_cycle(component, graph):
            _report_cycle(cycle_path(component, graph), symbols, findings)
        for name in component:
            if name not in symbols.scores:
                checked.order.append(name)
                _check_definition(name, symbols, scope, checked)
    return checked


def reference_graph(symbols: Symbols) -> Graph:
    """Each segment, value, lifecycle and score with those that it refers to, or is learnt from."""
    names = {*symbols.segments, *symbols.values, *symbols.lifecycles, *symbols.scores}
    return {
        name: sorted(
            other
            for other in _names_in(name, symbols)
            if other in names and other not in symbols.profile and other not in symbols.context
        )
        for name in names
    }


def _names_in(name: str, symbols: Symbols) -> set[str]:
    found = {other for written in _written(name, symbols) for other in referenced_names(written)}
    if name in symbols.scores:
        found.update(feature.text for feature in symbols.scores[name].features)
    return found


def _written(name: str, symbols: Symbols) -> Iterable[tree.Expression]:
    if name in symbols.segments:
        return [symbols.segments[name].condition]
    if name in symbols.values:
        return [symbols.values[name].expression]
    if name in symbols.scores:
        return [*symbols.scores[name].predict, *symbols.scores[name].among]
    return [stage.condition for stage in symbols.lifecycles[name].stages if stage.condition is not None]


def _report_cycle(path: list[str], symbols: Symbols, findings: Findings) -> None:
    # A score is the one to name: it is learnt, and so cannot be known before it is.
    turn = next((place for place, name in enumerate(path) if name in symbols.scores), 0)
    path = [*path[turn:-1], *path[:turn], path[turn]]
    shown = path if len(path) <= MAX_SHOWN + 1 else [*path[: MAX_SHOWN - 1], "..", *path[-1:]]
    name, way = path[0], " -> ".join(shown)
    message = f"`{name}` refers to itself: {way}."
    hint = "Take one of these references out: a definition cannot rest on itself."
    if name in symbols.scores:
        message = f"The score `{name}` would be learnt from itself: {way}."
        hint = "Take one of these references out: what a score is learnt from is known before it is."
    findings.add("cycle", _place(name, symbols), message, hint)


def _place(name: str, symbols: Symbols) -> Span:
    for kind in (symbols.segments, symbols.values, symbols.lifecycles, symbols.scores):
        if name in kind:
            return kind[name].name.span
    raise KeyError(name)


def _check_definition(name: str, symbols: Symbols, scope: Scope, checked: Definitions) -> None:
    if name in symbols.segments:
        _check_segment(symbols.segments[name], scope, checked)
    elif name in symbols.values:
        _check_value(symbols.values[name], scope, checked)
    else:
        _check_lifecycle(symbols.lifecycles[name], scope, checked)


def may_be_missing(expression: Expression, scope: Scope, checked: Definitions) -> bool:
    """Whether the expression may be missing or unknown; what is surprising about it is reported."""
    return find_cause(expression, _watch(scope, checked)) is not None


def look_into(selection: Selection, scope: Scope, checked: Definitions) -> None:
    """Report what is surprising about missing values where events are selected outside of a condition."""
    may_be_missing(Occurs("at least", 1, selection, selection.span), scope, checked)


def _watch(scope: Scope, checked: Definitions) -> Watch:
    schema = scope.event or scope.item
    return Watch(scope.symbols, checked.uncertain, checked.magnitudes, scope.findings, schema)


def _check_segment(declared: tree.SegmentDeclaration, scope: Scope, checked: Definitions) -> None:
    name = declared.name.text
    condition = check_condition(declared.condition, scope)
    if condition is None:
        return
    if may_be_missing(condition, scope, checked):
        checked.uncertain.add(name)
    checked.segments[name] = Segment(name, declared.title, condition, declared.name.span)


def _check_value(declared: tree.ValueDeclaration, scope: Scope, checked: Definitions) -> None:
    name = declared.name.text
    expression = check_value(declared.expression, scope)
    if expression is None:
        return
    cause, magnitude = measure(expression, _watch(scope, checked))
    if cause is not None:
        checked.uncertain.add(name)
    kind = type_of(expression)
    if kind == NUMBER:
        checked.magnitudes[name] = magnitude
    checked.value_types[name] = kind
    checked.values[name] = NamedValue(name, expression, kind, cause is not None, declared.name.span)


def _check_lifecycle(declared: tree.LifecycleDeclaration, scope: Scope, checked: Definitions) -> None:
    stages: list[Stage] = []
    ways: list[Way] = []
    seen: set[str] = set()
    for stage in declared.stages:
        name = stage.name.text
        if name in seen:
            message = f"The lifecycle `{declared.name.text}` has a stage `{name}` already."
            scope.findings.add(
                "duplicate-stage", stage.name.span, message, "Join their conditions with `or`."
            )
        seen.add(name)
        condition = check_condition(stage.condition, scope) if stage.condition is not None else None
        if condition is not None:
            may_be_missing(condition, scope, checked)
        stages.append(Stage(name, condition, stage.name.span))
        ways.append(Way(stage.condition is None, condition, stage.name.span))
    check_ways(ways, named("lifecycle", declared.name), "NAME otherwise", declared.span, scope)
    checked.lifecycles[declared.name.text] = Lifecycle(declared.name.text, tuple(stages), declared.name.span)
