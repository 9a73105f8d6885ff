"""Item vectors by alternating least squares on implicit feedback, with the package ``implicit``.

A customer's vector x minimises ``sum over touched items of (1 + c s) (1 - x y)^2``, over all others of
``(x y)^2``, and ``r |x|^2``: it is found from the touches by solving a small system, so new customers are
folded in like old ones.

Source: Hu, Koren, Volinsky, *Collaborative filtering for implicit feedback datasets* (ICDM 2008).
"""

from __future__ import annotations

import numpy as np

from dearly.recommendation.interactions import Feedback, Floats, Rows
from dearly.recommendation.matrices import sparse_matrix
from dearly.recommendation.methods import LeastSquares

ITERATIONS = 15


def least_squares(feedback: Feedback, method: LeastSquares, seed: int) -> Floats:
    """Item vectors (items x dimensions), columns descending by their weight; the same for the same seed."""
    from implicit.als import AlternatingLeastSquares
    from threadpoolctl import threadpool_limits

    with threadpool_limits(limits=1, user_api="blas"):  # its own threads share the work already
        model = AlternatingLeastSquares(
            factors=method.dimensions,
            regularization=method.regularization,
            alpha=method.confidence,
            iterations=ITERATIONS,
            random_state=seed,
            use_gpu=False,
        )
        model.fit(sparse_matrix(feedback, feedback.strengths), show_progress=False)
    # Turned about, all inner products and lengths are the same, and a prefix finds what the whole would.
    _, axes = np.linalg.eigh(model.item_factors.T @ model.item_factors)
    return np.ascontiguousarray(model.item_factors @ axes[:, ::-1], dtype=np.float32)


def gram(vectors: Floats, method: LeastSquares) -> Floats:
    """What all items say together (dimensions x dimensions)."""
    summed: Floats = vectors.T @ vectors + method.regularization * np.eye(vectors.shape[1], dtype=np.float32)
    return summed


def solve(vectors: Floats, whole: Floats, method: LeastSquares, rows: Rows, strengths: Floats) -> Floats:
    """The vector of somebody drawn to these items so strongly; ``whole`` is the vectors' :func:`gram`."""
    touched = vectors.take(rows, axis=0)
    surer = method.confidence * strengths
    system = whole + (touched * surer[:, None]).T @ touched
    found: Floats = np.linalg.solve(system, ((1.0 + surer)[:, None] * touched).sum(axis=0))
    return found
