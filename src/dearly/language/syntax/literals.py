"""What a literal's spelling stands for: texts, numbers, dates, times and durations to plain values."""

from __future__ import annotations

import math
import re
from decimal import Decimal

from dearly import DearlyError
from dearly.language.syntax.characters import control_character, name_of
from dearly.language.types import DAY_US, HOUR_US, MAX_MAGNITUDE, MINUTE_US, SECOND_US, WEEK_US
from dearly.language.values import (
    ValueProblem,
    date_from_stored,
    normalise,
    time_from_stored,
    time_to_stored,
)

MAX_DURATION_US = 36_525 * DAY_US
"""A hundred years."""

UNITS = {"second": SECOND_US, "minute": MINUTE_US, "hour": HOUR_US, "day": DAY_US, "week": WEEK_US}
"""What a duration may be counted in, each also with an ``s``."""

_ESCAPES = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
_ESCAPE = re.compile(r"\\(.)")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(?:\.\d{1,6})?(?:[Zz]|[+-]\d{2}:\d{2})", re.ASCII)


class LiteralProblem(DearlyError):
    """A literal stands for no value; ``offset`` is where in its spelling, None for all of it."""

    def __init__(self, code: str, message: str, hint: str, offset: int | None = None) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.hint = hint
        self.offset = offset


def text_value(spelling: str) -> str:
    """The text between the quotes, unescaped and in NFC.

    Raises:
        LiteralProblem: an unknown escape, or a character that no text may hold.
    """
    body = spelling[1:-1]
    if (at := control_character(body)) is not None:
        message = f"A text cannot hold {name_of(body[at])}."
        raise LiteralProblem("hidden-character", message, "Remove it.", at + 1)
    if "\\" in body:
        body = _ESCAPE.sub(_unescape, body)
    try:
        return body if body.isascii() else normalise(body)
    except ValueProblem as problem:
        raise LiteralProblem("bad-text", f"A text: {problem}", "Leave that out.") from None


def _unescape(match: re.Match[str]) -> str:
    meant = _ESCAPES.get(match[1])
    if meant is None:
        message = f"`{match[0]}` stands for nothing."
        hint = 'Write `\\"` for a quote, `\\n` for a new line, `\\t` for a tab, `\\\\` for a backslash.'
        raise LiteralProblem("bad-escape", message, hint, match.start() + 1)
    return meant


def number_value(spelling: str) -> float:
    """The number as a double.

    Raises:
        LiteralProblem: its magnitude is above 1e12.
    """
    number = float(spelling)
    if not (math.isfinite(number) and abs(number) <= MAX_MAGNITUDE):
        message = "This number is too large: numbers lie between -1,000,000,000,000 and 1,000,000,000,000."
        raise LiteralProblem("number-out-of-range", message, "Write it in a larger unit.")
    return number


def date_days(spelling: str) -> int:
    """The days since 1970-01-01.

    Raises:
        LiteralProblem: there is no such day.
    """
    try:
        if _DATE.fullmatch(spelling):
            return date_from_stored(spelling)
    except ValueError:
        pass
    message = f"There is no day {spelling} in the calendar."
    raise LiteralProblem("bad-date", message, "A date is year, month, day: `2026-03-01`.")


def time_us(spelling: str) -> int:
    """The microseconds since 1970-01-01T00:00:00Z.

    Raises:
        LiteralProblem: this is no RFC 3339 time with an offset, or is no moment at all.
    """
    try:
        # Through UTC and back, so that what its offset puts outside of the calendar is refused.
        if _TIME.fullmatch(spelling):
            return time_from_stored(time_to_stored(time_from_stored(spelling.upper())))
    except (ValueError, OverflowError):
        pass
    message = f"{spelling} is no moment in time."
    hint = "A time has its seconds and its offset: `2026-03-01T10:00:00Z`, or `+01:00` in place of the Z."
    raise LiteralProblem("bad-time", message, hint)


def clock_us(spelling: str) -> int:
    """The microseconds since midnight that a clock shows: ``21:00``, ``10:00:30``.

    Raises:
        LiteralProblem: no clock shows it.
    """
    hours, minutes, seconds = _clock_parts(spelling)
    if hours > 23 or minutes > 59 or seconds > 59:
        message = f"No clock shows {spelling}."
        raise LiteralProblem("bad-time", message, "A day's times are `00:00` to `23:59:59`.")
    return hours * HOUR_US + minutes * MINUTE_US + seconds * SECOND_US


def offset_us(spelling: str) -> int:
    """The microseconds of ``+47:59:59``: hours, minutes and seconds.

    Raises:
        LiteralProblem: more than 59 minutes or seconds, or more than 100 years.
    """
    hours, minutes, seconds = _clock_parts(spelling[1:])
    if minutes > 59 or seconds > 59:
        message = f"{spelling} is no length of time."
        raise LiteralProblem("bad-time", message, "It is hours, minutes and seconds: `+47:59:59`.")
    us = hours * HOUR_US + minutes * MINUTE_US + seconds * SECOND_US
    if us > MAX_DURATION_US:
        raise LiteralProblem("duration-out-of-range", "This is longer than 100 years.", "Write less.")
    return us


def _clock_parts(spelling: str) -> tuple[int, int, int]:
    hours, minutes, *seconds = (int(part) for part in spelling.split(":"))
    return hours, minutes, seconds[0] if seconds else 0


def duration_us(number: str, unit: str) -> int:
    """The microseconds in ``number`` of ``unit``.

    Raises:
        LiteralProblem: nothing at all, or more than 100 years.
    """
    unit_us = UNITS[unit.removesuffix("s")]
    count = Decimal(number)
    # The first bound keeps the product of 1e999999999 from being taken.
    if count > MAX_DURATION_US or count * unit_us > MAX_DURATION_US:
        message = "This is longer than 100 years."
        raise LiteralProblem(
            "duration-out-of-range",
            message,
            "Write a shorter one; a window without `within` holds all events.",
        )
    us = round(count * unit_us)
    if us <= 0:
        message = "A length of time is more than nothing."
        raise LiteralProblem("duration-out-of-range", message, "Write at least `1 second`.")
    return us
