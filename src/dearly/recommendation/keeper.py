"""Keeps the snapshot that serves in step with the store and the published indexes, off the request path."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import structlog

from dearly.language import Program
from dearly.language.types import SECOND_US
from dearly.recommendation.aisle import Aisle, lay_out
from dearly.recommendation.artefact import IndexRefused
from dearly.recommendation.index import CatalogIndex
from dearly.recommendation.publishing import current_version, read_version
from dearly.recommendation.recommender import Recommender
from dearly.recommendation.shelves import Shelves, restock_shelves, stock_shelves
from dearly.recommendation.signals import signals_of
from dearly.recommendation.trending import NO_TRENDS, count_trends
from dearly.store import Store

TRENDS_EVERY_US = 60 * SECOND_US

_log = structlog.get_logger("dearly.recommendation")

NOTHING = Recommender(Shelves({}), {}, {})
"""Before the first look there are no catalogs."""


class RecommenderKeeper:
    """Looks when it is told to, from one thread at a time; ``current`` may be read from any.

    An index that is refused is not tried again until another is published; meanwhile the one before it
    serves.
    """

    def __init__(self, store: Store, index_directory: Path) -> None:
        self.current = NOTHING
        self._store = store
        self._directory = index_directory
        self._program: Program | None = None
        self._indexes: dict[str, CatalogIndex] = {}
        self._tried: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._trends_of_us: int | None = None

    @property
    def refused(self) -> Mapping[str, str]:
        """Why the published index of a catalog does not serve, by catalog."""
        return dict(self._refused)

    def refresh(self, program: Program, now_us: int) -> Recommender:
        """Look for changed rules, indexes and items, and once a minute count trends; what serves now.

        Raises:
            StoreUnavailable: the store cannot answer now; the snapshot before serves on.
        """
        before = self.current if program is self._program else NOTHING
        shelves = self._stocked(program, before)
        for catalog in program.catalogs:
            self._look_for_index(catalog)
        counted_us = self._trends_of_us
        trends_due = counted_us is None or abs(now_us - counted_us) >= TRENDS_EVERY_US
        aisles = {
            catalog: self._aisle(program, catalog, shelves, before.aisles.get(catalog), now_us, trends_due)
            for catalog in program.catalogs
        }
        if any(aisle is not before.aisles.get(catalog) for catalog, aisle in aisles.items()):
            versions = {
                name: aisle.index.version for name, aisle in aisles.items() if aisle.index is not None
            }
            self.current = Recommender(shelves, aisles, versions)
        self._program = program
        if trends_due:
            self._trends_of_us = now_us
        return self.current

    def _stocked(self, program: Program, before: Recommender) -> Shelves:
        if before is NOTHING:
            return stock_shelves(program, *self._store.read_items())
        if self._store.item_change() == before.shelves.change:
            return before.shelves
        return restock_shelves(before.shelves, program, *self._store.read_items(before.shelves.change))

    def _aisle(
        self,
        program: Program,
        catalog: str,
        shelves: Shelves,
        before: Aisle | None,
        now_us: int,
        trends_due: bool,
    ) -> Aisle:
        """The aisle as it was, unless something of it changed."""
        items, index = shelves.catalogs[catalog], self._indexes.get(catalog)
        aisle = before
        if aisle is None or aisle.items is not items or aisle.index is not index:
            trends = aisle.trends if aisle is not None else NO_TRENDS
            aisle = lay_out(signals_of(program, catalog), items, index, trends)
        if trends_due or before is None:
            trends = count_trends(self._store, aisle.signals, aisle.event_weights, now_us)
            aisle = replace(aisle, trends=trends)
        return aisle

    def _look_for_index(self, catalog: str) -> None:
        """Load the published index, unless it serves already or was refused."""
        try:
            version = current_version(self._directory, catalog)
        except IndexRefused as error:
            self._refuse(catalog, "", error)
            return
        serving = self._indexes.get(catalog)
        if serving is not None and version == serving.version:
            self._refused.pop(catalog, None)
            return
        if not version or version == self._tried.get(catalog):
            return
        self._tried[catalog] = version
        try:
            index = read_version(self._directory, catalog, version)
        except IndexRefused as error:
            self._refuse(catalog, version, error)
            return
        self._indexes[catalog] = index
        self._refused.pop(catalog, None)
        _log.info("index_loaded", catalog=catalog, version=version, items=index.manifest.items)

    def _refuse(self, catalog: str, version: str, error: IndexRefused) -> None:
        reason = str(error)
        if self._refused.get(catalog) != reason:
            self._refused[catalog] = reason
            serving = self._indexes.get(catalog)
            _log.error(
                "index_refused",
                catalog=catalog,
                version=version,
                reason=reason,
                serving=serving.version if serving is not None else "",
            )
