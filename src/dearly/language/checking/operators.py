"""The typing rules of operators: checked operands in, a checked expression out, or a finding."""

from __future__ import annotations

from dearly.language.checking.findings import Findings
from dearly.language.checking.typing_rules import are_comparable, are_ordered, common_type, type_of
from dearly.language.program import (
    Arithmetic,
    Compare,
    Else,
    Expression,
    In,
    Literal,
    Negate,
    Presence,
    SetContains,
    Span,
    TextMatch,
    TimeSince,
)
from dearly.language.spelling import capitalised, default_for, describe, quoted, spell
from dearly.language.syntax import tree
from dearly.language.types import (
    BOOL,
    DATE,
    DURATION,
    NUMBER,
    TEXT,
    TIME,
    SetOf,
    Type,
    is_textual,
)


def compare(node: tree.Compare, left: Expression, right: Expression, findings: Findings) -> Compare | None:
    """``left == right`` and its like."""
    left_type, right_type = type_of(left), type_of(right)
    if not are_comparable(left_type, right_type):
        _mismatch(left, right, node.span, findings, _comparison_hint(left, right))
        return None
    if node.operator not in ("==", "!=") and not are_ordered(left_type):
        name = capitalised(quoted(left))
        message = f"{name} is {describe(left_type)}, which has no order for `{node.operator}`."
        findings.add("type-mismatch", node.span, message, "Use `==` or `!=`.")
        return None
    return Compare(node.operator, left, right, node.span)


def is_in(node: tree.In, left: Expression, choices: list[Expression], findings: Findings) -> In | None:
    """``left in [..]``: every choice, a constant, can be compared with ``left``."""
    kind = type_of(left)
    wrong = [choice for choice in choices if not are_comparable(kind, type_of(choice))]
    for choice in wrong:
        _mismatch(left, choice, choice.span, findings, _comparison_hint(left, choice))
    constants = tuple(choice for choice in choices if isinstance(choice, Literal))
    return In(left, constants, node.span) if not wrong else None


def matches(
    node: tree.Matches, left: Expression, right: Expression, findings: Findings
) -> TextMatch | SetContains | None:
    """``contains`` and its like: text in text, or an element in a set."""
    left_type, right_type = type_of(left), type_of(right)
    if node.operator == "contains" and isinstance(left_type, SetOf):
        if are_comparable(left_type.element, right_type):
            return SetContains(left, right, node.span)
        name = capitalised(quoted(left))
        message = f"{name} is {describe(left_type)}, so it cannot contain {describe(right_type)}."
        findings.add("type-mismatch", node.span, message)
        return None
    if is_textual(left_type) and is_textual(right_type):
        return TextMatch(node.operator, left, right, node.span)
    wrong = right if is_textual(left_type) else left
    kinds = "text, or a set and an element" if node.operator == "contains" else "text"
    message = f"`{node.operator}` is asked of {kinds}; {quoted(wrong)} is {describe(type_of(wrong))}."
    findings.add("type-mismatch", wrong.span, message)
    return None


def otherwise(node: tree.Else, operand: Expression, default: Expression, findings: Findings) -> Else | None:
    """``operand else default``: both of one type."""
    if common_type(operand, default) is None:
        suggestion = default_for(type_of(operand))
        hint = f"Write `else {spell(suggestion)}`, say." if suggestion else None
        _mismatch(operand, default, node.span, findings, hint, "the one cannot stand in for the other")
        return None
    return Else(operand, default, node.span)


def presence(node: tree.IsPresent, operand: Expression, findings: Findings) -> Presence | None:
    """``operand is present``; not of a written duration."""
    if isinstance(operand, Literal):
        message = f"{capitalised(quoted(operand))} is a constant: it is always present."
        findings.add("type-mismatch", node.span, message, "Name what may be missing.")
        return None
    return Presence(operand, node.missing, node.span)


def arithmetic(
    node: tree.Arithmetic, left: Expression, right: Expression, findings: Findings
) -> Arithmetic | None:
    """``left + right`` and its like, of numbers."""
    if not (_is_number(left, node.operator, findings) & _is_number(right, node.operator, findings)):
        return None
    if node.operator == "/" and isinstance(right, Literal) and right.value == 0:
        message = "This divides by 0, so it is always missing."
        findings.add("division-by-zero", node.span, message, "Divide by something else.")
    return Arithmetic(node.operator, left, right, node.span)


def negate(node: tree.Negate, operand: Expression, findings: Findings) -> Negate | Literal | None:
    """``-operand``, of a number; a constant's is a constant."""
    if not _is_number(operand, "-", findings):
        return None
    if isinstance(operand, Literal) and isinstance(operand.value, float):
        return Literal(-operand.value, NUMBER, node.span)
    return Negate(operand, node.span)


def condition(expression: Expression, findings: Findings) -> Expression | None:
    """The expression, if it is true or false (or unknown)."""
    kind = type_of(expression)
    if kind == BOOL:
        return expression
    message = f"A condition is expected here, and {quoted(expression)} is {describe(kind)}."
    findings.add("not-a-condition", expression.span, message, _condition_hint(expression, kind))
    return None


def no_duration(expression: Expression, findings: Findings) -> Expression | None:
    """The expression, unless it is a duration, which only stands in comparisons."""
    if type_of(expression) != DURATION:
        return expression
    message = "A length of time can only be compared with another."
    hint = "Compare it where it is needed: `time since last E > 60 days`."
    findings.add("misplaced-duration", expression.span, message, hint)
    return None


def _is_number(operand: Expression, operator: str, findings: Findings) -> bool:
    kind = type_of(operand)
    if kind == NUMBER:
        return True
    code = "misplaced-duration" if kind == DURATION else "type-mismatch"
    message = f"`{operator}` takes numbers, and {quoted(operand)} is {describe(kind)}."
    hint = "Lengths of time can only be compared." if kind == DURATION else None
    findings.add(code, operand.span, message, hint)
    return False


def _mismatch(
    left: Expression,
    right: Expression,
    span: Span,
    findings: Findings,
    hint: str | None,
    why: str = "they cannot be compared",
) -> None:
    one = f"{capitalised(quoted(left))} is {describe(type_of(left))}"
    other = f"{quoted(right)} is {describe(type_of(right))}"
    findings.add("type-mismatch", span, f"{one} and {other}: {why}.", hint)


def _comparison_hint(left: Expression, right: Expression) -> str | None:
    kinds = (type_of(left), type_of(right))
    if isinstance(kinds[0], SetOf) or isinstance(kinds[1], SetOf):
        return "Ask whether the set contains it: `SET contains VALUE`."
    if DURATION in kinds:
        if NUMBER in kinds:
            return "Write the number with its unit: `60 days`."
        return (
            "Compare with a length of time: `60 days`." if _is_elapsed(left) or _is_elapsed(right) else None
        )
    if set(kinds) == {DATE, TIME}:
        return "Compare a time with a time: `2026-03-01T00:00:00Z`."
    other, constant = (left, right) if isinstance(right, Literal) else (right, left)
    if isinstance(constant, Literal) and constant.type == TEXT and not is_textual(type_of(other)):
        return f"Write the {type_of(other)} without quotes."
    if isinstance(constant, Literal) and (day := _first_day(constant)) and type_of(other) in (DATE, TIME):
        return (
            f"Write a whole date: `{day}`." if type_of(other) == DATE else f"Write a time: `{day}T00:00:00Z`."
        )
    if isinstance(constant, Literal) and is_textual(type_of(other)):
        return "Put text in double quotes."
    return None


def _first_day(constant: Literal) -> str | None:
    """The first day of what may be meant as a year."""
    value = constant.value
    is_year = (
        constant.type == NUMBER and isinstance(value, float) and value.is_integer() and 1000 <= value <= 9999
    )
    return f"{value:.0f}-01-01" if is_year else None


def _is_elapsed(expression: Expression) -> bool:
    return isinstance(expression, TimeSince)


def _condition_hint(expression: Expression, kind: Type) -> str | None:
    if kind == DURATION:
        return "Compare it: `time since last E > 60 days`."
    if isinstance(expression, Literal):
        return "Write `true`, `false`, or a comparison."
    if kind == NUMBER:
        return "Compare it: `.. > 0`."
    if isinstance(kind, SetOf):
        return 'Ask for an element, `.. contains "x"`, or `.. is present`.'
    return 'Compare it, `.. == "x"`, or ask `.. is present`.'
