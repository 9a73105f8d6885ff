"""Values as templates see them: text, numbers, true or false, and tuples of these; nothing else enters."""

from __future__ import annotations

from typing import TypeAlias

from dearly.language.types import DATE, DURATION, TIME, SetOf, Type, Value
from dearly.language.values import date_to_stored, time_to_stored

TemplateScalar: TypeAlias = "str | float | bool"
TemplateData: TypeAlias = "TemplateScalar | tuple[TemplateScalar, ...] | None"


def template_data(type_: Type, value: Value | None) -> TemplateData:
    """The plain data that stands for a value in a template.

    Dates are ISO 8601 text (``2026-03-01``), times RFC 3339 text in UTC (``2026-03-01T10:00:00Z``), sets are
    tuples in ascending order; a missing value is None. Durations never reach a template.
    """
    if value is None:
        return None
    if isinstance(type_, SetOf):
        assert isinstance(value, frozenset)
        ascending: list[str | float | bool] = sorted(value)
        return tuple(_scalar(type_.element, element) for element in ascending)
    assert not isinstance(value, frozenset)
    return _scalar(type_, value)


def _scalar(type_: Type, value: str | float | bool) -> TemplateScalar:
    if type_ == DATE:
        return date_to_stored(int(value))
    if type_ == TIME:
        return time_to_stored(int(value))
    if type_ == DURATION:
        raise TypeError("a duration cannot be shown in a template; the checker refuses values of that type")
    return value
