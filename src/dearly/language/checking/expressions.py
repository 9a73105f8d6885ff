"""Written expressions to checked ones: children first, then the typing rule of what joins them.

Everything wrong in an expression is reported, not the first thing only: a faulty part gives None, and what
it stands in gives None too without a finding of its own. The parser has bounded how deep they are.
"""

from __future__ import annotations

from dearly.language.checking import operators, selections
from dearly.language.checking.schemas import constant
from dearly.language.checking.scopes import Scope, find_event, forbid_events, resolve, resolve_stage
from dearly.language.program import And, Expression, Literal, Not, Or, Schema, Selection, Sequence, TimeSince
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
            stage = resolve_stage(node, scope)
            return Not(stage, node.span) if stage is not None and node.negated else stage
        case tree.Quantified() | tree.Aggregated() | tree.Picked() | tree.Elapsed():
            return _about_events(node, scope)
        case tree.Compare() | tree.Matches() | tree.Else() | tree.Arithmetic():
            return _on_two(node, scope)
        case tree.In() | tree.IsPresent() | tree.Negate():
            return _on_one(node, scope)
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
    return And(operands, node.span) if isinstance(node, tree.And) else Or(operands, node.span)


def _on_two(
    node: tree.Compare | tree.Matches | tree.Else | tree.Arithmetic, scope: Scope
) -> Expression | None:
    written = (node.operand, node.default) if isinstance(node, tree.Else) else (node.left, node.right)
    first, second = (_check(side, scope) for side in written)
    if first is None or second is None:
        return None
    match node:
        case tree.Compare():
            return operators.compare(node, first, second, scope.findings)
        case tree.Matches():
            return operators.matches(node, first, second, scope.findings)
        case tree.Else():
            return operators.otherwise(node, first, second, scope.findings)
        case tree.Arithmetic():
            return operators.arithmetic(node, first, second, scope.findings)


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
    selection = selections.select(node, where, sequence, scope.findings)
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
