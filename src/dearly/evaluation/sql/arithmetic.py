"""Arithmetic on doubles: missing on division by zero, and where the result is not finite.

DuckDB and Spark give infinities there, which are made NULL. PostgreSQL ends the query instead, also where a
result is too small to be told from 0; so it looks first, at operands scaled by powers of two. Neither is
written down where the operands' magnitudes leave no room for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import inf

from sqlglot import exp

from dearly.evaluation.sql.dialects import Dialect
from dearly.evaluation.sql.terms import (
    alias,
    binary,
    case,
    cast,
    column,
    derived,
    every,
    number,
    select,
    some,
)
from dearly.language.magnitudes import COUNTED, KEPT, SUMMED, Magnitude, calculated, either, written
from dearly.language.program import Aggregate, Arithmetic, Else, Expression, Literal, Negate, ValueRef

_OPERATORS: dict[str, type[exp.Binary]] = {"+": exp.Add, "-": exp.Sub, "*": exp.Mul, "/": exp.Div}

_SCALE = repr(2.0**512)
_LEFT, _RIGHT = column("operands", "x"), column("operands", "y")


def magnitude(expression: Expression, names: Mapping[str, Magnitude]) -> Magnitude:
    """How large a number can get, given how large named values can."""
    match expression:
        case Literal(value=float() as value):
            return written(value)
        case ValueRef():
            return names.get(expression.name, KEPT)
        case Aggregate(kind="count" | "distinct"):
            return COUNTED
        case Aggregate(kind="sum"):
            return SUMMED
        case Negate():
            return magnitude(expression.operand, names)
        case Else():
            return either(magnitude(expression.operand, names), magnitude(expression.default, names))
        case Arithmetic():
            left, right = magnitude(expression.left, names), magnitude(expression.right, names)
            return calculated(expression.operator, left, right)
        case _:
            return KEPT


def calculate(
    dialect: Dialect,
    expression: Arithmetic,
    left: exp.Expr,
    right: exp.Expr,
    names: Mapping[str, Magnitude],
) -> exp.Expr:
    """``left + right`` and its like, from its operands in SQL."""
    one, other = magnitude(expression.left, names), magnitude(expression.right, names)
    operator = expression.operator
    if operator == "/":
        right = exp.Nullif(this=right, expression=number(0))
    is_safe = calculated(operator, one, other).most < inf
    if dialect == "postgres":
        if is_safe and not _may_vanish(operator, one, other):
            return binary(_OPERATORS[operator], left, right)
        return _foreseen(operator, left, right)
    result = binary(_OPERATORS[operator], left, right)
    return result if is_safe else _finite(result)


def _may_vanish(operator: str, left: Magnitude, right: Magnitude) -> bool:
    """Whether the result may be nearer to 0 than any double but 0, of operands that are not 0."""
    match operator:
        case "*":
            return left.least * right.least == 0
        case "/":
            return left.least / right.most == 0
        case _:
            return False


def _finite(result: exp.Expr) -> exp.Expr:
    """The result, or NULL for what is no number; engines take NaN to equal itself."""
    for word in ("Infinity", "-Infinity", "NaN"):
        result = exp.Nullif(this=result, expression=cast(exp.Literal.string(word), "double"))
    return result


def _foreseen(operator: str, left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """The result, with each operand written down once, or what it comes to where PostgreSQL would refuse."""
    x, y = _LEFT, _RIGHT
    nothing: exp.Expr | None = None
    match operator:
        case "*":
            beyond = every((_above(x), _above(y), _at_least(_apart(exp.Mul, x, y, exp.Div, exp.Div), "1")))
            nothing = every((_below(x), _below(y), _at_most(_apart(exp.Mul, x, y, exp.Mul, exp.Mul))))
        case "/":
            ordinary = every((_above(x), _below(y), _at_least(_apart(exp.Div, x, y, exp.Div, exp.Mul), "1")))
            tiny = exp.LT(this=exp.Abs(this=y.copy()), expression=number("1e-301"))
            scaled = binary(exp.Div, x.copy(), _scaled(y, exp.Mul))
            beyond = some((ordinary, every((_below(x), tiny, _at_least(scaled, _SCALE)))))
            nothing = every((_below(x), _above(y), _at_most(_apart(exp.Div, x, y, exp.Mul, exp.Div))))
        case _:
            halves = (binary(exp.Div, side.copy(), number(2)) for side in (x, y))
            half = binary(_OPERATORS[operator], *halves)
            beyond = every((_above(x), _above(y), _at_least(half, repr(2.0**1023))))
    ways = [(beyond, exp.null()), *([(nothing, number(0))] if nothing is not None else [])]
    operands = select((alias(left, "x"), alias(right, "y")), None)
    result = case(ways, binary(_OPERATORS[operator], x.copy(), y.copy()))
    return exp.Subquery(this=select([result], derived(operands, "operands")))


def _apart(
    operator: type[exp.Binary],
    x: exp.Expr,
    y: exp.Expr,
    scale_x: type[exp.Binary],
    scale_y: type[exp.Binary],
) -> exp.Expr:
    return binary(operator, _scaled(x, scale_x), _scaled(y, scale_y))


def _scaled(value: exp.Expr, by: type[exp.Binary]) -> exp.Expr:
    return by(this=value.copy(), expression=number(_SCALE))


def _above(value: exp.Expr) -> exp.Expr:
    return exp.GTE(this=exp.Abs(this=value.copy()), expression=number(1))


def _below(value: exp.Expr) -> exp.Expr:
    return exp.LT(this=exp.Abs(this=value.copy()), expression=number(1))


def _at_least(value: exp.Expr, bound: str) -> exp.Expr:
    return exp.GTE(this=exp.Abs(this=value), expression=number(bound))


def _at_most(value: exp.Expr) -> exp.Expr:
    """Half of the smallest double, scaled by 2**1024, rounds to 0."""
    return exp.LTE(this=exp.Abs(this=value), expression=number(repr(2.0**-51)))
