"""Rules packages of any size, as a large shop's would read: to measure what reads whole packages."""

from __future__ import annotations

from dearly.language import Package

DECLARATIONS_A_FILE = 100

SCHEMA = """
profile {
  first_name         text?
  country            text?
  favorite_category  text?
  points             number = 0
  birthday           date?
  interests          set of text
}
catalog product { title text, category text?, price number, available bool = true }
event product_viewed  { product_id product, category text?, seconds number? }
event product_added   { product_id product, category text?, quantity number = 1 }
event order_completed { order_id text, total number }
event email_opened    { campaign text? }
"""
SCHEMA_DECLARATIONS = 6

# Twenty declarations, as they are mixed in the example package: for the most part segments.
TWENTY = """
# Campaign {n}: who looks, who buys, who is fading.
value visits_{n}   = count of product_viewed within {days} days
value spending_{n} = sum of order_completed.total within {days} days else 0
value warmth_{n}   = 5 * count of email_opened within {days} days + visits_{n}
value taste_{n}    = top product_viewed.category within {days} days else "none"

segment hesitant_{n} "Looked of late, did not buy" {{
  any product_viewed within {days} days
  and no order_completed within {days} days
}}
segment keen_{n} {{ at least {few} product_viewed where category == "c{n}" within 24 hours }}
segment abandoned_{n} {{
  any product_added within {days} days older than 48 hours not followed by order_completed within 48 hours
}}
segment engaged_{n} {{ any order_completed within 30 days and at least {few} email_opened within 7 days }}
segment fading_{n} {{ warmth_{n} >= 20 and no order_completed within 60 days }}
segment lovers_{n} {{ more than {few} product_viewed where (category == "c{n}" and seconds > 5) }}
segment vip_{n} {{
  spending_{n} > 1000 or (country in ["US", "CA", "C{n}"] and spending_{n} / (visits_{n} + 1) > 2)
}}
segment weekend_{n} {{ any product_viewed on weekends within {days} days }}
segment this_month_{n} {{ any order_completed this month and not fading_{n} }}
segment collectors_{n} {{ interests any of ["climbing", "c{n}"] or favorite_category is like "c{n}" }}
segment due_{n} {{ birthday between today and today + {few} days and keen_{n} }}
segment worth_{n} {{ (vip_{n} or engaged_{n}) and not (hesitant_{n} or abandoned_{n}) }}

lifecycle stage_{n} {{
  churned when any order_completed and no order_completed within 180 days
  buyer   when any order_completed and worth_{n}
  new     otherwise
}}
block hero_{n} {{
  when abandoned_{n}
    show "hero/shown.html" with items = similar to latest product_added.product_id, limit 3
  when stage_{n} is buyer
    show "hero/shown.html" with items = recommended product, limit 6, where price < {days} and available
  when taste_{n} == "c{n}" and visits_{n} > 3
    show "hero/shown.html" with items = recommended product, limit 6, where category == favorite_category
  otherwise
    show "hero/shown.html" with items = trending product within 7 days, limit 6
}}
block note_{n} {{
  when worth_{n} or due_{n}  show "hero/named.html"
  otherwise                  show "hero/plain.html"
}}
test "a cart of campaign {n} is abandoned after two days" {{
  given profile {{ first_name: "Ada", country: "US" }} consents to personalization
  at 2026-03-01 10:00 product_added {{ product_id: "X" }}
  at +47:59:59  expect not abandoned_{n}
  at +48:00     expect abandoned_{n}, hero_{n} shows "hero/shown.html"
}}
"""
DECLARATIONS = 20

TEMPLATES = {
    "templates/hero/shown.html": b"<ul>{% for item in items %}<li>{{ item.title }}</li>{% endfor %}</ul>",
    "templates/hero/named.html": b"<p>Hello, {{ customer.first_name | default('you') }}.</p>",
    "templates/hero/plain.html": b"<p>Hello.</p>",
}


def large_package(declarations: int) -> Package:
    """A package of at least so many declarations (up to 25 more), in files of a hundred."""
    files: dict[str, bytes] = {"schema.rules": SCHEMA.encode(), **TEMPLATES}
    groups = -(-(declarations - SCHEMA_DECLARATIONS) // DECLARATIONS)
    a_file = DECLARATIONS_A_FILE // DECLARATIONS
    for start in range(0, groups, a_file):
        numbers = range(start, min(start + a_file, groups))
        text = "".join(TWENTY.format(n=n, days=7 + n % 60, few=2 + n % 5) for n in numbers)
        files[f"campaigns/from_{start}.rules"] = text.encode()
    return Package(files)


def rules_of(package: Package) -> dict[str, str]:
    """The texts of a package's rules files."""
    return {path: data.decode() for path, data in package.files.items() if path.endswith(".rules")}
