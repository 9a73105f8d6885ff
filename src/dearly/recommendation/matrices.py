"""Feedback as a sparse matrix, for training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dearly.recommendation.interactions import Feedback, Floats
from dearly.recommendation.methods import TrainingUnavailable

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def sparse_matrix(feedback: Feedback, values: Floats) -> csr_matrix:
    """Customers x items, with these values where there was a touch.

    Raises:
        TrainingUnavailable: SciPy is not installed.
    """
    try:
        from scipy.sparse import csr_matrix
    except ImportError:
        raise TrainingUnavailable(
            "Building an index needs SciPy: install Dearly with its training extra, dearly[train]."
        ) from None
    return csr_matrix(
        (values, (feedback.customers, feedback.items)),
        shape=(feedback.customer_count, len(feedback.item_ids)),
    )
