"""Every form of the language, in small rules files that parse; what they name need not be declared."""

from __future__ import annotations

from pathlib import Path

from tests.docs.documents import fences

ROOT = Path(__file__).parents[2]

KNOWLEDGE = """
settings { timezone "Europe/Berlin"  keep events 400 days  locale "de" }
profile { name text?, zone text = "UTC", birthday date? @sensitive, age number? @stale(90 days) @sensitive }
context { cart_total number?, today date }
catalog product { title text, price number = -1, again after 60 days, tags set of text, new bool = true }
event product_viewed { product_id product, category text?, seconds number? }
event limit { days number, at time }
"""

CONDITIONS = """
segment hesitant "Looked" { any product_viewed within 7 days and no order_completed within 7 days }
segment dates { born before today - 6000 days and joined since now - 3 hours or born since 2001-01-01 }
segment ranges { points between 1 and 3 and points not between -3 and 2 + 4 }
segment sets { tags any of ["a", "b"] and tags all of ["x"] and not (tags none of others) }
segment windows { any e since 2026-01-01 before 2026-02-01T10:00:00Z where (a == 1 and b) today }
segment weeks { no e on weekdays this week or any e on weekends this month or any e on monday or friday }
segment years { any e this year }
segment sums { distinct of e.p within 3 days > 3 and top e.p older than 1 day == "x" }
segment sums_too { sum of e.q >= 0.5 }
segment chains { at least 2 e within 30 days not followed by f where p > 3 within 2 days }
segment chains_too { any e older than 2 days followed by f }
segment texts { a starts with "x" or b ends with "y" or c is not like "z\\"" or d contains "#{" }
segment unknowns { a is missing and b is not present or (c else -1) not in [1, -2.5, 1e6] and stage is not x }
segment pickers { latest e.p else "x" == first e.p where q and time since last e > 60 days and exactly 1 e }
segment counts { more than 2 e and fewer than 3 f or at most 4 g and time since first e <= 2 weeks }
segment truths { true and not false and context.cart_total > 3 and customer.today is present }
value engagement = 5 * count of email_opened within 30 days + -count of product_viewed / 3 - (points else 0)
value average_order = average of order_completed.total within 365 days else min of o.p else max of o.p
lifecycle stage { churned when any e and no e within 180 days  fresh when any e today  since otherwise }
score conversion "Orders?" { predict any e  among any f  features auto, a  tiers high >= 0.6, low }
"""

CAMPAIGNS = """
cap promotions { at most 2 per 7 days  at most 1 per day in customer timezone  at most 3 per month }
experiment offer "Which?" { audience a is b  variants control 50, x 0.5  holdout 5%  goal e within 7 days }
trigger win_back {
  when entering abandoned
  at most 1 per 7 days
  quiet 21:00 to 08:00 in customer timezone
  emit { campaign: "win-back", product: latest product_added.product_id }
}
trigger loyalty { when stage becomes buyer  when leaving vip  emit {} }
"""

CONTENT = """
block hero {
  purpose personalization, marketing
  counts toward promotions, others
  when abandoned_cart and not (x or y)
    show "hero/cart.html"
    with left = recently product_added.product_id, limit 1;
     and items = similar to latest product_added.product_id, limit 3, where available and price < 50 or new
  when conversion is high
    show "hero/offer.html"
    with items = recommended product or else bought together with last_bought
        or else trending product within 7 days,
      limit 6, excluding bought.product_id within 90 days, excluding ["a", "b"], excluding disliked,
      excluding e.p, diverse by category, where price < 50
  otherwise
    show "hero/best.html" with items = listed product ["p1", "p2",], limit 2
}
"""

SCENARIOS = """
test "a cart is abandoned after exactly 48 hours, unless bought" {
  given profile { first_name: "Ada", tags: ["a", "b"] } context { cart_total: -3 }
    consents to personalization, marketing
  given consents to nothing
  at 2026-03-01 10:00 product_added { product_id: "X" }
  at +47:59:59  expect not abandoned_cart
  at +48:00     expect abandoned_cart, hero shows "hero/cart.html", hero contains "Ada", emitted win_back
  at +49:00     order_completed { order_id: "o1", total: 20, day: 2026-03-02, } expect not emitted win_back
  at 2026-03-04 09:30:10 expect not hero shows "hero/cart.html", stage is active, conversion is not high
}
"""

SAMPLES = {
    "knowledge": KNOWLEDGE,
    "conditions": CONDITIONS,
    "campaigns": CAMPAIGNS,
    "content": CONTENT,
    "scenarios": SCENARIOS,
}


def examples() -> dict[str, str]:
    """The samples, the rules files of the example package, and all that the reference shows."""
    files = {str(path.relative_to(ROOT)): path.read_text("utf-8") for path in _rules_files()}
    page = ROOT / "docs" / "language.md"
    shown = [fence.text for fence in fences(page) if fence.tag.startswith("rules")]
    return {**SAMPLES, **files, **{f"language.md {number}": text for number, text in enumerate(shown)}}


def _rules_files() -> list[Path]:
    return sorted([*(ROOT / "rules").rglob("*.rules"), *(ROOT / "tests" / "realdata").rglob("*.rules")])
