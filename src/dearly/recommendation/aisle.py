"""One catalog as a request meets it: what is on the shelves beside what was learnt and what is trending."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from dearly.recommendation.index import CatalogIndex
from dearly.recommendation.shelves import Item
from dearly.recommendation.signals import Signal, consuming_events
from dearly.recommendation.trending import NO_TRENDS, Trends


@dataclass(frozen=True, slots=True)
class Aisle:
    """``items`` are all items by id, ``available`` those that may be suggested.

    ``by_row`` lays them beside the index's rows (None: not available); ``by_popularity`` holds all of them,
    those touched most in training first, then by id.
    """

    signals: tuple[Signal, ...]
    index: CatalogIndex | None
    trends: Trends
    items: Mapping[str, Item]
    available: Mapping[str, Item]
    by_row: Sequence[Item | None]
    by_popularity: Sequence[Item]
    consuming: frozenset[str]
    """The event types after which an item is used up."""

    @property
    def event_weights(self) -> Mapping[str, float]:
        """What each event type weighs: as the index says; all alike where there is none."""
        return self.index.manifest.event_weights if self.index is not None else {}


def lay_out(
    signals: Sequence[Signal],
    items: Mapping[str, Item],
    index: CatalogIndex | None,
    trends: Trends = NO_TRENDS,
) -> Aisle:
    """The aisle of a catalog. Walks over all items: not within a request."""
    available = {item_id: item for item_id, item in items.items() if item.is_available}
    by_row = [] if index is None else [available.get(item_id) for item_id in index.item_ids]
    consuming = consuming_events(signals) if index is None else index.manifest.consuming_events
    return Aisle(
        signals=tuple(signals),
        index=index,
        trends=trends,
        items=items,
        available=available,
        by_row=by_row,
        by_popularity=_by_popularity(available, index, by_row),
        consuming=frozenset(consuming),
    )


def _by_popularity(
    available: Mapping[str, Item], index: CatalogIndex | None, by_row: Sequence[Item | None]
) -> list[Item]:
    if index is None:
        return [available[item_id] for item_id in sorted(available)]
    # Rows ascend by id, so a stable sort leaves items that are touched alike in order of id.
    ranked = [by_row[row] for row in np.argsort(-index.factors.degrees, kind="stable")]
    rest = sorted(available.keys() - index.row_of.keys())
    return [item for item in ranked if item is not None] + [available[item_id] for item_id in rest]
