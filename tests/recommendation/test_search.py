"""Nearest vectors: candidates, exact ranks, ties, the choice of a FAISS index."""

from __future__ import annotations

import numpy as np
import pytest

from dearly.recommendation import search as searching
from dearly.recommendation.index import inverse_lengths
from dearly.recommendation.interactions import Floats
from dearly.recommendation.search import VectorSearch, plan_search


def clustered(rows: int, dimensions: int, seed: int = 3) -> Floats:
    """Vectors in 40 directions, with columns that descend."""
    rng = np.random.default_rng(seed)
    centres = rng.standard_normal((40, dimensions))
    vectors = centres[rng.integers(40, size=rows)] + 0.3 * rng.standard_normal((rows, dimensions))
    return np.asarray(vectors / np.sqrt(1 + np.arange(dimensions)), dtype=np.float32)


def first_net(search: VectorSearch, query: Floats, least: int = 1) -> tuple[list[int], list[float]]:
    rows, scores = search.nearest(query, least)
    return rows.tolist(), scores.tolist()


def test_a_small_catalog_is_scanned_whole() -> None:
    vectors = clustered(300, 16)
    plan = plan_search(vectors, None, vectors[:50], seed=1).plan
    assert (plan.kind, plan.prefix, plan.recall) == ("flat", 16, 1.0)


def test_a_large_catalog_is_probed_with_the_recall_it_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "FLAT_FLOATS", 1_000)
    vectors = clustered(4_000, 16)
    search = plan_search(vectors, None, vectors[:100], seed=1)
    assert search.plan.kind == "ivf"
    hits = 0
    for query in vectors[1_000:1_100]:
        hits += len(set(first_net(search, query)[0][:20]) & set(search.exact(query)[0][:20].tolist()))
    assert hits / 2_000 >= 0.95


def test_the_same_seed_gives_the_same_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "FLAT_FLOATS", 1_000)
    vectors = clustered(4_000, 16)
    one, two = (plan_search(vectors, None, vectors[:20], seed=4) for _ in range(2))
    assert first_net(one, vectors[9]) == first_net(two, vectors[9])


def test_candidates_by_a_prefix_are_ranked_by_the_whole_vector(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(searching, "SCORED_FLOATS", 0)
    monkeypatch.setattr(searching, "MOST_PREFIX_DIMENSIONS", 4)
    monkeypatch.setattr(searching, "RERANKED_CANDIDATES", 100)
    vectors = clustered(400, 32)
    search = plan_search(vectors, None, vectors[:50], seed=1)
    rows, scores = first_net(search, vectors[7])
    assert scores == sorted(scores, reverse=True)
    assert np.allclose(scores, vectors[rows] @ vectors[7], atol=1e-5)
    assert search.plan.recall < 1.0


@pytest.mark.parametrize("scaled", [False, True])
def test_a_catalog_scored_whole_gives_what_searching_it_gives(
    monkeypatch: pytest.MonkeyPatch, scaled: bool
) -> None:
    vectors = clustered(2_000, 16)
    search = plan_search(vectors, inverse_lengths(vectors) if scaled else None, vectors[:20], seed=1)
    queries = vectors[:50]
    scored = [first_net(search, query, least=10) for query in queries]
    monkeypatch.setattr(searching, "SCORED_FLOATS", 0)
    for (rows, scores), query in zip(scored, queries, strict=True):
        searched = first_net(search, query, least=10)
        assert (rows, scores) == (searched[0][: len(rows)], searched[1][: len(rows)])
        assert len(rows) == 20


def test_scored_whole_all_that_equal_the_last_of_a_net_are_in_it() -> None:
    vectors = np.array([[1.0], [3.0], [2.0], [2.0], [2.0], [0.0], [-1.0]], np.float32)
    search = plan_search(vectors, None, vectors[:2], seed=1)
    assert first_net(search, np.ones(1, np.float32), least=1) == ([1, 2, 3, 4], [3.0, 2.0, 2.0, 2.0])


def test_planning_leaves_the_vectors_as_they_are() -> None:
    vectors = clustered(200, 16)
    before = vectors.copy()
    plan_search(vectors, inverse_lengths(vectors), vectors[:20], seed=1)
    assert np.array_equal(vectors, before)


def test_with_inverse_lengths_scores_are_cosines() -> None:
    vectors = clustered(200, 16)
    search = plan_search(vectors, inverse_lengths(vectors), vectors[:20], seed=1)
    rows, scores = first_net(search, vectors[5] / np.linalg.norm(vectors[5]))
    assert rows[0] == 5
    assert scores[0] == pytest.approx(1.0, abs=1e-5)
    assert max(scores) <= 1.0 + 1e-5


def test_equal_scores_rank_by_row() -> None:
    vectors = np.tile(np.array([[1.0, 0.5]], np.float32), (150, 1))
    search = plan_search(vectors, None, vectors[:2], seed=1)
    rows, _ = search.exact(vectors[0])
    assert rows.tolist() == list(range(150))


def test_a_score_is_the_same_in_whatever_company_it_is_computed() -> None:
    vectors = clustered(300, 37)
    search = plan_search(vectors, None, vectors[:20], seed=1)
    everything = dict(zip(*(part.tolist() for part in search.exact(vectors[3])), strict=True))
    for size in (1, 2, 3, 5, 64, 131):
        rows, scores = search.rank(np.arange(size, dtype=np.int64), vectors[3])
        assert all(
            everything[row] == score for row, score in zip(rows.tolist(), scores.tolist(), strict=True)
        )
