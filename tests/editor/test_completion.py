"""What is offered at the cursor, in the midst of a declaration that nobody could read yet."""

from __future__ import annotations

import pytest

from dearly.editor import Completion, Memory, analyse, complete_rules, complete_template
from tests.editor.shop import RULES, TEMPLATES, analysis, cut, package


def offered(marked: str) -> dict[str, Completion]:
    """What may stand at the ``|`` of a text behind the shop's rules, which it breaks."""
    before, after = cut(marked)
    text = f"{RULES}{before}{after}"
    found = complete_rules(
        analyse(package(shop_rules=text), Memory(), analysis()), text, len(RULES) + len(before)
    )
    return {one.label: one for one in found}


CASES = [
    ("segment a { any |", {"viewed", "ordered"}, {"hesitant", "country", "at least"}),
    ("segment a { any vie|", {"viewed", "ordered"}, {"hesitant"}),
    ("segment a { at least 2 |", {"viewed"}, {"country"}),
    ("value a = count of |", {"viewed", "ordered"}, {"country"}),
    ("value a = sum of ordered.|", {"total"}, {"seconds", "ordered"}),
    ("value a = top |", {"viewed"}, {"country"}),
    ("segment a { customer.|", {"country", "first_name"}, {"viewed", "hesitant"}),
    ("segment a { any viewed where |", {"seconds", "category", "country"}, {"hesitant", "total"}),
    ("segment a { any viewed where (seconds > 1 and |", {"category"}, {"hesitant"}),
    ("segment a { any viewed where seconds > 1 and |", {"hesitant", "country", "any"}, {"seconds"}),
    (
        "segment a { any viewed |",
        {"within", "where", "older than", "followed by", "and"},
        {"viewed", "country"},
    ),
    ("segment a { any viewed followed by |", {"ordered"}, {"country"}),
    ("segment a { any viewed within 7 |", {"days", "hours"}, {"country"}),
    (
        "segment a { |",
        {"country", "hesitant", "stage", "any", "not", "spent"},
        {"viewed", "offer", "cart_total"},
    ),
    ("segment a { stage is |", {"buyer", "guest", "not"}, {"high"}),
    ("segment a { stage is not |", {"buyer", "guest"}, {"high"}),
    ("segment a { conversion is |", {"high", "low"}, {"buyer"}),
    ("block a { when offer is |", {"control", "discount"}, {"buyer"}),
    ("block a { when |", {"cart_total", "offer", "hesitant"}, {"hero"}),
    ("block a { counts toward |", {"promotions"}, {"hesitant"}),
    ("block a { purpose |", {"marketing"}, {"hesitant"}),
    ('block a { when true show "hero/plain.html" |', {"with", "when", "otherwise"}, {"country"}),
    ('block a { when true show "hero/plain.html" with items = |', {"recommended", "trending"}, {"product"}),
    ('block a { when true show "x.html" with items = recommended |', {"product", "article"}, {"viewed"}),
    ('block a { when true show "x.html" with items = recommended product, |', {"limit", "where"}, {"price"}),
    (
        'block a { when true show "x.html" with items = recommended product, where |',
        {"price", "country"},
        set(),
    ),
    (
        'block a { when true show "x.html" with items = recommended product, diverse by |',
        {"category"},
        {"country"},
    ),
    ('block a { when true show "|', {"hero/cart.html", "hero/plain.html"}, {"hero/cart.de.html", "country"}),
    ('block a { when true show "hero/ca|', {"hero/cart.html"}, {"country"}),
    ("trigger a { when |", {"stage", "conversion", "entering"}, {"hesitant"}),
    ("trigger a { when entering |", {"hesitant", "local"}, {"stage"}),
    ("trigger a { when stage becomes |", {"buyer"}, {"high"}),
    ("score a { features |", {"auto", "spent"}, {"country"}),
    ("score a { features auto, |", {"spent"}, {"country"}),
    ("profile { a |", {"text", "number", "product", "set of"}, {"viewed"}),
    ("event a { b set of |", {"text", "product"}, {"viewed"}),
    ("profile { a text @|", {"sensitive", "stale"}, {"country"}),
    ('test "t" { given profile { |', {"country", "first_name"}, {"viewed"}),
    ('test "t" { at 2026-03-01 10:00 |', {"viewed", "ordered", "expect"}, {"country"}),
    ('test "t" { at 2026-03-01 10:00 viewed { |', {"product_id", "seconds"}, {"country"}),
    ('test "t" { at 2026-03-01 10:00 expect |', {"hesitant", "hero", "country"}, {"viewed"}),
    ('test "t" { at 2026-03-01 10:00 expect emitted |', {"win_back"}, {"hesitant"}),
    ("|", {"segment", "block", "event"}, {"country", "and"}),
    ("seg|", {"segment"}, {"country"}),
    ("value a = spent\n\nseg|", {"segment"}, set()),
    ("segment a { # any |", set(), {"viewed"}),
    ('segment a { country == "|', set(), {"viewed", "country"}),
    ("segment |", set(), {"country", "viewed"}),
]


@pytest.mark.parametrize(("marked", "there", "absent"), CASES, ids=[case[0] for case in CASES])
def test_what_fits_is_offered_and_nothing_else(marked: str, there: set[str], absent: set[str]) -> None:
    found = offered(marked).keys()
    assert there <= found
    assert not absent & found


def test_a_phrase_that_is_begun_goes_on() -> None:
    found = offered("segment a { at le|")
    assert found["at least"].length == len("at le")
    assert "at most" not in found


def test_what_is_begun_is_replaced() -> None:
    assert offered("segment a { any vie|")["viewed"].length == 3
    assert offered('block a { when true show "hero/ca|')["hero/cart.html"].length == len("hero/ca")


def test_a_declaration_comes_as_a_snippet() -> None:
    found = offered("|")["segment"]
    assert found.kind == "snippet"
    assert found.insert.startswith("segment ${1:name}")


def test_something_unreadable_before_the_cursor_is_stepped_over() -> None:
    assert "viewed" in offered("segment a { country === 3 and any |")


TEMPLATE_CASES = [
    ("{{ |", {"customer", "spent", "hesitant", "stage", "items"}, {"country", "title"}),
    ("{{ customer.|", {"first_name", "country"}, {"birthday", "spent"}),
    ("{{ context.|", {"cart_total"}, {"spent"}),
    ("{% for one in items %}{{ one.|", {"title", "price", "id"}, {"first_name"}),
    ("{% for one in items %}{{ one.title }}{% endfor %}{{ |", {"items"}, {"one"}),
    ("{% for one in items %}{{ loop.|", {"index", "last"}, {"title"}),
    ("{{ spent | |", {"default", "number"}, {"customer"}),
    ("{% if spent is |", {"missing", "present"}, {"customer"}),
    ("{% |", {"if", "for", "endif"}, {"customer"}),
    ("<p>cus|", set(), {"customer"}),
]


@pytest.mark.parametrize(("marked", "there", "absent"), TEMPLATE_CASES)
def test_templates_offer(marked: str, there: set[str], absent: set[str]) -> None:
    head, bar, tail = marked.rpartition("|")
    assert bar
    found = complete_template(analysis(), "templates/hero/cart.html", head + tail, len(head))
    labels = {one.label for one in found}
    assert there <= labels
    assert not absent & labels


def test_every_place_of_the_package_can_be_asked_about() -> None:
    shop = analysis()
    for offset in range(0, len(RULES), 7):
        complete_rules(shop, RULES, offset)
    for path, text in TEMPLATES.items():
        for offset in range(0, len(text), 7):
            complete_template(shop, path, text, offset)


@pytest.mark.parametrize(
    "hostile",
    ["segment a { " + "x and " * 170_000, "x" * 1_000_000 + "!", "a " * 500_000 + "1", "{{ " * 300_000],
)
def test_hostile_text_is_no_longer_looked_at_than_needed(hostile: str) -> None:
    shop = analysis()
    assert not {one.label for one in complete_rules(shop, hostile, len(hostile))} & {"viewed"}
    complete_template(shop, "templates/hero/cart.html", hostile, len(hostile))
