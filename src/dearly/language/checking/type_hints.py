"""What to write where types do not go together."""

from __future__ import annotations

from dearly.language.checking.typing_rules import type_of
from dearly.language.program import Expression, Literal, Now, ScoreRef, TimeSince, Today
from dearly.language.spelling import brief, spell
from dearly.language.types import DATE, DAY_US, DURATION, NUMBER, TEXT, TIME, SetOf, Type, is_textual
from dearly.language.values import date_to_stored


def comparison_hint(left: Expression, right: Expression) -> str | None:
    """How two expressions that cannot be compared may have been meant; None where that is anybody's guess."""
    kinds = (type_of(left), type_of(right))
    if isinstance(kinds[0], SetOf) or isinstance(kinds[1], SetOf):
        return "Ask whether the set contains it: `SET contains VALUE`."
    if DURATION in kinds:
        return _duration_hint(left, right)
    if set(kinds) == {DATE, TIME}:
        return date_hint(left, right)
    other, constant = (left, right) if isinstance(right, Literal) else (right, left)
    if isinstance(other, ScoreRef) and type_of(constant) == TEXT:
        return f"A score has tiers: write `{other.score} is TIER`, or compare with a number from 0 to 1."
    return _constant_hint(constant, type_of(other)) if isinstance(constant, Literal) else None


def date_hint(left: Expression, right: Expression) -> str:
    """What to write in place of a date beside a time, or of a time beside a date."""
    for side in (left, right):
        match side:
            case Today(days):
                return f"Beside a time, write `{spell(Now(days * DAY_US))}`."
            case Now(us):
                return f"Beside a date, write `{spell(Today(us // DAY_US))}`."
            case Literal(int() as days, kind) if kind == DATE:
                day = date_to_stored(days)
                where = f"`since {day}` or `before {day}`, for where that day begins"
                return f"Beside a time, write {where}; or a whole time: `{day}T00:00:00Z`."
            case Literal(int() as us, kind) if kind == TIME:
                return f"Beside a date, write a date: `{date_to_stored(us // DAY_US)}`."
            case _:
                pass
    return "Compare a date with a date, and a time with a time."


def condition_hint(expression: Expression, kind: Type) -> str:
    """How to make a condition of an expression that is none."""
    if kind == DURATION:
        return "Compare it: `time since last E > 60 days`."
    if isinstance(expression, Literal):
        return "Write `true`, `false`, or a comparison."
    if kind == NUMBER:
        return "Compare it: `.. > 0`."
    if isinstance(kind, SetOf):
        return 'Ask for an element, `.. contains "x"`, or `.. is present`.'
    if kind in (DATE, TIME):
        moment = "today" if kind == DATE else "now"
        return f"Compare it, `{brief(spell(expression))} before {moment}`, or ask `.. is present`."
    return 'Compare it, `.. == "x"`, or ask `.. is present`.'


def _duration_hint(left: Expression, right: Expression) -> str | None:
    if NUMBER in (type_of(left), type_of(right)):
        return "Write the number with its unit: `60 days`."
    if isinstance(left, TimeSince) or isinstance(right, TimeSince):
        return "Compare with a length of time: `60 days`."
    return None


def _constant_hint(constant: Literal, other: Type) -> str | None:
    if constant.type == TEXT and not is_textual(other):
        return f"Write the {other} without quotes."
    if other in (DATE, TIME) and (day := _first_day(constant)) is not None:
        return f"Write a whole date: `{day}`." if other == DATE else f"Write a time: `{day}T00:00:00Z`."
    return "Put text in double quotes." if is_textual(other) else None


def _first_day(constant: Literal) -> str | None:
    """The first day of what may be meant as a year."""
    value = constant.value
    is_year = (
        constant.type == NUMBER and isinstance(value, float) and value.is_integer() and 1000 <= value <= 9999
    )
    return f"{value:.0f}-01-01" if is_year else None
