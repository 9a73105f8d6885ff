"""Nanoseconds for one condition about one customer: Dearly beside three peers, in one run.

The same five conditions on the same customers, called from Python as a server would call them: compiled
once, then asked for one customer after another. The peers know no windows of time, so theirs are spelled with
``now``. Each is handed only the fields that the condition reads, ready as plain dicts, since both convert all
they are given. Before the clocks run, all three must give the same answers.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import cel
import rule_engine
import zen

from dearly.evaluation import EventLog, Facts, compile_program
from dearly.language import Package, check_package
from dearly.language.types import DAY_US

NOW_US = 20_000 * DAY_US
CUSTOMERS = 40
EVENTS = 50
ROUNDS = 15
CATEGORIES = ("climbing", "tents", "novels", "lamps")
EVENT_TYPES = ("product_viewed", "email_opened", "order_completed")

SCHEMA = """
profile { country text?, favorite_category text?, points number = 0 }
catalog product { title text }
event product_viewed { product_id product, category text? }
event email_opened { campaign text? }
event order_completed { total number }
"""


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition in four spellings, and the facts that it reads."""

    name: str
    dearly: str
    zen: str
    cel: str
    rule_engine: str
    reads: tuple[str, ...]


CONDITIONS = (
    Condition(
        "rich_americans",
        'country in ["US", "CA"] and points > 100',
        'country in ["US", "CA"] and points > 100',
        'country in ["US", "CA"] && points > 100.0',
        'country in ["US", "CA"] and points > 100',
        ("country", "points"),
    ),
    Condition(
        "climbers",
        'favorite_category == "climbing" or points >= 400',
        'favorite_category == "climbing" or points >= 400',
        'favorite_category == "climbing" || points >= 400.0',
        'favorite_category == "climbing" or points >= 400',
        ("favorite_category", "points"),
    ),
    Condition(
        "quiet_buyers",
        "any order_completed within 90 days and no order_completed within 7 days",
        f"some(order_completed, #.time > now - {90 * DAY_US})"
        f" and none(order_completed, #.time > now - {7 * DAY_US})",
        f"order_completed.exists(o, o.time > now - {90 * DAY_US})"
        f" && !order_completed.exists(o, o.time > now - {7 * DAY_US})",
        f"[o for o in order_completed if o.time > now - {90 * DAY_US}].length > 0"
        f" and [o for o in order_completed if o.time > now - {7 * DAY_US}].length == 0",
        ("order_completed", "now"),
    ),
    Condition(
        "readers",
        "at least 3 email_opened within 30 days",
        f"count(email_opened, #.time > now - {30 * DAY_US}) >= 3",
        f"email_opened.filter(o, o.time > now - {30 * DAY_US}).size() >= 3",
        f"[o for o in email_opened if o.time > now - {30 * DAY_US}].length >= 3",
        ("email_opened", "now"),
    ),
    Condition(
        "keen_on_climbing",
        'at least 2 product_viewed where category == "climbing" within 60 days',
        f'count(product_viewed, #.category == "climbing" and #.time > now - {60 * DAY_US}) >= 2',
        f'product_viewed.filter(v, v.category == "climbing" && v.time > now - {60 * DAY_US}).size() >= 2',
        f'[v for v in product_viewed if v.category == "climbing" and v.time > now - {60 * DAY_US}]'
        ".length >= 2",
        ("product_viewed", "now"),
    ),
)


def measure() -> dict[str, float]:
    """Nanoseconds a condition, each engine at its best of several rounds."""
    customers = [_customer(random.Random(seed)) for seed in range(CUSTOMERS)]
    engines = {
        "predicate_ns": _dearly(customers),
        "zen_engine_ns": _peer(customers, [_zen(each.zen) for each in CONDITIONS]),
        "cel_ns": _peer(customers, [cel.compile(each.cel).execute for each in CONDITIONS]),
        "rule_engine_ns": _peer(
            customers, [rule_engine.Rule(each.rule_engine).matches for each in CONDITIONS]
        ),
    }
    _must_agree({name: ask() for name, ask in engines.items()})
    return {name: round(_best_ns(ask) / (CUSTOMERS * len(CONDITIONS))) for name, ask in engines.items()}


def _customer(chance: random.Random) -> dict[str, Any]:
    """What is known of one customer, as a peer takes it: plain fields, and a list of events for each type."""
    customer: dict[str, Any] = {
        "country": chance.choice(("US", "CA", "DE", "FR")),
        "favorite_category": chance.choice(CATEGORIES),
        "points": float(chance.randrange(500)),
        "now": NOW_US,
        **{event: [] for event in EVENT_TYPES},
    }
    for _ in range(EVENTS):
        happened_us = NOW_US - chance.randrange(400 * DAY_US)
        properties = {"time": happened_us, "category": chance.choice(CATEGORIES)}
        customer[chance.choice(EVENT_TYPES)].append(properties)
    for event in EVENT_TYPES:
        customer[event].sort(key=lambda each: each["time"])
    return customer


def _facts(customer: Mapping[str, Any]) -> Facts:
    profile = {name: customer[name] for name in ("country", "favorite_category", "points")}
    events = {
        event: EventLog(tuple(each["time"] for each in customer[event]), tuple(customer[event]))
        for event in EVENT_TYPES
    }
    return Facts(profile, events)


def _dearly(customers: list[dict[str, Any]]) -> Callable[[], list[bool]]:
    segments = "\n".join(f"segment {each.name} {{ {each.dearly} }}" for each in CONDITIONS)
    report = check_package(Package({"predicates.rules": (SCHEMA + segments).encode()}))
    if report.program is None:
        raise SystemExit(f"the benchmark's rules do not check: {report.diagnostics}")
    compiled = compile_program(report.program)
    names = [each.name for each in CONDITIONS]
    known = [_facts(customer) for customer in customers]

    def ask() -> list[bool]:
        answers: list[bool] = []
        for facts in known:
            value = compiled.at(facts, NOW_US).value
            answers += [value(name) is True for name in names]
        return answers

    return ask


def _zen(condition: str) -> Callable[[dict[str, Any]], bool]:
    return zen.compile_expression(condition).evaluate


def _peer(
    customers: list[dict[str, Any]], conditions: list[Callable[[dict[str, Any]], bool]]
) -> Callable[[], list[bool]]:
    questions = [
        (condition, {name: customer[name] for name in asked.reads})
        for customer in customers
        for condition, asked in zip(conditions, CONDITIONS, strict=True)
    ]

    def ask() -> list[bool]:
        return [condition(facts) for condition, facts in questions]

    return ask


def _must_agree(answers: Mapping[str, list[bool]]) -> None:
    if len({tuple(given) for given in answers.values()}) != 1:
        raise SystemExit("the engines disagree: the benchmark would compare different conditions")


def _best_ns(ask: Callable[[], list[bool]]) -> float:
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter_ns()
        ask()
        best = min(best, time.perf_counter_ns() - started)
    return best


if __name__ == "__main__":
    sys.stdout.write(json.dumps(measure(), indent=2) + "\n")
