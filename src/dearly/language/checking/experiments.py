"""Experiments: who takes part, which variants there are in which shares, and what counts as success."""

from __future__ import annotations

from dearly.language.checking.definitions import Definitions, look_into, may_be_missing
from dearly.language.checking.expressions import check_condition, check_selection
from dearly.language.checking.findings import Findings
from dearly.language.checking.looking_forward import check_ahead
from dearly.language.checking.parts import Owner, named, report_further, report_missing
from dearly.language.checking.scopes import Scope
from dearly.language.program import Experiment, Expression, Selection, Variant
from dearly.language.syntax import tree

MAX_WEIGHT = 1_000_000
"""Weights are shares of their sum; larger ones say nothing more."""


def check_experiment(
    declared: tree.ExperimentDeclaration, scope: Scope, definitions: Definitions
) -> Experiment | None:
    """The checked experiment; None when something in it is wrong, which is reported."""
    owner = named("experiment", declared.name)
    audience = _audience(declared, owner, scope, definitions)
    variants = _variants(declared.variants, owner, scope.findings)
    holdout = _holdout(declared.holdouts, owner, scope.findings)
    goal = _goal(declared, owner, scope, definitions)
    faulty = bool(declared.audiences) and audience is None
    if variants is None or holdout is None or goal is None or faulty:
        return None
    name = declared.name
    return Experiment(name.text, declared.title, audience, variants, holdout, goal, name.span)


def _audience(
    declared: tree.ExperimentDeclaration, owner: Owner, scope: Scope, definitions: Definitions
) -> Expression | None:
    if not declared.audiences:
        return None
    report_further([one.span for one in declared.audiences], owner, "audience", scope.findings)
    condition = check_condition(declared.audiences[0], scope)
    if condition is not None:
        may_be_missing(condition, scope, definitions)
    return condition


def _variants(
    declared: tuple[tree.VariantDeclaration, ...], owner: Owner, findings: Findings
) -> tuple[Variant, ...] | None:
    if len(declared) < 2:
        message = f"{owner} compares {'one variant' if declared else 'nothing'}; it takes two or more."
        place = declared[0].span if declared else owner.span
        hint = "Write, for example, `variants control 50, discount 50`."
        findings.add("too-few-variants", place, message, hint)
        return None
    names: set[str] = set()
    for variant in declared:
        if variant.name.text in names:
            message = f"{owner} has a variant `{variant.name.text}` already."
            hint = "Give each variant a name of its own, and one weight."
            findings.add("duplicate-variant", variant.name.span, message, hint)
        names.add(variant.name.text)
    weighty = [_has_weight(variant, findings) for variant in declared]
    if not all(weighty) or len(names) < len(declared):
        return None
    return tuple(Variant(one.name.text, one.weight.value, one.span) for one in declared)


def _has_weight(variant: tree.VariantDeclaration, findings: Findings) -> bool:
    weight = variant.weight
    if 0 < weight.value <= MAX_WEIGHT:
        return True
    message = (
        f"A weight is a number above 0, up to {MAX_WEIGHT:,}; that of `{variant.name.text}` is {weight.text}."
    )
    hint = "Weights are shares of their sum, so `50, 50` and `1, 1` are alike."
    if weight.value == 0:
        hint = f"Leave `{variant.name.text}` out: nobody would ever be in it."
    findings.add("bad-weight", weight.span, message, hint)
    return False


def _holdout(declared: tuple[tree.NumberLiteral, ...], owner: Owner, findings: Findings) -> float | None:
    """The share that is held out, 0 to less than 1."""
    report_further([one.span for one in declared], owner, "holdout", findings)
    if not declared:
        return 0.0
    percent = declared[0]
    if 0 <= percent.value < 100:
        return percent.value / 100
    message = f"A holdout is 0 % to less than 100 % of the audience; this is {percent.text} %."
    hint = "Those held out see none of the variants; write, for example, `holdout 5%`."
    findings.add("bad-holdout", percent.span, message, hint)
    return None


def _goal(
    declared: tree.ExperimentDeclaration, owner: Owner, scope: Scope, definitions: Definitions
) -> Selection | None:
    if not declared.goals:
        hint = "Say what counts as success: `goal order_completed within 7 days`."
        report_missing(owner, "goal", hint, scope.findings)
        return None
    report_further([one.span for one in declared.goals], owner, "goal", scope.findings)
    goal = check_selection(declared.goals[0], scope)
    if goal is None or not check_ahead(
        goal, "A goal is reached after somebody saw a variant", scope.findings
    ):
        return None
    look_into(goal, scope, definitions)
    return goal
