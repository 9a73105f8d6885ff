"""What generated code works out from the properties of selected events, in event order."""

from __future__ import annotations

from collections.abc import Sequence

from dearly.evaluation.compiled.windows import Rows
from dearly.language.types import Value

MILLION = 1_000_000


def millionths(rows: Rows, name: str) -> list[int]:
    """What each row that has the property adds to an exact sum: millionths, rounded half to even."""
    values = [row.get(name) for row in rows]
    return [round(value * 1e6) for value in values if value is not None]  # type: ignore[operator]  # numbers


def exact_sum(rows: Rows, name: str) -> float:
    """The double nearest to the sum in millionths; 0 of nothing."""
    return sum(millionths(rows, name)) / MILLION


def exact_average(rows: Rows, name: str) -> float | None:
    """The double nearest to the sum in millionths by the number of values; missing of nothing."""
    addends = millionths(rows, name)
    return sum(addends) / (MILLION * len(addends)) if addends else None


def lowest(rows: Rows, name: str) -> Value | None:
    """The least of the values that are present."""
    return min(_present(rows, name), default=None)


def highest(rows: Rows, name: str) -> Value | None:
    """The greatest of the values that are present."""
    return max(_present(rows, name), default=None)


def distinct(rows: Rows, name: str) -> float:
    """How many different values there are."""
    return float(len(set(_present(rows, name))))


def most_frequent(rows: Rows, name: str) -> Value | None:
    """The value that most rows have; of several such, the one that was last seen latest."""
    counts: dict[Value, int] = {}
    for value in _present(rows, name):
        counts[value] = counts.pop(value, 0) + 1  # taken out and put back: in the order last seen
    most = max(counts.values(), default=0)
    return next((value for value in reversed(counts) if counts[value] == most), None)


def property_at(rows: Rows, position: int, name: str) -> Value | None:
    """The property of the first (0) or the latest (-1) row; missing when there is no row."""
    return rows[position].get(name) if rows else None


def time_since(now_us: int, times_us: Sequence[int], position: int) -> int | None:
    """How long ago the first (0) or the latest (-1) event was; missing when there is none."""
    return now_us - times_us[position] if times_us else None


def _present(rows: Rows, name: str) -> list[Value]:
    return [value for row in rows if (value := row.get(name)) is not None]
