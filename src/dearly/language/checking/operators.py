"""The typing rules of operators: checked operands in, a checked expression out, or a finding."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from dearly.language.checking.findings import Findings
from dearly.language.checking.type_hints import comparison_hint, condition_hint
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
)
from dearly.language.spelling import capitalised, default_for, describe, quoted, spell
from dearly.language.syntax import tree
from dearly.language.types import (
    BOOL,
    DATE,
    DURATION,
    NUMBER,
    TIME,
    SetOf,
    is_textual,
)

Comparison: TypeAlias = OneOf["==", "!=", "<", "<=", ">", ">="]


def compare(
    sign: Comparison, left: Expression, right: Expression, span: Span, findings: Findings
) -> Compare | None:
    """``left == right`` and its like."""
    left_type, right_type = type_of(left), type_of(right)
    if not are_comparable(left_type, right_type):
        mismatch(left, right, span, findings, comparison_hint(left, right))
        return None
    if sign not in ("==", "!=") and not are_ordered(left_type):
        name = capitalised(quoted(left))
        message = f"{name} is {describe(left_type)}, which has no order for `{sign}`."
        findings.add("type-mismatch", span, message, "Use `==` or `!=`.")
        return None
    return Compare(sign, left, right, span)


def is_in(node: tree.In, left: Expression, choices: list[Expression], findings: Findings) -> In | None:
    """``left in [..]``: every choice, a constant, can be compared with ``left``."""
    kind = type_of(left)
    wrong = [choice for choice in choices if not are_comparable(kind, type_of(choice))]
    for choice in wrong:
        mismatch(left, choice, choice.span, findings, comparison_hint(left, choice))
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
        mismatch(operand, default, node.span, findings, hint, "the one cannot stand in for the other")
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
    if type_of(left) in (DATE, TIME) and type_of(right) == DURATION:
        _report_moved(node, left, findings)
        return None
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
    findings.add("not-a-condition", expression.span, message, condition_hint(expression, kind))
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
    hint = "Lengths of time can only be compared, or added to `today` and `now`."
    findings.add(code, operand.span, message, hint if kind == DURATION else None)
    return False


def _report_moved(node: tree.Arithmetic, moment: Expression, findings: Findings) -> None:
    """``birthday + 3 days``: the same is said by moving the other side."""
    word, sign = "today" if type_of(moment) == DATE else "now", "-" if node.operator == "+" else "+"
    message = f"Only `today` and `now` can be moved by a length of time, and this is {quoted(moment)}."
    hint = f"Move the other side: compare {quoted(moment)} with `{word} {sign} ..`."
    findings.add("misplaced-duration", node.span, message, hint)


def mismatch(
    left: Expression,
    right: Expression,
    span: Span,
    findings: Findings,
    hint: str | None,
    why: str = "they cannot be compared",
) -> None:
    """Report that two expressions do not go together, with what each of them is."""
    one = f"{capitalised(quoted(left))} is {describe(type_of(left))}"
    other = f"{quoted(right)} is {describe(type_of(right))}"
    findings.add("type-mismatch", span, f"{one} and {other}: {why}.", hint)
