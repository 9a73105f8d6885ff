"""One fingerprint for one meaning: what changes it, and what does not."""

from __future__ import annotations

import pytest

from tests.membership import shop
from tests.membership.shop import watch

RULES = """
segment buyers "Bought" { any ordered where total > 2 within 10 days and least > 3 }
value least = 2 * count of viewed
lifecycle stage { customer when buyers  guest otherwise }
"""
SAME = {
    "another layout": ("  ", "\n\n   "),
    "another title": ('"Bought"', '"Bought of late"'),
    "a comment": ("value least", "# why\nvalue least"),
    "an unrelated value": ("value least", "value other = 1 + 1\nvalue least"),
    "a trigger": ("value least", 'trigger t { when entering buyers emit { c: "c" } } value least'),
}
OTHER = {
    "another window": ("10 days", "11 days"),
    "another constant, two names away": ("2 * count", "3 * count"),
    "another comparison": ("total >", "total >="),
    "another event": ("of viewed", "of added"),
    "another stage": ("customer when", "client when"),
    "another name": ("stage {", "step {"),
    "a further segment": ("value least", "segment more { any viewed } value least"),
}


@pytest.mark.parametrize("name", SAME)
def test_what_means_the_same_has_the_same_fingerprint(name: str) -> None:
    assert watch(RULES.replace(*SAME[name])).fingerprint == watch(RULES).fingerprint


@pytest.mark.parametrize("name", OTHER)
def test_what_means_something_else_has_another(name: str) -> None:
    assert watch(RULES.replace(*OTHER[name])).fingerprint != watch(RULES).fingerprint


def test_the_time_zone_that_somebody_has_by_default_belongs_to_what_today_means(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    rules = "segment browsing { any viewed today }"
    before = watch(rules).fingerprint
    monkeypatch.setattr(
        shop, "SCHEMA", shop.SCHEMA.replace("timezone text?", 'timezone text = "America/New_York"')
    )
    assert watch(rules).fingerprint != before
