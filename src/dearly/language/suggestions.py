"""The nearest known name to one that was mistyped."""

from __future__ import annotations

from collections.abc import Iterable

MAX_NAME_LENGTH = 64
"""Longer names are not compared: nobody mistypes one letter in so many."""


def nearest(name: str, candidates: Iterable[str]) -> str | None:
    """The candidate that ``name`` was most likely meant to be; None when none is near.

    Near is: up to a third of the letters, and at most three, added, left out, changed, or swapped with their
    neighbour. Of equally near candidates the alphabetically first is given.
    """
    if len(name) > MAX_NAME_LENGTH:
        return None
    folded = name.casefold()
    letters = set(folded)
    best: tuple[int, str] | None = None
    furthest = min(3, len(name) // 3)
    for candidate in candidates:
        if abs(len(candidate) - len(name)) > furthest or candidate == name:
            continue
        other = candidate.casefold()
        if len(letters.symmetric_difference(other)) > 2 * furthest:
            continue  # each change of a letter adds or removes at most two
        found = (_distance(folded, other, furthest), candidate)
        if found[0] <= furthest and (best is None or found < best):
            best = found
    return best[1] if best else None


def _distance(left: str, right: str, enough: int) -> int:
    # Optimal string alignment, row by row; gives up as soon as every way costs more than ``enough``.
    before: list[int] = []
    row = list(range(len(right) + 1))
    for i, letter in enumerate(left, start=1):
        previous, row = row, [i]
        for j, other in enumerate(right, start=1):
            cost = min(previous[j] + 1, row[j - 1] + 1, previous[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        if min(row) > enough:
            return enough + 1
        before = previous
    return row[-1]
