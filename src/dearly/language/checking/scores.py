"""Scores: what they predict, of whom, from which features, and the tiers that a likelihood falls into."""

from __future__ import annotations

from itertools import pairwise

from dearly.language.checking.definitions import Definitions, may_be_missing
from dearly.language.checking.expressions import check_condition
from dearly.language.checking.findings import Findings
from dearly.language.checking.looking_forward import check_label
from dearly.language.checking.parts import Owner, named, report_further, report_missing, without_repeats
from dearly.language.checking.scopes import Scope
from dearly.language.checking.symbols import with_article
from dearly.language.program import Expression, Score, Tier
from dearly.language.syntax import tree

AUTOMATIC = "auto"
"""Among the features: recency, frequency, monetary and the like, found without being named."""


def check_score(declared: tree.ScoreDeclaration, scope: Scope, definitions: Definitions) -> Score | None:
    """The checked score; None when something in it is wrong, which is reported."""
    owner = named("score", declared.name)
    label = _label(declared, owner, scope, definitions)
    among = _among(declared, owner, scope, definitions)
    features = _features(declared, owner, scope)
    tiers = _tiers(declared.tiers, owner, scope.findings)
    faulty = bool(declared.among) and among is None
    if label is None or features is None or tiers is None or faulty:
        return None
    automatic = any(name.text == AUTOMATIC for name in declared.features)
    return Score(
        declared.name.text, declared.title, label, among, features, automatic, tiers, declared.name.span
    )


def _label(
    declared: tree.ScoreDeclaration, owner: Owner, scope: Scope, definitions: Definitions
) -> Expression | None:
    if not declared.predict:
        hint = "Say what it predicts: `predict any order_completed within 30 days`."
        report_missing(owner, "predict", hint, scope.findings)
        return None
    report_further([one.span for one in declared.predict], owner, "predict", scope.findings)
    label = check_condition(declared.predict[0], scope)
    if label is None or not check_label(label, scope.findings):
        return None
    may_be_missing(label, scope, definitions)
    return label


def _among(
    declared: tree.ScoreDeclaration, owner: Owner, scope: Scope, definitions: Definitions
) -> Expression | None:
    if not declared.among:
        return None
    report_further([one.span for one in declared.among], owner, "among", scope.findings)
    condition = check_condition(declared.among[0], scope)
    if condition is not None:
        may_be_missing(condition, scope, definitions)
    return condition


# -------------------------------------------------------------------------------------------------- features


def _features(declared: tree.ScoreDeclaration, owner: Owner, scope: Scope) -> tuple[str, ...] | None:
    if not declared.features:
        hint = f"Say what it learns from: `features {AUTOMATIC}`, and names of values."
        report_missing(owner, "features", hint, scope.findings)
        return None
    names = without_repeats(declared.features, owner, "features", scope.findings)
    named = [name for name in names if name.text != AUTOMATIC]
    known = [name.text for name in named if _is_value(name, scope)]
    return tuple(known) if len(known) == len(named) else None


def _is_value(name: tree.Name, scope: Scope) -> bool:
    symbols, findings = scope.symbols, scope.findings
    if name.text in symbols.values:
        return True
    if symbols.is_excused(name.text):
        return False
    kind = symbols.kind_of(name.text)
    if kind is not None:
        message = f"`{name.text}` is {with_article(kind)}; features are values."
        hint = f"Give it a name: `value NAME = {name.text}`." if kind == "profile field" else None
        findings.add("unknown-name", name.span, message, hint or "Leave it out, or name a value.")
        return False
    near = findings.did_you_mean(name.text, symbols.values, [AUTOMATIC], at=name.span)
    advice = near or f"Declare it: `value {name.text} = ..`."
    findings.add("unknown-name", name.span, f"There is no value `{name.text}`.", advice)
    return False


# ----------------------------------------------------------------------------------------------------- tiers


def _tiers(
    declared: tuple[tree.TierDeclaration, ...], owner: Owner, findings: Findings
) -> tuple[Tier, ...] | None:
    """The tiers, from the highest down; None when they do not share 0 to 1 out among them."""
    are_whole = _share_all_out(declared, findings)
    fit = [_fits(tier.name.text, tier.at_least, findings) for tier in declared if tier.at_least is not None]
    distinct = _are_distinct(declared, owner, findings)
    if not are_whole or not distinct or not all(fit) or not _descend(declared, findings):
        return None
    return tuple(
        Tier(tier.name.text, tier.at_least.value if tier.at_least is not None else None, tier.span)
        for tier in declared
    )


def _share_all_out(tiers: tuple[tree.TierDeclaration, ...], findings: Findings) -> bool:
    """Whether just one tier, wherever it stands, has no threshold and takes what is left."""
    open_ended = [tier for tier in tiers if tier.at_least is None]
    for tier in open_ended[:-1]:
        name = tier.name.text
        message = f"`{name}` has no threshold; only one tier, the last, can take all that is left."
        findings.add("bad-threshold", tier.span, message, f"Say where it begins: `{name} >= 0.5`.")
    if not open_ended and tiers and (bound := tiers[-1].at_least) is not None:
        name = tiers[-1].name.text
        message = f"No tier is left for a score below {bound.text}: the last one has no threshold."
        hint = f"Write `{name}` alone, or add a tier after it that has no threshold."
        findings.add("bad-threshold", tiers[-1].span, message, hint)
    return len(open_ended) == 1 or not tiers


def _fits(name: str, bound: tree.NumberLiteral, findings: Findings) -> bool:
    if 0 < bound.value <= 1:
        return True
    message = f"A score is a likelihood from 0 to 1, and `{name}` begins at {bound.text}."
    hint = f"Write `{name}` alone, as the last tier: it takes all that is left."
    if bound.value > 1:
        share = bound.value / 100 if bound.value <= 100 else 0.5
        hint = f"{bound.text} % is written `{name} >= {share:.15g}`."
    findings.add("bad-threshold", bound.span, message, hint)
    return False


def _are_distinct(tiers: tuple[tree.TierDeclaration, ...], owner: Owner, findings: Findings) -> bool:
    names: set[str] = set()
    for tier in tiers:
        if tier.name.text in names:
            message = f"{owner} has a tier `{tier.name.text}` already."
            findings.add("duplicate-tier", tier.name.span, message, "Give each tier a name of its own.")
        names.add(tier.name.text)
    return len(names) == len(tiers)


def _descend(tiers: tuple[tree.TierDeclaration, ...], findings: Findings) -> bool:
    """Whether each tier begins below the one before it; else a score would lie in both of them."""
    for upper, lower in pairwise(tiers):
        if _begins(lower) < _begins(upper):
            continue
        message = (
            f"`{upper.name.text}` and `{lower.name.text}` overlap: `{_spell(upper)}` comes first and takes "
            f"every score that `{_spell(lower)}` would have, so nobody is ever `{lower.name.text}`."
        )
        findings.add("overlapping-tiers", lower.span, message, _right_order(tiers))
        return False
    return True


def _begins(tier: tree.TierDeclaration) -> float:
    return tier.at_least.value if tier.at_least is not None else 0.0


def _right_order(tiers: tuple[tree.TierDeclaration, ...]) -> str:
    if len({_begins(tier) for tier in tiers}) < len(tiers):
        return "Let each tier begin at a number of its own, the highest first."
    ordered = sorted(tiers, key=lambda tier: -_begins(tier))
    return f"Write the highest first: `tiers {', '.join(map(_spell, ordered))}`."


def _spell(tier: tree.TierDeclaration) -> str:
    return f"{tier.name.text} >= {tier.at_least.text}" if tier.at_least is not None else tier.name.text
