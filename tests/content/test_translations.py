"""A recipient's language through the frame: what is matched, what is otherwise, and the last resort."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.content import Reason, RenderedBlock, RenderRequest, read_context
from dearly.language.locales import locale_tags
from dearly.language.values import FieldProblem
from tests.content.shop import NOW_US, Shop, open_shop, program_of

SCHEMA = """
settings { locale "en"  timezone "Europe/Berlin" }
profile { locale text?, timezone text?, joined time?, points number = 0 }
context { total number?, code text = "WELCOME" }
catalog product { title text, category text, price number, available bool = true }
catalog article { title text }
"""
RULES = """
value double = points * 2
block standing {
  when points > 0 show "standing/known.html"
  otherwise       show "standing/plain.html" with items = trending product within 7 days, where price > 1000
}
block spent {
  when total > 0 show "spent.html"
  otherwise      show "standing/bare.html"
}
"""
TEMPLATES = {
    "standing/known.html": "<p>{{ double | number }} points</p>",
    "standing/known.txt": "{{ double | plural(one='{} point', other='{} points') }}",
    "standing/known.subject": "{{ double | plural(one='one', other='many') }}",
    "standing/known.pl.html": "<p>{{ double | plural(one='1', few='punkty', many='5', other='1.5') }}</p>",
    "standing/known.de.html": "<p>Seit {{ customer.joined | date('long') | default('heute') }}</p>",
    "standing/known.de.txt": "Um {{ customer.joined | time | default('-') }}",
    "standing/known.de.subject": "Hallo",
    "standing/known.ja.subject": "こんにちは",
    "standing/plain.html": "<p>{% for item in items %}{{ item.title }}{% endfor %}{{ 1234.5 | number }}</p>",
    "standing/plain.de.html": "<p>Nichts, {{ 1234.5 | number }}</p>",
    "standing/bare.html": "<p>Nothing</p>",
    "spent.html": "<p>{{ context.total | default(0) | money('EUR') }} {{ context.code }}</p>",
}


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("tongues"), program_of(RULES, TEMPLATES, SCHEMA)) as shop:
        shop.know("ada", points=1.0, joined="2026-03-01T23:30:00Z")
        shop.know("kim", points=1.5, joined="2026-03-01T23:30:00Z", locale="de", timezone="Asia/Seoul")
        yield shop


def render(
    shop: Shop, customer_id: str, block: str = "standing", locale: str = "", **brought: Any
) -> RenderedBlock:
    """One block in a locale, by a call that brings something along."""
    context = read_context(shop.program.context, brought)
    request = RenderRequest(customer_id, (block,), "", NOW_US, locale, context)
    (shown,) = asyncio.run(shop.personalizer.render(request, shop.clock.now_s + 10)).blocks
    return shown


@pytest.mark.parametrize(
    ("customer_id", "locale", "parts"),
    [
        ("ada", "", ("<p>2 points</p>", "2 points", "many", "")),
        ("ada", "de", ("<p>Seit 2. März 2026</p>", "Um 00:30", "Hallo", "de")),
        ("kim", "", ("<p>Seit 2. März 2026</p>", "Um 08:30", "Hallo", "de")),
        ("kim", "en-GB", ("<p>3 points</p>", "3 points", "many", "")),
        ("ada", "pl", ("<p>punkty</p>", "punkty", "many", "pl")),
        ("ada", "ja", ("<p>2 points</p>", "2 points", "こんにちは", "ja")),
    ],
)
def test_a_block_speaks_as_the_call_asks_or_the_profile_says(
    shop: Shop, customer_id: str, locale: str, parts: tuple[str, str, str, str]
) -> None:
    shown = render(shop, customer_id, locale=locale)
    assert (shown.html, shown.text, shown.subject, shown.locale) == parts


@pytest.mark.parametrize(
    ("locale", "html", "tag"),
    [("", "<p>1,234.5</p>", ""), ("de-AT", "<p>Nichts, 1.234,5</p>", "de"), ("fr", "<p>1,234.5</p>", "")],
)
def test_a_last_resort_speaks_the_language_too(shop: Shop, locale: str, html: str, tag: str) -> None:
    shown = render(shop, "nobody", locale=locale)
    assert shown.reason is Reason.FALLBACK_MISSING_DATA
    assert (shown.html, shown.locale, shown.empty_list) == (html, tag, "items")


def test_what_a_call_brings_along_decides_and_is_shown_for_this_call_alone(shop: Shop) -> None:
    assert render(shop, "ada", "spent", total=5.0).html == "<p>€5.00 WELCOME</p>"
    assert render(shop, "ada", "spent", total=5.0, code="VIP").html == "<p>€5.00 VIP</p>"
    assert render(shop, "stranger", "spent", total=5.0).reason is Reason.MATCHED
    assert render(shop, "ada", "spent").reason is Reason.DEFAULT


@pytest.mark.parametrize(
    ("brought", "field"), [({"totl": 1}, "totl"), ({"total": "1"}, "total"), ({"code": 1.0}, "code")]
)
def test_what_the_rules_do_not_declare_cannot_be_brought_along(
    shop: Shop, brought: dict[str, object], field: str
) -> None:
    with pytest.raises(FieldProblem) as caught:
        read_context(shop.program.context, brought)
    assert caught.value.field == field


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(sorted(set(locale_tags().values()))), st.sampled_from(["ada", "kim", "nobody"]))
def test_the_same_call_is_answered_by_the_same_bytes_in_any_language(
    shop: Shop, tag: str, customer_id: str
) -> None:
    first, second = (render(shop, customer_id, locale=tag) for _ in range(2))
    assert first == second
    assert first.html
    assert first.reason is not Reason.FALLBACK_ERROR
