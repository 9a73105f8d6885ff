"""Ten mistakes that authors make, each in a small package: what the reference shows, and tests try."""

from __future__ import annotations

from collections.abc import Mapping

SCHEMA = """\
profile {
  first_name  text?
  country     text?
  birthday    date?  @sensitive
}

catalog product { title text, price number }
catalog article { title text }

event product_viewed  { product_id product, seconds number? }
event order_completed { order_id text, total number }
event article_read    { article_id article }
"""
"""What the packages talk about."""

HELLO = "<p>Hello</p>\n"

MISTAKES: Mapping[str, Mapping[str, str]] = {
    "misspelt name": {
        "segments.rules": """\
segment big_spenders {
  sum of order_completed.total within 365 days > 1000
}

segment worth_a_call {
  big_spender and country == "DE"
}
""",
    },
    "wrong unit": {
        "segments.rules": """\
segment fading {
  time since last order_completed > 60
}
""",
    },
    "not over missing": {
        "segments.rules": """\
segment abroad {
  country != "DE"
}
""",
    },
    "unreachable branch": {
        "hero.rules": """\
block hero {
  when any order_completed within 90 days
    show "hero/thanks.html"
  when at least 3 order_completed within 30 days
    show "hero/regular.html"
  otherwise
    show "hero/welcome.html"
}
""",
        "templates/hero/thanks.html": HELLO,
        "templates/hero/regular.html": HELLO,
        "templates/hero/welcome.html": HELLO,
    },
    "missing fallback": {
        "hero.rules": """\
block hero {
  when any order_completed within 90 days
    show "hero/thanks.html"
}
""",
        "templates/hero/thanks.html": HELLO,
    },
    "cycle": {
        "segments.rules": """\
segment engaged {
  any product_viewed within 7 days or loyal
}

segment loyal {
  engaged and at least 3 order_completed
}
""",
    },
    "sensitive field in a template": {
        "hero.rules": """\
block hero {
  when birthday is present
    show "hero/birthday.html"
  otherwise
    show "hero/welcome.html"
}
""",
        "templates/hero/birthday.html": "<p>Born on {{ customer.birthday }}, and welcome!</p>\n",
        "templates/hero/welcome.html": HELLO,
    },
    "wrong catalog": {
        "reading.rules": """\
block reading {
  when any article_read within 30 days
    show "reading/for_you.html"
    with articles = recommended article, limit 3, excluding product_viewed.product_id
  otherwise
    show "reading/popular.html"
}
""",
        "templates/reading/for_you.html": (
            "{% for article in articles %}<p>{{ article.title }}</p>{% endfor %}\n"
        ),
        "templates/reading/popular.html": HELLO,
    },
    "overlapping tiers": {
        "scores.rules": """\
score conversion "Will order within 30 days" {
  predict   any order_completed within 30 days
  features  auto
  tiers     high >= 0.25, medium >= 0.6, low
}
""",
    },
    "expired window": {
        "settings.rules": """\
settings {
  keep events 90 days
}

segment fading {
  any order_completed within 365 days and no order_completed within 60 days
}
""",
    },
}
"""The files of each package by the name of its mistake, without the schema."""


def files_of(mistake: str) -> dict[str, bytes]:
    """The files of the package with this mistake, its schema among them."""
    files = {"schema.rules": SCHEMA, **MISTAKES[mistake]}
    return {path: text.encode() for path, text in files.items()}
