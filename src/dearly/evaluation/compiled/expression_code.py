"""Code for conditions and values, expression by expression.

An expression is written in one of three ways, as its place needs: its *value* (None: missing or unknown),
whether it *holds* (a bool, True exactly when the condition is true) or whether it *fails* (True exactly when
it is false). Where only truth matters, unknown need not be told from false, and ``p.get(K1) == K2`` is the
whole of a comparison.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from dearly.evaluation.compiled import fragments
from dearly.evaluation.compiled.event_code import leaf_fragment
from dearly.evaluation.compiled.fragments import Test
from dearly.evaluation.compiled.source import Fragment, Source
from dearly.evaluation.facts import fold_case
from dearly.language.program import (
    Aggregate,
    And,
    Arithmetic,
    Compare,
    ContextField,
    DayStart,
    Else,
    EventProperty,
    Expression,
    In,
    ItemProperty,
    Literal,
    Negate,
    Not,
    Now,
    Occurs,
    Or,
    Pick,
    Presence,
    ProfileField,
    Score,
    ScoreRef,
    SegmentRef,
    SetCompare,
    SetContains,
    StageIs,
    TextMatch,
    TierIs,
    TimeSince,
    Today,
    ValueRef,
    VariantIs,
)
from dearly.language.traversal import walk
from dearly.language.types import DURATION

MAX_HEIGHT = 10
"""Higher fragments become functions of their own: Python's parser gives up at some 90 parentheses."""

_OPPOSITE = {"==": "!=", "!=": "==", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
_MIRRORED = {"==": "==", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}

_TEXT_TESTS: dict[str, Test] = {
    "contains": lambda left, right: f"{right} in {left}",
    "starts with": lambda left, right: f"{left}.startswith({right})",
    "ends with": lambda left, right: f"{left}.endswith({right})",
    "is like": lambda left, right: f"fold_case({left}) == fold_case({right})",
}


_SET_TESTS: dict[str, Test] = {
    "any of": lambda left, right: f"not {left}.isdisjoint({right})",
    "all of": lambda left, right: f"{right} <= {left}",
    "none of": lambda left, right: f"{left}.isdisjoint({right})",
}


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
        return fragments.is_true(_run_ahead(expression, scope))
    return _bounded(_holds(expression, scope), scope)


def fails(expression: Expression, scope: Scope) -> Fragment:
    """Code that gives True exactly when the condition is false, else False."""
    if _is_ahead(expression, scope):
        return fragments.is_false(_run_ahead(expression, scope))
    return _bounded(_fails(expression, scope), scope)


def _value(expression: Expression, scope: Scope) -> Fragment:
    source = scope.source
    match expression:
        case Literal():
            return fragments.constant(source, expression.value, expression.type)
        case ProfileField() | ContextField() | ScoreRef() | EventProperty() | ItemProperty():
            return _looked_up(expression, source)
        case Today() | Now() | DayStart():
            return _instant(expression, scope)
        case SegmentRef() | ValueRef():
            return Fragment(_name_call(expression.name, scope), source.optional_names[expression.name])
        case StageIs():
            stage = source.constant(expression.stage)
            return Fragment(f"({_name_call(expression.lifecycle, scope)} == {stage})", optional=False)
        case VariantIs():
            experiment, variant = source.constant(expression.experiment), source.constant(expression.variant)
            return Fragment(f"(e.facts.variants.get({experiment}) == {variant})", optional=False)
        case Not():
            return fragments.known_or_none(source, [value(expression.operand, scope)], lambda x: f"not {x}")
        case And():
            return fragments.all_of(source, [value(part, scope) for part in expression.operands])
        case Or():
            return fragments.any_of(source, [value(part, scope) for part in _alternatives(expression)])
        case Presence():
            return fragments.presence(value(expression.operand, scope), missing=expression.missing)
        case Else():
            return fragments.otherwise(
                source, value(expression.operand, scope), value(expression.default, scope)
            )
        case Arithmetic():
            return _arithmetic(expression, scope)
        case Negate():
            return fragments.known_or_none(source, [value(expression.operand, scope)], lambda x: f"-{x}")
        case Occurs() | Aggregate() | Pick() | TimeSince():
            return leaf_fragment(source, expression, watched=scope.watched)
        case Compare() if scope.watched and _is_moving(expression):
            return _watched_comparison(expression, scope)
        case Compare() | In() | TextMatch() | SetContains() | SetCompare() | TierIs():
            return fragments.known_or_none(source, *_test(expression, scope))
        case _:
            raise NotImplementedError(expression)


def _holds(expression: Expression, scope: Scope) -> Fragment:
    match expression:
        case Not():
            return fails(expression.operand, scope)
        case And():
            return fragments.joined("and", [holds(part, scope) for part in expression.operands])
        case Or():
            return fragments.joined("or", [holds(part, scope) for part in _alternatives(expression)])
        case Compare() if scope.watched and _is_moving(expression):
            return fragments.is_true(_watched_comparison(expression, scope))
        case Compare(operator="==") | In():
            # None equals nothing known and is in no set of constants: the left side needs no guard.
            return fragments.known_and(scope.source, *_test(expression, scope), unguarded=1)
        case Compare() | TextMatch() | SetContains() | SetCompare() | TierIs():
            return fragments.known_and(scope.source, *_test(expression, scope))
        case _:
            return fragments.is_true(_value(expression, scope))


def _fails(expression: Expression, scope: Scope) -> Fragment:
    match expression:
        case Not():
            return holds(expression.operand, scope)
        case And():
            return fragments.joined("or", [fails(part, scope) for part in expression.operands])
        case Or():
            return fragments.joined("and", [fails(part, scope) for part in _alternatives(expression)])
        case Compare(operator=operator):
            opposite = replace(expression, operator=_OPPOSITE[operator])  # type: ignore[arg-type]
            return _holds(opposite, scope)
        case In() | TextMatch() | SetContains() | SetCompare() | TierIs():
            sides, test = _test(expression, scope)
            return fragments.known_and(scope.source, sides, lambda *texts: f"not {test(*texts)}")
        case _:
            return fragments.is_false(_value(expression, scope))


def _name_call(name: str, scope: Scope) -> str:
    return f"{'w' if scope.watched else 'v'}{scope.source.plan.slots[name]}(e)"


def _looked_up(
    expression: ProfileField | ContextField | ScoreRef | EventProperty | ItemProperty, source: Source
) -> Fragment:
    match expression:
        case ProfileField(name=name):
            known = "e.profile"
        case ContextField(name=name):
            known = "e.facts.context"
        case ScoreRef(score=name):
            known = "e.facts.scores"
        case EventProperty(name=name) | ItemProperty(name=name):
            known = "p"
    return Fragment(f"{known}.get({source.constant(name)})", optional=True)


def _instant(expression: Today | Now | DayStart, scope: Scope) -> Fragment:
    match expression:
        case Now() if scope.watched:
            return Fragment(f"Elapsing({-expression.plus_us})", optional=False)
        case Now():
            return Fragment(f"(e.now_us + {expression.plus_us})", optional=False)
        case Today():
            return Fragment(f"(today(e) + {expression.plus_days})", optional=False)
        case DayStart():
            return Fragment(f"day_start(e.zone, {expression.days})", optional=False)


def _test(
    expression: Compare | In | TextMatch | SetContains | SetCompare | TierIs, scope: Scope
) -> tuple[list[Fragment], Test]:
    """The values that a test looks at, and its text once they are known."""
    match expression:
        case Compare(operator=operator):
            sides = [value(expression.left, scope), value(expression.right, scope)]
            return sides, lambda left, right: f"{left} {operator} {right}"
        case In():
            choices = scope.source.constant(frozenset(choice.value for choice in expression.choices))
            return [value(expression.left, scope)], lambda left: f"{left} in {choices}"
        case SetContains():
            sides = [value(expression.set, scope), value(expression.element, scope)]
            return sides, lambda members, element: f"{element} in {members}"
        case SetCompare():
            sides = [value(expression.left, scope), value(expression.right, scope)]
            return sides, _SET_TESTS[expression.operator]
        case TierIs():
            score = scope.source.plan.program.scores[expression.score]
            return [_looked_up(ScoreRef(score.name), scope.source)], _tier_test(score, expression.tier)
        case TextMatch(operator="is like", right=Literal(value=str() as text)):
            folded = scope.source.constant(fold_case(text))
            return [value(expression.left, scope)], lambda left: f"fold_case({left}) == {folded}"
        case TextMatch():
            sides = [value(expression.left, scope), value(expression.right, scope)]
            return sides, _TEXT_TESTS[expression.operator]


def _arithmetic(expression: Arithmetic, scope: Scope) -> Fragment:
    """The chain of operations is followed to its start without recursion."""
    chain: list[tuple[str, Expression]] = []
    start: Expression = expression
    while isinstance(start, Arithmetic):
        chain.append((start.operator, start.right))
        start = start.left
    steps = [(operator, value(operand, scope)) for operator, operand in reversed(chain)]
    return fragments.arithmetic(scope.source, value(start, scope), steps)


def _tier_test(score: Score, tier: str) -> Test:
    """Whether a likelihood reaches the tier, and not the one above it."""
    above: float | None = None
    for each in score.tiers:
        if each.name == tier:
            break
        above = each.at_least
    lower = f"{each.at_least or 0.0!r} <= "  # the last tier has no lower end, and no likelihood is below 0
    upper = "" if above is None else f" < {above!r}"
    return lambda likelihood: f"{lower}{likelihood}{upper}"


# ------------------------------------------------------------------------------------ what time itself moves


def _is_moving(expression: Compare) -> bool:
    """Whether a side of a comparison is another at every instant, or on every day."""
    return any(
        isinstance(part, TimeSince | Now | Today) or (isinstance(part, Literal) and part.type == DURATION)
        for part in (_without_default(expression.left), _without_default(expression.right))
    )


def _without_default(expression: Expression) -> Expression:
    while isinstance(expression, Else):
        expression = expression.operand
    return expression


def _watched_comparison(expression: Compare, scope: Scope) -> Fragment:
    if isinstance(expression.left, Today):
        return _watched_today(expression.operator, expression.left, expression.right, scope)
    if isinstance(expression.right, Today):
        return _watched_today(_MIRRORED[expression.operator], expression.right, expression.left, scope)
    sides = [value(expression.left, scope), value(expression.right, scope)]
    operator = scope.source.constant(expression.operator)
    call = f"watch_growing(e, {operator}, {sides[0].text}, {sides[1].text})"
    return Fragment(call, sides[0].optional or sides[1].optional, height=1 + max(s.height for s in sides))


def _watched_today(comparison: str, today: Today, date: Expression, scope: Scope) -> Fragment:
    other = value(date, scope)
    call = f"watch_today(e, {scope.source.constant(comparison)}, {today.plus_days}, {other.text})"
    return Fragment(call, other.optional, height=1 + other.height)


# --------------------------------------------------------------------------------------------- alternatives


def _alternatives(expression: Or) -> Sequence[Expression]:
    """The operands, with ``x == a or x == b or ..`` as ``x in [a, b, ..]``: one look-up in a set.

    The three values are the same: unknown when x is missing.
    """
    choices: dict[Expression, list[Literal]] = {}
    places: dict[Expression, int] = {}
    merged: list[Expression] = []
    for operand in expression.operands:
        found = _as_choices(operand)
        if found is None:
            merged.append(operand)
            continue
        left, values = found
        if left not in places:
            places[left] = len(merged)
            merged.append(operand)
        choices.setdefault(left, []).extend(values)
    for left, place in places.items():
        merged[place] = In(left, tuple(choices[left]))
    return merged


def _as_choices(expression: Expression) -> tuple[Expression, Sequence[Literal]] | None:
    match expression:
        case Compare(
            operator="==",
            left=ProfileField() | EventProperty() | ItemProperty() as left,
            right=Literal() as choice,
        ):
            return left, (choice,)
        case In(left=ProfileField() | EventProperty() | ItemProperty() as left):
            return left, expression.choices
        case _:
            return None


# --------------------------------------------------------------------------------------------- rows and sizes


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
