"""What the checker has to say about a rules package: stable codes, places, messages, fixes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from dearly.language.program import Span


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One finding. ``code`` is stable (kebab-case, listed in docs/language.md); ``hint`` says what to do."""

    code: str
    severity: OneOf["error", "warning"]
    message: str
    span: Span
    hint: str | None = None
