"""Nearest vectors by inner product: FAISS picks candidates by the leading dimensions, all of them rank.

The columns of the vectors descend by what they explain, so a prefix finds nearly all that the whole would.
Ranks are exact among the candidates, and :meth:`VectorSearch.exact` is exact altogether. So is all that a
catalog gives which is small enough to be scored whole. Equal scores rank by row, so an answer never depends
on chance.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any

import faiss
import msgspec
import numpy as np
from msgspec import Meta

from dearly.recommendation.interactions import Floats, Rows

MOST_PREFIX_DIMENSIONS = 256
FLAT_FLOATS = 1 << 20
"""Up to so many numbers (items x prefix) are scanned whole: some 0.1 ms. Above, lists are probed."""
FEWEST_CANDIDATES = 64
RERANKED_CANDIDATES = 500
"""Where a prefix picks them: 99.8% of the exact best 20 among 40,981 items (256 of 768 dimensions)."""
SCORED_FLOATS = 1 << 17
"""Up to so many numbers (items x dimensions) every item is scored: 12 µs, not 26, for 792 x 66."""
TARGET_RECALL = 0.99
JUDGED_AT = 20
QUERIES_AT_ONCE = 32


class SearchPlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How candidates are found, and why so; part of an index's manifest.

    ``recall`` is the share of the exact best 20 that are among the best 20 so found, measured over queries.
    """

    kind: str
    prefix: Annotated[int, Meta(gt=0)]
    candidates: Annotated[int, Meta(gt=0)]
    lists: Annotated[int, Meta(gt=0)]
    probes: Annotated[int, Meta(gt=0)]
    recall: float
    why: str


@dataclass(frozen=True, slots=True)
class VectorSearch:
    """Vectors (items x dimensions) and a FAISS index over their first ``plan.prefix`` columns.

    ``scale`` (items), where given, multiplies each item's score: with inverse lengths the scores are cosines.
    """

    plan: SearchPlan
    vectors: Floats
    scale: Floats | None
    faiss_index: Any

    def nearest(self, query: Floats, least: int) -> tuple[Rows, Floats]:
        """Rows and scores of the nearest, best first: at least twice as many as asked for, if there are."""
        if self.plan.kind == "flat" and self.vectors.size <= SCORED_FLOATS:
            return _best(self._scores(query), min(2 * least, len(self.vectors)))
        count = max(self.plan.candidates, 2 * least)
        if count >= len(self.vectors):
            return self.exact(query)
        return self.rank(self.candidates(query[None], count)[0], query)

    def candidates(self, queries: Floats, count: int) -> Rows:
        """Candidate rows (queries x count) by the prefix; -1 stands where there are no more."""
        parameters: Any = None
        if self.plan.kind == "ivf":
            parameters = faiss.SearchParametersIVF()
            parameters.nprobe = self.plan.probes
        prefix = np.ascontiguousarray(queries[:, : self.plan.prefix])
        rows: Rows = self.faiss_index.search(prefix, count, params=parameters)[1]
        return rows

    def rank(self, rows: Rows, query: Floats) -> tuple[Rows, Floats]:
        """The candidates by their whole vectors, best first; those that score nothing are left out."""
        rows = np.sort(rows[rows >= 0])
        # einsum, not a BLAS product: a row's score must be the same in whatever company it is computed.
        scores = np.einsum("ij,j->i", self.vectors[rows], query)
        order, scores = _best(scores if self.scale is None else scores * self.scale[rows], len(rows))
        return rows[order], scores

    def exact(self, query: Floats) -> tuple[Rows, Floats]:
        """Every row that scores above 0, best first."""
        return _best(self._scores(query), len(self.vectors))

    def _scores(self, query: Floats) -> Floats:
        scores: Floats = np.einsum("ij,j->i", self.vectors, query)
        return scores if self.scale is None else scores * self.scale


def _best(scores: Floats, count: int) -> tuple[Rows, Floats]:
    """The best so many that are above 0, and all that equal the last of them: where they stand, and they."""
    least = np.partition(scores, -count)[-count] if count < len(scores) else 0.0
    rows = (scores >= least if least > 0.0 else scores > 0.0).nonzero()[0]
    scores = scores[rows]
    order = (-scores).argsort(kind="stable")
    return rows[order], scores[order]


def plan_search(vectors: Floats, scale: Floats | None, queries: Floats, seed: int) -> VectorSearch:
    """A FAISS index over the vectors: flat where a scan is quick, else as few probes as keep the target
    recall.

    ``queries`` (some hundred x dimensions) are like those to come; recall is measured over them.
    """
    prefix = min(MOST_PREFIX_DIMENSIONS, vectors.shape[1])
    candidates = RERANKED_CANDIDATES if prefix < vectors.shape[1] else FEWEST_CANDIDATES
    weights = np.ones((len(vectors), 1), np.float32) if scale is None else scale[:, None]
    leading = vectors[:, :prefix] * weights
    judge = _Judge(queries, _best_rows(vectors, weights, queries))
    flat = faiss.IndexFlatIP(prefix)
    flat.add(leading)
    plan = SearchPlan("flat", prefix, candidates, 1, 1, 1.0, "")
    scan = judge.measured(VectorSearch(plan, vectors, scale, flat))
    if leading.size <= FLAT_FLOATS:
        return _because(scan, f"a scan of {len(vectors):,} x {prefix} numbers is quick")
    return _fewest_probes(scan, leading, judge, seed)


def _fewest_probes(scan: VectorSearch, leading: Floats, judge: _Judge, seed: int) -> VectorSearch:
    lists = 1 << round(float(np.log2(2.5 * np.sqrt(len(leading)))))
    inverted = faiss.IndexIVFFlat(
        faiss.IndexFlatIP(leading.shape[1]), leading.shape[1], lists, faiss.METRIC_INNER_PRODUCT
    )
    inverted.cp.seed = seed
    inverted.cp.min_points_per_centroid = 1
    inverted.train(leading)
    inverted.add(leading)
    probes = max(1, lists // 16)
    while probes <= lists // 2:
        plan = msgspec.structs.replace(scan.plan, kind="ivf", lists=lists, probes=probes)
        found = judge.measured(VectorSearch(plan, scan.vectors, scan.scale, inverted))
        if found.plan.recall >= TARGET_RECALL * scan.plan.recall:
            return _because(found, f"the fewest probes that keep {TARGET_RECALL:.0%} of a scan's recall")
        probes *= 2
    return _because(scan, f"no half of the {lists} lists keeps {TARGET_RECALL:.0%} of a scan's recall")


@dataclass(frozen=True, slots=True)
class _Judge:
    """Queries, and the exact best rows of each."""

    queries: Floats
    best: Sequence[Rows]

    def measured(self, search: VectorSearch) -> VectorSearch:
        """The search with its recall in its plan."""
        depth = min(search.plan.candidates, len(search.vectors))
        found = 0
        for query, best, rows in zip(
            self.queries, self.best, search.candidates(self.queries, depth), strict=True
        ):
            found += len(np.intersect1d(best, search.rank(rows, query)[0][:JUDGED_AT]))
        recall = found / max(1, sum(map(len, self.best)))
        return replace(search, plan=msgspec.structs.replace(search.plan, recall=round(recall, 4)))


def _best_rows(vectors: Floats, weights: Floats, queries: Floats) -> list[Rows]:
    best: list[Rows] = []
    for some in np.array_split(queries, max(1, len(queries) // QUERIES_AT_ONCE)):
        scores = some @ vectors.T * weights.T
        best += [_best(row, JUDGED_AT)[0][:JUDGED_AT] for row in scores]
    return best


def _because(search: VectorSearch, why: str) -> VectorSearch:
    return replace(search, plan=msgspec.structs.replace(search.plan, why=why))
