"""Where things are declared and used, and the outline."""

from __future__ import annotations

import pytest

from dearly.editor import (
    Analysis,
    Memory,
    analyse,
    definitions_of,
    find_symbols,
    folds,
    outline,
    references_to,
    symbols_at,
)
from tests.editor.shop import FILES, RULES, analysis, package, place


@pytest.fixture(scope="module")
def shop() -> Analysis:
    """The package without anything wrong."""
    return analysis()


@pytest.mark.parametrize(
    ("file", "marked", "declared"),
    [
        ("shop.rules", "entering hesi|tant", "shop.rules:2"),
        ("shop.rules", "no or|dered", "schema.rules:13"),
        ("shop.rules", "price| < 50", "schema.rules:10"),
        ("shop.rules", "product_id|, limit", "schema.rules:12"),
        ("shop.rules", "stage is gue|st", "shop.rules:9"),
        ("shop.rules", "emitted win|_back", "shop.rules:24"),
        ("shop.rules", 'shows "hero/ca|rt.html"', "templates/hero/cart.html:1"),
        ("templates/hero/cart.html", "customer.first|_name", "schema.rules:3"),
        ("templates/hero/cart.html", "item.ti|tle", "schema.rules:10"),
        ("templates/hero/cart.html", "{{ spe|nt", "shop.rules:5"),
    ],
)
def test_a_use_leads_to_its_declaration(shop: Analysis, file: str, marked: str, declared: str) -> None:
    (symbol,) = symbols_at(shop, file, *place(FILES[file], marked))
    assert str(definitions_of(shop, symbol)[0]) == declared


def test_a_list_leads_to_every_branch_that_gives_it(shop: Analysis) -> None:
    (symbol,) = symbols_at(
        shop, "templates/hero/cart.html", *place(FILES["templates/hero/cart.html"], "in ite|ms")
    )
    assert [str(span) for span in definitions_of(shop, symbol)] == ["shop.rules:18", "shop.rules:20"]


def test_references_are_found_in_all_files(shop: Analysis) -> None:
    (symbol,) = symbols_at(shop, "schema.rules", *place(FILES["schema.rules"], "first_|name"))
    found = [(one.span.file, one.declares) for one in references_to(shop, symbol)]
    assert found == [
        ("schema.rules", True),
        ("shop.rules", False),
        ("templates/hero/cart.de.html", False),
        ("templates/hero/cart.html", False),
    ]


def test_every_occurrence_stands_where_its_name_is_written(shop: Analysis) -> None:
    for symbol, places in shop.occurrences.items():
        for one in places:
            line = shop.package.files[one.span.file].decode().split("\n")[one.span.line - 1]
            written = line[one.span.column - 1 : one.span.end_column - 1]
            assert written == (f"{symbol.name}.html" if symbol.kind == "template" else symbol.name)


def test_names_are_found_while_another_declaration_is_broken() -> None:
    broken = RULES.replace("cap promotions {", "cap promotions (")
    shop = analyse(package(shop_rules=broken), Memory())
    (symbol,) = symbols_at(shop, "shop.rules", *place(broken, "entering hesi|tant"))
    assert [str(span) for span in definitions_of(shop, symbol)] == ["shop.rules:2"]


def test_the_outline_has_each_declaration_with_its_parts(shop: Analysis) -> None:
    entries = {entry.name: entry for entry in outline(shop, "shop.rules")}
    assert list(entries)[:3] == ["hesitant", "local", "keen"]
    assert entries["hesitant"].detail == "segment: Looked, did not buy"
    assert [child.name for child in entries["stage"].children] == ["buyer", "guest"]
    assert [child.detail for child in entries["hero"].children] == ["when", "when", "otherwise"]
    fields = {entry.name: entry for entry in outline(shop, "schema.rules")}["profile"].children
    assert [(child.name, child.detail) for child in fields][:2] == [
        ("first_name", "text?"),
        ("country", "text?"),
    ]


def test_names_are_found_by_letters_in_their_order(shop: Analysis) -> None:
    assert [one.symbol.name for one in find_symbols(shop, "hesi")] == ["hesitant"]
    assert "win_back" in [one.symbol.name for one in find_symbols(shop, "WBK")]
    assert find_symbols(shop, "nothing_like_it") == ()


def test_declarations_and_runs_of_comments_fold() -> None:
    rules = "# one\n# two\n\nsegment a {\n  any ordered\n}\n# alone\n"
    assert folds(analyse(package(shop_rules=rules), Memory()), "shop.rules", rules) == ((1, 2), (4, 6))
