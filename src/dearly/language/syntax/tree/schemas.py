"""What was declared of the data and of the package as a whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal as OneOf

from dearly.language.program import Span
from dearly.language.syntax.tree.expressions import Duration, Expression, Name, TextLiteral


@dataclass(frozen=True, slots=True)
class Annotation:
    """``@NAME``, or ``@NAME(DURATION)``."""

    name: Name
    duration: Duration | None
    span: Span


@dataclass(frozen=True, slots=True)
class FieldDeclaration:
    """``NAME [set of] TYPE[?] [= default] [@annotation ..]``."""

    name: Name
    type: Name
    is_set: bool
    optional: bool
    default: Expression | None
    annotations: tuple[Annotation, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class ProfileDeclaration:
    """``profile { .. }``."""

    fields: tuple[FieldDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class SchemaDeclaration:
    """``catalog NAME { .. }`` or ``event NAME { .. }``."""

    kind: OneOf["catalog", "event"]
    name: Name
    fields: tuple[FieldDeclaration, ...]
    again_after: Duration | None
    """``again after D`` within the braces; only of a catalog."""
    span: Span


@dataclass(frozen=True, slots=True)
class ContextDeclaration:
    """``context { .. }``."""

    fields: tuple[FieldDeclaration, ...]
    span: Span


@dataclass(frozen=True, slots=True)
class Setting:
    """``timezone "Europe/Berlin"``, ``locale "de"`` or ``keep events 400 days``."""

    name: OneOf["timezone", "locale", "keep events"]
    value: TextLiteral | Duration
    span: Span


@dataclass(frozen=True, slots=True)
class SettingsDeclaration:
    """``settings { .. }``."""

    settings: tuple[Setting, ...]
    span: Span
