"""``SUBJECT is STATE``: a lifecycle at a stage, a score in a tier, an experiment with a variant."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from itertools import chain, islice
from typing import TypeAlias

from dearly.language.checking.scopes import MOST_LISTED, Scope, listing, report_impure
from dearly.language.program import StageIs, TierIs, VariantIs
from dearly.language.syntax import tree

State: TypeAlias = StageIs | TierIs | VariantIs


@dataclass(frozen=True, slots=True)
class _Kind:
    """One kind of thing that has states, in the checker's words."""

    subject: str
    state: str
    states: str
    code: str
    made_of: type[StageIs] | type[TierIs] | type[VariantIs]


_LIFECYCLE = _Kind("lifecycle", "stage", "stages", "unknown-stage", StageIs)
_SCORE = _Kind("score", "tier", "tiers", "unknown-tier", TierIs)
_EXPERIMENT = _Kind("experiment", "variant", "variants", "unknown-variant", VariantIs)


def resolve_state(node: tree.IsStage, scope: Scope) -> State | None:
    """What ``SUBJECT is STATE`` asks; None when there is no such thing, which is then reported."""
    subject, state = node.subject, node.stage
    found = _states_of(subject.text, scope)
    if found is None:
        _report_no_subject(node, scope)
        return None
    kind, states = found
    if scope.event is not None:
        report_impure(f"`{subject.text} is {state.text}`", node.span, scope)
        return None
    if kind is _EXPERIMENT and not scope.content:
        _report_no_send(node, scope)
        return None
    if state.text not in states:
        _report_no_state(kind, node, states, scope)
        return None
    return kind.made_of(subject.text, state.text, node.span)


def _states_of(name: str, scope: Scope) -> tuple[_Kind, Collection[str]] | None:
    symbols = scope.symbols
    kinds: tuple[tuple[_Kind, Mapping[str, Collection[str]]], ...] = (
        (_LIFECYCLE, symbols.stages),
        (_SCORE, symbols.tiers),
        (_EXPERIMENT, symbols.variants),
    )
    return next(((kind, states[name]) for kind, states in kinds if name in states), None)


def _report_no_subject(node: tree.IsStage, scope: Scope) -> None:
    name, symbols, findings = node.subject.text, scope.symbols, scope.findings
    if symbols.is_excused(name):
        return
    kind = symbols.kind_of(name)
    if kind is not None:
        message = f"`{name}` is a {kind}, not a lifecycle, a score or an experiment: it has no states."
        findings.add("unknown-name", node.subject.span, message, _instead_of_state(name, kind))
        return
    known = (symbols.stages, symbols.tiers, symbols.variants)
    near = findings.did_you_mean(name, *known, at=node.subject.span)
    some_known = list(islice(chain(*known), MOST_LISTED + 1))
    hint = near or listing("There are", some_known) or "Declare it: `lifecycle NAME { .. }`."
    message = f"There is no lifecycle, score or experiment `{name}`."
    findings.add("unknown-name", node.subject.span, message, hint)


def _instead_of_state(name: str, kind: str) -> str | None:
    if kind in ("profile field", "context field", "value"):
        return f"Compare with `==`, or ask `{name} is present` or `{name} is missing`."
    if kind == "segment":
        return f"Write `{name}`, or `not {name}`."
    return None


def _report_no_state(kind: _Kind, node: tree.IsStage, states: Collection[str], scope: Scope) -> None:
    near = scope.findings.did_you_mean(node.stage.text, states, at=node.stage.span)
    hint = near or listing(f"Its {kind.states} are", states)
    message = f"The {kind.subject} `{node.subject.text}` has no {kind.state} `{node.stage.text}`."
    scope.findings.add(kind.code, node.stage.span, message, hint)


def _report_no_send(node: tree.IsStage, scope: Scope) -> None:
    name = node.subject.text
    message = f"Who is in which variant of `{name}` is decided when content is shown; here nothing is shown."
    hint = f"Ask for it in a block: `when {name} is {node.stage.text}`."
    scope.findings.add("variant-in-segment", node.span, message, hint)
