"""The strategies, over one frozen snapshot of items, indexes and trends.

Every answer holds each item once, only items on the shelves, no unavailable ones, and only what the page
keeps. ``recommended``, ``similar`` and ``trending`` fill the page as long as the catalog has anything that
may stand in it: after their own ranking comes what is trending, then what was popular in training, then the
rest by id; these are marked as ``trending``. ``recently`` and ``listed`` say something of their own and are
not filled up, nor is any where the page asks for no more than that.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import repeat
from typing import Any

import numpy as np

from dearly.evaluation import Facts
from dearly.language.types import DAY_US
from dearly.recommendation.aisle import Aisle
from dearly.recommendation.interactions import Floats, Rows
from dearly.recommendation.search import VectorSearch
from dearly.recommendation.shelves import Shelves
from dearly.recommendation.suggestions import (
    ITEMS_AT_ONCE,
    Page,
    StrategyName,
    Suggestion,
    Touch,
    TouchLog,
    fill_page,
    log_touches,
)

FALLBACK_WINDOW_US = 30 * DAY_US
"""Where another strategy runs short, the page is filled by what is trending within this window."""


@dataclass(frozen=True, slots=True)
class Recommender:
    """A snapshot that never changes: same question, same answer. Safe to use from any thread.

    A catalog that it does not know has no items. Every strategy raises OutOfTime when its page gives up.
    """

    shelves: Shelves
    aisles: Mapping[str, Aisle]
    index_versions: Mapping[str, str]
    """The version of the index that serves, by catalog; a catalog without one is absent."""

    def recommended(
        self, catalog: str, touches: Sequence[Touch], page: Page, now_us: int
    ) -> list[Suggestion]:
        """What the touches up to now point to, but nothing that the customer has used up."""
        aisle = self.aisles.get(catalog)
        return _recommended(aisle, log_touches(touches), page, now_us) if aisle is not None else []

    def recommended_to(self, facts: Facts, catalog: str, page: Page, now_us: int) -> list[Suggestion]:
        """:meth:`recommended` by what the customer touched in the catalog, by every event that can."""
        aisle = self.aisles.get(catalog)
        return _recommended(aisle, _logs_in(aisle, facts), page, now_us) if aisle is not None else []

    def similar(self, catalog: str, item_id: str, page: Page, now_us: int) -> list[Suggestion]:
        """The item's neighbours by the cosine of their vectors; the item itself is left out."""
        aisle = self.aisles.get(catalog)
        if aisle is None:
            return []
        barred = page.exclude | {item_id}
        query = aisle.index.neighbours_query(item_id) if aisle.index is not None else None
        chosen: list[Suggestion] = []
        if query is not None and aisle.index is not None and aisle.index.similar is not None:
            chosen = _nearest(aisle, aisle.index.similar, query, "similar", page, barred)
        return _fill_up(aisle, chosen, page, barred, now_us)

    def trending(self, catalog: str, within_us: int, page: Page, now_us: int) -> list[Suggestion]:
        """What many customers touched within the window, weighted by event."""
        aisle = self.aisles.get(catalog)
        if aisle is None:
            return []
        judged = set(page.exclude)
        chosen = _add_trending(aisle, [], within_us, page, judged, now_us)
        return _add_popular(aisle, chosen, page, judged) if page.filled_up else chosen

    def recently(self, catalog: str, touches: Sequence[Touch], page: Page) -> list[Suggestion]:
        """What the touches touched, latest first (of the same instant: by id), without repeats."""
        latest = sorted(touches, key=lambda touch: (-touch.time_us, touch.item_id))
        return self._as_given(catalog, (touch.item_id for touch in latest), "recently", page)

    def listed(self, catalog: str, item_ids: Sequence[str], page: Page) -> list[Suggestion]:
        """An editor's list, in its order."""
        return self._as_given(catalog, item_ids, "listed", page)

    def _as_given(
        self, catalog: str, item_ids: Iterable[str], strategy: StrategyName, page: Page
    ) -> list[Suggestion]:
        aisle = self.aisles.get(catalog)
        chosen: list[Suggestion] = []
        if aisle is not None:
            items = map(aisle.available.get, item_ids)
            fill_page(chosen, items, repeat(0.0), strategy, page, set(page.exclude))
        return chosen


def _logs_in(aisle: Aisle, facts: Facts) -> list[TouchLog]:
    logs: list[TouchLog] = []
    for signal in aisle.signals:
        log, name = facts.events.get(signal.event), signal.property
        if log is not None:
            item_ids: list[Any] = [properties.get(name) for properties in log.properties]
            logs.append(TouchLog(signal.event, item_ids, log.times_us))
    return logs


def _recommended(aisle: Aisle, logs: Sequence[TouchLog], page: Page, now_us: int) -> list[Suggestion]:
    barred = page.exclude | _used_up(aisle, logs, now_us)
    query = aisle.index.fold_logs(logs, now_us) if aisle.index is not None else None
    chosen: list[Suggestion] = []
    if query is not None and aisle.index is not None and aisle.index.recommended is not None:
        chosen = _nearest(aisle, aisle.index.recommended, query, "recommended", page, barred)
    return _fill_up(aisle, chosen, page, barred, now_us)


def _used_up(aisle: Aisle, logs: Iterable[TouchLog], now_us: int) -> frozenset[str]:
    return frozenset(
        item_id
        for log in logs
        if log.event in aisle.consuming
        for item_id, time_us in zip(log.item_ids, log.times_us, strict=True)
        if item_id is not None and time_us <= now_us
    )


def _nearest(
    aisle: Aisle,
    search: VectorSearch,
    query: Floats,
    strategy: StrategyName,
    page: Page,
    barred: frozenset[str],
) -> list[Suggestion]:
    """The page's best: of the nearest, and where too few of them may stand in it, of all that may."""
    chosen: list[Suggestion] = []
    rows, scores = search.nearest(query, page.limit + len(barred))
    items = map(aisle.by_row.__getitem__, rows.tolist())
    fill_page(chosen, items, scores.tolist(), strategy, page, set(barred))
    if len(chosen) == page.limit:
        return chosen
    # Asking every item costs less than ranking every item: 0.1 µs each, against 1 µs at 768 dimensions.
    rows, scores = search.rank(_rows_that_may_stand(aisle, page, barred), query)
    items = map(aisle.by_row.__getitem__, rows[: page.limit].tolist())
    return [
        Suggestion(item, score, strategy)
        for item, score in zip(items, scores[: page.limit].tolist(), strict=True)
        if item is not None
    ]


def _rows_that_may_stand(aisle: Aisle, page: Page, barred: frozenset[str]) -> Rows:
    keep = page.keep
    rows: list[int] = []
    for start in range(0, len(aisle.by_row), ITEMS_AT_ONCE):
        page.check_time()
        rows += [
            row
            for row, item in enumerate(aisle.by_row[start : start + ITEMS_AT_ONCE], start)
            if item is not None and item.item_id not in barred and (keep is None or keep(item.fields))
        ]
    return np.array(rows, dtype=np.int64)


def _fill_up(
    aisle: Aisle, chosen: list[Suggestion], page: Page, barred: frozenset[str], now_us: int
) -> list[Suggestion]:
    if len(chosen) >= page.limit or not page.filled_up:
        return chosen
    judged = {*barred, *(suggestion.item.item_id for suggestion in chosen)}
    _add_trending(aisle, chosen, FALLBACK_WINDOW_US, page, judged, now_us)
    return _add_popular(aisle, chosen, page, judged)


def _add_trending(
    aisle: Aisle, chosen: list[Suggestion], within_us: int, page: Page, judged: set[str], now_us: int
) -> list[Suggestion]:
    item_ids, scores = aisle.trends.ranking(within_us, now_us)
    fill_page(chosen, map(aisle.available.get, item_ids), scores, "trending", page, judged)
    return chosen


def _add_popular(aisle: Aisle, chosen: list[Suggestion], page: Page, judged: set[str]) -> list[Suggestion]:
    fill_page(chosen, aisle.by_popularity, repeat(0.0), "trending", page, judged)
    return chosen
