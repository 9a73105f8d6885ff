"""Item vectors: the truncated spectrum of the degree-normalised interaction matrix.

With R the strengths (customers x items) and D the row and column sums, the matrix ``D_u^-a R D_i^-1/2`` is
factorised as ``U S V'``. A customer's taste is the sum of ``V_i / sqrt(d_i)`` over the items they touched; an
item answers with ``V_i sqrt(d_i)``; the spectrum enters by its power g. So a customer is folded in by an
addition, new ones as well as old, and no customer's vector is kept.

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

from dearly.recommendation.interactions import Feedback, Floats
from dearly.recommendation.least_squares import gram, least_squares
from dearly.recommendation.matrices import sparse_matrix
from dearly.recommendation.methods import LeastSquares, Method, Spectral

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

ITERATIONS = 3
"""Passes over the matrix. An exact solution of the far end of the spectrum takes longer and ranks worse."""
OVERSAMPLING = 16


@dataclass(frozen=True, slots=True)
class Factors:
    """What was learnt of the items, row by row as ``Feedback.item_ids``.

    ``vectors`` (items x dimensions) score by the inner product with a customer's; those of a spectrum hold
    ``V_i sqrt(d_i)``, columns scaled by half the power of the spectrum and descending by it. ``degrees``
    (items) holds d_i. ``folding`` is what a customer is folded in by: of a spectrum ``1 / d_i`` (items), of
    least squares the gram matrix (dimensions x dimensions).
    """

    method: Method
    vectors: Floats
    degrees: Floats
    folding: Floats


@dataclass(frozen=True, slots=True)
class Spectrum:
    """The largest singular values, descending, and their right singular vectors as columns."""

    values: Floats
    basis: Floats


def factorise(feedback: Feedback, method: Method, seed: int) -> Factors:
    """Item vectors of at most so many dimensions (the matrix may hold fewer); the same for the same seed."""
    degrees = item_degrees(feedback)
    if not feedback.item_ids:
        return factors_of(method, np.zeros((0, 0), np.float32), degrees)
    if isinstance(method, LeastSquares):
        return factors_of(method, least_squares(feedback, method, seed), degrees)
    return spectral_factors(method, find_spectrum(feedback, method, seed), degrees)


def item_degrees(feedback: Feedback) -> Floats:
    """How strongly all customers together are drawn to each item."""
    return np.bincount(feedback.items, feedback.strengths, len(feedback.item_ids)).astype(np.float32)


def factors_of(method: Method, vectors: Floats, degrees: Floats) -> Factors:
    """Factors of vectors that were learnt, or read."""
    if isinstance(method, LeastSquares):
        return Factors(method, vectors, degrees, gram(vectors, method))
    folding = np.zeros_like(degrees)  # where an item was never touched
    np.divide(1.0, degrees, out=folding, where=degrees > 0)
    return Factors(method, vectors, degrees, folding)


def spectral_factors(method: Spectral, spectrum: Spectrum, degrees: Floats) -> Factors:
    """Factors of a spectrum, which may be larger than the method asks for."""
    values, basis = spectrum.values[: method.dimensions], spectrum.basis[:, : method.dimensions]
    scaled = basis * np.sqrt(degrees)[:, None] * values ** (method.spectrum_power / 2)
    return factors_of(method, np.ascontiguousarray(scaled, dtype=np.float32), degrees)


def find_spectrum(feedback: Feedback, method: Spectral, seed: int) -> Spectrum:
    """The leading spectrum of the matrix that the method normalises."""
    matrix = _normalised(feedback, method)
    return _leading_spectrum(matrix, min(method.dimensions, *matrix.shape), seed)


def _normalised(feedback: Feedback, method: Spectral) -> csr_matrix:
    customer_degrees = np.bincount(feedback.customers, feedback.strengths, feedback.customer_count)
    values = feedback.strengths / (
        customer_degrees[feedback.customers] ** method.customer_power
        * np.sqrt(item_degrees(feedback)[feedback.items])
    )
    return sparse_matrix(feedback, values.astype(np.float32))


def _leading_spectrum(matrix: csr_matrix, dimensions: int, seed: int) -> Spectrum:
    """Randomised subspace iteration on ``A'A`` from a seeded start; what has no weight is left out."""
    from scipy.linalg import eigh, qr

    transposed = matrix.T.tocsr()
    width = min(dimensions + OVERSAMPLING, *matrix.shape)
    basis = np.random.default_rng(seed).standard_normal((matrix.shape[1], width), dtype=np.float32)
    for _ in range(ITERATIONS):
        basis = qr(transposed @ (matrix @ basis), mode="economic", overwrite_a=True, check_finite=False)[0]
    image = matrix @ basis
    squares, rotation = eigh(image.T @ image, check_finite=False, overwrite_a=True)
    values = np.sqrt(np.maximum(squares[::-1], 0.0))[:dimensions]
    kept = int(np.count_nonzero(values > 1e-3 * values[0]))
    rotated = basis @ rotation[:, ::-1][:, :kept]
    # A singular vector's sign is arbitrary; the result must not depend on the linear algebra's choice.
    signs = np.sign(rotated[np.argmax(np.abs(rotated), axis=0), np.arange(kept)])
    # Relative to the largest, as for all powers of it the ranks are the same.
    return Spectrum((values[:kept] / values[0]).astype(np.float32), (rotated * signs).astype(np.float32))
