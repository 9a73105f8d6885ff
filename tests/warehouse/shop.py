"""A store with a few customers, and rules to ask about them."""

from __future__ import annotations

from dearly.evaluation import compile_program, facts_reader, read_facts
from dearly.language import Package, Program, check_package
from dearly.language.requirements import names_requirements
from dearly.language.types import DAY_US
from dearly.store import CustomerQuery, EventRange, EventRecord, ProfilePatch, Store

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


def members(program: Program, store: Store, now_us: int) -> dict[str, list[str]]:
    """Each segment's customers, as the compiled program says of one after the other."""
    compiled, reader = compile_program(program), facts_reader(program)
    needed = names_requirements(program, program.segments).events
    ranges = [EventRange(kind, None) for kind in needed]
    found: dict[str, list[str]] = {name: [] for name in program.segments}
    for customer_id in store.page_customers(None, 100_000):
        (kept,) = store.read_customers([CustomerQuery(customer_id, ranges, now_us)])
        evaluation = compiled.at(read_facts(reader, kept.profile, kept.logs), now_us)
        for name, customers in found.items():
            if evaluation.value(name) is True:
                customers.append(customer_id)
    return found


def fill(store: Store) -> None:
    """Ada with a profile and events, Bob with a profile, Zoë with events; a value that no longer fits."""
    store.upsert_profiles(
        [
            ProfilePatch(
                "ada",
                {"country": "é", "age": 36.0, "interests": ["a", "b"], "timezone": "Asia/Tokyo"},
                NOW_US,
            ),
            ProfilePatch("bob", {"age": "thirty"}, NOW_US),
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
