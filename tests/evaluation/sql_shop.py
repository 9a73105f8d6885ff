"""A small shop of every type of field, a handful of histories, and conditions on them in rules text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from dearly.evaluation import Facts, build_facts
from dearly.language import Package, Program, check_package, render_text
from dearly.language.types import DAY_US, HOUR_US
from dearly.language.values import time_of, time_to_stored

SCHEMA = """
settings { timezone "Europe/Berlin" }
profile {
  name text?, country text = "nl", age number?, member bool?, birthday date?, joined time?, home url?
  favourite product?, interests set of text, sizes set of number?, days set of date?, timezone text?
}
catalog product { title text }
event viewed { product product, category text?, seconds number?, tags set of text? }
event bought { item product?, price number, quantity number = 1, gift bool?, arrives date?, paid time? }
score conversion "Buys" {
  predict any bought within 30 days  features auto  tiers high >= 0.6, medium >= 0.25, low
}
experiment offer "Offer" { variants control 50, discount 50  goal bought within 7 days }
block hero { when offer is discount show "shown.html" otherwise show "shown.html" }
"""

NOW_US = time_of(datetime(2026, 3, 29, 10, tzinfo=UTC))
"""A Sunday, on which clocks in Europe were put forward."""

MINUTE_US = 60_000_000


def program_of(rules: str) -> Program:
    """The shop with further declarations."""
    files = {"shop.rules": f"{SCHEMA}\n{rules}".encode(), "templates/shown.html": b"<p>shown</p>"}
    report = check_package(Package(files))
    assert report.program is not None, "\n".join(
        render_text(each, files) for each in report.diagnostics if each.severity == "error"
    )
    return report.program


def viewed(ago_us: int, **properties: Any) -> tuple[str, int, Mapping[str, Any]]:
    """A view so long before now."""
    return "viewed", NOW_US - ago_us, {"product": "X", **properties}


def bought(ago_us: int, **properties: Any) -> tuple[str, int, Mapping[str, Any]]:
    """A purchase so long before now."""
    return "bought", NOW_US - ago_us, {"price": 1.0, **properties}


def customer(
    program: Program,
    fields: Mapping[str, Any] | None = None,
    events: Sequence[tuple[str, int, Mapping[str, Any]]] = (),
    *,
    score: float | None = None,
    variant: str | None = None,
) -> Facts:
    """One customer's facts, from stored forms."""
    known = build_facts(program, fields, sorted(events, key=lambda each: each[:2]))
    scores = {} if score is None else {"conversion": score}
    variants = {} if variant is None else {"offer": variant}
    return Facts(known.profile, known.events, {}, scores, variants)


def customers(program: Program) -> list[Facts]:
    """Somebody for every way in which conditions tend to go wrong."""
    at_the_edge = [
        viewed(7 * DAY_US, category="books", seconds=0.1),
        viewed(7 * DAY_US - 1, category="Books", seconds=0.2),
        viewed(0, category="ﬁlms", seconds=0.3, tags=["a", "b"]),
        viewed(-1, category="toys", seconds=9.0),
        bought(7 * DAY_US + 1, item="A", price=0.0000005),
        bought(2 * DAY_US, item="B", price=0.0000015, gift=True, arrives="2026-03-30"),
        bought(HOUR_US, item="A", price=-0.0000025, paid=time_to_stored(NOW_US)),
    ]
    rich = [bought(hours * HOUR_US, item="C", price=999_999_999_999.9999) for hours in range(12)]
    rich += [bought(40 * DAY_US, price=-1e12), bought(41 * DAY_US, price=0.3, quantity=0.0)]
    sequences = [
        viewed(10 * DAY_US, product="A"),
        viewed(5 * DAY_US, product="A", tags=[]),
        bought(5 * DAY_US, item="A"),
        bought(5 * DAY_US - HOUR_US, item="B"),
        viewed(DAY_US, product="B", category="STRASSE", tags=["c"]),
        viewed(DAY_US, product="C", category="straße"),
        bought(1, item="C", gift=False, arrives="2026-03-29"),
    ]
    around_midnight = [viewed(10 * HOUR_US + minutes * MINUTE_US) for minutes in (-1, 0, 1, 59, 60, 61, 119)]
    around_midnight += [viewed(days * DAY_US + 13 * HOUR_US, seconds=float(days)) for days in range(35)]
    known = {
        "name": 'Ada O\'Hara \\ "%s" $p1 :now',
        "country": "É",
        "age": 36.0,
        "member": True,
        "birthday": "1990-03-29",
        "joined": "2026-03-29T09:59:59.999999Z",
        "home": "https://a.example/?q=%25",
        "favourite": "A",
        "interests": ["a", "é"],
        "sizes": [0.5, 1e12],
        "days": ["2026-03-29"],
        "timezone": "America/New_York",
    }
    return [
        customer(program),
        customer(program, known, at_the_edge, score=0.6, variant="discount"),
        customer(program, {"interests": [], "country": "e\u0301", "age": 0.0}, rich, score=0.25),
        customer(program, {"name": "", "sizes": [], "member": False}, sequences, variant="control"),
        customer(
            program,
            {"timezone": "Pacific/Apia", "favourite": "X", "name": "\uffee"},
            around_midnight,
            score=0.2,
        ),
        customer(program, {"timezone": "Mars/Olympus", "name": "\U00010000"}, around_midnight),
        customer(program, {"country": 7.0, "age": -0.0}, [viewed(HOUR_US, seconds="long", category="nl")]),
    ]


CONDITIONS: Mapping[str, str] = {
    "text_equals": 'name == "" or country != "nl"',
    "text_order": 'name < "\U00010000"',
    "text_order_of_fields": "name >= country",
    "text_in": 'country in ["nl", "é", "x\'y"]',
    "text_not_in": 'country not in ["nl"]',
    "contains_text": 'name contains "O\'Hara" or name contains "\\\\"',
    "contains_nothing": 'name contains ""',
    "starts_with": 'name starts with "Ada"',
    "ends_with": 'name ends with ":now" and not (name ends with "%")',
    "ends_with_longer": 'country ends with "longer than that"',
    "is_like": 'country is like "É"',
    "is_like_field": "name is like country",
    "is_like_default": '(name else "É") is like country',
    "is_like_latest": '(latest viewed.category) is like "STRASSE"',
    "is_like_in_where": 'at least 2 viewed where category is like "BOOKS"',
    "number_order": "age > 0 and age <= 36",
    "is_missing": "age is missing",
    "is_present": "latest viewed.seconds is present",
    "bool_field": "member",
    "bool_equals": "member != true",
    "negated_unknown": "not member",
    "and_of_unknown": "member and age > 1",
    "or_of_unknown": "member or age > 1 or any bought",
    "date_equals": "birthday == 1990-03-29",
    "date_before_today": "birthday before today",
    "date_of_latest": "latest bought.arrives == today",
    "date_in_days": "latest bought.arrives >= today + 1 day",
    "time_before_now": "joined before now",
    "time_since_an_instant": "joined since 2026-03-29T09:59:59.999999Z",
    "time_since_a_date": "joined since 2026-03-29",
    "paid_now": "latest bought.paid == now",
    "set_contains": 'interests contains "é"',
    "set_contains_field": "interests contains name",
    "set_contains_number": "sizes contains (age / 72)",
    "set_contains_date": "days contains 2026-03-29",
    "set_any": 'interests any of ["a", "z"]',
    "set_all": 'interests all of ["a", "é"]',
    "set_none": "sizes none of [0.5, 3]",
    "set_of_event": 'latest viewed.tags any of ["c", "b"]',
    "set_in_where": 'any viewed where tags contains "a"',
    "set_of_set": "interests all of latest viewed.tags",
    "anything": "any viewed",
    "nothing": "no bought within 7 days",
    "at_most": "at most 2 viewed within 7 days",
    "exactly_two": "exactly 2 viewed within 7 days",
    "more_than": "more than 3 viewed",
    "older_than": "any viewed older than 7 days",
    "within_and_older": "any bought within 7 days older than 1 day",
    "where_either": 'any viewed where (category == "books" or seconds > 0.15)',
    "where_unknown": "no bought where gift",
    "where_customer": "any bought where item == customer.favourite",
    "where_customers_zone": "any viewed today where product == customer.favourite",
    "seen_today": "at least 3 viewed today",
    "this_week": "at least 4 viewed this week",
    "this_month": "at least 20 viewed this month",
    "this_year": "any bought this year",
    "since_date": "at least 10 viewed since 2026-03-15",
    "since_instant": "any viewed since 2026-03-29T10:00:00Z",
    "before_date": "any viewed before 2026-03-01",
    "between": "age between 0 and 36",
    "not_between": "age not between 1 and 40",
    "on_monday": "at least 5 viewed on monday",
    "on_weekdays": "at least 20 viewed on weekdays",
    "on_weekends": "at least 9 viewed on weekends",
    "on_two_days": "at least 8 viewed on monday or friday within 30 days",
    "followed": "any viewed followed by bought",
    "not_followed": "any viewed not followed by bought",
    "followed_within": "any viewed followed by bought within 1 hour",
    "not_followed_within": "any viewed not followed by bought within 2 days",
    "followed_where": 'any viewed where product == "A" followed by bought where item == "B" within 1 day',
    "followed_older": "any viewed within 30 days older than 2 days not followed by bought",
    "followed_twice": "at least 2 viewed followed by viewed within 1 day",
    "followed_where_customer": "any viewed followed by bought where item == customer.favourite",
    "time_since": "time since last bought > 1 hour",
    "time_since_first": "time since first viewed within 30 days >= 10 days",
    "time_since_else": "(time since last bought else 2 days) == 2 days",
    "high": "conversion is high",
    "medium": "conversion is medium",
    "low": "not (conversion is low)",
    "score": "conversion >= 0.25",
}
"""Segments by name."""

VALUES: Mapping[str, str] = {
    "counted": "count of viewed within 7 days",
    "summed": "sum of bought.price",
    "summed_large": "sum of bought.price within 3 days",
    "summed_nothing": 'sum of bought.price where item == "nobody\'s"',
    "averaged": "average of bought.price",
    "averaged_large": "average of bought.price within 12 hours",
    "averaged_seconds": "average of viewed.seconds",
    "least": "min of bought.price",
    "most_date": "max of bought.arrives",
    "most_time": "max of bought.paid",
    "distinct_items": "distinct of bought.item",
    "distinct_categories": "distinct of viewed.category within 7 days",
    "latest_seconds": "latest viewed.seconds",
    "first_category": "first viewed.category",
    "latest_tags": "latest viewed.tags",
    "top_item": "top bought.item",
    "top_product": "top viewed.product within 7 days",
    "top_quantity": "top bought.quantity",
    "divided": "age / count of bought",
    "calculated": "3 * age - count of viewed / 2 + sum of bought.price",
    "negative": "-(age else 1)",
    "beyond": "(age else 1e12) * 1e12 * 1e12 * 1e12 * 1e12 * 1e12",
    "far_beyond": "beyond * beyond * beyond * beyond * beyond * beyond",
    "vanishing": "(age else 0.000001) / beyond / beyond / beyond / beyond / beyond / beyond",
    "home_or": 'home else "none"',
    "half": "counted / 2",
    "sizes_or": "sizes else days_lacking",
    "days_lacking": "sizes",
}
"""Named values by name; some of others."""

LIFECYCLE = """
lifecycle stage {
  buyer when any bought within 7 days and member
  looker when at least 2 viewed
  new otherwise
}
segment buyers { stage is buyer }
segment not_new { not (stage is new) and (any_twice or text_equals) }
segment any_twice { anything and (anything or nothing) and counted > 1 }
"""


def everything() -> Program:
    """The shop with all conditions and values."""
    segments = [f"segment {name} {{ {written} }}" for name, written in CONDITIONS.items()]
    values = [f"value {name} = {written}" for name, written in VALUES.items()]
    return program_of("\n".join([*segments, *values, LIFECYCLE]))
