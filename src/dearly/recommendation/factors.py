"""Item vectors: the truncated spectrum of the degree-normalised interaction matrix.

With R the strengths (customers x items) and D the row and column sums, the matrix ``D_u^-1/2 R D_i^-1/2`` is
factorised as ``U S V'``. A customer's taste is the sum of ``V_i / sqrt(d_i)`` over the items they touched; an
item answers with ``V_i * sqrt(d_i)``; the spectrum enters by its square root. So a customer is folded in by
an addition, new ones as well as old, and no customer's vector is kept.

Sources: Cremonesi, Koren, Turrin, *Performance of recommender algorithms on top-N recommendation tasks*
(RecSys 2010), for the pure SVD with items folded in; Shen et al., *How powerful is graph convolution for
recommendation?* (CIKM 2021, arXiv:2108.07567), for the degree-normalised spectrum as the ideal low-pass
filter; Halko, Martinsson, Tropp, *Finding structure with randomness* (SIAM Review 2011), for the solver. The
choices and their figures are in docs/decisions/ (item factors).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dearly import DearlyError
from dearly.recommendation.interactions import Feedback, Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_array

MOST_DIMENSIONS = 1024
FEWEST_DIMENSIONS = 16
ROWS_A_DIMENSION = 12
"""Small catalogs over-fit with many dimensions, so the default grows with the matrix's smaller side."""

ITERATIONS = 3
"""Passes over the matrix. An exact solution of the far end of the spectrum takes longer and ranks worse."""
OVERSAMPLING = 16


class TrainingUnavailable(DearlyError):
    """The packages that training needs are not installed."""


@dataclass(frozen=True, slots=True)
class Factors:
    """What was learnt of the items, row by row as ``Feedback.item_ids``.

    ``vectors`` (items x dimensions) holds ``V_i * sqrt(d_i)``, columns scaled by the fourth root of the
    spectrum and descending by it; ``degrees`` (items) holds d_i. The vector to fold in is
    ``vectors[i] / d_i``.
    """

    vectors: Floats
    degrees: Floats


def suit_dimensions(feedback: Feedback) -> int:
    """How many dimensions suit this much feedback."""
    smaller = min(feedback.customer_count, len(feedback.item_ids))
    return min(MOST_DIMENSIONS, max(FEWEST_DIMENSIONS, smaller // ROWS_A_DIMENSION), smaller)


def factorise(feedback: Feedback, dimensions: int, seed: int) -> Factors:
    """Item vectors of at most so many dimensions (the matrix may hold fewer); the same for the same seed.

    Raises:
        TrainingUnavailable: SciPy is not installed.
    """
    item_count = len(feedback.item_ids)
    customer_degrees = np.bincount(feedback.customers, feedback.strengths, feedback.customer_count)
    degrees = np.bincount(feedback.items, feedback.strengths, item_count).astype(np.float32)
    if not item_count:
        return Factors(np.zeros((0, 0), np.float32), degrees)
    matrix = _normalised(feedback, customer_degrees, degrees)
    spectrum, basis = _leading_spectrum(matrix, min(dimensions, *matrix.shape), seed)
    vectors = basis * np.sqrt(degrees)[:, None] * np.sqrt(np.sqrt(spectrum))
    return Factors(np.ascontiguousarray(vectors, dtype=np.float32), degrees)


def _normalised(feedback: Feedback, customer_degrees: object, degrees: Floats) -> csr_array:
    try:
        from scipy.sparse import csr_array
    except ImportError:
        raise TrainingUnavailable(
            "Building an index needs SciPy: install Dearly with its training extra, dearly[train]."
        ) from None
    per_customer = np.asarray(customer_degrees)[feedback.customers]
    values = feedback.strengths / np.sqrt(per_customer * degrees[feedback.items])
    return csr_array(
        (values.astype(np.float32), (feedback.customers, feedback.items)),
        shape=(feedback.customer_count, len(feedback.item_ids)),
    )


def _leading_spectrum(matrix: csr_array, dimensions: int, seed: int) -> tuple[Floats, Floats]:
    """The largest singular values, descending, and their right singular vectors as columns.

    Randomised subspace iteration on ``A'A`` from a seeded start; directions without weight are left out.
    """
    from scipy.linalg import eigh, qr

    transposed = matrix.T.tocsr()
    width = min(dimensions + OVERSAMPLING, *matrix.shape)
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], width), dtype=np.float32)
    for _ in range(ITERATIONS):
        basis = qr(transposed @ (matrix @ basis), mode="economic", overwrite_a=True, check_finite=False)[0]
    image = matrix @ basis
    squares, rotation = eigh(image.T @ image, check_finite=False, overwrite_a=True)
    spectrum = np.sqrt(np.maximum(squares[::-1], 0.0))[:dimensions]
    kept = int(np.count_nonzero(spectrum > 1e-3 * spectrum[0]))
    rotated = basis @ rotation[:, ::-1][:, :kept]
    # A singular vector's sign is arbitrary; the result must not depend on the linear algebra's choice.
    signs = np.sign(rotated[np.argmax(np.abs(rotated), axis=0), np.arange(kept)])
    return spectrum[:kept].astype(np.float32), (rotated * signs).astype(np.float32)
