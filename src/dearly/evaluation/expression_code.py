"""Code for conditions and values: three-valued logic as Python expressions.

An expression is written in one of three ways, as its place needs: its *value* (None: missing or unknown),
whether it *holds* (a bool, True exactly when the condition is true) or whether it *fails* (True exactly when
it is false). Where only truth matters, unknown need not be told from false, and ``p.get(K1) == K2`` is the
whole of a comparison. Every text evaluates from left to right and no further than it must.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from dearly.evaluation.event_code import leaf_fragment
from dearly.evaluation.facts import fold_case
from dearly.evaluation.source import Fragment, Source, literal_fragment
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    Else,
    EventProperty,
    Expression,
    In,
    ItemProperty,
    Literal,
    Negate,
    Not,
    Occurs,
    Or,
    Pick,
    Presence,
    ProfileField,
    SegmentRef,
    SetContains,
    StageIs,
    TextMatch,
    TimeSince,
    ValueRef,
)
from dearly.language.traversal import walk
from dearly.language.types import DURATION

MAX_HEIGHT = 10
"""Higher fragments become functions of their own: Python's parser gives up at some 90 parentheses."""

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}


@dataclass(slots=True)
class Scope:
    """Where an expression stands: asked of the customer, or of each row (``p``: an event or item) in turn."""

    source: Source
    watched: bool = False
    row: type[EventProperty] | type[ItemProperty] | None = None
    ahead: list[str] = field(default_factory=list)
    """Lines to run once before the rows: the customer's side of the condition."""


def value(expression: Expression, scope: Scope) -> Fragment:
    """Code that gives the expression's value."""
    if _is_ahead(expression, scope):
        return _run_ahead(expression, scope)
    return _bounded(_value(expression, scope), scope)


def holds(expression: Expression, scope: Scope) -> Fragment:
    """Code that gives True exactly when the condition is true, else False."""
    if _is_ahead(expression, scope):
        return _is_true(_run_ahead(expression, scope))
    return _bounded(_holds(expression, scope), scope)


def fails(expression: Expression, scope: Scope) -> Fragment:
    """Code that gives True exactly when the condition is false, else False."""
    if _is_ahead(expression, scope):
        return _is_false(_run_ahead(expression, scope))
    return _bounded(_fails(expression, scope), scope)


def _value(expression: Expression, scope: Scope) -> Fragment:
    source = scope.source
    match expression:
        case Literal():
            return literal_fragment(source, expression.value, expression.type)
        case ProfileField():
            return Fragment(f"e.profile.get({source.constant(expression.name)})", optional=True)
        case EventProperty() | ItemProperty():
            return Fragment(f"p.get({source.constant(expression.name)})", optional=True)
        case SegmentRef() | ValueRef():
            return Fragment(_name_call(expression.name, scope), source.optional_names[expression.name])
        case StageIs():
            stage = source.constant(expression.stage)
            return Fragment(f"({_name_call(expression.lifecycle, scope)} == {stage})", optional=False)
        case Not():
            return _not(value(expression.operand, scope), scope)
        case And() | Or():
            return _junction(expression, [value(part, scope) for part in _parts(expression)], scope)
        case Presence():
            return _presence(value(expression.operand, scope), missing=expression.missing)
        case Else():
            return _else(value(expression.operand, scope), value(expression.default, scope), scope)
        case Arithmetic():
            return _arithmetic(expression, scope)
        case Negate():
            return _known_or_none([value(expression.operand, scope)], lambda x: f"-{x}", scope)
        case Occurs() | Aggregate() | Pick() | TimeSince():
            return leaf_fragment(source, expression, watched=scope.watched)
        case Compare() if scope.watched and _is_duration(expression.left):
            return _watched_durations(expression, scope)
        case Compare() | In() | TextMatch() | SetContains():
            sides, test = _test(expression, scope)
            return _known_or_none(sides, test, scope)


def _holds(expression: Expression, scope: Scope) -> Fragment:
    match expression:
        case Not():
            return fails(expression.operand, scope)
        case And() | Or():
            word = " and " if isinstance(expression, And) else " or "
            return _joined(word, [holds(part, scope) for part in _parts(expression)])
        case Compare() if scope.watched and _is_duration(expression.left):
            return _is_true(_watched_durations(expression, scope))
        case Compare() | In() | TextMatch() | SetContains():
            sides, test = _test(expression, scope)
            # None equals no value and is in no set of constants, so one known side is guard enough.
            guarded = sides[_self_guarding(expression, sides) :]
            return _known_and(sides, guarded, test, scope)
        case _:
            return _is_true(_value(expression, scope))


def _fails(expression: Expression, scope: Scope) -> Fragment:
    match expression:
        case Not():
            return holds(expression.operand, scope)
        case And() | Or():
            word = " or " if isinstance(expression, And) else " and "
            return _joined(word, [fails(part, scope) for part in _parts(expression)])
        case Compare(operator=operator, left=left, right=right):
            return _holds(Compare(_OPPOSITE[operator], left, right), scope)  # type: ignore[arg-type]
        case In() | TextMatch() | SetContains():
            sides, test = _test(expression, scope)
            return _known_and(sides, sides, lambda *texts: f"not {test(*texts)}", scope)
        case _:
            return _is_false(_value(expression, scope))


def _name_call(name: str, scope: Scope) -> str:
    return f"{'w' if scope.watched else 'v'}{scope.source.plan.slots[name]}(e)"


# ------------------------------------------------------------------------------------------ Kleene's logic


def _not(operand: Fragment, scope: Scope) -> Fragment:
    return _known_or_none([operand], lambda x: f"not {x}", scope)


def _parts(expression: And | Or) -> Sequence[Expression]:
    return expression.operands if isinstance(expression, And) else _as_memberships(expression.operands)


def _junction(expression: And | Or, parts: Sequence[Fragment], scope: Scope) -> Fragment:
    """And is False at the first False, or None if any is None, or True; Or the other way round."""
    is_and = isinstance(expression, And)
    if not any(part.optional for part in parts):
        return _joined(" and " if is_and else " or ", parts)
    decided, unknown = [], []
    for part in parts:
        text = part.text
        if part.optional:
            name = scope.source.name("t")
            text = f"({name} := {text})"
            unknown.append(f"{name} is None")
        decided.append(text if not is_and else f"{text} is False" if part.optional else f"not {text}")
    early, late = ("False", "True") if is_and else ("True", "False")
    text = f"({early} if {' or '.join(decided)} else None if {' or '.join(unknown)} else {late})"
    return Fragment(text, optional=True, height=_above(parts))


def _as_memberships(operands: Sequence[Expression]) -> Sequence[Expression]:
    """``x == a or x == b or ..`` as ``x in [a, b, ..]``: the same three values, one look-up in a set."""
    choices: dict[Expression, list[Literal]] = {}
    for operand in operands:
        if (found := _as_choices(operand)) is not None:
            choices.setdefault(found[0], []).extend(found[1])
    merged: list[Expression] = []
    for operand in operands:
        found = _as_choices(operand)
        if found is None or (len(found[1]) == len(choices.get(found[0], ())) > 0):
            merged.append(operand)
        elif found[0] in choices:
            merged.append(In(found[0], tuple(choices.pop(found[0]))))
    return merged


def _as_choices(expression: Expression) -> tuple[Expression, Sequence[Literal]] | None:
    match expression:
        case Compare(operator="==", left=ProfileField() | EventProperty() | ItemProperty() as left):
            return (left, (expression.right,)) if isinstance(expression.right, Literal) else None
        case In(left=ProfileField() | EventProperty() | ItemProperty() as left):
            return left, expression.choices
        case _:
            return None


def _presence(operand: Fragment, *, missing: bool) -> Fragment:
    if not operand.optional:
        return Fragment(repr(not missing), optional=False)
    text = f"({operand.text} {'is' if missing else 'is not'} None)"
    return Fragment(text, optional=False, height=operand.height + 1)


def _else(operand: Fragment, default: Fragment, scope: Scope) -> Fragment:
    if not operand.optional:
        return operand
    name = scope.source.name("t")
    text = f"({name} if ({name} := {operand.text}) is not None else {default.text})"
    return Fragment(text, default.optional, height=_above([operand, default]))


# ------------------------------------------------------------------------------- tests of one or two values


def _test(
    expression: Compare | In | TextMatch | SetContains, scope: Scope
) -> tuple[list[Fragment], Callable[..., str]]:
    """The values that a test looks at, and its text once they are known."""
    match expression:
        case Compare():
            sides = [value(expression.left, scope), value(expression.right, scope)]
            return sides, lambda left, right: f"{left} {expression.operator} {right}"
        case In():
            choices = frozenset(_plain(choice) for choice in expression.choices)
            constant = scope.source.constant(choices)
            return [value(expression.left, scope)], lambda left: f"{left} in {constant}"
        case SetContains():
            sides = [value(expression.set, scope), value(expression.element, scope)]
            return sides, lambda members, element: f"{element} in {members}"
        case TextMatch():
            return _text_match(expression, scope)


def _plain(literal: Literal) -> object:
    return literal.value


def _text_match(expression: TextMatch, scope: Scope) -> tuple[list[Fragment], Callable[..., str]]:
    sides = [value(expression.left, scope), value(expression.right, scope)]
    match expression.operator:
        case "contains":
            return sides, lambda left, right: f"{right} in {left}"
        case "starts with":
            return sides, lambda left, right: f"{left}.startswith({right})"
        case "ends with":
            return sides, lambda left, right: f"{left}.endswith({right})"
        case "is like":
            if isinstance(expression.right, Literal):
                sides[1] = Fragment(scope.source.constant(fold_case(str(expression.right.value))), False)
                return sides, lambda left, right: f"fold_case({left}) == {right}"
            return sides, lambda left, right: f"fold_case({left}) == fold_case({right})"


def _self_guarding(expression: Expression, sides: Sequence[Fragment]) -> int:
    """How many sides need no guard against None: see where it is used."""
    match expression:
        case In():
            return 1
        case Compare(operator="=="):
            return 1 if sides[0].optional else 0
        case _:
            return 0


def _known_or_none(sides: Sequence[Fragment], test: Callable[..., str], scope: Scope) -> Fragment:
    """The test of the sides; None as soon as one of them is."""
    guards, texts = _guards(sides, sides, "is None", scope)
    height = _above(sides)
    if not guards:
        return Fragment(f"({test(*texts)})", optional=False, height=height)
    return Fragment(f"(None if {' or '.join(guards)} else {test(*texts)})", optional=True, height=height)


def _known_and(
    sides: Sequence[Fragment], guarded: Sequence[Fragment], test: Callable[..., str], scope: Scope
) -> Fragment:
    """Whether the guarded sides are known and the test holds of all."""
    guards, texts = _guards(sides, guarded, "is not None", scope)
    text = " and ".join([*guards, test(*texts)])
    return Fragment(f"({text})", optional=False, height=_above(sides))


def _guards(
    sides: Sequence[Fragment], guarded: Sequence[Fragment], check: str, scope: Scope
) -> tuple[list[str], list[str]]:
    guards, texts = [], []
    for side in sides:
        if side.optional and side in guarded:
            name = scope.source.name("t")
            guards.append(f"({name} := {side.text}) {check}")
            texts.append(name)
        else:
            texts.append(side.text)
    return guards, texts


def _is_duration(expression: Expression) -> bool:
    while isinstance(expression, Else):
        expression = expression.operand
    return isinstance(expression, TimeSince) or (
        isinstance(expression, Literal) and expression.type == DURATION
    )


def _watched_durations(expression: Compare, scope: Scope) -> Fragment:
    sides = [value(expression.left, scope), value(expression.right, scope)]
    texts = ", ".join(side.text for side in sides)
    operator = scope.source.constant(expression.operator)
    optional = any(side.optional for side in sides)
    return Fragment(f"watch_durations(e, {operator}, {texts})", optional, height=_above(sides))


# ----------------------------------------------------------------------------------------------- arithmetic


def _arithmetic(expression: Arithmetic, scope: Scope) -> Fragment:
    """A chain of operations from left to right, given up as soon as an operand or a result is missing.

    A chain may be as long as a file: it is followed without recursion and written without nesting.
    """
    chain: list[tuple[str, Expression]] = []
    start: Expression = expression
    while isinstance(start, Arithmetic):
        chain.append((start.operator, start.right))
        start = start.left
    first = value(start, scope)
    total = scope.source.name("t")
    checks = [f"({total} := {first.text}) is None"]
    operands = [first]
    for operator, operand in reversed(chain):
        right = value(operand, scope)
        operands.append(right)
        checks.extend(_step(total, operator, right, scope))
    text = f"(None if {' or '.join(checks)} else {total})"
    return Fragment(text, optional=True, height=_above(operands))


def _step(total: str, operator: str, right: Fragment, scope: Scope) -> list[str]:
    """What makes one operation missing: its operand, division by zero, a result that is not finite."""
    checks, operand = [], right.text
    if right.height or right.optional:
        operand = scope.source.name("t")
        checks.append(f"({operand} := {right.text}) is None")
    if operator == "/":
        checks.append(f"{operand} == 0.0")
    # 1e999 is how Python spells infinity in a literal: no look-up of a name.
    checks.append(f"not -1e999 < ({total} := {total} {operator} {operand}) < 1e999")
    return checks


# ------------------------------------------------------------------------------------------- rows and sizes


def _is_ahead(expression: Expression, scope: Scope) -> bool:
    """Whether this part of a row's condition is the same for all rows, and so worked out ahead of them."""
    if scope.row is None or isinstance(expression, Literal):
        return False
    return not any(isinstance(part, scope.row) for part in walk(expression))


def _run_ahead(expression: Expression, scope: Scope) -> Fragment:
    fragment = value(expression, Scope(scope.source, scope.watched))
    name = scope.source.name("h")
    scope.ahead.append(f"{name} = {fragment.text}")
    return Fragment(name, fragment.optional)


def _bounded(fragment: Fragment, scope: Scope) -> Fragment:
    """The fragment, or a call of a function with it when it stands too high."""
    if fragment.height < MAX_HEIGHT:
        return fragment
    name = scope.source.name("x")
    if scope.row is None:
        scope.source.function(name, [f"return {fragment.text}"])
        return Fragment(f"{name}(e)", fragment.optional)
    scope.ahead.extend([f"def {name}(p):", f"    return {fragment.text}"])
    return Fragment(f"{name}(p)", fragment.optional)


def _joined(word: str, parts: Sequence[Fragment]) -> Fragment:
    text = word.join(part.text for part in parts)
    return Fragment(f"({text})", optional=False, height=_above(parts))


def _is_true(fragment: Fragment) -> Fragment:
    if not fragment.optional:
        return fragment
    return Fragment(f"({fragment.text} is True)", optional=False, height=fragment.height + 1)


def _is_false(fragment: Fragment) -> Fragment:
    text = f"({fragment.text} is False)" if fragment.optional else f"(not {fragment.text})"
    return Fragment(text, optional=False, height=fragment.height + 1)


def _above(parts: Sequence[Fragment]) -> int:
    return 1 + max(part.height for part in parts)
