"""A small package to rehearse, and what its tests say."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.language import Package, Program, check_package, render_text
from dearly.scenarios import ScenarioResult, prepare_rehearsal, run_scenario

SCHEMA = """
settings { timezone "Europe/Berlin" }
profile { first_name text?, timezone text?, points number = 5 }
context { cart_total number = 0 }
catalog product { title text, price number }
event added  { product_id product, quantity number = 1 }
event ordered { total number }
segment left_behind { any added within 30 days older than 48 hours not followed by ordered }
segment buyers { any ordered within 10 days }
lifecycle stage { customer when any ordered  guest otherwise }
"""

BLOCKS = """
block hero {
  purpose marketing
  when left_behind
    show "hero/cart.html" with items = similar to latest added.product_id, limit 2
  when cart_total > 100
    show "hero/large.html"
  otherwise
    show "hero/plain.html"
}
"""

TEMPLATES = {
    "templates/hero/cart.html": b"<p>{{ customer.first_name | default('you') }}</p>"
    b"{% for item in items %}<i>{{ item.title }}</i>{% endfor %}",
    "templates/hero/large.html": b"<p>{{ context.cart_total | number(0) }} &amp; more</p>",
    "templates/hero/plain.html": b"<p>Hello</p>",
}


def program_of(rules: str, templates: Mapping[str, bytes] = TEMPLATES) -> Program:
    """The checked package of the small shop and these rules."""
    files = {"shop.rules": SCHEMA.encode(), "more.rules": rules.encode(), **templates}
    report = check_package(Package(files))
    assert report.program is not None, "\n".join(render_text(one, files) for one in report.diagnostics)
    return report.program


def run(body: str, rules: str = BLOCKS) -> ScenarioResult:
    """What comes of one test with this body."""
    program = program_of(f'{rules}\ntest "it" {{ {body} }}')
    return run_scenario(prepare_rehearsal(program), program.scenarios[0])


def failures(body: str, rules: str = BLOCKS) -> list[str]:
    """What was seen where an expectation was not met."""
    return [outcome.seen for outcome in run(body, rules).outcomes if not outcome.passed]
