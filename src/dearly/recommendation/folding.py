"""From touched items to a customer's vector."""

from __future__ import annotations

import numpy as np

from dearly.recommendation.factors import Factors
from dearly.recommendation.interactions import Floats, Rows
from dearly.recommendation.least_squares import solve
from dearly.recommendation.methods import LeastSquares


def fold(factors: Factors, rows: Rows, strengths: Floats) -> Floats:
    """The vector (dimensions) of somebody drawn to these items so strongly."""
    method = factors.method
    if isinstance(method, LeastSquares):
        return solve(factors.vectors, factors.folding, method, rows, strengths)
    # einsum, not a BLAS product: no threads within a request, and the same bits in any company.
    vector: Floats = np.einsum(
        "i,ij->j", strengths * factors.folding[rows], factors.vectors.take(rows, axis=0)
    )
    return vector
