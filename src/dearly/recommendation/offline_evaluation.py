"""How well an index ranks what customers went on to touch: recall, nDCG and coverage, exactly and as served.

The protocol is the one that LightGCN and its successors publish by (He et al., SIGIR 2020, arXiv:2002.02126):
every customer with items held out, all items ranked, those trained on left out; recall@k is the hits among
the first k over the number held out; nDCG@k has the ideal of min(k, number held out) hits; both are means
over customers. Coverage is the share of the trained items that anybody was shown.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

import numpy as np

from dearly.recommendation.aisle import lay_out
from dearly.recommendation.building import HALF_LIFE_US
from dearly.recommendation.index import CatalogIndex, Recipe, build_index
from dearly.recommendation.interactions import TouchColumns, gather_feedback
from dearly.recommendation.ranking_quality import best_rows, recall_and_ndcg
from dearly.recommendation.recommender import Recommender
from dearly.recommendation.shelves import Item, Shelves
from dearly.recommendation.suggestions import Page, Touch

CATALOG = "item"
EVENT = "item_bought"
CUSTOMERS_AT_ONCE = 1_024


@dataclass(frozen=True, slots=True)
class Quality:
    """Means over customers (recall, nDCG) and over items (coverage), each from 0 to 1."""

    recall: float
    ndcg: float
    coverage: float


@dataclass(frozen=True, slots=True)
class Trial:
    """A fitted index and what its customers touched before, for judging."""

    index: CatalogIndex
    touches: Mapping[str, Sequence[Touch]]
    as_of_us: int


def fit(
    customer_ids: Sequence[str],
    item_ids: Sequence[str],
    times_us: Sequence[int],
    dimensions: int | None,
    seed: int,
    report: Callable[[str], None],
) -> Trial:
    """Learn from parallel columns of touches, all of one kind; age counts from the latest of them."""
    as_of_us = max(times_us, default=0)
    columns = TouchColumns(EVENT, customer_ids, item_ids, times_us)
    weights = {EVENT: 1.0}
    feedback = gather_feedback([columns], weights, HALF_LIFE_US, as_of_us)
    recipe = Recipe(
        catalog=CATALOG,
        event_weights=weights,
        consuming_events=[EVENT],
        half_life_us=HALF_LIFE_US,
        since_us=min(times_us, default=0),
        as_of_us=as_of_us,
        created_us=as_of_us,
        seed=seed,
        dimensions=dimensions,
    )
    touches: dict[str, list[Touch]] = {}
    for customer_id, item_id, time_us in zip(customer_ids, item_ids, times_us, strict=True):
        touches.setdefault(customer_id, []).append(Touch(item_id, EVENT, time_us))
    return Trial(build_index(feedback, recipe, report), touches, as_of_us)


def judge_as_served(
    trial: Trial, held_out: Mapping[str, AbstractSet[str]], k: int, advance: Callable[[int], None]
) -> Quality:
    """Quality of what the recommender answers; ``advance`` hears how many more customers are done."""
    index = trial.index
    items = {item_id: Item(CATALOG, item_id, {}, {}) for item_id in index.item_ids}
    recommender = Recommender(Shelves({CATALOG: items}), {CATALOG: lay_out((), items, index)}, {})
    page = Page(k)

    def answer(customers: Sequence[str]) -> list[list[str]]:
        histories = [trial.touches.get(customer, ()) for customer in customers]
        found = [recommender.recommended(CATALOG, touches, page, trial.as_of_us) for touches in histories]
        return [[suggestion.item.item_id for suggestion in page_of] for page_of in found]

    return _judge(answer, index, held_out, k, advance)


def judge_exactly(
    trial: Trial, held_out: Mapping[str, AbstractSet[str]], k: int, advance: Callable[[int], None]
) -> Quality:
    """Quality of the vectors themselves: every item scored for every customer, with no short cuts."""
    index = trial.index
    vectors = index.factors.vectors

    def answer(customers: Sequence[str]) -> list[list[str]]:
        histories = [trial.touches.get(customer, ()) for customer in customers]
        nothing = np.zeros(vectors.shape[1], np.float32)
        folded = [index.fold_in(touches, trial.as_of_us) for touches in histories]
        scores = np.stack([nothing if query is None else query for query in folded]) @ vectors.T
        known = (
            np.array([index.row_of[touch.item_id] for touch in touches], np.int64) for touches in histories
        )
        found = (best_rows(row, rows, k) for row, rows in zip(scores, known, strict=True))
        return [[index.item_ids[row] for row in rows] for rows in found]

    return _judge(answer, index, held_out, k, advance)


def _judge(
    answer: Callable[[Sequence[str]], list[list[str]]],
    index: CatalogIndex,
    held_out: Mapping[str, AbstractSet[str]],
    k: int,
    advance: Callable[[int], None],
) -> Quality:
    customers = sorted(customer for customer, items in held_out.items() if items)
    recalls, ndcgs, shown = 0.0, 0.0, set[str]()
    for start in range(0, len(customers), CUSTOMERS_AT_ONCE):
        batch = customers[start : start + CUSTOMERS_AT_ONCE]
        for customer, found in zip(batch, answer(batch), strict=True):
            wanted = held_out[customer]
            hits = np.array([item_id in wanted for item_id in found], dtype=bool)
            recall, ndcg = recall_and_ndcg(hits, len(wanted), k)
            recalls += recall
            ndcgs += ndcg
            shown.update(found)
        advance(len(batch))
    count = max(1, len(customers))
    coverage = len(shown & index.row_of.keys()) / max(1, len(index.item_ids))
    return Quality(recalls / count, ndcgs / count, coverage)
