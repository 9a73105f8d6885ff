"""One catalog's index: what was learnt of its items, ready to search, with the manifest that tells how."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import msgspec
import numpy as np
from msgspec import Meta

from dearly.recommendation.choosing import Choice, choose_method
from dearly.recommendation.factors import Factors, factorise
from dearly.recommendation.folding import fold
from dearly.recommendation.interactions import Feedback, Floats, Rows
from dearly.recommendation.methods import require_training
from dearly.recommendation.search import SearchPlan, VectorSearch, plan_search
from dearly.recommendation.suggestions import Touch, TouchLog, log_touches

FORMAT = 2
LAST_YEAR_ENDS_US = 253_402_300_800_000_000
"""Calendars end with the year 9999."""
QUERIES_JUDGED = 200
"""Recall is measured over so many of the customers and items learnt from."""
UNLISTED_EVENT_WEIGHT = 1.0
"""What an event type weighs that was declared after the index was built."""


class FileSeal(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a file of the index must be."""

    sha256: str
    size: Annotated[int, Meta(ge=0)]


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an index was made, and what its files must be. Times are in microseconds."""

    format: int
    catalog: str
    created_us: Annotated[int, Meta(ge=0, lt=LAST_YEAR_ENDS_US)]
    as_of_us: int
    since_us: int
    half_life_us: Annotated[int, Meta(gt=0)]
    seed: int
    event_weights: dict[str, float]
    consuming_events: list[str]
    """After these a customer is not recommended the item again."""
    customers: int
    items: Annotated[int, Meta(ge=0)]
    touches: int
    dimensions: Annotated[int, Meta(ge=0)]
    choice: Choice
    """How the vectors were learnt, and what else was tried."""
    recommended: SearchPlan | None
    """How candidates for a customer are found; None when there are no items."""
    similar: SearchPlan | None
    files: dict[str, FileSeal]


@dataclass(frozen=True, slots=True)
class Recipe:
    """What an index is made by, beside the feedback. ``dimensions`` None: as many as rank best."""

    catalog: str
    event_weights: Mapping[str, float]
    consuming_events: Sequence[str]
    half_life_us: int
    since_us: int
    as_of_us: int
    created_us: int
    seed: int
    dimensions: int | None = None


@dataclass(frozen=True, slots=True)
class CatalogIndex:
    """An index in memory. Rows stand for items in ascending order of id.

    ``version`` is empty until it is published. ``recommended`` answers a customer's vector, ``similar`` an
    item's; both are None when there are no items.
    """

    version: str
    manifest: Manifest
    item_ids: tuple[str, ...]
    row_of: Mapping[str, int]
    factors: Factors
    recommended: VectorSearch | None
    similar: VectorSearch | None

    def fold_in(self, touches: Sequence[Touch], now_us: int) -> Floats | None:
        """The customer's vector (dimensions) as of now; None when they touched nothing that is known here.

        A touch counts as it did in training: its event's weight, halved for every half-life of age, added up
        per item, then the logarithm.
        """
        return self.fold_logs(log_touches(touches), now_us)

    def fold_logs(self, logs: Iterable[TouchLog], now_us: int) -> Floats | None:
        """:meth:`fold_in` of touches that are at hand by event."""
        rows: Mapping[Any, int] = self.row_of  # None, too, may be looked up
        half_life_us = self.manifest.half_life_us
        amounts: dict[int, float] = {}
        for log in logs:
            weight = self.manifest.event_weights.get(log.event, UNLISTED_EVENT_WEIGHT)
            for item_id, time_us in zip(log.item_ids, log.times_us, strict=True):
                row = rows.get(item_id)
                if row is not None and time_us <= now_us:
                    faded = weight * 2.0 ** ((time_us - now_us) / half_life_us)
                    amounts[row] = amounts.get(row, 0.0) + faded
        if not amounts:
            return None
        touched = np.fromiter(amounts, np.int64, len(amounts))
        strengths = np.log1p(np.fromiter(amounts.values(), np.float32, len(amounts)))
        return fold(self.factors, touched, strengths)

    def neighbours_query(self, item_id: str) -> Floats | None:
        """The item's vector at unit length; None when nothing is known of it."""
        row = self.row_of.get(item_id)
        if row is None or self.similar is None or self.similar.scale is None:
            return None
        query: Floats = self.factors.vectors[row] * self.similar.scale[row]
        return query


def build_index(feedback: Feedback, recipe: Recipe, report: Callable[[str], None]) -> CatalogIndex:
    """Learn the items' vectors and how to search them. Takes up to minutes; same input, same index.

    Raises:
        TrainingUnavailable: the packages of the ``train`` extra are not installed.
    """
    require_training()
    choice = choose_method(feedback, recipe.dimensions, recipe.seed, report)
    report("factorising")
    factors = factorise(feedback, choice.method, recipe.seed)
    manifest = Manifest(
        format=FORMAT,
        catalog=recipe.catalog,
        created_us=recipe.created_us,
        as_of_us=recipe.as_of_us,
        since_us=recipe.since_us,
        half_life_us=recipe.half_life_us,
        seed=recipe.seed,
        event_weights=dict(sorted(recipe.event_weights.items())),
        consuming_events=sorted(recipe.consuming_events),
        customers=feedback.customer_count,
        items=len(feedback.item_ids),
        touches=feedback.touch_count,
        dimensions=factors.vectors.shape[1],
        choice=choice,
        recommended=None,
        similar=None,
        files={},
    )
    index = CatalogIndex(
        version="",
        manifest=manifest,
        item_ids=feedback.item_ids,
        row_of={item_id: row for row, item_id in enumerate(feedback.item_ids)},
        factors=factors,
        recommended=None,
        similar=None,
    )
    if not feedback.item_ids:
        return index
    report("choosing the search")
    return _searchable(index, feedback)


def _searchable(index: CatalogIndex, feedback: Feedback) -> CatalogIndex:
    factors, seed = index.factors, index.manifest.seed
    scale = inverse_lengths(factors.vectors)
    recommended = plan_search(factors.vectors, None, _some_customers(feedback, factors, seed), seed)
    some_items = _some(len(factors.vectors), seed)
    similar = plan_search(factors.vectors, scale, factors.vectors[some_items], seed)
    manifest = msgspec.structs.replace(index.manifest, recommended=recommended.plan, similar=similar.plan)
    return replace(index, manifest=manifest, recommended=recommended, similar=similar)


def inverse_lengths(vectors: Floats) -> Floats:
    """One over each row's length; 0 for a row of zeros."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    inverse: Floats = np.divide(1.0, lengths, out=np.zeros_like(lengths), where=lengths > 0)
    return inverse


def _some_customers(feedback: Feedback, factors: Factors, seed: int) -> Floats:
    chosen = _some(feedback.customer_count, seed)
    firsts = np.searchsorted(feedback.customers, chosen, side="left")
    ends = np.searchsorted(feedback.customers, chosen, side="right")
    return np.stack(
        [
            fold(factors, feedback.items[first:end], feedback.strengths[first:end])
            for first, end in zip(firsts, ends, strict=True)
        ]
    )


def _some(count: int, seed: int) -> Rows:
    chosen = np.random.default_rng(seed).choice(count, min(count, QUERIES_JUDGED), replace=False)
    return np.sort(chosen).astype(np.int64)
