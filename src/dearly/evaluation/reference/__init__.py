"""The oracle: what the language means, written to be obviously right. It shares no code with others."""

from dearly.evaluation.reference.evaluator import (
    branch_of,
    evaluate,
    excluded,
    next_branch_flip,
    next_flip,
    value_of,
)

__all__ = ["branch_of", "evaluate", "excluded", "next_branch_flip", "next_flip", "value_of"]
