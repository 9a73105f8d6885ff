"""Short ways to build sqlglot's tree; none copies what it is given, so that building stays linear.

A part that is used twice is copied by whoever uses it (``.copy()``): a node has one parent.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from sqlglot import exp

_ATOMS = (
    exp.Column,
    exp.Func,
    exp.Cast,
    exp.Case,
    exp.Paren,
    exp.Literal,
    exp.Null,
    exp.Boolean,
    exp.Bracket,
    exp.Filter,
    exp.Window,
    exp.Subquery,
)
_WIDE = 64
"""Longer chains of AND and OR are grouped: engines walk a chain recursively."""


def name(text: str) -> exp.Identifier:
    """A name, always quoted: no word is reserved, and no case folded."""
    return exp.Identifier(this=text, quoted=True)


def column(table: str, text: str) -> exp.Column:
    """A column of a table."""
    return exp.Column(this=name(text), table=name(table))


def star_of(table: str) -> exp.Expr:
    """All columns of a table."""
    return exp.Column(this=exp.Star(), table=name(table))


def number(value: int | str) -> exp.Expr:
    """A number of ours; those of authors are bound (see ``parameters``)."""
    return exp.Literal.number(value)


def call(function: str, *arguments: exp.Expr) -> exp.Expr:
    """A function that goes by this name in the engine it is for."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def cast(value: exp.Expr, kind: str) -> exp.Expr:
    """A value as a type."""
    return exp.Cast(this=value, to=exp.DataType.build(kind))


def operand(expression: exp.Expr) -> exp.Expr:
    """In parentheses, unless nothing could be misread without them."""
    is_connector = isinstance(expression, exp.And | exp.Or)
    return expression if isinstance(expression, _ATOMS) and not is_connector else exp.Paren(this=expression)


def binary(kind: type[exp.Binary], left: exp.Expr, right: exp.Expr) -> exp.Expr:
    """An operator between two operands."""
    return kind(this=operand(left), expression=operand(right))


def every(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """Their conjunction; true of none."""
    return _chain(exp.And, list(conditions)) or exp.true()


def some(conditions: Iterable[exp.Expr]) -> exp.Expr:
    """Their disjunction; false of none."""
    return _chain(exp.Or, list(conditions)) or exp.false()


def negated(condition: exp.Expr) -> exp.Expr:
    """Its opposite, unknown where it is."""
    return exp.Not(this=operand(condition))


def is_missing(value: exp.Expr) -> exp.Expr:
    """Whether a value is NULL."""
    return exp.Is(this=operand(value), expression=exp.null())


def is_present(value: exp.Expr) -> exp.Expr:
    """Whether a value is there."""
    return negated(is_missing(value))


def otherwise(value: exp.Expr, default: exp.Expr) -> exp.Expr:
    """The value, or the default where it is missing."""
    return exp.Coalesce(this=value, expressions=[default])


def case(ways: Sequence[tuple[exp.Expr, exp.Expr]], default: exp.Expr) -> exp.Expr:
    """The result of the first condition that is true."""
    ifs = [exp.If(this=condition, true=result) for condition, result in ways]
    return exp.Case(ifs=ifs, default=default)


def known(values: Iterable[exp.Expr], result: exp.Expr) -> exp.Expr:
    """The result where all values are there, else missing."""
    return case([(some(is_missing(value.copy()) for value in values), exp.null())], result)


def alias(expression: exp.Expr, text: str) -> exp.Expr:
    """An expression with a name."""
    return exp.Alias(this=expression, alias=name(text))


def table(text: str, called: str) -> exp.Expr:
    """A table under another name."""
    return exp.Table(this=name(text), alias=exp.TableAlias(this=name(called)))


def derived(query: exp.Expr, called: str) -> exp.Expr:
    """A query as a table."""
    return exp.Subquery(this=query, alias=exp.TableAlias(this=name(called)))


def join(to: exp.Expr, on: exp.Expr, *, left: bool = False) -> exp.Join:
    """An inner join, or a left one."""
    return exp.Join(this=to, on=on, side="LEFT") if left else exp.Join(this=to, on=on)


def select(
    columns: Iterable[exp.Expr],
    source: exp.Expr | None,
    joins: Iterable[exp.Join] = (),
    where: exp.Expr | None = None,
    group: Iterable[exp.Expr] = (),
) -> exp.Select:
    """A query."""
    query = exp.Select(expressions=list(columns), joins=list(joins))
    if source is not None:
        query.set("from_", exp.From(this=source))
    if where is not None:
        query.set("where", exp.Where(this=where))
    if groups := list(group):
        query.set("group", exp.Group(expressions=groups))
    return query


def _chain(connector: type[exp.Connector], conditions: Sequence[exp.Expr]) -> exp.Expr | None:
    if not conditions:
        return None
    if len(conditions) > _WIDE:
        step = -(-len(conditions) // _WIDE)
        groups = [conditions[start : start + step] for start in range(0, len(conditions), step)]
        conditions = [joined for group in groups if (joined := _chain(connector, group)) is not None]
    if len(conditions) == 1:
        return conditions[0]
    chained = _grouped(conditions[0])
    for condition in conditions[1:]:
        chained = connector(this=chained, expression=_grouped(condition))
    return chained


def _grouped(condition: exp.Expr) -> exp.Expr:
    """In parentheses where it is a chain itself; all else binds closer than AND and OR."""
    return exp.Paren(this=condition) if isinstance(condition, exp.Connector) else condition
