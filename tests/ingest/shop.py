"""The rules that documents of other systems are read by here."""

from __future__ import annotations

from dearly.language import Package, Program, check_package

RULES = """
profile { first_name text?, country text?, points number = 0 }
catalog product { title text }
event product_viewed    { product_id product, seconds number? }
event product_purchased { product_id product, price number?, order_id text? }
event order_completed   { order_id text, total number }
"""

NOW_US = 1_772_000_000_000_000
"""2026-02-25T06:13:20Z."""


def shop() -> Program:
    """The shop's program."""
    program = check_package(Package({"shop.rules": RULES.encode()})).program
    assert program is not None
    return program
