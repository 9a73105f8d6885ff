"""How large a calculated number can get: beyond the doubles, at some 1.8e308, it is missing.

The bounds are kept in doubles as well. Rounding never changes the order of two results, so that what is
calculated from the bounds of two numbers is a bound of what is calculated from the numbers.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from math import inf
from typing import Literal as OneOf

from dearly.language.types import MAX_MAGNITUDE

MAX_EVENTS = 1e9
"""No customer has more events than this."""

_LEAST = 5e-324
"""The smallest double above 0."""
_MOST = sys.float_info.max


@dataclass(frozen=True, slots=True)
class Magnitude:
    """Of a number that is there and is not 0: its absolute value lies between ``least`` and ``most``.

    ``most`` is infinite where the number may leave the doubles, and so be missing. A ``whole`` number has no
    fraction.
    """

    least: float
    most: float
    whole: bool = False


KEPT = Magnitude(_LEAST, MAX_MAGNITUDE)
"""Of numbers that came in at the door."""

COUNTED = Magnitude(1, MAX_EVENTS, whole=True)
"""Of a count of events, or of the different values in them."""

LIKELY = Magnitude(_LEAST, 1)
"""Of a likelihood, from 0 to 1."""

SUMMED = Magnitude(_LEAST, MAX_MAGNITUDE * MAX_EVENTS)
"""Of a sum over events."""


def written(number: float) -> Magnitude:
    """The magnitude of a constant."""
    return Magnitude(abs(number) or _LEAST, abs(number), float(number).is_integer())


def either(one: Magnitude, other: Magnitude) -> Magnitude:
    """The magnitude of "the one or the other"."""
    return Magnitude(min(one.least, other.least), max(one.most, other.most), one.whole and other.whole)


def calculated(operator: OneOf["+", "-", "*", "/"], left: Magnitude, right: Magnitude) -> Magnitude:
    """The magnitude of ``left + right`` and its like."""
    whole = left.whole and right.whole
    first, second = min(left.most, _MOST), min(right.most, _MOST)
    match operator:
        case "*":
            return Magnitude(left.least * right.least or _LEAST, first * second, whole)
        case "/":
            return Magnitude(left.least / second or _LEAST if second else _LEAST, first / right.least)
        case "+" | "-":
            return Magnitude(1 if whole else _LEAST, first + second, whole)


def rounded(number: Magnitude) -> Magnitude:
    """The magnitude of the number with fewer decimals."""
    return Magnitude(_LEAST, number.most + 1)


def leaves_the_doubles(number: Magnitude) -> bool:
    """Whether a calculation with this result may be missing because of its size."""
    return number.most == inf
