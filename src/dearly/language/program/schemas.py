"""What rules may talk about: fields, catalogs, events, what a call brings along, the package's settings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dearly.language.program.expressions import NOWHERE, Span
from dearly.language.types import Type, Value


@dataclass(frozen=True, slots=True)
class Settings:
    """What holds for the whole package."""

    timezone: str = "UTC"
    """The IANA zone of customers whose own is missing or unheard of."""
    locale: str = "en"
    """The language tag (BCP 47) that templates without one in their name are written in."""
    keep_events_us: int | None = None
    """How long events are kept at least; None is for ever."""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Field:
    """A declared field of a profile, catalog or event.

    ``optional`` fields may be missing. A field with neither ``?`` nor a default is required where data
    comes in (an event or item without it is refused); a *profile* field may always be missing unless it has
    a default, since a customer may be unknown.
    """

    name: str
    type: Type
    optional: bool
    default: Value | None = None
    sensitive: bool = False
    stale_after_us: int | None = None
    """A profile value that was set longer ago counts as missing."""
    span: Span = field(default=NOWHERE, compare=False)


@dataclass(frozen=True, slots=True)
class Schema:
    """A catalog's or an event's declared fields by name, in the order written."""

    name: str
    fields: Mapping[str, Field]
    again_after_us: int | None = None
    """Of a catalog: how long after it was bought an item may be recommended again; None is never."""
    span: Span = field(default=NOWHERE, compare=False)
