"""A small shop for the server's tests: its rules, as files, and what it sells."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

SCHEMA = """
profile {
  first_name  text?
  country     text?
  birthday    date?        @sensitive
  interests   set of text
}
catalog product { title text, category text, url url, price number, available bool = true }
event product_viewed   { product_id product, seconds number? }
event order_completed  { order_id text, total number }
"""

SEGMENTS = """
segment hesitant "Looked this week, did not buy" {
  any product_viewed within 7 days
  and no order_completed within 7 days
}
segment dutch { country == "NL" }
lifecycle stage {
  customer when any order_completed
  visitor  otherwise
}
"""

BLOCKS = """
block hero {
  when hesitant
    show "hero/seen.html" with items = recommended product, limit 3, where available
  otherwise
    show "hero/plain.html"
}
block greeting {
  when first_name is present
    show "greeting/name.html"
  otherwise
    show "greeting/plain.html"
}
block interests {
  when interests is present
    show "interests/all.html"
  otherwise
    show "interests/plain.html"
}
"""

TEMPLATES = {
    "templates/hero/seen.html": "<ul>{% for item in items %}<li>{{ item.title }}</li>{% endfor %}</ul>",
    "templates/hero/seen.subject": "Still looking?",
    "templates/hero/plain.html": "<p>Welcome.</p>",
    "templates/greeting/name.html": "<p>Hello {{ customer.first_name | default('you') }}</p>",
    "templates/greeting/plain.html": "<p>Hello</p>",
    # Two loops over what a customer may make long: harmless for ten interests, a flood for 10,000.
    "templates/interests/all.html": (
        "{% for one in customer.interests %}{% for other in customer.interests %}"
        "<p>{{ one }} {{ other }}</p>{% endfor %}{% endfor %}"
    ),
    "templates/interests/plain.html": "<p>Tell us what you like.</p>",
}

SHOP: Mapping[str, str] = {
    "schema.rules": SCHEMA,
    "segments.rules": SEGMENTS,
    "content/blocks.rules": BLOCKS,
    **TEMPLATES,
}

PRODUCTS = tuple(
    {
        "title": f"Tent number {number}",
        "category": "tents" if number % 2 else "boots",
        "url": f"https://shop.example/p{number}",
        "price": 10.0 * number,
        "available": number != 4,
    }
    for number in range(1, 9)
)
"""Products p1 to p8; p4 is not available."""


def write_rules(directory: Path, files: Mapping[str, str] = SHOP) -> Path:
    """Write a rules package's files below a directory."""
    for path, text in files.items():
        target = directory / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, encoding="utf-8")
    return directory
