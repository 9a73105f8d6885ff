"""The mapping file: which column of which file becomes what. Its reference is docs/import.md."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from datetime import date, datetime
from datetime import time as time_of_day
from pathlib import Path
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec

from dearly import DearlyError
from dearly.cli.regular_file import read_regular
from dearly.language import nearest


class MappingError(DearlyError):
    """The mapping file cannot be read, is not as docs/import.md says, or fits not the rules or the files."""


class Cell(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a value comes from (exactly one of the first line), and what is done to it."""

    column: str | None = None
    template: str | None = None
    value: Any = None
    sum: str | None = None
    min: str | None = None
    max: str | None = None
    first: str | None = None
    last: str | None = None
    distinct: str | None = None
    count: bool = False

    map: dict[str, Any] | None = None
    otherwise: Any = None
    split: str | None = None
    format: str | None = None
    timezone: str | None = None
    plus: dict[str, str | float] = {}


Spec: TypeAlias = "str | Cell | list[str | Cell]"
"""A column's name, a template with ``{column}`` in it, a table, or several: the first that is there."""

SOURCES = ("column", "template", "value", "sum", "min", "max", "first", "last", "distinct", "count")
FOLDS = SOURCES[3:]


class Join(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Columns of a second file, for the one row whose ``to`` equals this file's ``on``."""

    file: str
    on: str
    to: str = ""
    prefix: str = ""


class Section(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every section has: the file, which of its rows, and how they are put together."""

    file: str
    where: dict[str, str | list[str]] = {}
    join: list[Join] = []
    group_by: str | list[str] = []
    sorted: bool = False
    delimiter: str = ""
    multiline: bool = False


class ProfileSection(Section, frozen=True, kw_only=True):
    """``[[profiles]]``"""

    customer: Spec
    fields: dict[str, Spec] = {}


class ItemSection(Section, frozen=True, kw_only=True):
    """``[[items]]``"""

    catalog: str
    id: Spec
    fields: dict[str, Spec] = {}


class EventSection(Section, frozen=True, kw_only=True):
    """``[[events]]``"""

    type: str
    customer: Spec
    id: Spec
    time: Spec
    properties: dict[str, Spec] = {}


class Mapping(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A whole mapping file."""

    source: str = ""
    timezone: str = "UTC"
    missing: tuple[str, ...] = ("",)
    directory: str = ""
    profiles: list[ProfileSection] = []
    items: list[ItemSection] = []
    events: list[EventSection] = []


_SECTIONS: dict[str, type[msgspec.Struct]] = {
    "profiles": ProfileSection,
    "items": ItemSection,
    "events": EventSection,
}


def read_mapping(path: Path) -> Mapping:
    """Read a mapping file.

    Raises:
        MappingError: it cannot be read, or is not as docs/import.md says; the message names the place.
    """
    try:
        tables = tomllib.loads(read_regular(path))
        mapping = msgspec.convert(tables, Mapping, builtin_types=(datetime, date, time_of_day))
    except OSError as error:
        raise MappingError(f"{path} cannot be read: {error.strerror}. Name a mapping file.") from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise MappingError(f"{path} is not TOML: {error}.") from None
    except msgspec.ValidationError as error:
        hint = _did_you_mean(str(error)) or "See docs/import.md for what goes where."
        raise MappingError(f"{path}: {error}. {hint}") from None
    if mapping.events and not mapping.source:
        raise MappingError(
            f'{path}: expected `source = "NAME"` at the top: events are told apart by source and id.'
        )
    if not (mapping.profiles or mapping.items or mapping.events):
        raise MappingError(f"{path}: expected at least one of [[profiles]], [[items]], [[events]].")
    return mapping


def _did_you_mean(problem: str) -> str | None:
    """The key nearest to an unknown one, of those that may stand where msgspec says that it stands."""
    found = re.search(r"unknown field `(?P<key>.*?)`(?: - at `\$\.(?P<place>.*)`)?$", problem)
    if found is None:
        return None
    listed, _, rest = (found["place"] or "").partition("[")
    inside = rest.partition("].")[2]
    kind = Join if inside.startswith("join[") else Cell if inside else _SECTIONS.get(listed, Mapping)
    near = nearest(found["key"], kind.__struct_fields__)
    return f"Did you mean {near!r}?" if near else None


def zone_named(name: str) -> ZoneInfo:
    """A time zone.

    Raises:
        MappingError: there is none of that name.
    """
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise MappingError(f"expected a time zone such as Europe/Berlin, got {name!r}.") from None


def as_list(names: str | Sequence[str]) -> list[str]:
    """One name or several, as several."""
    return [names] if isinstance(names, str) else list(names)
