"""Feedback as a sparse matrix, for training."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dearly.recommendation.interactions import Feedback, Floats

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix


def sparse_matrix(feedback: Feedback, values: Floats) -> csr_matrix:
    """Customers x items, with these values where there was a touch."""
    from scipy.sparse import csr_matrix

    return csr_matrix(
        (values, (feedback.customers, feedback.items)),
        shape=(feedback.customer_count, len(feedback.item_ids)),
    )
