"""What engines spell differently. Whatever is not here is the same in all, or sqlglot renders it."""

from __future__ import annotations

from typing import Literal as OneOf
from typing import TypeAlias

from sqlglot import exp

from dearly.evaluation.sql.relations import Storage
from dearly.evaluation.sql.terms import binary, call, cast, known, number, operand

Dialect: TypeAlias = OneOf["duckdb", "postgres", "spark"]

DIALECTS: tuple[Dialect, ...] = ("duckdb", "postgres", "spark")

_WIDE_INTEGER: dict[Dialect, str] = {"duckdb": "int128", "postgres": "decimal", "spark": "decimal(38, 0)"}


def data_type(storage: Storage) -> str:
    """The type of a column, in sqlglot's words."""
    return f"array<{storage.scalar}>" if storage.many else storage.scalar


def by_code_point(dialect: Dialect, text: exp.Expr) -> exp.Expr:
    """Text that is ordered by code point; PostgreSQL would go by the database's language."""
    if dialect != "postgres":
        return text
    return exp.Collate(this=operand(text), expression=exp.Identifier(this="C", quoted=True))


def ends_with(dialect: Dialect, text: exp.Expr, end: exp.Expr) -> exp.Expr:
    """Whether a text ends with another."""
    if dialect != "postgres":
        return call("ENDS_WITH" if dialect == "duckdb" else "ENDSWITH", text, end)
    return binary(exp.EQ, call("RIGHT", text, call("LENGTH", end)), end.copy())


def has_element(dialect: Dialect, elements: exp.Expr, element: exp.Expr) -> exp.Expr:
    """Whether a set has an element; unknown where either is."""
    if dialect == "postgres":
        found: exp.Expr = exp.EQ(this=operand(element), expression=exp.Any(this=exp.Paren(this=elements)))
    else:
        found = call("ARRAY_CONTAINS", elements, element)
    return _strictly(elements, element, found)


def has_any(dialect: Dialect, elements: exp.Expr, wanted: exp.Expr) -> exp.Expr:
    """Whether two sets share an element; unknown where either is."""
    if dialect == "spark":
        shared = call("ARRAYS_OVERLAP", elements, wanted)
    else:
        shared = exp.ArrayOverlaps(this=operand(elements), expression=operand(wanted))
    return _strictly(elements, wanted, shared)


def has_all(dialect: Dialect, elements: exp.Expr, wanted: exp.Expr) -> exp.Expr:
    """Whether all elements of the second set are in the first; unknown where either is."""
    if dialect == "spark":
        lacking = call("ARRAY_SIZE", call("ARRAY_EXCEPT", wanted, elements))
        return _strictly(elements, wanted, binary(exp.EQ, lacking, number(0)))
    within = exp.ArrayContainsAll(this=operand(elements), expression=operand(wanted))
    return _strictly(elements, wanted, within)


def _strictly(elements: exp.Expr, wanted: exp.Expr, answer: exp.Expr) -> exp.Expr:
    """Unknown where either is missing: engines are sure that an empty set has not even an unknown element."""
    is_written = isinstance(wanted, exp.Cast) and isinstance(wanted.this, exp.Placeholder)
    return answer if is_written else known((elements, wanted), answer)


def filtered(aggregate: exp.Expr, condition: exp.Expr | None) -> exp.Expr:
    """An aggregate over the rows of which the condition is true."""
    if condition is None:
        return aggregate
    return exp.Filter(this=aggregate, expression=exp.Where(this=condition))


def picked(
    dialect: Dialect,
    value: exp.Expr,
    position: exp.Expr,
    storage: Storage,
    condition: exp.Expr | None,
    *,
    last: bool,
) -> exp.Expr:
    """The aggregate that gives the value at the last or first position, whether that is missing or not."""
    if dialect == "duckdb":
        return filtered(call("ARG_MAX_NULL" if last else "ARG_MIN_NULL", value, position), condition)
    if dialect == "spark":
        return filtered(call("MAX_BY" if last else "MIN_BY", value, position), condition)
    # PostgreSQL gathers no arrays of different lengths, so a set travels as text.
    gathered = cast(value, "text") if storage.many else value
    ordered = exp.Order(this=gathered, expressions=[exp.Ordered(this=position, desc=last)])
    gathering = filtered(exp.ArrayAgg(this=ordered), condition)
    found = exp.Bracket(this=exp.Paren(this=gathering), expressions=[number(0)])  # counted from 0 by sqlglot
    return cast(found, data_type(storage)) if storage.many else found


# ------------------------------------------------------------------------------------------------- exact sums

_EXACT_IN_DOUBLES = 2**53
"""Whole numbers up to this are doubles, so that dividing two of them rounds once, to the nearest."""
_SCALE = 2**60


def millionths(dialect: Dialect, value: exp.Expr) -> exp.Expr:
    """A number in millionths, rounded half to even, as an integer; sums of them are exact and wide enough."""
    scaled = binary(exp.Mul, value, number("1e6"))
    if dialect == "spark":  # its casts cut off, and its sums of bigint overflow
        return _wide(dialect, cast(call("RINT", scaled), "bigint"))
    return cast(scaled, "bigint")


def exact_sum(total: exp.Expr) -> exp.Expr:
    """The double nearest to a total of millionths. Reading a decimal text rounds once, however long it is."""
    near = exp.Div(this=cast(total.copy(), "double"), expression=number("1e6"))
    far = cast(
        exp.DPipe(this=cast(total.copy(), "text"), expression=exp.Literal.string("e-6"), safe=True), "double"
    )
    return exp.Case(ifs=[exp.If(this=_is_near(total), true=near)], default=far)


def exact_average(dialect: Dialect, total: exp.Expr, count: exp.Expr) -> exp.Expr:
    """The double nearest to a total of millionths by a count of millions.

    A total beyond 2**53 is divided in whole numbers, to at least 60 binary places and one that says whether
    anything is left: more than the 53 of a double, so that the last step alone rounds.
    """
    divisor = exp.Mul(this=cast(count.copy(), "double"), expression=number("1e6"))
    near = exp.Div(this=cast(total.copy(), "double"), expression=exp.Paren(this=divisor))
    units = exp.Paren(this=exp.Mul(this=_wide(dialect, count.copy()), expression=number(1_000_000)))
    size = exp.Abs(this=total.copy())
    rest = exp.Paren(
        this=exp.Mul(this=call("MOD", size, units.copy()), expression=_wide(dialect, number(_SCALE)))
    )
    places = exp.Add(
        this=exp.Mul(
            this=_wide(dialect, _divided(dialect, size.copy(), units.copy())),
            expression=_wide(dialect, number(2 * _SCALE)),
        ),
        expression=exp.Mul(
            this=_wide(dialect, _divided(dialect, rest.copy(), units.copy())), expression=number(2)
        ),
    )
    left_over = exp.Sign(this=call("MOD", rest.copy(), units.copy()))
    digits = cast(cast(exp.Add(this=places, expression=_wide(dialect, left_over)), "text"), "double")
    far = exp.Div(
        this=exp.Mul(this=cast(exp.Sign(this=total.copy()), "double"), expression=digits),
        expression=cast(number(2 * _SCALE), "double"),
    )
    return exp.Case(ifs=[exp.If(this=_is_near(total), true=near)], default=far)


def _is_near(total: exp.Expr) -> exp.Expr:
    return exp.Between(this=total.copy(), low=number(-_EXACT_IN_DOUBLES), high=number(_EXACT_IN_DOUBLES))


def _wide(dialect: Dialect, value: exp.Expr) -> exp.Expr:
    return cast(value, _WIDE_INTEGER[dialect])


def _divided(dialect: Dialect, dividend: exp.Expr, divisor: exp.Expr) -> exp.Expr:
    """Whole division of integers that are not negative."""
    if dialect == "postgres":
        return call("DIV", dividend, divisor)
    return exp.Paren(this=exp.IntDiv(this=dividend, expression=divisor))
