"""What can look forward: a score's label from a cutoff, an experiment's goal from an exposure.

Rolling windows can be turned around: ``within 30 days`` then means the 30 days after. Fixed days, calendar
periods and what is known of a customer's past cannot.
"""

from __future__ import annotations

from collections.abc import Iterator

from dearly.language.checking.findings import Findings
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    Expression,
    Literal,
    Negate,
    Not,
    Occurs,
    Or,
    Selection,
    Span,
)
from dearly.language.spelling import quoted


def check_label(label: Expression, findings: Findings) -> bool:
    """Whether a score can learn this: questions about events in the time ahead; reported where it cannot."""
    questions = 0
    problems = 0
    for part in _parts(label):
        match part:
            case Occurs() | Aggregate():
                questions += 1
                problems += not check_ahead(part.selection, "A score predicts what is ahead", findings)
            case Not() | And() | Or() | Compare() | Literal() | Arithmetic() | Negate():
                pass
            case _:
                problems += 1
                message = (
                    f"A score predicts what is ahead, and {quoted(part)} is about what is known by then "
                    "already."
                )
                hint = (
                    "Predict events: `any order_completed within 30 days`. What is known belongs in `among`."
                )
                findings.add("cannot-look-forward", part.span, message, hint)
    if not questions and not problems:
        message = "A score predicts whether something happens, and this asks for no event."
        hint = "Predict events: `any order_completed within 30 days`."
        findings.add("cannot-look-forward", label.span, message, hint)
    return questions > 0 and not problems


def check_ahead(selection: Selection, why: str, findings: Findings) -> bool:
    """Whether the events can be looked for in the time ahead; what is in the way is reported."""
    problem = next(_obstacles(selection), None)
    if problem is not None:
        what, place, hint = problem
        findings.add("cannot-look-forward", place, f"{why}, {what}.", hint)
    return problem is None


def _parts(label: Expression) -> Iterator[Expression]:
    """What a label is made of, without what is inside of its questions about events."""
    waiting = [label]
    while waiting:
        part = waiting.pop()
        yield part
        match part:
            case Not() | Negate():
                waiting.append(part.operand)
            case And() | Or():
                waiting.extend(reversed(part.operands))
            case Compare() | Arithmetic():
                waiting += [part.right, part.left]
            case _:
                pass


def _obstacles(selection: Selection) -> Iterator[tuple[str, Span, str]]:
    """What of a selection has no counterpart ahead: what it is, where, and what to write."""
    event, place = selection.event, selection.span
    if selection.older_than_us is not None:
        yield "and `older than` looks back", place, "Say how long it may take: `within 30 days`."
    if selection.since is not None or selection.before is not None:
        hint = "Say how long it may take: `within 30 days`."
        yield "from a different moment for each customer, so a fixed day is no part of it", place, hint
    if selection.period is not None:
        hint = "Say how long it may take: `within 30 days`."
        yield f"and `{selection.period}` begins in the past", place, hint
    if selection.within_us is None:
        yield "so it needs to know how far ahead", place, f"Add a window: `{event} within 30 days`."
    if selection.sequence is not None and selection.sequence.within_us is None:
        hint = f"Add a window: `followed by {selection.sequence.event} within 2 days`."
        yield "so it needs to know how long to wait for what follows", selection.sequence.span, hint
