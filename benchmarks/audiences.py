"""Whole audiences in DuckDB: the SQL made of ten conditions, beside SQL for the same written by hand.

Both read the same tables of a million events, in the layout that ``dearly query`` exports, and must find the
same customers. The hand-written statements are what an analyst would write who knows these tables well: exact
windows, one pass over each event type, no more columns than needed.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from dearly.evaluation import EventLog, Facts
from dearly.evaluation.sql import bindings, compile_audience, tables
from dearly.language import Package, check_package
from dearly.language.program import Program
from dearly.language.types import DAY_US, HOUR_US
from dearly.warehouse.arrow import customer_rows, event_rows
from dearly.warehouse.zones import clocks_table, zones_table

NOW_US = 20_540 * DAY_US + 11 * HOUR_US
"""2026-03-28T11:00:00Z."""
CUSTOMERS = 20_000
EVENTS = 1_000_000
DAYS = 400
ROUNDS = 7
CATEGORIES = ("climbing", "tents", "novels", "lamps")
ZONES = ("Europe/Berlin", "America/New_York", "UTC", None)

SCHEMA = """
settings { timezone "Europe/Berlin" }
profile { country text?, points number = 0, timezone text?, interests set of text }
catalog product { title text }
event product_viewed { product_id product, category text?, seconds number? }
event product_added { product_id product, quantity number = 1 }
event order_completed { total number }
value engagement = count of product_viewed within 30 days + 5 * count of product_added within 30 days
"""


@dataclass(frozen=True, slots=True)
class Audience:
    """One audience in two spellings; ``$now`` is the instant asked about, in microseconds."""

    name: str
    dearly: str
    by_hand: str


def _ago(days: float) -> str:
    return f"$now - {round(days * DAY_US)}"


AUDIENCES = (
    Audience(
        "rich_americans",
        'country in ["US", "CA"] and points > 400',
        "SELECT customer_id FROM customers WHERE country IN ('US', 'CA') AND points > 400",
    ),
    Audience(
        "recent_buyers",
        "any order_completed within 30 days",
        "SELECT DISTINCT customer_id FROM event_order_completed"
        f" WHERE time_us > {_ago(30)} AND time_us <= $now",
    ),
    Audience(
        "hesitant",
        "any product_viewed within 7 days and no order_completed within 60 days",
        "SELECT customer_id FROM customers c"
        " WHERE EXISTS (SELECT 1 FROM event_product_viewed v WHERE v.customer_id = c.customer_id"
        f" AND v.time_us > {_ago(7)} AND v.time_us <= $now)"
        " AND NOT EXISTS (SELECT 1 FROM event_order_completed o WHERE o.customer_id = c.customer_id"
        f" AND o.time_us > {_ago(60)} AND o.time_us <= $now)",
    ),
    Audience(
        "keen_on_climbing",
        'at least 3 product_viewed where category == "climbing" within 60 days',
        "SELECT customer_id FROM event_product_viewed WHERE category = 'climbing'"
        f" AND time_us > {_ago(60)} AND time_us <= $now GROUP BY customer_id HAVING count(*) >= 3",
    ),
    Audience(
        "big_spenders",
        "sum of order_completed.total within 365 days > 500",
        "SELECT customer_id FROM event_order_completed"
        f" WHERE time_us > {_ago(365)} AND time_us <= $now"
        " GROUP BY customer_id HAVING sum(CAST(total AS DECIMAL(18, 6))) > 500",
    ),
    Audience(
        "fading",
        "engagement >= 6 and no order_completed within 90 days",
        "WITH viewed AS (SELECT customer_id, count(*) AS n FROM event_product_viewed"
        f" WHERE time_us > {_ago(30)} AND time_us <= $now GROUP BY customer_id),"
        " added AS (SELECT customer_id, count(*) AS n FROM event_product_added"
        f" WHERE time_us > {_ago(30)} AND time_us <= $now GROUP BY customer_id)"
        " SELECT c.customer_id FROM customers c LEFT JOIN viewed USING (customer_id)"
        " LEFT JOIN added USING (customer_id)"
        " WHERE coalesce(viewed.n, 0) + 5 * coalesce(added.n, 0) >= 6"
        " AND NOT EXISTS (SELECT 1 FROM event_order_completed o WHERE o.customer_id = c.customer_id"
        f" AND o.time_us > {_ago(90)} AND o.time_us <= $now)",
    ),
    Audience(
        "abandoned_cart",
        "any product_added within 30 days older than 48 hours not followed by order_completed",
        "WITH last_order AS (SELECT customer_id, max(time_us) AS time_us FROM event_order_completed"
        " WHERE time_us <= $now GROUP BY customer_id)"
        " SELECT DISTINCT a.customer_id FROM event_product_added a LEFT JOIN last_order o USING (customer_id)"
        f" WHERE a.time_us > {_ago(30)} AND a.time_us <= {_ago(2)}"
        " AND (o.time_us IS NULL OR o.time_us <= a.time_us)",
    ),
    Audience(
        "lately_tents",
        'latest product_viewed.category == "tents"',
        "SELECT customer_id FROM event_product_viewed WHERE time_us <= $now"
        " GROUP BY customer_id HAVING arg_max(coalesce(category, ''), position) = 'tents'",
    ),
    Audience(
        "bought_this_month",
        "any order_completed this month",
        "SELECT DISTINCT o.customer_id FROM event_order_completed o JOIN customers c USING (customer_id)"
        " JOIN zones z USING (zone) WHERE o.time_us <= $now AND o.time_us >= z.month_start_us",
    ),
    Audience(
        "curious_readers",
        'distinct of product_viewed.product_id within 60 days >= 4 and interests any of ["novels", "lamps"]',
        "SELECT c.customer_id FROM customers c JOIN (SELECT customer_id FROM event_product_viewed"
        f" WHERE time_us > {_ago(60)} AND time_us <= $now"
        " GROUP BY customer_id HAVING count(DISTINCT product_id) >= 4) v USING (customer_id)"
        " WHERE list_has_any(c.interests, ['novels', 'lamps'])",
    ),
)


def measure() -> dict[str, Any]:
    """Our time over the hand-written statements' for all ten, each at its best of several rounds."""
    program = _program()
    database = _filled(program)
    ours_ms, by_hand_ms = {}, {}
    for audience in AUDIENCES:
        statement = compile_audience(program, audience.name)
        asked = _asking(database, statement.sql, bindings(statement, NOW_US))
        written = _asking(database, audience.by_hand, {"now": NOW_US} if "$now" in audience.by_hand else {})
        found, expected = _ids(asked()), _ids(written())
        if found != expected or not found or len(found) == CUSTOMERS:
            raise SystemExit(f"{audience.name}: {len(found)} customers, and by hand {len(expected)}")
        ours_ms[audience.name], by_hand_ms[audience.name] = _best_ms(asked, written)
    return {
        "audience_sql_ratio": round(sum(ours_ms.values()) / sum(by_hand_ms.values()), 3),
        "audience_sql_ms": round(sum(ours_ms.values()), 1),
        "audience_by_hand_ms": round(sum(by_hand_ms.values()), 1),
        "audience_ratios": {name: round(ours_ms[name] / by_hand_ms[name], 2) for name in ours_ms},
    }


def _program() -> Program:
    segments = "\n".join(f"segment {each.name} {{ {each.dearly} }}" for each in AUDIENCES)
    report = check_package(Package({"audiences.rules": (SCHEMA + segments).encode()}))
    if report.program is None:
        raise SystemExit(f"the benchmark's rules do not check: {report.diagnostics}")
    return report.program


def _filled(program: Program) -> Any:
    """A database in memory with all tables, on one core, that neither side has the better of the other's."""
    customers = [(f"c{n:06d}", _customer(random.Random(n))) for n in range(CUSTOMERS)]
    database = duckdb.connect(config={"threads": 1})
    for table in tables(program):
        made = (
            customer_rows(program, table, customers)
            if table.name == "customers"
            else event_rows(table.name.removeprefix("event_"), table, customers)
        )
        _keep(database, table.name, made)
    zones = {zone or program.settings.timezone for zone in ZONES}
    _keep(database, "zones", zones_table(zones, NOW_US, ()))
    _keep(database, "clocks", clocks_table(zones, NOW_US - DAYS * DAY_US, NOW_US))
    return database


def _keep(database: Any, name: str, rows: Any) -> None:
    database.register("arriving", rows)
    database.execute(f'CREATE TABLE "{name}" AS SELECT * FROM arriving')
    database.unregister("arriving")


def _customer(chance: random.Random) -> Facts:
    count = EVENTS // CUSTOMERS
    kinds = chance.choices(("product_viewed", "product_added", "order_completed"), (7, 2, 1), k=count)
    times: dict[str, list[int]] = {}
    for kind in kinds:
        times.setdefault(kind, []).append(NOW_US - chance.randrange(DAYS * DAY_US))
    profile: dict[str, Any] = {
        "country": chance.choice(("US", "CA", "DE", "FR")),
        "points": float(chance.randrange(500)),
        "interests": frozenset(chance.sample(CATEGORIES, chance.randrange(3))),
    }
    zone = chance.choice(ZONES)
    if zone is not None:
        profile["timezone"] = zone
    return Facts(profile, {kind: _log(kind, sorted(found), chance) for kind, found in times.items()})


def _log(kind: str, times_us: Sequence[int], chance: random.Random) -> EventLog:
    return EventLog(tuple(times_us), tuple(_properties(kind, chance) for _ in times_us))


def _properties(kind: str, chance: random.Random) -> dict[str, Any]:
    product = {"product_id": f"p{chance.randrange(500)}"}
    match kind:
        case "product_viewed":
            return {**product, "category": chance.choice(CATEGORIES), "seconds": float(chance.randrange(90))}
        case "product_added":
            return {**product, "quantity": 1.0}
        case _:
            return {"total": chance.randrange(1, 20_000) / 100}


def _asking(database: Any, sql: str, parameters: dict[str, Any]) -> Callable[[], Any]:
    """Runs a statement, to its whole answer as an Arrow table."""
    return lambda: database.sql(sql, params=parameters).to_arrow_table()


def _ids(answer: Any) -> list[str]:
    return sorted(answer.column(0).to_pylist())


def _best_ms(*works: Callable[[], object]) -> list[float]:
    """The best time of each, in turns, so that whatever else the machine does befalls them alike."""
    best = [float("inf")] * len(works)
    for _ in range(ROUNDS):
        for place, work in enumerate(works):
            started = time.perf_counter()
            work()
            best[place] = min(best[place], (time.perf_counter() - started) * 1e3)
    return best


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
