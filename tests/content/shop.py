"""A small shop for the tests of the frame: its rules, what it sells, its store, and a customer."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dearly.content import (
    Personalizer,
    Reason,
    RenderReply,
    RenderRequest,
    Serving,
    prepare_serving,
    unhurried,
)
from dearly.language import Package, Program, check_package, render_text
from dearly.language.types import DAY_US, HOUR_US
from dearly.recommendation import Recommender, RecommenderKeeper
from dearly.store import EventRecord, ItemRecord, ProfilePatch, Store, open_store

NOW_US = 1_772_000_000_000_000
"""2026-02-25T06:13:20Z."""

SCHEMA = """
profile {
  first_name  text?
  country     text?
  budget      number?
  interests   set of text
  points      number = 0
}
catalog product { title text, category text, price number, available bool = true }
catalog article { title text }
event viewed  { product_id product, seconds number? }
event added   { product_id product }
event bought  { product_id product, total number }
event read    { article_id article }
"""

RULES = """
segment hesitant { any viewed within 7 days and no bought within 7 days }
value views = count of viewed within 30 days
lifecycle stage {
  customer when any bought
  visitor  otherwise
}
block hero {
  when first_name == "Empty"
    show "hero/empty.html" with items = recently bought.product_id, limit 3
  when hesitant
    show "hero/seen.html"
    with seen  = recently viewed.product_id, limit 2;
     and items = recommended product, limit 3, where price < (budget else 1000)
  otherwise
    show "hero/plain.html" with items = trending product within 7 days, limit 3
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
block standing {
  when true
    show "standing/all.html"
  otherwise
    show "standing/plain.html"
}
block journal {
  when true
    show "journal/both.html"
    with items = listed product ["p1", "1", "p1x"];
     and articles = listed article ["1", "2"]
  otherwise
    show "journal/plain.html"
}
"""

TEMPLATES = {
    "hero/empty.html": "{% for item in items %}{{ item.title }}{% endfor %}",
    "hero/seen.html": (
        "{% for item in seen %}<b>{{ item.title }}</b>{% endfor %}"
        "{% for item in items %}<i>{{ item.title }}</i>{% endfor %}"
    ),
    "hero/seen.subject": "Still looking?",
    "hero/plain.html": "<p>Welcome.</p>{% for item in items %}<i>{{ item.id }}</i>{% endfor %}",
    "greeting/name.html": "<p>Hello {{ customer.first_name | default('you') }}</p>",
    "greeting/plain.html": "<p>Hello</p>",
    # Two loops over what a customer may make long: harmless for a few interests, a flood for thousands.
    "interests/all.html": (
        "{% for one in customer.interests %}{% for other in customer.interests %}"
        "<p>{{ one }} {{ other }}</p>{% endfor %}{% endfor %}"
    ),
    "interests/plain.html": "<p>Tell us what you like.</p>",
    "standing/all.html": (
        "{{ views }} {{ stage }} {% if hesitant %}yes{% else %}no{% endif %} {{ customer.points }}"
    ),
    "standing/plain.html": "<p>-</p>",
    "journal/both.html": (
        "{% for item in items %}{{ item.id }} {% endfor %}|"
        "{% for article in articles %}{{ article.id }} {% endfor %}"
    ),
    "journal/plain.html": "<p>-</p>",
}

PRODUCTS: Mapping[str, Mapping[str, Any]] = {
    f"p{number}": {
        "title": f"Tent {number}",
        "category": "tents" if number % 2 else "boots",
        "price": 10.0 * number,
        "available": number != 4,
    }
    for number in range(1, 9)
} | {"1": {"title": "One", "category": "ones", "price": 1.0, "available": True}}
ARTICLES = {"1": {"title": "Knots"}, "2": {"title": "Stoves"}}


EVERY_BLOCK = ("hero", "greeting", "interests", "standing", "journal")


def program_of(rules: str = RULES, templates: Mapping[str, str] = TEMPLATES, schema: str = SCHEMA) -> Program:
    """The checked program of a package of one file of rules and its templates."""
    files = {"shop.rules": schema + rules} | {f"templates/{path}": text for path, text in templates.items()}
    report = check_package(Package({path: text.encode() for path, text in files.items()}))
    assert report.program is not None, "\n".join(render_text(found, {}) for found in report.diagnostics)
    return report.program


@dataclass(slots=True)
class Clock:
    """A monotonic clock that stands still until it is moved, and may move by itself with every look."""

    now_s: float = 100.0
    step_s: float = 0.0

    def __call__(self) -> float:
        now_s = self.now_s
        self.now_s += self.step_s
        return now_s


@dataclass(slots=True)
class Ids:
    """Ids in the order in which they are given out."""

    given: int = 0

    def __call__(self) -> str:
        self.given += 1
        return f"id-{self.given}"


@dataclass(frozen=True, slots=True)
class Shop:
    """A personalizer over a real store, and what a test reaches for."""

    store: Store
    path: Path
    program: Program
    serving: Serving
    recommender: Recommender
    personalizer: Personalizer
    clock: Clock = field(default_factory=Clock)

    def render(
        self,
        *blocks: str,
        customer_id: str = "ada",
        send_id: str = "",
        now_us: int = NOW_US,
        left_s: float = 10.0,
    ) -> RenderReply:
        """One render with so many seconds left on the shop's clock."""
        request = RenderRequest(customer_id, blocks, send_id, now_us)
        return asyncio.run(self.personalizer.render(request, self.clock.now_s + left_s))

    def know(self, customer_id: str = "ada", **fields: Any) -> None:
        """Keep profile fields of a customer."""
        self.store.upsert_profiles([ProfilePatch(customer_id, fields, NOW_US)], NOW_US)

    def track(
        self, event: str, time_us: int = NOW_US - HOUR_US, customer_id: str = "ada", **properties: Any
    ) -> None:
        """Keep an event of a customer."""
        event_id = f"{customer_id} {event} {time_us} {sorted(properties.items())}"
        self.store.append_events([EventRecord(customer_id, event, time_us, "test", event_id, properties)])


@contextmanager
def open_shop(
    folder: Path, program: Program | None = None, *, stocked: bool = True, clock: Clock | None = None
) -> Iterator[Shop]:
    """A shop in a folder, with its products and articles unless it is not stocked."""
    program = program or program_of()
    path = folder / "shop.db"
    store = open_store(f"sqlite:///{path}")
    if stocked:
        store.upsert_items(_items("product", PRODUCTS) + _items("article", ARTICLES))
    serving = prepare_serving(program)
    recommender = RecommenderKeeper(store, folder / "index").refresh(program, NOW_US)
    clock = clock or Clock()
    personalizer = Personalizer(serving, unhurried(store), recommender, monotonic=clock, new_id=Ids())
    try:
        yield Shop(store, path, program, serving, recommender, personalizer, clock)
    finally:
        store.close()


def reasons(reply: RenderReply) -> list[Reason]:
    """Why each block says what it says."""
    return [block.reason for block in reply.blocks]


def _items(catalog: str, items: Mapping[str, Mapping[str, Any]]) -> list[ItemRecord]:
    return [ItemRecord(catalog, item_id, fields) for item_id, fields in items.items()]


def days(*ago: float) -> Sequence[int]:
    """Instants so many days before now."""
    return [NOW_US - round(one * DAY_US) for one in ago]
