"""What a block's branch gives to its template."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dearly.language.magnitudes import KEPT, Magnitude
from dearly.language.program import Field, Schema
from dearly.language.types import Type


@dataclass(frozen=True, slots=True)
class Named:
    """A value, a segment or a lifecycle as templates read it."""

    type: Type
    may_be_missing: bool = False
    magnitude: Magnitude = KEPT
    """How large it gets, where it is a number."""
    stages: tuple[str, ...] = ()
    """Of a lifecycle: the texts that it may be."""


@dataclass(frozen=True, slots=True)
class Provided:
    """What a block's branch provides to its template."""

    profile: Mapping[str, Field]
    """Readable as ``customer.NAME``."""
    names: Mapping[str, Named]
    """Values, segments and lifecycles readable by name."""
    lists: Mapping[str, Schema]
    """Item lists by name, each with its catalog's fields (an item also has ``id``)."""
    impersonal: bool
    """Whether the template must not read anything about the customer or the call (``otherwise``)."""
    context: Mapping[str, Field] = field(default_factory=dict)
    """Readable as ``context.NAME``."""
