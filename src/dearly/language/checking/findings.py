"""What the checker has found so far."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from itertools import chain

from dearly.language.codes import CODES
from dearly.language.diagnostics import Diagnostic, Fix, in_order, replacing
from dearly.language.program import Span
from dearly.language.suggestions import nearest

MAX_FINDINGS = 1_000
"""More than this many are cut off: nobody reads them, and a machine would drown in them."""

MAX_COMPARISONS = 50_000
"""Unknown names are compared with known ones this often in all, so that checking stays linear."""


@dataclass(frozen=True, slots=True)
class Advice:
    """A hint together with the fix that does what it says."""

    hint: str
    fix: Fix | None


def meant_text(near: str, at: Span) -> Advice:
    """The advice to write another text constant than the one at a place."""
    return Advice(f'Did you mean "{near}"?', replacing(at, f'"{near}"'))


class Findings:
    """Collects diagnostics while a package is checked."""

    def __init__(self) -> None:
        self._found: list[Diagnostic] = []
        self._comparisons = 0

    def add(self, code: str, span: Span, message: str, hint: str | Advice | None = None) -> None:
        """Note a finding; the code says whether it is an error or a warning."""
        advice = hint if isinstance(hint, Advice) else Advice(hint or "", None)
        found = Diagnostic(code, CODES[code], message, span, advice.hint or None, advice.fix)
        self._found.append(found)

    def extend(self, diagnostics: Iterable[Diagnostic]) -> None:
        """Note findings of the parser or the template check."""
        self._found.extend(diagnostics)

    def did_you_mean(self, name: str, *known: Collection[str], at: Span | None = None) -> Advice | None:
        """A hint that gives the nearest of the known names, or None; ``at`` is where it would stand."""
        near = self.nearest(name, *known)
        if near is None:
            return None
        return Advice(f"Did you mean `{near}`?", replacing(at, near) if at is not None else None)

    def nearest(self, name: str, *known: Collection[str]) -> str | None:
        """The nearest of the known names; None when none is near, or too many were compared already."""
        count = sum(map(len, known))
        if self._comparisons + count > MAX_COMPARISONS:
            return None
        self._comparisons += count
        return nearest(name, chain(*known))

    def has_errors(self) -> bool:
        """Whether anything found forbids using the package."""
        return any(found.severity == "error" for found in self._found)

    def listed(self) -> tuple[Diagnostic, ...]:
        """Everything once, by file and line; errors are kept before warnings when there are too many."""
        unique = in_order(set(self._found))
        if len(unique) <= MAX_FINDINGS:
            return unique
        kept = sorted(unique, key=lambda found: found.severity != "error")[:MAX_FINDINGS]
        message = f"There are {len(unique):,} findings; only {MAX_FINDINGS:,} are listed, errors first."
        last = Diagnostic(
            "too-many-findings", "error", message, kept[0].span, "Mend the first ones and check again."
        )
        return (*in_order(kept), last)
