"""Expressions: what the grammar's rules for them become."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from lark import Token

from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Rule
from dearly.language.syntax.literals import LiteralProblem, duration_us

MAX_OPERANDS = 1_000


def _joined(node: type[tree.And] | type[tree.Or]) -> Callable[[Building, list[Built]], Built]:
    def join(building: Building, children: list[Built]) -> Built:
        operands = tuple(children[::2])
        if len(operands) > MAX_OPERANDS:
            message = f"{len(operands):,} conditions are joined here; at most {MAX_OPERANDS:,} are allowed."
            hint = "Compare with a list, `in [..]`, or give parts of it names with `segment`."
            building.report("too-many-operands", message, operands[MAX_OPERANDS].span, hint)
        return node(operands, building.around(children))

    return join


def _not(building: Building, children: list[Built]) -> Built:
    return tree.Not(children[1], building.around(children))


def _compare(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    return tree.Compare(str(operator), left, right, building.around(children))  # type: ignore[arg-type]


def _membership(building: Building, children: list[Built]) -> Built:
    left, operator, choices = children
    span = building.around(children)
    found = tree.In(left, choices.elements, span)
    return tree.Not(found, span) if operator.type == "NOT_IN" else found


def _matches(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    span = building.around(children)
    words = operator.split()
    is_negated = "not" in words
    spelling = " ".join(word for word in words if word != "not")
    found = tree.Matches(spelling, left, right, span)  # type: ignore[arg-type]
    return tree.Not(found, span) if is_negated else found


def _set_matches(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    words = " ".join(operator.split())
    return tree.SetMatches(words, left, right, building.around(children))  # type: ignore[arg-type]


def _between(building: Building, children: list[Built]) -> Built:
    operand, operator, low, _, high = children
    span = building.around(children)
    found = tree.Between(operand, low, high, span)
    return tree.Not(found, span) if operator.type == "NOT_BETWEEN" else found


def _date_compare(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    return tree.DateCompare(str(operator), left, right, building.around(children))  # type: ignore[arg-type]


def _presence(building: Building, children: list[Built]) -> Built:
    operand, *words = children
    kinds = [word.type for word in words]
    missing = ("MISSING" in kinds) != ("NOT" in kinds)
    return tree.IsPresent(operand, missing, building.around(children))


def _is_stage(building: Building, children: list[Built]) -> Built:
    subject, *_, stage = children
    span = building.around(children)
    if not isinstance(subject, tree.Reference) or subject.qualifier is not None:
        message = f"`is {stage.text}` is asked of a lifecycle, by its name."
        hint = "Write `LIFECYCLE is STAGE`, or compare with `==`; a text stands in double quotes."
        building.report("syntax-error", message, subject.span, hint)
        return tree.BoolLiteral(True, span)
    return tree.IsStage(subject.name, stage, len(children) == 4, span)


def _arithmetic(building: Building, children: list[Built]) -> Built:
    left, operator, right = children
    span = building.around(children)
    is_shift = operator.type in ("PLUS", "MINUS") and isinstance(right, tree.Duration)
    if is_shift and isinstance(left, tree.Today | tree.Now) and left.plus is None:
        us = right.us if operator.type == "PLUS" else -right.us
        return replace(left, plus=replace(right, us=us), span=span)
    return tree.Arithmetic(str(operator), left, right, span)  # type: ignore[arg-type]


def _negate(building: Building, children: list[Built]) -> Built:
    return tree.Negate(children[1], building.around(children))


def _negative(building: Building, children: list[Built]) -> Built:
    number = children[1]
    return tree.NumberLiteral(-number.value, f"-{number.text}", building.around(children))


def _else(building: Building, children: list[Built]) -> Built:
    return tree.Else(children[0], children[2], building.around(children))


def _group(building: Building, children: list[Built]) -> Built:
    # The parentheses belong to the place of what they hold.
    return replace(children[1], span=building.around(children))


def _reference(building: Building, children: list[Built]) -> Built:
    qualifier = children[0] if len(children) == 3 else None
    return tree.Reference(children[-1], qualifier, building.around(children))


def _duration(building: Building, children: list[Built]) -> Built:
    number, unit = children
    span = building.around(children)
    try:
        return tree.Duration(duration_us(number.text, str(unit)), span)
    except LiteralProblem as problem:
        building.report(problem.code, problem.message, span, problem.hint)
        return tree.Duration(1, span)


def _list(building: Building, children: list[Built]) -> Built:
    elements = tuple(child for child in children if not isinstance(child, Token))
    return tree.ListLiteral(elements, building.around(children))


EXPRESSION_RULES: Mapping[str, Rule] = {
    "disjunction": _joined(tree.Or),
    "conjunction": _joined(tree.And),
    "not_": _not,
    "compare": _compare,
    "membership": _membership,
    "matches": _matches,
    "set_matches": _set_matches,
    "between": _between,
    "date_compare": _date_compare,
    "presence": _presence,
    "is_stage": _is_stage,
    "arithmetic": _arithmetic,
    "negate": _negate,
    "negative": _negative,
    "else_": _else,
    "group": _group,
    "reference": _reference,
    "duration": _duration,
    "list": _list,
}
"""How each rule of an expression becomes a node."""
