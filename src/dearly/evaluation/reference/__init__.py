"""The oracle: what the language means, written to be obviously right. It shares no code with others."""

from dearly.evaluation.reference.evaluator import (
    branch_of,
    evaluate,
    evaluate_each,
    excluded,
    next_branch_flip,
    next_flip,
    selected_events,
    value_of,
)
from dearly.evaluation.reference.events import Happening

__all__ = [
    "Happening",
    "branch_of",
    "evaluate",
    "evaluate_each",
    "excluded",
    "next_branch_flip",
    "next_flip",
    "selected_events",
    "value_of",
]
