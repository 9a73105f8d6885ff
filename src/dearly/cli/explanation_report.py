"""How an explained answer reads: for people as an indented tree, for tools as JSON."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Any

import msgspec

from dearly.cli.answers import Answer, AskedBranch
from dearly.cli.rules_package import CheckedRules, version_text
from dearly.evaluation.explanation import (
    Change,
    change_data,
    describe_change,
    explanation_data,
    explanation_text,
)
from dearly.language.diagnostics import visible
from dearly.language.program import Program
from dearly.language.spelling import brief, spell
from dearly.language.values import time_to_stored


def answer_text(
    checked: CheckedRules, answer: Answer, customer_id: str, known: bool, show_sensitive: bool
) -> str:
    """The answer, its reasons, until when it holds, and what would make it another."""
    version = version_text(checked.program.version, checked.package.commit)
    cold = "" if known else " (nothing known: a cold start)"
    heading = f"{answer.name} for {customer_id}{cold} as of {time_to_stored(answer.now_us)}, rules {version}"
    if answer.reason is not None:
        reasons = [explanation_text(answer.reason, show_sensitive)]
    else:
        reasons = [_branch_text(asked, show_sensitive) for asked in answer.branches]
    outlook = "\n".join(_outlook(checked.program, answer, show_sensitive))
    told = "\n\n".join([heading, *reasons, outlook])
    return "\n".join(visible(line) for line in told.split("\n"))


def _branch_text(asked: AskedBranch, show_sensitive: bool) -> str:
    branch = asked.branch
    words = "otherwise" if branch.condition is None else f"when {brief(spell(branch.condition))}"
    verdict = f"decides: shows {branch.template}" if asked.decides else "not asked"
    if asked.reason is not None and not asked.decides:
        verdict = "unknown" if asked.reason.value is None else "not true"
    line = f"{branch.span}: {words}\n  {verdict}"
    if asked.reason is None:
        return line
    return f"{line}\n{textwrap.indent(explanation_text(asked.reason, show_sensitive), '    ')}"


def _outlook(program: Program, answer: Answer, show_sensitive: bool) -> Iterator[str]:
    if answer.until_us is None:
        yield "Time alone changes nothing about it."
    else:
        yield f"If nothing happens, it holds until {time_to_stored(answer.until_us)}."
    if answer.changes:
        yield "It would be otherwise if"
        for changes in answer.changes:
            yield f"  - {_joined(program, changes, show_sensitive)}"
    elif answer.changes is not None:
        yield "Nothing that was tried makes it otherwise: no change alone, no two, no more events of a type."


def _joined(program: Program, changes: tuple[Change, ...], show_sensitive: bool) -> str:
    return " and ".join(describe_change(program, change, show_sensitive) for change in changes)


def answer_json(
    checked: CheckedRules, answer: Answer, customer_id: str, known: bool, show_sensitive: bool
) -> str:
    """All of it as one JSON object."""
    told: dict[str, Any] = {
        "customer_id": customer_id,
        "known": known,
        "name": answer.name,
        "kind": answer.kind,
        "as_of": time_to_stored(answer.now_us),
        "version": checked.program.version,
        "commit": checked.package.commit,
        "reason": None if answer.reason is None else explanation_data(answer.reason, show_sensitive),
        "branches": [_branch_data(asked, show_sensitive) for asked in answer.branches],
        "until": None if answer.until_us is None else time_to_stored(answer.until_us),
        "changes": [
            [change_data(checked.program, change, show_sensitive) for change in changes]
            for changes in answer.changes or ()
        ],
    }
    return msgspec.json.format(msgspec.json.encode(told), indent=2).decode()


def _branch_data(asked: AskedBranch, show_sensitive: bool) -> dict[str, Any]:
    branch = asked.branch
    return {
        "rule": str(branch.span),
        "when": None if branch.condition is None else spell(branch.condition),
        "template": branch.template,
        "asked": asked.decides or asked.reason is not None,
        "decides": asked.decides,
        "reason": None if asked.reason is None else explanation_data(asked.reason, show_sensitive),
    }
