"""Written expressions to checked ones: children first, then the typing rule of what joins them.

Everything wrong in an expression is reported, not the first thing only: a faulty part gives None, and what
it stands in gives None too without a finding of its own. The parser has bounded how deep they are.
"""

from __future__ import annotations

from dearly.language.checking import moments, operators, selections, sets
from dearly.language.checking.coverage import contradiction
from dearly.language.checking.schemas import constant
from dearly.language.checking.scopes import Scope, find_event, forbid_events, resolve
from dearly.language.checking.states import resolve_state
from dearly.language.program import (
    And,
    Expression,
    Literal,
    Not,
    Or,
    Schema,
    Selection,
    Sequence,
    TimeSince,
)
from dearly.language.spelling import capitalised, quoted
from dearly.language.syntax import tree


def check_condition(node: tree.Expression, scope: Scope) -> Expression | None:
    """The checked condition; None when something in it is wrong, which is then reported."""
    checked = _check(node, scope)
    return None if checked is None else operators.condition(checked, scope.findings)


def check_value(node: tree.Expression, scope: Scope) -> Expression | None:
    """The checked expression of any type but duration; None when something in it is wrong."""
    checked = _check(node, scope)
    return None if checked is None else operators.no_duration(checked, scope.findings)


def check_selection(node: tree.Events, scope: Scope) -> Selection | None:
    """The checked selection of events; None when something in it is wrong."""
    return _selection(node, find_event(node.event, scope), scope)


def _check(node: tree.Expression, scope: Scope) -> Expression | None:
    match node:
        case tree.Reference():
            return resolve(node, scope)
        case tree.And() | tree.Or():
            return _joined(node, scope)
        case tree.Not():
            operand = check_condition(node.operand, scope)
            return Not(operand, node.span) if operand is not None else None
        case tree.IsStage():
            state = resolve_state(node, scope)
            return Not(state, node.span) if state is not None and node.negated else state
        case tree.Quantified() | tree.Aggregated() | tree.Picked() | tree.Elapsed():
            return _about_events(node, scope)
        case tree.Compare() | tree.DateCompare() | tree.Between():
            return _compared(node, scope)
        case tree.Matches() | tree.Else() | tree.Arithmetic():
            return _on_two(node, scope)
        case tree.SetMatches():
            return _on_sets(node, scope)
        case tree.In() | tree.IsPresent() | tree.Negate():
            return _on_one(node, scope)
        case tree.Today() | tree.Now():
            moments.report_misplaced(node, scope)
            return None
        case _:
            return _literal(node)


def _literal(node: tree.Expression) -> Literal | None:
    found = constant(node)
    return Literal(found[1], found[0], node.span) if found is not None else None


def _joined(node: tree.And | tree.Or, scope: Scope) -> Expression | None:
    checked = [
        check_condition(operand, scope.inside_chain(node, place))
        for place, operand in enumerate(node.operands)
    ]
    operands = tuple(operand for operand in checked if operand is not None)
    if len(operands) < len(checked):
        return None
    if isinstance(node, tree.Or):
        return Or(operands, node.span)
    joined = And(operands, node.span)
    _warn_of_contradiction(joined, scope)
    return joined


def _warn_of_contradiction(joined: And, scope: Scope) -> None:
    found = contradiction(joined)
    if found is None:
        return
    message = f"{capitalised(quoted(found[0]))} and {quoted(found[1])} are never both true, so this never is."
    hint = "Write `or` between them if either is enough, or mend one of them."
    scope.findings.add("never-true", joined.span, message, hint)


def _compared(node: tree.Compare | tree.DateCompare | tree.Between, scope: Scope) -> Expression | None:
    if isinstance(node, tree.Between):
        operand, low, high = (_side(side, scope) for side in (node.operand, node.low, node.high))
        if operand is None or low is None or high is None:
            return None
        if moments.are_two(operand, low, scope.findings) or moments.are_two(operand, high, scope.findings):
            return None
        return moments.between(node, operand, low, high, scope.findings)
    left, right = _side(node.left, scope), _side(node.right, scope)
    if left is None or right is None or moments.are_two(left, right, scope.findings):
        return None
    if isinstance(node, tree.DateCompare):
        return moments.date_compare(node, left, right, scope.findings)
    return operators.compare(node.operator, left, right, node.span, scope.findings)


def _side(node: tree.Expression, scope: Scope) -> Expression | None:
    """A side of a comparison: only there `today` and `now` may stand."""
    if isinstance(node, tree.Today | tree.Now):
        return moments.moment(node, scope)
    return _check(node, scope)


def _on_two(node: tree.Matches | tree.Else | tree.Arithmetic, scope: Scope) -> Expression | None:
    written = (node.operand, node.default) if isinstance(node, tree.Else) else (node.left, node.right)
    first, second = (_check(side, scope) for side in written)
    if first is None or second is None:
        return None
    match node:
        case tree.Matches():
            return operators.matches(node, first, second, scope.findings)
        case tree.Else():
            return operators.otherwise(node, first, second, scope.findings)
        case tree.Arithmetic():
            return operators.arithmetic(node, first, second, scope.findings)


def _on_sets(node: tree.SetMatches, scope: Scope) -> Expression | None:
    left = _check(node.left, scope)
    if isinstance(node.right, tree.ListLiteral):
        if left is None:
            return None
        return sets.set_compare_list(node, left, node.right, scope.findings)
    right = _check(node.right, scope)
    if left is None or right is None:
        return None
    return sets.set_compare(node, left, right, scope.findings)


def _on_one(node: tree.In | tree.IsPresent | tree.Negate, scope: Scope) -> Expression | None:
    operand = _check(node.left if isinstance(node, tree.In) else node.operand, scope)
    if isinstance(node, tree.In):
        checked = [_check(choice, scope) for choice in node.choices]
        choices = [choice for choice in checked if choice is not None]
        faulty = operand is None or len(choices) < len(checked)
        return None if faulty or operand is None else operators.is_in(node, operand, choices, scope.findings)
    if operand is None:
        return None
    if isinstance(node, tree.IsPresent):
        return operators.presence(node, operand, scope.findings)
    return operators.negate(node, operand, scope.findings)


def _about_events(
    node: tree.Quantified | tree.Aggregated | tree.Picked | tree.Elapsed, scope: Scope
) -> Expression | None:
    if scope.event is not None or scope.item is not None:
        forbid_events(node, scope)
        return None
    event = find_event(node.events.event, scope)
    selection = _selection(node.events, event, scope)
    if event is None or selection is None:
        return None
    match node:
        case tree.Quantified():
            return selections.quantify(node, selection, scope.findings)
        case tree.Aggregated():
            return selections.aggregate(node, event, selection, scope)
        case tree.Picked():
            return selections.pick(node, event, selection, scope)
        case tree.Elapsed():
            return TimeSince(node.which, selection, node.span)


def _selection(node: tree.Events, event: Schema | None, scope: Scope) -> Selection | None:
    where = _where(node.where, event, scope)
    sequence = _sequence(node.followed, scope)
    faulty = (node.where is not None and where is None) or (node.followed is not None and sequence is None)
    selection = selections.select(node, where, sequence, scope)
    return None if faulty or event is None else selection


def _sequence(node: tree.Followed | None, scope: Scope) -> Sequence | None:
    if node is None:
        return None
    event = find_event(node.event, scope)
    where = _where(node.where, event, scope)
    if event is None or (node.where is not None and where is None):
        return None
    return Sequence(node.negated, event.name, where, node.within.us if node.within else None, node.span)


def _where(node: tree.Expression | None, event: Schema | None, scope: Scope) -> Expression | None:
    # Without its event nothing is known about the names in a where, so they are not looked at.
    return (
        check_condition(node, scope.inside_event(event)) if node is not None and event is not None else None
    )
