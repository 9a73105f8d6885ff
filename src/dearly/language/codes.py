"""The codes of all findings: stable names that tools and suppressions may rely on.

docs/language.md lists them with their causes; a test keeps the two from drifting apart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.syntax.codes import SYNTAX_CODES
from dearly.language.templates.codes import TEMPLATE_CODES

Severity: TypeAlias = OneOf["error", "warning"]

CHECKER_CODES: Mapping[str, Severity] = {
    # names
    "unknown-name": "error",
    "unknown-event": "error",
    "unknown-property": "error",
    "unknown-catalog": "error",
    "unknown-type": "error",
    "unknown-stage": "error",
    "unknown-tier": "error",
    "unknown-variant": "error",
    "unknown-annotation": "error",
    "duplicate-name": "error",
    "duplicate-profile": "error",
    "duplicate-context": "error",
    "duplicate-settings": "error",
    "duplicate-setting": "error",
    "duplicate-field": "error",
    "duplicate-stage": "error",
    "duplicate-list": "error",
    "reserved-name": "error",
    "not-a-value": "error",
    "ambiguous-name": "warning",
    "context-in-segment": "error",
    "variant-in-segment": "error",
    "cycle": "error",
    # types and numbers
    "type-mismatch": "error",
    "not-a-condition": "error",
    "misplaced-duration": "error",
    "misplaced-moment": "error",
    "misplaced-annotation": "error",
    "bad-count": "error",
    "bad-default": "error",
    "default-on-optional": "warning",
    "division-by-zero": "warning",
    "empty-range": "error",
    "never-true": "warning",
    # parts of a declaration
    "missing-part": "error",
    "repeated-part": "error",
    "repeated-name": "error",
    # settings
    "unknown-timezone": "error",
    "unknown-locale": "error",
    "bad-retention": "error",
    # events and time
    "impure-where": "error",
    "empty-window": "error",
    "fixed-window": "warning",
    "window-beyond-retention": "error",
    "unbounded-window": "warning",
    # missing values
    "missing-under-not": "warning",
    "missing-in-no": "warning",
    "never-missing": "warning",
    # scores
    "cannot-look-forward": "error",
    "bad-threshold": "error",
    "duplicate-tier": "error",
    "overlapping-tiers": "error",
    # caps, experiments, triggers
    "unknown-cap": "error",
    "pointless-limit": "warning",
    "too-few-variants": "error",
    "duplicate-variant": "error",
    "bad-weight": "error",
    "bad-holdout": "error",
    "bad-quiet-hours": "error",
    "not-a-purpose": "error",
    "unused-cap": "error",
    "unused-experiment": "error",
    # tests
    "duplicate-test": "error",
    "bad-value": "error",
    "missing-property": "error",
    "missing-start": "error",
    "test-out-of-time": "error",
    "not-shown": "error",
    "test-without-expect": "warning",
    # lifecycles and blocks
    "missing-otherwise": "error",
    "otherwise-not-last": "error",
    "unreachable-when": "error",
    # item lists
    "not-an-item": "error",
    "mixed-catalogs": "error",
    "personal-otherwise": "error",
    "bad-limit": "error",
    "bad-item-id": "error",
    "repeated-item": "warning",
    # templates
    "template-name": "error",
    "unknown-template": "error",
    "unused-template": "warning",
    "template-without-html": "error",
    "last-resort-fails": "error",
    "sensitive-value": "error",
    # the package
    "not-yet-served": "error",
    "empty-package": "error",
    "package-too-large": "error",
    "too-many-findings": "error",
}
"""Every code that only the checker reports, with its severity."""

CODES: Mapping[str, Severity] = {**dict.fromkeys(SYNTAX_CODES, "error"), **CHECKER_CODES, **TEMPLATE_CODES}
"""Every code that checking a package may report."""
