"""The types of the rules language and the plain Python values that carry them.

====================  =======================================================================
type                  value
====================  =======================================================================
``text``, ``url``     ``str``, normalised to NFC, no lone surrogates
``number``            ``float``, finite, magnitude at most 1e12
``bool``              ``bool``
``date``              ``int``, days since 1970-01-01
``time``              ``int``, microseconds since 1970-01-01T00:00:00Z
``duration``          ``int``, microseconds; only inside conditions, never stored
a catalog's name      ``str``, the item's id
``set of T``          ``frozenset`` of T's values
====================  =======================================================================

A missing value is ``None`` everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

Value: TypeAlias = (
    "str | float | bool | int | frozenset[str] | frozenset[float] | frozenset[bool] | frozenset[int]"
)

MAX_MAGNITUDE = 1e12
"""Numbers beyond this are refused at the door (so that sums in millionths stay exact)."""

SECOND_US = 1_000_000
MINUTE_US = 60 * SECOND_US
HOUR_US = 60 * MINUTE_US
DAY_US = 24 * HOUR_US
WEEK_US = 7 * DAY_US

END_OF_TIME_US = 2**63 - 1
"""Reads go as far: only who sees the events stamped in the future knows when the first of them comes due."""


@dataclass(frozen=True, slots=True)
class Scalar:
    """One of the built-in types; ``str(type)`` is its spelling in a rules file."""

    name: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True)
class ItemRef:
    """The id of an item in a catalog."""

    catalog: str

    def __str__(self) -> str:
        return self.catalog


@dataclass(frozen=True, slots=True)
class SetOf:
    """An unordered set without repeats."""

    element: Scalar | ItemRef

    def __str__(self) -> str:
        return f"set of {self.element}"


Type: TypeAlias = Scalar | ItemRef | SetOf

TEXT = Scalar("text")
NUMBER = Scalar("number")
BOOL = Scalar("bool")
DATE = Scalar("date")
TIME = Scalar("time")
URL = Scalar("url")
DURATION = Scalar("duration")

DECLARABLE = {scalar.name: scalar for scalar in (TEXT, NUMBER, BOOL, DATE, TIME, URL)}
"""The scalars that a profile, catalog or event field may have."""


def is_textual(kind: Type) -> bool:
    """Whether values of this type are ``str``: text, a url, or an item's id."""
    return kind in (TEXT, URL) or isinstance(kind, ItemRef)
