"""Lists in which no value of a field is shown more often than another, as long as others are to be had."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from heapq import heapify, heappop, heapreplace

from dearly.language.types import Value
from dearly.recommendation import Page, Suggestion

CANDIDATES_A_PLACE = 10
"""So many candidates for each place of a page are looked at first."""

MOST_CANDIDATES = 2_000
"""And so many at most, where too few values are among the first: beyond them a value is not looked for."""


def pick_diverse(
    ask: Callable[[Page], list[Suggestion]], page: Page, field: str, chosen: Sequence[Suggestion]
) -> list[Suggestion]:
    """What a strategy suggests for a page, each place taken by a value that was shown least so far.

    Of several such values it is the one whose next item ranks highest. ``chosen`` stands in the list already.
    Items without the field count as one more value. The page is as full as it would be without this.
    """
    limit = min(page.limit * CANDIDATES_A_PLACE, MOST_CANDIDATES)
    candidates = ask(replace(page, limit=limit))
    if len(candidates) == limit < MOST_CANDIDATES and len(_values(candidates, field)) < page.limit:
        candidates = ask(replace(page, limit=MOST_CANDIDATES))
    shown = Counter(_value(suggestion, field) for suggestion in chosen)
    return _in_turns(candidates, field, shown, page.limit)


def _in_turns(
    candidates: Sequence[Suggestion], field: str, shown: Counter[Value | None], limit: int
) -> list[Suggestion]:
    waiting: dict[Value | None, deque[int]] = {}
    for rank, candidate in enumerate(candidates):
        waiting.setdefault(_value(candidate, field), deque()).append(rank)
    turns = [(shown[value], ranks[0], ranks) for value, ranks in waiting.items()]
    heapify(turns)  # no two ranks are the same, so the queues themselves are never compared
    picked: list[Suggestion] = []
    while turns and len(picked) < limit:
        count, rank, ranks = turns[0]
        picked.append(candidates[rank])
        ranks.popleft()
        if ranks:
            heapreplace(turns, (count + 1, ranks[0], ranks))
        else:
            heappop(turns)
    return picked


def _values(candidates: Iterable[Suggestion], field: str) -> set[Value | None]:
    return {_value(candidate, field) for candidate in candidates}


def _value(suggestion: Suggestion, field: str) -> Value | None:
    return suggestion.item.fields.get(field)
