"""Rules for whatever its first true ``when`` decides: a lifecycle by its stages, a block by its branches."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from dearly.language.checking.coverage import constant_truth, covers
from dearly.language.checking.findings import Advice, Findings
from dearly.language.checking.parts import Owner
from dearly.language.checking.scopes import Scope
from dearly.language.checking.tier_bounds import Scores, with_tier_bounds
from dearly.language.diagnostics import Edit, Fix
from dearly.language.program import Expression, Span
from dearly.language.spelling import quoted

MAX_COMPARED = 50
"""A ``when`` is compared with this many before it (and with all of them for being the same)."""


@dataclass(frozen=True, slots=True)
class Way:
    """One ``when``, or the ``otherwise``; ``condition`` is None for the latter, and for a faulty one."""

    is_otherwise: bool
    condition: Expression | None
    span: Span


def check_ways(ways: Sequence[Way], owner: Owner, example: str, declared: Span, scope: Scope) -> None:
    """Report an ``otherwise`` that is absent or not last, and each ``when`` that can never be reached.

    ``example`` is an ``otherwise`` as it is written there, ``declared`` the whole declaration.
    """
    findings = scope.findings
    if not any(way.is_otherwise for way in ways):
        message = f"{owner} has no `otherwise`: nothing is said for whoever meets none of its conditions."
        hint = f"End it with one, for everybody else: `{example}`."
        findings.add("missing-otherwise", owner.span, message, Advice(hint, _ended(declared, example)))
    for way in ways[:-1]:
        if way.is_otherwise:
            message = "`otherwise` holds for everybody, so nothing below it is ever reached."
            findings.add("otherwise-not-last", way.span, message, "Move it to the end.")
    _report_unreachable(ways, scope.symbols.scores, findings)


def _ended(declared: Span, example: str) -> Fix:
    """The fix that ends a declaration with an ``otherwise``, before its brace."""
    brace = Span(
        declared.file, declared.end_line, declared.end_column - 1, declared.end_line, declared.end_column
    )
    line = example.replace("NAME", "others")
    return Fix("End it with an `otherwise`", (Edit(brace, f"  {line}\n}}"),))


def _report_unreachable(ways: Sequence[Way], scores: Scores, findings: Findings) -> None:
    """Each ``when`` that is never true, or only when one before it is.

    An ``otherwise`` below a ``when`` that is always true has its use: a block shows it when all else fails.
    """
    seen: dict[Expression, Way] = {}
    for way in ways:
        if way.condition is None:
            continue
        if constant_truth(way.condition) is False:
            message = "This is never true, whoever the customer is, so it is never reached."
            findings.add("unreachable-when", way.span, message, "Leave it out, or mend the condition.")
            continue
        condition = with_tier_bounds(way.condition, scores)
        covering = _covering(condition, seen)
        if covering is not None:
            message = (
                f"This is never reached: whenever it is true, {_named(covering)} is true too, "
                "and comes first."
            )
            hint = "Put the narrower condition first, or leave this out."
            findings.add("unreachable-when", way.span, message, hint)
        else:
            seen[condition] = way


def _named(way: Way) -> str:
    """The way by its condition, where that is short, and its place."""
    words = quoted(way.condition) if way.condition is not None else ""
    return f"{words if words.startswith('`') else 'the one'} at {way.span}"


def _covering(condition: Expression, seen: dict[Expression, Way]) -> Way | None:
    if condition in seen:
        return seen[condition]
    recent = list(seen)[-MAX_COMPARED:]
    return next((seen[earlier] for earlier in recent if covers(earlier, condition)), None)
