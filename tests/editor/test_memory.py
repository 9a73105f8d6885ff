"""What is remembered changes nothing: an edit gives what a check from nothing gives."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.editor import Memory, analyse
from dearly.language import Package, check_package
from dearly.language.package import parse_package
from tests.editor.shop import FILES, RULES, SCHEMA, package

EDITS: Sequence[tuple[str, str]] = [
    ("within 7 days", "within 9 days"),
    ("segment local", "\n\nsegment local"),
    ("# Who looks, and who buys.\n", ""),
    ("segment keen {", "segment keen"),
    ("value spent", "vaule spent"),
    ("trigger win_back", "  trigger win_back"),
    ("first_name text?", "first_nam text?"),
    ("points number = 0", "points nubmer = 0"),
    ("{{ item.title }}", "{{ item.titel }}"),
    ("{{ spent }}", "{{ spend }}"),
    ("country text?", "country text? spent number?"),
    ("with items =", "with things ="),
    ("title text, category", "title text?, category"),
    ("Hallo {{", "Hallo {% {{"),
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from(EDITS), st.booleans()), min_size=1, max_size=8))
def test_edits_one_after_the_other_are_checked_as_if_each_was_the_first(
    edits: list[tuple[tuple[str, str], bool]],
) -> None:
    memory, texts = Memory(), dict(FILES)
    analyse(Package({path: text.encode() for path, text in texts.items()}), memory)
    for (before, after), is_undone in edits:
        old, new = (after, before) if is_undone and after else (before, after)
        texts = {path: text.replace(old, new, 1) if old else text for path, text in texts.items()}
        edited = Package({path: text.encode() for path, text in texts.items()})
        analysed, fresh = analyse(edited, memory), check_package(edited)
        assert analysed.report == fresh
        assert list(analysed.declarations) == list(parse_package(edited).declarations)


def test_a_file_that_is_taken_away_is_forgotten() -> None:
    memory = Memory()
    analyse(package(), memory)
    without = Package({path: data for path, data in package().files.items() if path != "shop.rules"})
    assert analyse(without, memory).report == check_package(without)


@pytest.mark.parametrize("mended", [RULES, RULES.replace("segment local", "# here\nsegment local")])
def test_a_mended_declaration_is_read_again(mended: str) -> None:
    memory = Memory()
    broken = analyse(package(shop_rules=RULES.replace('not buy" {', 'not buy" (')), memory)
    assert broken.report.program is None
    assert analyse(package(shop_rules=mended), memory).report.diagnostics == ()


def test_names_stay_known_while_their_declarations_are_broken() -> None:
    memory = Memory()
    before = analyse(package(), memory)
    half = SCHEMA.replace("event viewed { product_id product,", "event viewed { product_id ,")
    typing = analyse(package(schema_rules=half), memory, before)
    assert typing.report.program is None
    assert "seconds" in typing.symbols.events["viewed"].fields
    assert "seconds" in analyse(package(schema_rules=half), memory, typing).symbols.events["viewed"].fields


def test_a_declaration_that_is_gone_is_known_no_more() -> None:
    memory = Memory()
    before = analyse(package(), memory)
    gone = analyse(package(shop_rules=RULES.replace("segment local", "segment locals (")), memory, before)
    assert "local" not in gone.symbols.segments
