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
            furthest = found[0]  # what is further no longer matters
    return best[1] if best else None


def _distance(left: str, right: str, enough: int) -> int:
    """The least number of changes from one to the other; some number above ``enough`` when it takes more.

    Optimal string alignment, row by row, as far from the diagonal as ``enough`` changes can lead.
    """
    left, right = _where_they_differ(left, right)
    if abs(len(left) - len(right)) > enough:
        return enough + 1
    before: list[int] = []
    row = [j if j <= enough else enough + 1 for j in range(len(right) + 1)]
    for i, letter in enumerate(left, start=1):
        previous, row = row, [enough + 1] * (len(right) + 1)
        row[0] = i
        for j in range(max(1, i - enough), min(len(right), i + enough) + 1):
            other = right[j - 1]
            cost = previous[j - 1] + (letter != other)
            if previous[j] < cost:
                cost = previous[j] + 1
            if row[j - 1] < cost:
                cost = row[j - 1] + 1
            if i > 1 and j > 1 and letter == right[j - 2] and left[i - 2] == other:
                cost = min(cost, before[j - 2] + 1)
            row[j] = cost
        if min(row) > enough:
            return enough + 1
        before = previous
    return row[-1]


def _where_they_differ(left: str, right: str) -> tuple[str, str]:
    """Both without what they begin and end with in common, which no change needs to touch."""
    start = _shared_letters(left, right)
    left, right = left[start:], right[start:]
    end = _shared_letters(left[::-1], right[::-1])
    return left[: len(left) - end], right[: len(right) - end]


def _shared_letters(left: str, right: str) -> int:
    count = 0
    for one, other in zip(left, right, strict=False):
        if one != other:
            break
        count += 1
    return count
