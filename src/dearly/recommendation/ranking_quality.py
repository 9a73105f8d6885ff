"""How well a ranking foretells what a customer went on to touch: recall and nDCG.

recall@k is the hits among the first k over the number held out; nDCG@k (Järvelin, Kekäläinen, *Cumulated
gain-based evaluation of IR techniques*, TOIS 2002) has the ideal of min(k, number held out) hits.
"""

from __future__ import annotations

import numpy as np

from dearly.recommendation.interactions import Floats, Rows

Hits = np.typing.NDArray[np.bool_]


def best_rows(scores: Floats, known: Rows, k: int) -> Rows:
    """The k rows of the best scores above 0, best first, without those that are known; of equal ones the
    first. ``scores`` are written over."""
    scores[known] = 0.0
    best = np.sort(np.argpartition(-scores, min(k, len(scores) - 1))[:k])
    best = best[np.argsort(-scores[best], kind="stable")]
    return best[scores[best] > 0.0]


def recall_and_ndcg(hits: Hits, wanted: int, k: int) -> tuple[float, float]:
    """Of a ranking, best first (at most k), whose places hit one of so many that were held out or not."""
    gains = 1.0 / np.log2(np.arange(2, k + 2))
    ndcg = gains[: len(hits)][hits].sum() / gains[: min(k, wanted)].sum()
    return float(hits.sum() / wanted), float(ndcg)
