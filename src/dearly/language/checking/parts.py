"""The parts of a declaration: those that must stand, those that stand once, and lists without repeats."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from dearly.language.checking.findings import Findings
from dearly.language.program import Span
from dearly.language.syntax import tree

_Part = TypeVar("_Part")


@dataclass(frozen=True, slots=True)
class Owner:
    """The declaration whose parts are looked at: how a sentence about it begins, and its place."""

    words: str
    span: Span

    def __str__(self) -> str:
        return self.words


def named(kind: str, name: tree.Name) -> Owner:
    """The declaration of this kind and name: ``The score `conversion```."""
    return Owner(f"The {kind} `{name.text}`", name.span)


def report_missing(owner: Owner, part: str, hint: str, findings: Findings) -> None:
    """Report that a part is not there which the declaration cannot do without."""
    findings.add("missing-part", owner.span, f"{owner} has no `{part}`.", hint)


def report_further(spans: Iterable[Span], owner: Owner, part: str, findings: Findings) -> None:
    """Report each but the first of the parts that stand at ``spans`` and may stand once."""
    first: Span | None = None
    for span in spans:
        if first is not None:
            message = f"{owner} has its `{part}` already, at {first}."
            findings.add("repeated-part", span, message, "Leave one of them out.")
        first = first or span


def without_repeats(
    names: Sequence[tree.Name], owner: Owner, part: str, findings: Findings
) -> list[tree.Name]:
    """The names, each once; further ones are reported."""
    found: dict[str, tree.Name] = {}
    for name in names:
        if name.text in found:
            message = f"{owner} names `{name.text}` twice in its `{part}`."
            findings.add("repeated-name", name.span, message, "Name it once.")
        found.setdefault(name.text, name)
    return list(found.values())
