"""From what a store keeps to an index of one catalog."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from dearly.language import Program
from dearly.language.requirements import RECOMMENDATION_HORIZON_US
from dearly.language.types import DAY_US
from dearly.recommendation.index import CatalogIndex, Recipe, build_index
from dearly.recommendation.interactions import TouchColumns, gather_feedback
from dearly.recommendation.methods import require_training
from dearly.recommendation.signals import consuming_events, signals_of, weigh_events
from dearly.store import Store

HALF_LIFE_US = 180 * DAY_US
"""A touch counts half as much after this long."""


def build_from_store(
    store: Store,
    program: Program,
    catalog: str,
    *,
    weights: Mapping[str, float],
    dimensions: int | None,
    seed: int,
    as_of_us: int,
    created_us: int,
    report: Callable[[str], None],
) -> CatalogIndex:
    """Learn a catalog's index from the touches of the last 400 days before ``as_of_us``.

    ``weights`` stand instead of those that follow from how rare each event is. ``report`` hears which step
    begins. A catalog that nobody touched gets an empty index.

    Raises:
        StoreUnavailable: the store cannot answer now.
        TrainingUnavailable: the packages of the ``train`` extra are not installed.
    """
    require_training()
    signals = signals_of(program, catalog)
    since_us = as_of_us - RECOMMENDATION_HORIZON_US
    report("reading touches")
    columns = []
    for signal in signals:
        rows = store.interactions(signal.event, signal.property, since_us, as_of_us)
        columns.append(TouchColumns(signal.event, rows.customer_ids, rows.item_ids, rows.times_us))
    counts = {signal.event: 0 for signal in signals}
    for part in columns:
        counts[part.event] += len(part.item_ids)
    event_weights = {event: weights.get(event, weight) for event, weight in weigh_events(counts).items()}
    recipe = Recipe(
        catalog=catalog,
        event_weights=event_weights,
        consuming_events=consuming_events(signals),
        half_life_us=HALF_LIFE_US,
        since_us=since_us,
        as_of_us=as_of_us,
        created_us=created_us,
        seed=seed,
        dimensions=dimensions,
    )
    return build_index(gather_feedback(columns, event_weights, HALF_LIFE_US, as_of_us), recipe, report)
