"""Another name, everywhere: in rules, templates and tests, and only where it is that thing's."""

from __future__ import annotations

import pytest

from dearly.editor import Analysis, CannotRename, Memory, analyse, open_document, renamable, rename
from dearly.editor.positions import apply_edits
from dearly.language import Package
from tests.editor.shop import FILES, RULES, SCHEMA, analysis, package, place


@pytest.fixture(scope="module")
def shop() -> Analysis:
    """The package without anything wrong."""
    return analysis()


def renamed(shop: Analysis, file: str, marked: str, name: str) -> dict[str, str]:
    """The texts of the files once what stands at a place is renamed; only those that change."""
    text = shop.package.files[file].decode()
    edits = rename(shop, file, *place(text, marked), name)
    files = {edit.span.file for edit in edits}
    return {
        changed: apply_edits(
            open_document(shop.package.files[changed].decode(), "utf-16"),
            [edit for edit in edits if edit.span.file == changed],
        )
        for changed in files
    }


CASES = [
    ("schema.rules", "first_|name", 4),
    ("schema.rules", "coun|try text?", 2),
    ("schema.rules", "cart_|total", 2),
    ("schema.rules", "event view|ed", 7),
    ("schema.rules", "viewed { product_id product, cat|egory", 2),
    ("schema.rules", "{ title| text, category", 3),
    ("schema.rules", "catalog pro|duct", 3),
    ("shop.rules", "segment hesi|tant", 4),
    ("shop.rules", "value spe|nt", 3),
    ("shop.rules", "lifecycle sta|ge", 4),
    ("shop.rules", "buy|er when", 3),
    ("shop.rules", "score conver|sion", 2),
    ("shop.rules", "tiers hi|gh", 2),
    ("shop.rules", "cap promo|tions", 2),
    ("shop.rules", "experiment of|fer", 2),
    ("shop.rules", "50, disc|ount", 2),
    ("shop.rules", "block he|ro", 2),
    ("shop.rules", "trigger win|_back", 2),
    ("shop.rules", "with ite|ms = similar", 4),
    ("templates/hero/cart.html", "in ite|ms", 4),
    ("templates/hero/cart.de.html", "customer.first|_name", 4),
]


@pytest.mark.parametrize(("file", "marked", "places"), CASES, ids=[case[1] for case in CASES])
def test_a_package_means_the_same_under_another_name(
    shop: Analysis, file: str, marked: str, places: int
) -> None:
    changed = renamed(shop, file, marked, "another_name")
    files = {**FILES, **changed}
    after = analyse(Package({path: text.encode() for path, text in files.items()}), Memory())
    assert after.report.diagnostics == ()
    assert after.report.program is not None
    assert sum(text.count("another_name") for text in files.values()) >= places


def test_rules_templates_and_translations_are_renamed_together(shop: Analysis) -> None:
    changed = renamed(shop, "schema.rules", "first_|name", "given_name")
    assert set(changed) == {
        "schema.rules",
        "shop.rules",
        "templates/hero/cart.html",
        "templates/hero/cart.de.html",
    }
    assert "{{ customer.given_name | default" in changed["templates/hero/cart.html"]
    assert 'given profile { given_name: "Ada" }' in changed["shop.rules"]


def test_what_is_called_the_same_and_is_something_else_stays(shop: Analysis) -> None:
    changed = renamed(shop, "schema.rules", "viewed { product_id product, cat|egory", "kind")
    assert "catalog product { title text, category text" in changed["schema.rules"]
    assert 'where (kind == "x"' in changed["shop.rules"]
    assert "diverse by category" in changed["shop.rules"]


@pytest.mark.parametrize(
    ("marked", "name", "told"),
    [
        ("segment hesi|tant", "Hesitant", "is no name"),
        ("segment hesi|tant", "1st", "is no name"),
        ("segment hesi|tant", "", "is no name"),
        ("segment hesi|tant", "a" * 101, "is no name"),
        ("segment hesi|tant", "where", "a word of the language"),
        ("segment hesi|tant", "customer", "a word of the language"),
        ("segment hesi|tant", "spent", "There is a value `spent` already"),
        ("segment hesi|tant", "country", "There is a profile field `country` already"),
        ("buy|er when", "guest", "There is a stage `guest` already"),
        ("tiers hi|gh", "low", "There is a tier `low` already"),
        ("with ite|ms = similar", "spent", "There is a value `spent` already"),
        ('show "hero/ca|rt', "other", "A template is called like its file"),
        ("7 d|ays", "other", "no name here"),
    ],
)
def test_a_name_that_cannot_be_is_refused_with_the_reason(
    shop: Analysis, marked: str, name: str, told: str
) -> None:
    with pytest.raises(CannotRename, match=told):
        rename(shop, "shop.rules", *place(RULES, marked), name)


def test_a_name_that_would_be_taken_for_a_property_is_refused() -> None:
    rules = RULES.replace('(category == "x"', "(category == country")
    shop = analyse(package(shop_rules=rules), Memory())
    with pytest.raises(CannotRename, match="taken for something else"):
        rename(shop, "schema.rules", *place(SCHEMA, "coun|try text?"), "seconds")


def test_a_field_read_of_two_catalogs_is_refused() -> None:
    rules = RULES.replace(
        "when stage is buyer",
        'when local show "hero/cart.html" with items = trending article within 7 days\n  when stage is buyer',
    )
    shop = analyse(package(shop_rules=rules), Memory())
    with pytest.raises(CannotRename, match=r"article\.title"):
        rename(shop, "schema.rules", *place(SCHEMA, "catalog product { ti|tle"), "name")


def test_nothing_is_renamed_while_something_cannot_be_read() -> None:
    shop = analyse(package(shop_rules=RULES.replace("block hero {", "block hero (")), Memory())
    with pytest.raises(CannotRename, match="cannot be read"):
        rename(shop, "schema.rules", *place(SCHEMA, "coun|try text?"), "land")


def test_the_same_name_again_changes_nothing(shop: Analysis) -> None:
    assert rename(shop, "shop.rules", *place(RULES, "segment hesi|tant"), "hesitant") == ()


def test_the_name_is_pointed_at_without_what_surrounds_it(shop: Analysis) -> None:
    found = renamable(shop, "templates/hero/cart.html", *place(FILES["templates/hero/cart.html"], '"buy|er"'))
    assert (found.symbol.name, found.span.end_column - found.span.column) == ("buyer", 5)


@pytest.mark.parametrize("name", ["timezone", "locale"])
def test_a_field_that_the_language_itself_reads_keeps_its_name(name: str) -> None:
    schema = SCHEMA.replace("first_name text?", f"first_name text?, {name} text?")
    shop = analyse(package(schema_rules=schema), Memory())
    with pytest.raises(CannotRename, match="is read by this name"):
        rename(shop, "schema.rules", *place(schema, f"{name[:3]}|{name[3:]} text?"), "other")
    with pytest.raises(CannotRename, match="is read by this name"):
        rename(analysis(), "schema.rules", *place(SCHEMA, "coun|try text?"), name)
