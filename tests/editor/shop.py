"""A small package to edit: every kind of declaration, two templates and a translation."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.editor import Analysis, Memory, analyse
from dearly.language import Package

SCHEMA = """\
settings { timezone "Europe/Berlin" }
profile {
  first_name text?
  country text?
  points number = 0
  birthday date? @sensitive
  interests set of text
}
context { cart_total number? }
catalog product { title text, category text, price number }
catalog article { title text }
event viewed { product_id product, category text?, seconds number? }
event ordered { total number }
"""

RULES = """\
# Who looks, and who buys.
segment hesitant "Looked, did not buy" { any viewed within 7 days and no ordered within 7 days }
segment local { country == "DE" }
segment keen { at least 2 viewed where (category == "x" and seconds > 5) within 24 hours }
value spent = sum of ordered.total within 90 days
value last_seen = latest viewed.product_id
lifecycle stage {
  buyer when any ordered
  guest otherwise
}
score conversion "Orders" { predict any ordered within 30 days features auto, spent tiers high >= 0.6, low }
cap promotions { at most 2 per 7 days }
experiment offer { variants control 50, discount 50 goal ordered within 7 days }
block hero {
  purpose marketing
  counts toward promotions
  when hesitant
    show "hero/cart.html" with items = similar to latest viewed.product_id, limit 3, where price < 50
  when stage is buyer and offer is discount and conversion is high and cart_total > 5
    show "hero/cart.html" with items = recommended product, limit 3, diverse by category
  otherwise
    show "hero/plain.html"
}
trigger win_back {
  when entering hesitant
  at most 1 per 7 days
  emit { campaign: "x", product: latest viewed.product_id }
}
test "looks" {
  given profile { first_name: "Ada" } consents to marketing
  at 2026-03-01 10:00 viewed { product_id: "A" }
  at +01:00 expect hesitant, hero shows "hero/cart.html", stage is guest, emitted win_back
}
"""

TEMPLATES = {
    "templates/hero/cart.html": """\
<p>Hi {{ customer.first_name | default("you") }}: {{ spent }}{% if stage == "buyer" %}!{% endif %}</p>
{% for item in items %}<b>{{ item.title }}</b>{% endfor %}
""",
    "templates/hero/cart.de.html": """\
<p>Hallo {{ customer.first_name | default("du") }}</p>{% for item in items %}{{ item.title }}{% endfor %}
""",
    "templates/hero/plain.html": "<p>Hello</p>\n",
}

FILES: Mapping[str, str] = {"schema.rules": SCHEMA, "shop.rules": RULES, **TEMPLATES}


def package(**changed: str) -> Package:
    """The package; a file may be other (``shop_rules=..``)."""
    texts = {**FILES, **{name.replace("_rules", ".rules"): text for name, text in changed.items()}}
    return Package({path: text.encode() for path, text in texts.items()})


def analysis(**changed: str) -> Analysis:
    """The package's analysis."""
    return analyse(package(**changed), Memory())


def cut(marked: str) -> tuple[str, str]:
    """What stands before and after the ``|`` in a text."""
    before, _, after = marked.partition("|")
    return before, after


def place(text: str, marked: str) -> tuple[int, int]:
    """The line and column, from 1, of the ``|`` in a passage of a text."""
    before, after = cut(marked)
    offset = text.index(before + after) + len(before)
    return text.count("\n", 0, offset) + 1, offset - text.rfind("\n", 0, offset)
