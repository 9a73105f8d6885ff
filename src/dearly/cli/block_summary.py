"""One rendered block as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from dearly.cli.rules_package import place_in
from dearly.language import Package
from dearly.language.revisions import Revision, read_revision, rules_source


@dataclass(frozen=True, slots=True)
class BlockSummary:
    """What a block says and why. ``rule`` is the branch's ``file:line``, empty for the last resort."""

    reason: str
    rule: str
    source: str
    """The line that ``rule`` names."""
    items: Sequence[str]
    subject: str
    valid_until: str
    html: str
    text: str
    locale: str = ""
    """The language tag of the translation shown; empty for a template without one."""
    because: str = ""
    """What kept the branch that was chosen from being shown; empty where it is shown."""


def summary_text(summary: BlockSummary, rules: str) -> str:
    """The summary as indented lines; facts that there are none of are left out."""
    rule = f"{place_in(rules, summary.rule)}  {summary.source}" if summary.rule else "none: the last resort"
    facts = [
        ("reason", summary.reason),
        ("because", summary.because),
        ("rule", rule),
        ("locale", summary.locale),
        ("subject", summary.subject),
        ("items", f"\n{'':15}".join(summary.items)),
        ("valid until", summary.valid_until),
        ("html", f"{len(summary.html.encode()):,} bytes; as text:"),
    ]
    lines = [f"  {name + ':':<13}{value}" for name, value in facts if value]
    text = [f"    {line}".rstrip() for line in summary.text.splitlines()]
    return "\n".join([*lines, "", *text])


def source_line(rules: str, rule: str) -> str:
    """The line that a ``file:line`` names, stripped; empty where the rules are not at hand."""
    file, _, line = rule.rpartition(":")
    text = _text(rules, file)
    return "" if text is None else text.splitlines()[int(line) - 1].strip()


def _text(rules: str, file: str) -> str | None:
    source = rules_source(rules)
    if isinstance(source, Revision):
        kept = _at(source).files.get(file)
        return None if kept is None else kept.decode("utf-8")
    path = source / file
    return path.read_text(encoding="utf-8") if path.is_file() else None


@cache
def _at(revision: Revision) -> Package:
    """A revision is read once, however many lines are shown of it."""
    return read_revision(revision)
