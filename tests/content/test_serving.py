"""What is made ready at load: last resorts, what to read, and what enters a template."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from dearly.content import CannotServe, check_servable, prepare_serving
from dearly.content.items import Place, fill_lists
from dearly.content.serving import template_context
from dearly.evaluation import build_facts
from dearly.language import Package, check_package
from dearly.language.types import DAY_US
from dearly.store import EventRange
from tests.content.shop import NOW_US, RULES, SCHEMA, Shop, open_shop, program_of
from tests.store.records import decoded

# ---------------------------------------------------------------------------------------------- last resorts

WIDE_TABLE = (
    f"<table><tr><td>{'x' * 10_000}</td><td>y</td></tr>{'<tr><td>a</td><td>b</td></tr>' * 50}</table>"
)
"""Small as it is, its text is not: each of its rows is padded to the width of the widest."""


def test_every_block_has_a_last_resort_from_the_start() -> None:
    program = program_of()
    serving = prepare_serving(program)
    assert set(serving.last_resorts) == set(program.blocks)
    assert serving.last_resorts["hero"].rendered.html == "<p>Welcome.</p>"
    assert serving.last_resorts["greeting"].rendered.text == "Hello"
    assert all(found.rendered.html for found in serving.last_resorts.values())


def test_a_last_resort_has_its_text_and_its_subject() -> None:
    rules = 'block b { when points > 3 show "a.html" otherwise show "o.html" }'
    templates = {"a.html": "a", "o.html": "<p>html</p>", "o.txt": "text", "o.subject": "subject"}
    last_resort = prepare_serving(program_of(rules, templates)).last_resorts["b"].rendered
    assert (last_resort.html, last_resort.text, last_resort.subject) == ("<p>html</p>", "text", "subject")


def test_a_package_whose_last_resort_cannot_be_rendered_is_refused_by_file_and_line() -> None:
    rules = '\nblock fine { when points > 3 show "fine.html" otherwise show "fine.html" }'
    rules += '\nblock wide {\n  when points > 3\n    show "fine.html"\n  otherwise\n    show "wide.html"\n}'
    program = program_of(rules, {"fine.html": "fine", "wide.html": WIDE_TABLE})
    with pytest.raises(CannotServe) as caught:
        prepare_serving(program)
    line = (SCHEMA + rules).split("\n").index("  otherwise") + 1
    assert re.match(rf"shop\.rules:{line}: Block `wide` shows `wide` ", str(caught.value))
    assert "more than its 262,144 bytes" in str(caught.value)


def test_the_check_finds_a_last_resort_that_fails() -> None:
    rules = SCHEMA + '\nblock wide { otherwise show "wide.html" }'
    package = Package({"shop.rules": rules.encode(), "templates/wide.html": WIDE_TABLE.encode()})
    assert check_package(package).program is not None
    report = check_servable(package)
    assert report.program is None
    assert [found.code for found in report.diagnostics] == ["last-resort-fails"]


# --------------------------------------------------------------------------------------------- what is read


def test_each_event_type_is_read_once_and_as_far_back_as_any_block_looks() -> None:
    rules = """
    block short { when any viewed within 2 days show "a.html" otherwise show "a.html" }
    block long  { when any viewed within 9 days and any read show "a.html" otherwise show "a.html" }
    block whole { when at least 2 viewed show "a.html" otherwise show "a.html" }
    block empty { when points > 3 show "a.html" otherwise show "a.html" }
    """
    serving = prepare_serving(program_of(rules, {"a.html": "a"}))

    def ranges(*blocks: str) -> dict[str, int | None]:
        found = serving.ranges(blocks, NOW_US)
        assert len({one.type for one in found}) == len(found)
        return {one.type: one.since_us for one in found}

    assert ranges("empty") == {}
    assert ranges("short") == {"viewed": NOW_US - 2 * DAY_US}
    assert ranges("short", "long") == {"viewed": NOW_US - 9 * DAY_US, "read": None}
    assert ranges("long", "short") == ranges("short", "long")
    assert ranges("short", "whole", "long") == {"viewed": None, "read": None}
    assert serving.ranges(("whole",), NOW_US) == [EventRange("viewed", None)]


# -------------------------------------------------------------------------------------- what a template sees


def context_of(shop: Shop, block: str, index: int, customer_id: str = "ada") -> dict[str, Any]:
    """What one branch's template is given."""
    serving = shop.serving
    rows = shop.store.read_customer(customer_id, serving.ranges([block], NOW_US), NOW_US)
    facts = build_facts(serving.program, *decoded(rows))
    evaluation = serving.compiled.at(facts, NOW_US)
    branch = serving.program.blocks[block].branches[index]
    lists = fill_lists(
        Place(block, index, branch), evaluation, facts, shop.recommender, NOW_US, lambda: False
    )
    return template_context(serving.reads[branch.template], facts, evaluation.watch(), lists)


def test_only_what_a_template_reads_enters_its_context(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        shop.know(first_name="Ada", country="NL", interests=["tents", "maps"], budget=20.0)
        shop.track("viewed", product_id="p2")
        assert context_of(shop, "greeting", 0) == {"customer": {"first_name": "Ada"}}
        assert context_of(shop, "greeting", 1) == {"customer": {}}
        assert context_of(shop, "interests", 0) == {"customer": {"interests": ("maps", "tents")}}
        assert context_of(shop, "standing", 0) == {
            "customer": {"points": 0.0},
            "views": 1.0,
            "stage": "visitor",
            "hesitant": True,
        }


def test_what_is_missing_is_none_in_the_context(tmp_path: Path) -> None:
    with open_shop(tmp_path) as shop:
        assert context_of(shop, "greeting", 0) == {"customer": {"first_name": None}}


def test_an_item_enters_as_plain_data_with_its_id(tmp_path: Path) -> None:
    rules = 'block b { when true show "b.html" with items = listed product ["p2"] otherwise show "o.html" }'
    templates = {"b.html": "{{ (items | first).id | default('') }}", "o.html": "o"}
    with open_shop(tmp_path, program_of(rules, templates)) as shop:
        assert context_of(shop, "b", 0) == {
            "customer": {},
            "items": [{"id": "p2", "title": "Tent 2", "category": "boots", "price": 20.0, "available": True}],
        }


def test_the_rules_of_the_shop_are_the_ones_that_serve() -> None:
    program = program_of(RULES)
    serving = prepare_serving(program)
    assert serving.program is program
    assert serving.compiled.version == program.version
