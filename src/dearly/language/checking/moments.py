"""Dates and times: what ``today``, ``now``, ``before``, ``since`` and ``between`` may be compared with."""

from __future__ import annotations

from dearly.language.checking.findings import Findings
from dearly.language.checking.operators import mismatch
from dearly.language.checking.scopes import Scope
from dearly.language.checking.type_hints import comparison_hint, date_hint
from dearly.language.checking.typing_rules import are_comparable, are_ordered, type_of
from dearly.language.program import And, Compare, DayStart, Expression, Instant, Literal, Now, Span, Today
from dearly.language.spelling import brief, capitalised, describe, quoted, spell
from dearly.language.syntax import tree
from dearly.language.types import BOOL, DATE, DAY_US, NUMBER, TIME
from dearly.language.values import date_to_stored

_EXAMPLES = {tree.Today: "`birthday == today`", tree.Now: "`joined < now - 3 hours`"}
_SIGNS = {"before": "<", "since": ">="}


def moment(node: tree.Today | tree.Now, scope: Scope) -> Today | Now | None:
    """``today`` or ``now`` as one side of a comparison; None where they cannot stand, which is reported."""
    if scope.event is not None or scope.item is not None:
        word = _word(node)
        message = f"`{word}` cannot stand in a `where`."
        hint = "Say when the events happened after it: `within 3 days`, `today`, `since 2026-01-01`."
        if scope.item is not None:
            hint = f"Compare with `{word}` outside, in a `when`, or with a written date here."
        scope.findings.add("misplaced-moment", node.span, message, hint)
        return None
    us = node.plus.us if node.plus is not None else 0
    if isinstance(node, tree.Now):
        return Now(us, node.span)
    if us % DAY_US == 0:
        return Today(us // DAY_US, node.span)
    message = "`today` is a date, so only whole days can be added to it or taken from it."
    hint = "Write `now`, which is a time, to count in hours."
    scope.findings.add("misplaced-duration", (node.plus or node).span, message, hint)
    return None


def report_misplaced(node: tree.Today | tree.Now, scope: Scope) -> None:
    """Report a ``today`` or ``now`` that is compared with nothing."""
    message = f"`{_word(node)}` stands only as one side of a comparison."
    scope.findings.add("misplaced-moment", node.span, message, f"Compare with it: {_EXAMPLES[type(node)]}.")


def are_two(first: Expression, second: Expression, findings: Findings) -> bool:
    """Whether both sides of a comparison move with the clock, which is then reported."""
    if not (isinstance(first, Today | Now) and isinstance(second, Today | Now)):
        return False
    message = f"{quoted(first)} and {quoted(second)} both move with the clock: this asks nothing of anybody."
    findings.add("misplaced-moment", second.span, message, "Compare with a field, or with a written date.")
    return True


def _word(node: tree.Today | tree.Now) -> str:
    return "today" if isinstance(node, tree.Today) else "now"


def date_compare(
    node: tree.DateCompare, left: Expression, right: Expression, findings: Findings
) -> Compare | None:
    """``left before right``, ``left since right``; beside a time, a written date is where its day begins."""
    for side in (left, right):
        if (kind := type_of(side)) not in (DATE, TIME):
            message = f"`{node.operator}` compares dates or times, and {quoted(side)} is {describe(kind)}."
            hint = f"Write `{_SIGNS[node.operator]}`." if kind == NUMBER else None
            if kind == BOOL:
                hint = f"A window stands before the `where`: `EVENT {node.operator} DATE where ..`."
            findings.add("type-mismatch", side.span, message, hint)
            return None
    first, second = _beside(left, right), _beside(right, left)
    if type_of(first) != type_of(second):
        mismatch(left, right, node.span, findings, date_hint(left, right))
        return None
    return Compare("<" if node.operator == "before" else ">=", first, second, node.span)


def _beside(side: Expression, other: Expression) -> Expression:
    match side:
        case Literal(int() as days, kind) if kind == DATE and type_of(other) == TIME:
            return DayStart(days, side.span)
        case _:
            return side


def between(
    node: tree.Between, operand: Expression, low: Expression, high: Expression, findings: Findings
) -> And | None:
    """``operand between low and high``: at least the one and at most the other."""
    if type_of(operand) == TIME and (dates := _written_dates(low, high)) is not None:
        message = f"{quoted(operand)} is a time, and a day has many: the bounds do not say which."
        first, after = (date_to_stored(day) for day in (dates[0], dates[1] + 1))
        name = brief(spell(operand))
        hint = f"Write `{name} since {first} and {name} before {after}`."
        findings.add("type-mismatch", node.span, message, hint)
        return None
    if not _are_bounds(operand, (low, high), node.span, findings):
        return None
    if _is_below(high, low):
        message = f"Nothing is at least {quoted(low)} and at most {quoted(high)}."
        hint = f"Write the smaller one first: `between {brief(spell(high))} and {brief(spell(low))}`."
        findings.add("empty-range", _from_to(low.span, high.span), message, hint)
        return None
    at_least = Compare(">=", operand, low, node.span)
    return And((at_least, Compare("<=", operand, high, node.span)), node.span)


def _are_bounds(
    operand: Expression, bounds: tuple[Expression, Expression], span: Span, findings: Findings
) -> bool:
    """Whether an operand can lie between these; what is in the way is reported."""
    kind = type_of(operand)
    wrong = [bound for bound in bounds if not are_comparable(kind, type_of(bound))]
    for bound in wrong:
        mismatch(operand, bound, bound.span, findings, comparison_hint(operand, bound))
    if wrong or are_ordered(kind):
        return not wrong
    message = f"{capitalised(quoted(operand))} is {describe(kind)}, which has no order for `between`."
    findings.add("type-mismatch", span, message, "Use `==` or `!=`.")
    return False


def _written_dates(low: Expression, high: Expression) -> tuple[int, int] | None:
    match low, high:
        case (Literal(int() as first, kind), Literal(int() as last, other)) if kind == other == DATE:
            return first, last
        case _:
            return None


def _is_below(one: Expression, other: Expression) -> bool:
    match one, other:
        case (Literal(value), Literal(bound)):
            return value < bound  # type: ignore[operator]  # both of the operand's ordered type
        case (Today(shift), Today(least)) | (Now(shift), Now(least)):
            return shift < least
        case _:
            return False


def _from_to(first: Span, last: Span) -> Span:
    return Span(first.file, first.line, first.column, last.end_line, last.end_column)


def instant(node: tree.Expression) -> Instant | None:
    """The fixed time that a window begins or ends with; None where none is written."""
    match node:
        case tree.DateLiteral(days):
            return DayStart(days, node.span)
        case tree.TimeLiteral(time_us):
            return Literal(time_us, TIME, node.span)
        case _:
            return None
