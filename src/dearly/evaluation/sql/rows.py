"""Where generated SQL reads: rows of customers and of events, and what must be joined to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn, TypeAlias

from sqlglot import exp

from dearly import DearlyError
from dearly.evaluation.sql.dialects import Dialect
from dearly.evaluation.sql.measures import Measure, Measures
from dearly.evaluation.sql.names import Form, NamePlan
from dearly.evaluation.sql.parameters import Parameters
from dearly.evaluation.sql.relations import (
    CLOCKS,
    CUSTOMER_ID,
    CUSTOMERS,
    POSITION,
    TIME_US,
    ZONE,
    ZONES,
    column_name,
    event_table_name,
)
from dearly.evaluation.sql.terms import alias, binary, column, every, join, table
from dearly.evaluation.sql.zones import CLOCK_COLUMNS, day_column
from dearly.language.program import Program

CUSTOMER, EVENT, FOLLOWER, ZONE_ROW, CLOCK, KNOWN = (
    "customer",
    "event",
    "follower",
    "zone",
    "clock",
    "known",
)
"""What rows are called in a statement."""


class NotInSql(DearlyError):
    """An expression that no condition over all customers can hold; the checker refuses such before."""


@dataclass(slots=True, eq=False)
class Draft:
    """A statement while it is written: what it has come to need so far."""

    program: Program
    dialect: Dialect
    names: NamePlan
    parameters: Parameters = field(default_factory=Parameters)
    measures: Measures = field(default_factory=Measures)
    day_starts: list[int] = field(default_factory=list)
    """The written dates, each of whose first instant is a column of ``zones``."""
    reads: dict[str, dict[str, None]] = field(default_factory=dict)
    """The columns read, by table."""

    def read(self, table_name: str, column_names: Iterable[str]) -> None:
        """Note that columns of a table are read."""
        self.reads.setdefault(table_name, {}).update(dict.fromkeys(column_names))

    def day_start(self, days: int) -> str:
        """The column of ``zones`` that has the first instant of a date."""
        self.day_starts.append(days)
        return day_column(len(self.day_starts) - 1)


@dataclass(slots=True, eq=False)
class CustomerRows:
    """Customers, one a row, with all that is known of each; where names have columns, by way of ``known``."""

    draft: Draft
    columns: dict[str, None] = field(default_factory=dict)
    """Of ``customers``."""
    zone_columns: dict[str, None] = field(default_factory=dict)
    """Of ``zones``."""

    @property
    def is_layered(self) -> bool:
        """Whether columns are read from ``known``, under names that are unlike each other."""
        return bool(self.draft.names.layers)

    def of_customer(self, text: str) -> exp.Expr:
        """A column of ``customers``."""
        self.columns[text] = None
        return column(KNOWN if self.is_layered else CUSTOMER, text)

    def of_zone(self, text: str) -> exp.Expr:
        """A column of the customer's row in ``zones``."""
        self.zone_columns[text] = None
        return column(KNOWN, f"{ZONE_ROW}${text}") if self.is_layered else column(ZONE_ROW, text)

    def of_measure(self, measure: Measure) -> exp.Expr:
        """What is worked out of the customer's events."""
        source, text = self.draft.measures.add(measure)
        return column(KNOWN if self.is_layered else source, text)

    def of_name(self, form: Form) -> exp.Expr | None:
        """The column of a name; None where it has none."""
        return column(KNOWN, form_column(form)) if form in self.draft.names.layers else None

    def of_event(self, text: str) -> NoReturn:
        """Never: there is no event."""
        raise NotInSql(f"`{text}` is an event's property, and stands outside of its `where`.")

    def joins(self) -> list[exp.Join]:
        """The joins of the zones' rows."""
        self.draft.read(CUSTOMERS, (CUSTOMER_ID, *self.columns))
        return zone_joins(self.draft, self.zone_columns)

    def known_columns(self) -> list[exp.Expr]:
        """The columns of ``known`` that come from customers and zones."""
        own = [column(CUSTOMER, text) for text in (CUSTOMER_ID, *self.columns)]
        return own + [alias(column(ZONE_ROW, text), f"{ZONE_ROW}${text}") for text in self.zone_columns]


@dataclass(slots=True, eq=False)
class EventRows:
    """Events of one type, and of the customer whose they are what their conditions ask for."""

    draft: Draft
    event: str
    called: str
    properties: dict[str, None] = field(default_factory=dict)
    customer_columns: dict[str, None] = field(default_factory=dict)
    zone_columns: dict[str, None] = field(default_factory=dict)
    needs_clock: bool = False

    @property
    def time_us(self) -> exp.Expr:
        """When the event was."""
        return column(self.called, TIME_US)

    @property
    def position(self) -> exp.Expr:
        """Its place in the customer's order."""
        return self.of_event(POSITION)

    @property
    def customer_id(self) -> exp.Expr:
        """Whose it is."""
        return column(self.called, CUSTOMER_ID)

    def of_event(self, text: str) -> exp.Expr:
        """A property's column."""
        self.properties[text] = None
        return column(self.called, text)

    def of_customer(self, text: str) -> exp.Expr:
        """A column of ``customers``."""
        self.customer_columns[text] = None
        return column(CUSTOMER, text)

    def of_zone(self, text: str) -> exp.Expr:
        """A column of the customer's row in ``zones``."""
        self.zone_columns[text] = None
        return column(ZONE_ROW, text)

    def of_measure(self, measure: Measure) -> NoReturn:
        """Never: see :meth:`of_name`."""
        raise NotInSql(f"`{measure.selection.event}` is counted within the `where` of `{self.event}`.")

    def of_name(self, form: Form) -> NoReturn:
        """Never: the ``where`` of an event is about that event alone."""
        raise NotInSql(f"`{form.name}` stands within the `where` of `{self.event}`.")

    def of_clock(self, text: str) -> exp.Expr:
        """A column of the row of ``clocks`` for the event's time."""
        self.needs_clock = True
        return column(CLOCK, text)

    def table(self) -> exp.Expr:
        """The events' own table."""
        self.draft.read(event_table_name(self.event), (CUSTOMER_ID, TIME_US, *self.properties))
        return table(event_table_name(self.event), self.called)

    def joins(self) -> list[exp.Join]:
        """The joins of the customers', zones' and clocks' rows, as far as they are asked for."""
        if not (self.customer_columns or self.zone_columns or self.needs_clock):
            return []
        self.draft.read(CUSTOMERS, (CUSTOMER_ID, *self.customer_columns))
        whose = binary(exp.EQ, column(CUSTOMER, CUSTOMER_ID), self.customer_id)
        joins = [join(table(CUSTOMERS, CUSTOMER), whose), *zone_joins(self.draft, self.zone_columns)]
        if self.needs_clock:
            joins.append(self._clock_join())
        return joins

    def _clock_join(self) -> exp.Join:
        self.draft.read(CUSTOMERS, (ZONE,))
        self.draft.read(CLOCKS, CLOCK_COLUMNS)
        same = binary(exp.EQ, column(CLOCK, ZONE), column(CUSTOMER, ZONE))
        begun = binary(exp.GTE, self.time_us, column(CLOCK, "from_us"))
        lasting = binary(exp.LT, self.time_us, column(CLOCK, "until_us"))
        return join(table(CLOCKS, CLOCK), every((same, begun, lasting)))


Rows: TypeAlias = CustomerRows | EventRows
"""What an expression is written about."""


def form_column(form: Form) -> str:
    """The column of ``known`` that holds what stands behind a name."""
    return f"{'folded' if form.folded else 'name'}${column_name(form.name)}"


def zone_joins(draft: Draft, zone_columns: Iterable[str]) -> list[exp.Join]:
    """The join of a customer's row in ``zones``, where columns of it are asked for."""
    asked = list(zone_columns)
    if not asked:
        return []
    draft.read(CUSTOMERS, (ZONE,))
    draft.read(ZONES, (ZONE, *asked))
    return [join(table(ZONES, ZONE_ROW), binary(exp.EQ, column(ZONE_ROW, ZONE), column(CUSTOMER, ZONE)))]
