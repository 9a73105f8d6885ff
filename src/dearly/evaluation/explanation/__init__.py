"""Why an answer is what it is, and what would change it: told by the reference evaluator."""

from dearly.evaluation.explanation.changes import Change, Wait, change_data, describe_change
from dearly.evaluation.explanation.evidence import Evidence, LeftOut
from dearly.evaluation.explanation.search import smallest_changes
from dearly.evaluation.explanation.tree import Explained, explain_expression, explain_name
from dearly.evaluation.explanation.wording import explanation_data, explanation_text, stored_value, value_text

__all__ = [
    "Change",
    "Evidence",
    "Explained",
    "LeftOut",
    "Wait",
    "change_data",
    "describe_change",
    "explain_expression",
    "explain_name",
    "explanation_data",
    "explanation_text",
    "smallest_changes",
    "stored_value",
    "value_text",
]
