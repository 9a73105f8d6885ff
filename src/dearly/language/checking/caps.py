"""Caps: how often what counts toward them may be shown."""

from __future__ import annotations

from dearly.language.checking.findings import Findings
from dearly.language.checking.limits import check_limits
from dearly.language.checking.parts import named, report_missing
from dearly.language.program import Cap
from dearly.language.syntax import tree


def check_cap(declared: tree.CapDeclaration, findings: Findings) -> Cap | None:
    """The checked cap; None when something in it is wrong, which is reported."""
    if not declared.limits:
        owner = named("cap", declared.name)
        report_missing(owner, "at most", "Say how often: `at most 2 per 7 days`.", findings)
        return None
    limits = check_limits(declared.limits, findings)
    return Cap(declared.name.text, limits, declared.name.span) if limits is not None else None
