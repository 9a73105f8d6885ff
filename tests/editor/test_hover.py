"""What is said of the place under the pointer."""

from __future__ import annotations

import pytest

from dearly.editor import Analysis, Memory, analyse, hover
from tests.editor.shop import FILES, RULES, TEMPLATES, analysis, package, place


@pytest.fixture(scope="module")
def shop() -> Analysis:
    """The package without anything wrong."""
    found = analysis()
    assert found.report.diagnostics == ()
    return found


def said(shop: Analysis, file: str, marked: str) -> str:
    """The Markdown at a passage of a file; empty where there is none."""
    text = shop.package.files[file].decode()
    found = hover(shop, file, text, *place(text, marked))
    return found.markdown if found is not None else ""


@pytest.mark.parametrize(
    ("marked", "told"),
    [
        ("segment hesi|tant", 'segment hesitant "Looked, did not buy" { any viewed within 7 days and no'),
        ("segment hesi|tant", "True or false; always known."),
        ("segment lo|cal", "it may be unknown, and lets nobody in then"),
        ("value spe|nt", "Type `number`; never missing."),
        ("value last|_seen", "Type `product`; it may be missing."),
        ("{ coun|try ==", "A field of the profile; it may be missing."),
        ("(cate|gory ==", "A property of the event `viewed`; it may be missing."),
        ("no or|dered", "event ordered {\n  total number\n}"),
        ("stage is buy|er", "buyer when any ordered"),
        ("sta|ge is buyer", "guest otherwise"),
        ("offer is dis|count", "A variant of `offer`."),
        ("conversion is hi|gh", "A tier of `conversion`."),
        ("conv|ersion is high", "A number from 0 to 1; it may be missing."),
        ("cart_to|tal > 5", "What a call may bring along"),
        ("counts toward promo|tions", "cap promotions { at most 2 per 7 days }"),
        ('show "hero/ca|rt.html" with items = similar', "Shown by `hero`."),
        ("with ite|ms = similar", "A list of items of `product`, given to `hero/cart.html`."),
        ("where pri|ce", "A property of the catalog `product`; never missing."),
        ("hero sho|ws", "Whether a block shows this template"),
        ("expect hesitant, he|ro", 'Shows "hero/cart.html", "hero/plain.html".'),
        ("entering hesi|tant", "Declared at shop.rules:2."),
        ("within 7 d|ays and", "`any viewed within 7 days`: true or false; always known."),
        ("any viewed wi|thin", "EVENT within D"),
        ("at least 2 view|ed", "event viewed {"),
        ("at le|ast 2", "at least N EVENT .."),
        ("country |==", '`country == "DE"`: true or false; it may be unknown, for want of `country`.'),
        ("seconds >| 5", "`seconds > 5`: true or false; it may be unknown, for want of `seconds`."),
        ("pre|dict any", "What a score tells the likelihood of"),
    ],
)
def test_rules_say(shop: Analysis, marked: str, told: str) -> None:
    assert told in said(shop, "shop.rules", marked)


@pytest.mark.parametrize(
    ("marked", "told"),
    [
        ("customer.first|_name", "first_name text?"),
        ("{{ spe|nt", "value spent"),
        ("in ite|ms", "A list of items of `product`"),
        ("item.ti|tle", "A property of the catalog `product`"),
        ('== "buy|er"', "A stage of `stage`"),
    ],
)
def test_templates_say(shop: Analysis, marked: str, told: str) -> None:
    assert told in said(shop, "templates/hero/cart.html", marked)


@pytest.mark.parametrize("marked", ["# Who lo|oks, and", 'hesitant "Look|ed,', '"D|E"'])
def test_nothing_is_said_of_comments_and_gaps(shop: Analysis, marked: str) -> None:
    told = said(shop, "shop.rules", marked)
    assert "```" not in told


def test_a_field_named_like_a_word_is_told_as_the_field() -> None:
    schema = FILES["schema.rules"].replace("seconds number?", "seconds number?, limit number")
    told = analysis(schema_rules=schema)
    found = hover(told, "schema.rules", schema, *place(schema, "lim|it number"))
    assert found is not None
    assert "A property of the event `viewed`" in found.markdown


def test_names_are_told_while_something_else_is_wrong() -> None:
    broken = RULES.replace("within 90 days", "within 90 dyas").replace("price < 50", "prize < 50")
    found = hover(
        analyse(package(shop_rules=broken), Memory()),
        "shop.rules",
        broken,
        *place(broken, "segment hesi|tant"),
    )
    assert found is not None
    assert "any viewed within 7 days and no ordered within 7 days" in found.markdown


def test_a_place_beyond_every_file_says_nothing(shop: Analysis) -> None:
    assert hover(shop, "shop.rules", RULES, 999, 1) is None
    assert hover(shop, "templates/hero/plain.html", TEMPLATES["templates/hero/plain.html"], 1, 5) is None
