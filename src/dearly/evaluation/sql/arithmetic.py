"""Arithmetic on doubles: missing on division by zero, and where the result is not finite.

DuckDB and Spark give infinities there, which are made NULL. PostgreSQL ends the query instead, also where a
result is too small to be told from 0; so it looks first, at operands scaled by powers of two. Neither is
written down where the operands' magnitudes leave no room for it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from math import inf

from sqlglot import exp

from dearly.evaluation.sql.dialects import Dialect
from dearly.evaluation.sql.terms import (
    alias,
    binary,
    call,
    case,
    column,
    derived,
    every,
    name,
    number,
    operand,
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
    expression: Arithmetic | Negate,
    dialect: Dialect,
    names: Mapping[str, Magnitude],
    write: Callable[[Expression], exp.Expr],
) -> exp.Expr:
    """Arithmetic in SQL; ``write`` gives its operands."""
    result = _calculated(expression, dialect, names, write)
    if dialect == "postgres" or _is_sure(expression, names):
        return result
    return _finite(result)  # once, around all of it: what is not finite stays so up to here


def _finite(result: exp.Expr) -> exp.Expr:
    """The result, or NULL where that is not finite.

    As a function of a list of one, for the result is then written once. CASE needs it twice, and NULLIF is
    such a CASE to engines; so twenty in each other would be a million.
    """
    each = name("result")
    most = number(repr(sys.float_info.max))
    is_finite = exp.LTE(this=exp.Abs(this=each), expression=most)  # NaN is greater than all numbers
    finite = exp.Lambda(this=case([(is_finite, each.copy())], exp.null()), expressions=[each.copy()])
    found = exp.Transform(this=exp.Array(expressions=[result]), expression=finite)
    return exp.Bracket(this=found, expressions=[number(0)])  # counted from 0 by sqlglot


def _calculated(
    expression: Expression,
    dialect: Dialect,
    names: Mapping[str, Magnitude],
    write: Callable[[Expression], exp.Expr],
) -> exp.Expr:
    """Arithmetic whose result may not be finite, except in PostgreSQL."""
    if isinstance(expression, Negate):
        return exp.Neg(this=operand(_calculated(expression.operand, dialect, names, write)))
    if not isinstance(expression, Arithmetic):
        return write(expression)
    operator = expression.operator
    left = _calculated(expression.left, dialect, names, write)
    if operator == "/":
        return _divided(expression, left, write(expression.right), dialect, names)
    right = _calculated(expression.right, dialect, names, write)
    if dialect == "postgres" and not _is_harmless(expression, names):
        return _foreseen(operator, left, right)
    return binary(_OPERATORS[operator], left, right)


def _divided(
    expression: Arithmetic, left: exp.Expr, right: exp.Expr, dialect: Dialect, names: Mapping[str, Magnitude]
) -> exp.Expr:
    """A quotient whose divisor is finite: by an infinity it would be 0, and look finite again.

    By 0 it is NULL; in DuckDB an infinity or NaN.
    """
    by_zero = not _is_never_zero(expression.right)
    if dialect == "spark" and by_zero:
        return call("TRY_DIVIDE", left, right)
    if dialect != "postgres":
        return binary(exp.Div, left, right)
    divisor = exp.Nullif(this=right, expression=number(0)) if by_zero else right
    if _is_harmless(expression, names):
        return binary(exp.Div, left, divisor)
    return _foreseen("/", left, divisor)


def _is_never_zero(divisor: Expression) -> bool:
    return isinstance(divisor, Literal) and divisor.value != 0


def _is_sure(expression: Expression, names: Mapping[str, Magnitude]) -> bool:
    """Whether all that is calculated on the way is finite."""
    match expression:
        case Negate():
            return _is_sure(expression.operand, names)
        case Arithmetic(operator="/"):
            is_divided = _is_never_zero(expression.right) and magnitude(expression, names).most < inf
            return is_divided and _is_sure(expression.left, names)
        case Arithmetic():
            sides = (expression.left, expression.right)
            return magnitude(expression, names).most < inf and all(_is_sure(each, names) for each in sides)
        case _:
            return True


def _is_harmless(expression: Arithmetic, names: Mapping[str, Magnitude]) -> bool:
    """Whether the result is neither too large for a double, nor nearer to 0 than any but 0 itself."""
    left, right = magnitude(expression.left, names), magnitude(expression.right, names)
    most = calculated(expression.operator, left, right).most
    return most < inf and not _may_vanish(expression.operator, left, right)


def _may_vanish(operator: str, left: Magnitude, right: Magnitude) -> bool:
    """Whether the result may be nearer to 0 than any double but 0, of operands that are not 0."""
    match operator:
        case "*":
            return left.least * right.least == 0
        case "/":
            return left.least / right.most == 0
        case _:
            return False


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
