"""The codes of the template check's findings: stable names that tools and suppressions may rely on.

docs/templates.md has the same list with an explanation each; a test keeps the two from drifting apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf
from typing import TypeAlias

Severity: TypeAlias = OneOf["error", "warning"]

TEMPLATE_CODES: Mapping[str, Severity] = {
    # its file
    "template-locale": "error",
    # the source
    "template-too-large": "error",
    "template-too-complex": "error",
    "template-nesting": "error",
    "template-syntax": "error",
    "template-number": "error",
    "template-unsubscribe-clipped": "warning",
    # what a template may do
    "template-not-allowed": "error",
    "template-unknown-filter": "error",
    "template-unknown-test": "error",
    "template-argument": "error",
    "template-loop": "error",
    "template-loop-depth": "error",
    "template-name-taken": "error",
    # what it may read
    "template-unknown-name": "error",
    "template-unknown-field": "error",
    "template-unknown-stage": "error",
    "template-sensitive": "error",
    "template-personal": "error",
    "template-type": "error",
    "template-not-printable": "error",
    "template-may-be-missing": "error",
    "template-missing-negated": "warning",
    # where it may print
    "template-html-context": "error",
    "template-html-branch": "error",
    "template-html-element": "error",
    "template-html-unfinished": "error",
    "template-url": "error",
}
"""Every code that the template check may report, with its severity."""
