"""Load-time checks of templates: an allow-list of what they may do, and types for what they may read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal as OneOf

from dearly.language.diagnostics import Diagnostic
from dearly.language.program import Field, Schema
from dearly.language.types import Type


@dataclass(frozen=True, slots=True)
class Provided:
    """What a block's branch provides to its template."""

    profile: Mapping[str, Field]
    """Readable as ``customer.NAME``."""
    names: Mapping[str, tuple[Type, bool]]
    """Values, segments and lifecycles readable by name: the type, and whether it may be missing."""
    lists: Mapping[str, Schema]
    """Item lists by name, each with its catalog's fields (an item also has ``id``)."""
    impersonal: bool
    """Whether the template must not read anything about the customer (``otherwise``)."""


@dataclass(frozen=True, slots=True)
class TemplateReport:
    """What was found in one template source, and what it reads."""

    diagnostics: tuple[Diagnostic, ...]
    profile_fields: frozenset[str] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)


def check_template(source: str, file: str, part: OneOf["html", "text", "subject"], provided: Provided) -> TemplateReport:
    """Check one template source against what its block provides."""
    del source, file, part, provided
    return TemplateReport(())
