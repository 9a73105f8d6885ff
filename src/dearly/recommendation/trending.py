"""What many touched of late: weighted counts by hour, ranked for any window."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np

from dearly.language.types import DAY_US, HOUR_US
from dearly.recommendation.interactions import Rows
from dearly.recommendation.signals import Signal
from dearly.store import ItemCounts, Store

LONGEST_WINDOW_US = 90 * DAY_US
RANKINGS_KEPT = 256

Ranking: TypeAlias = "tuple[tuple[str, ...], tuple[float, ...]]"
"""Item ids and their scores, best first; equal scores in order of id."""


@dataclass(frozen=True, slots=True)
class Trends:
    """One catalog's counts: in hour ``hours[i]`` the item ``item_ids[items[i]]`` weighed ``weights[i]``.

    ``hours`` ascend, and ``item_ids`` do. Rankings are kept once made (``_rankings``): the same window within
    the same hour is looked up, not counted again.
    """

    item_ids: tuple[str, ...]
    hours: Rows
    items: Rows
    weights: np.typing.NDArray[np.float64]
    _rankings: dict[tuple[int, int], Ranking] = field(default_factory=dict, compare=False, repr=False)

    def ranking(self, within_us: int, now_us: int) -> Ranking:
        """The items touched in the window, to whole hours: the hour in which it begins counts whole."""
        window = ((now_us - within_us) // HOUR_US, now_us // HOUR_US)
        known = self._rankings.get(window)
        if known is None:
            if len(self._rankings) >= RANKINGS_KEPT:
                self._rankings.clear()
            known = self._rankings[window] = self._rank(*window)
        return known

    def _rank(self, first_hour: int, last_hour: int) -> Ranking:
        first = np.searchsorted(self.hours, first_hour, side="left")
        end = np.searchsorted(self.hours, last_hour, side="right")
        totals = np.bincount(self.items[first:end], self.weights[first:end], len(self.item_ids))
        order = np.argsort(-totals, kind="stable")[: int(np.count_nonzero(totals))]
        return tuple(self.item_ids[row] for row in order), tuple(totals[order].tolist())


NO_TRENDS = Trends((), np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0, np.float64))


def count_trends(
    store: Store, signals: Sequence[Signal], event_weights: Mapping[str, float], now_us: int
) -> Trends:
    """One catalog's trends as of now, as far back as any window may reach.

    Raises:
        StoreUnavailable: the store cannot answer now.
    """
    since_us = now_us - LONGEST_WINDOW_US - HOUR_US
    counts = [
        (
            event_weights.get(signal.event, 1.0),
            store.item_counts(signal.event, signal.property, since_us, now_us),
        )
        for signal in signals
    ]
    return add_up(counts)


def add_up(counts: Sequence[tuple[float, ItemCounts]]) -> Trends:
    """Trends from each signal's weight and counts."""
    ids = [item_id for _, part in counts for item_id in part.item_ids]
    item_ids = tuple(sorted(set(ids)))
    place = {item_id: row for row, item_id in enumerate(item_ids)}
    hours = np.array([hour for _, part in counts for hour in part.hours], dtype=np.int64)
    items = np.fromiter((place[item_id] for item_id in ids), dtype=np.int64, count=len(ids))
    weights = np.array([weight * count for weight, part in counts for count in part.counts], dtype=np.float64)
    order = np.lexsort((weights, items, hours))
    return Trends(item_ids, hours[order], items[order], weights[order])
