"""A million customers at once: one is made by the store's own verbs, and copied within the database."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

import psycopg
import structlog

from dearly.language import check_package, read_package
from dearly.membership import MembershipEngine, Watched, watch_program
from dearly.store import EventRecord, Store, open_store
from dearly.store.sqlite.connections import open_connection
from servers import ROOT

RULES = ROOT / "benchmarks" / "membership_rules"
FIRST = "c0000000"
FRESH_US = 600_000_000
"""How long after the event the segment ``fresh`` is left."""

_SQLITE = (
    "PRAGMA synchronous = OFF",  # it is to be there soon, and needs to survive nothing
    """INSERT INTO customers (no, id)
       WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {most})
       SELECT n + 1, printf('c%07d', n) FROM n""",
    """INSERT INTO events (customer, type, time_us, source, id, properties)
       SELECT no, type, time_us, source, customers.id, properties
       FROM customers, (SELECT * FROM events WHERE customer = 1) WHERE no > 1 ORDER BY no""",
    """INSERT INTO event_ids (source, id, payload_hash)
       SELECT source, customers.id, payload_hash
       FROM customers, (SELECT * FROM event_ids WHERE id = 'c0000000') WHERE no > 1""",
    """INSERT INTO standings (customer, due_us, touched, touched_since_us, version, standing)
       SELECT no, due_us, touched, touched_since_us, version, standing
       FROM customers, (SELECT * FROM standings WHERE customer = 1) WHERE no > 1""",
    """INSERT INTO members (generation, name, customer, state, since_us)
       SELECT generation, name, customers.id, state, since_us
       FROM (SELECT * FROM members WHERE customer = 'c0000000'), customers WHERE no > 1
       ORDER BY generation, name, customers.id""",
    "PRAGMA wal_checkpoint(TRUNCATE)",
)
_POSTGRES = (
    "SET search_path TO dearly",
    "SET synchronous_commit TO off",
    """INSERT INTO customers (id, due_us, touched, touched_since_us, standing)
       SELECT 'c' || to_char(n, 'FM0000000'), due_us, touched, touched_since_us, standing
       FROM customers, generate_series(1, {most}) AS n WHERE id = 'c0000000'""",
    """INSERT INTO events (customer, type, time_us, source, id, properties, payload_hash)
       SELECT 'c' || to_char(n, 'FM0000000'), type, time_us, source, 'c' || to_char(n, 'FM0000000'),
         properties, payload_hash
       FROM events, generate_series(1, {most}) AS n WHERE customer = 'c0000000'""",
    """INSERT INTO members (generation, name, customer, state, since_us)
       SELECT generation, name, 'c' || to_char(n, 'FM0000000'), state, since_us
       FROM members, generate_series(1, {most}) AS n WHERE customer = 'c0000000'""",
    "VACUUM ANALYZE",
    "CHECKPOINT",
)


def watched_rules(more: str = "") -> Watched:
    """The benchmark's ten segments, with more rules if wanted."""
    package = read_package(RULES)
    files = dict(package.files)
    files["shop.rules"] += more.encode()
    report = check_package(type(package)(files))
    if report.program is None:
        raise SystemExit(f"the benchmark's rules do not check: {report.diagnostics}")
    return watch_program(report.program)


@dataclass(slots=True)
class Clock:
    """A time that is set by hand."""

    now_us: int


def engine_of(store: Store, watched: Watched, clock: Clock) -> MembershipEngine:
    """An engine that goes by a clock of ours, and logs nothing but what is amiss."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    return MembershipEngine(store, lambda: watched, lambda: clock.now_us, lambda _: "-")


def seed_customers(url: str, count: int, flip_us: int) -> None:
    """So many customers who were looked at, and leave ``fresh`` at one instant."""
    viewed_us = flip_us - FRESH_US
    store = open_store(url)
    engine = engine_of(store, watched_rules(), Clock(viewed_us))
    engine.step()
    store.append_events([viewed(FIRST, viewed_us)])
    while engine.step():
        pass
    store.close()
    statements = _SQLITE if url.startswith("sqlite:") else _POSTGRES
    run = _run_sqlite if url.startswith("sqlite:") else _run_postgres
    run(url, [statement.format(most=count - 1) for statement in statements])


def viewed(customer_id: str, time_us: int) -> EventRecord:
    """The one event that a customer has."""
    return EventRecord(customer_id, "viewed", time_us, "bench", customer_id, {"product": "p1", "seconds": 30})


def _run_sqlite(url: str, statements: list[str]) -> None:
    connection = open_connection(Path(url.removeprefix("sqlite:///")), 1.0)
    for statement in statements:
        connection.execute(statement)
    connection.close()


def _run_postgres(url: str, statements: list[str]) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
