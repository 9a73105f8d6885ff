"""A program's conditions as one statement: every literal bound, every pass over events shared."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from sqlglot import exp

from dearly.evaluation.sql.dialects import Dialect
from dearly.evaluation.sql.expressions import write, write_definition, write_form
from dearly.evaluation.sql.names import Form, plan_names
from dearly.evaluation.sql.parameters import NOW
from dearly.evaluation.sql.relations import CUSTOMER_ID, CUSTOMERS, column_name
from dearly.evaluation.sql.rows import CUSTOMER, KNOWN, CustomerRows, Draft, form_column
from dearly.evaluation.sql.sources import source_query
from dearly.evaluation.sql.terms import alias, binary, column, join, name, select, star_of, table
from dearly.language.program import Expression, Program
from dearly.language.types import Value

Bound: TypeAlias = "str | float | bool | int | list[str | float | bool | int]"
"""A parameter's value, as drivers take it."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A query in one dialect, and what it needs.

    ``sql`` has its parameters in the style of that engine's Python driver (``$p1``, ``%(p1)s``, ``:p1``).
    """

    dialect: Dialect
    tree: exp.Expr
    parameters: Mapping[str, Value]
    """Values by parameter, without the instant asked about: see :func:`bindings`."""
    reads: Mapping[str, tuple[str, ...]]
    """The columns that are read, by table (see ``relations``)."""
    day_starts: tuple[int, ...]
    """Dates, in days since the epoch, whose first instants are columns of ``zones``."""

    @property
    def sql(self) -> str:
        """Its text; the same for all literals of the same shape."""
        return self.tree.sql(self.dialect, comments=False)


def compile_audience(program: Program, of: Expression | str, dialect: Dialect = "duckdb") -> Statement:
    """The ids of all customers of whom a condition, or a segment's, is true, in no order."""
    condition = program.segments[of].condition if isinstance(of, str) else of
    draft = Draft(program, dialect, plan_names(program, [condition], []))

    def ask(rows: CustomerRows) -> tuple[list[exp.Expr], exp.Expr]:
        return [], write(condition, rows)

    return _compile(draft, ask)


def compile_values(program: Program, names: Sequence[str], dialect: Dialect = "duckdb") -> Statement:
    """Every customer's id and then, in a column each, the values of segments, values and lifecycles.

    A segment's is TRUE, FALSE or NULL (unknown), a lifecycle's the name of its stage.
    """
    forms = [Form(name) for name in names]
    draft = Draft(program, dialect, plan_names(program, [], forms))

    def ask(rows: CustomerRows) -> tuple[list[exp.Expr], None]:
        shown = [alias(write_form(form, rows), f"{column_name(form.name)}$value") for form in forms]
        return shown, None

    return _compile(draft, ask)


def bindings(statement: Statement, now_us: int) -> dict[str, Bound]:
    """The values of a statement's parameters at an instant, as the engine's driver takes them."""
    values = {NOW: now_us, **statement.parameters}
    used = {place.this for place in statement.tree.find_all(exp.Placeholder)}
    return {name: _for_driver(value) for name, value in values.items() if name in used}


def _for_driver(value: Value) -> Bound:
    return _in_order(value) if isinstance(value, frozenset) else value


def _in_order(value: frozenset[Any]) -> list[str | float | bool | int]:
    return sorted(value)


def inline_sql(statement: Statement, now_us: int, *, pretty: bool = True) -> str:
    """The text with its parameters written out, quoted as the dialect quotes."""
    values = {NOW: now_us, **statement.parameters}

    def written(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Cast) or not isinstance(node.this, exp.Placeholder):
            return node
        value = values[node.this.this]
        if isinstance(value, str | int):  # also true and false: as literals they are of that very type
            return _literal(value)
        return exp.Cast(this=_literal(value), to=node.to)

    return statement.tree.transform(written).sql(statement.dialect, pretty=pretty, comments=False)


def _literal(value: Value) -> exp.Expr:
    match value:
        case bool():
            return exp.true() if value else exp.false()
        case str():
            return exp.Literal.string(value)
        case frozenset():
            return exp.Array(expressions=[_literal(each) for each in _in_order(value)])
        case _:
            return exp.Literal.number(repr(value))


# ------------------------------------------------------------------------------------------------ assembling

_LAYERS_WRITTEN_OUT: Mapping[Dialect, int | None] = {"postgres": 1, "duckdb": 4, "spark": None}
"""Engines write columns out where they are used, and so double them layer by layer: of so many layers one is
kept apart, as rows. (Where none was, DuckDB took 66 s over twelve layers, and 2 s over eight.)"""

Ask: TypeAlias = Callable[[CustomerRows], tuple[list[exp.Expr], exp.Expr | None]]


def _compile(draft: Draft, ask: Ask) -> Statement:
    rows = CustomerRows(draft)
    layers = [
        [alias(write_definition(form, rows), form_column(form)) for form in forms]
        for forms in draft.names.in_layers()
    ]
    shown, condition = ask(rows)
    known, gathered = _gather(draft, rows)
    if not layers:
        query = select([column(CUSTOMER, CUSTOMER_ID), *shown], *known, condition)
    else:
        query = select([column(KNOWN, CUSTOMER_ID), *shown], table(_layer(len(layers)), KNOWN), (), condition)
        gathered += _layered(draft, rows, known, layers)
    if gathered:
        query.set("with_", exp.With(expressions=gathered))
    reads = {text: tuple(columns) for text, columns in draft.reads.items()}
    return Statement(draft.dialect, query, draft.parameters.values, reads, tuple(draft.day_starts))


def _gather(draft: Draft, rows: CustomerRows) -> tuple[tuple[exp.Expr, list[exp.Join]], list[exp.CTE]]:
    """Customers joined with all that is gathered of their events, and the queries that gather it."""
    gathered: list[exp.CTE] = []
    joins: list[exp.Join] = []
    for source, called, measures in draft.measures.by_source():
        gathered.append(_cte(called, source_query(draft, source, measures)))
        same = binary(exp.EQ, column(called, CUSTOMER_ID), column(CUSTOMER, CUSTOMER_ID))
        joins.append(join(exp.Table(this=name(called)), same, left=True))
    return (table(CUSTOMERS, CUSTOMER), [*rows.joins(), *joins]), gathered


def _layered(
    draft: Draft,
    rows: CustomerRows,
    known: tuple[exp.Expr, list[exp.Join]],
    layers: Iterable[list[exp.Expr]],
) -> list[exp.CTE]:
    """``known`` with all that is read from tables, then with the columns of each layer besides."""
    measured = [
        column(called, text)
        for _, called, measures in draft.measures.by_source()
        for text in measures.values()
    ]
    apart = _LAYERS_WRITTEN_OUT[draft.dialect]
    queries = [_cte(_layer(0), select([*rows.known_columns(), *measured], *known), keep=apart == 1)]
    for place, columns in enumerate(layers, 1):
        query = select([star_of(KNOWN), *columns], table(_layer(place - 1), KNOWN))
        queries.append(_cte(_layer(place), query, keep=apart is not None and place % apart == 0))
    return queries


def _layer(place: int) -> str:
    return f"{KNOWN}${place}"


def _cte(called: str, query: exp.Select, *, keep: bool = False) -> exp.CTE:
    return exp.CTE(this=query, alias=exp.TableAlias(this=name(called)), materialized=True if keep else None)
