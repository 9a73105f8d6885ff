"""A store with a few customers, and rules to ask about them."""

from __future__ import annotations

from dearly.language import Package, Program, check_package
from dearly.language.types import DAY_US
from dearly.store import EventRecord, Store

NOW_US = 1_772_359_200_000_000

RULES = """
profile { country text = "nl", age number?, interests set of text, timezone text? }
catalog product { title text }
event viewed { product product, category text?, seconds number? }
event bought { price number, quantity number = 1 }
segment lookers { any viewed within 7 days }
block hero { otherwise show "shown.html" }
"""


def program_of(rules: str = RULES) -> Program:
    files = {"shop.rules": rules.encode(), "templates/shown.html": b"<p>shown</p>"}
    report = check_package(Package(files))
    assert report.program is not None, report.diagnostics
    return report.program


def fill(store: Store) -> None:
    """Ada with a profile and events, Bob with a profile, Zoë with events; a value that no longer fits."""
    store.upsert_profiles(
        [
            ("ada", {"country": "é", "age": 36.0, "interests": ["a", "b"], "timezone": "Asia/Tokyo"}),
            ("bob", {"age": "thirty"}),
        ],
        NOW_US,
    )
    store.append_events(
        [
            event("ada", "viewed", 1, product="A", category="STRASSE"),
            event("ada", "viewed", 8, product="B", seconds=2.5),
            event("ada", "bought", 3, price=9.5),
            event("ada", "viewed", -1, product="C"),
            event("zoë", "viewed", 2, product="A", seconds="long"),
            event("zoë", "unheard_of", 2),
        ]
    )


def event(customer: str, kind: str, days_ago: int, **properties: str | float) -> EventRecord:
    time_us = NOW_US - days_ago * DAY_US
    return EventRecord(customer, kind, time_us, "web", f"{customer}-{kind}-{days_ago}", properties)
