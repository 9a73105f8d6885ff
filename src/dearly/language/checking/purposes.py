"""Purposes of consent: named by rules, and given, kept and asked for by the server alone."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.language.checking.findings import Findings
from dearly.language.checking.parts import Owner, without_repeats
from dearly.language.syntax import tree

NO_PURPOSES = frozenset(
    ["all", "any", "anybody", "anyone", "consent", "everybody", "everyone", "ignore", "no", "none", "nothing"]
)
"""Names that would read as if a rule could waive consent."""


def check_purposes(
    names: Sequence[tree.Name], owner: Owner, part: str, findings: Findings
) -> tuple[str, ...]:
    """The purposes, each once. What reads as if it waived consent is reported: no rule can."""
    for name in names:
        if name.text in NO_PURPOSES:
            message = (
                f"`{name.text}` is no purpose: whether somebody agreed is the server's to know, and no rule "
                "can set it aside."
            )
            hint = "Name what the content is for: `purpose marketing`; naming none asks for all of them."
            findings.add("not-a-purpose", name.span, message, hint)
    return tuple(name.text for name in without_repeats(names, owner, part, findings))
