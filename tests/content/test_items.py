"""A branch's lists: each by its strategy and filter, and nothing shown twice in one block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from dearly.content import Reason
from dearly.language.types import DAY_US, HOUR_US
from tests.content.shop import NOW_US, Shop, open_shop, program_of

RULES = """
value ceiling = budget else 1000
segment rich { budget > 100 }
block trending { WHEN "one.html" with items = trending product within 7 days, limit 3 END }
block listed { WHEN "one.html" with items = listed product ["p5", "gone", "p4", "p1", "1"] END }
block recently { WHEN "one.html" with items = recently viewed.product_id, limit 3 END }
block recommended { WHEN "one.html" with items = recommended product, limit 100 END }
block similar { WHEN "one.html" with items = similar to latest viewed.product_id, limit 100 END }
block cheap {
  WHEN "one.html"
  with items = recommended product, limit 100, where price <= ceiling and (category == "tents" or rich)
  END
}
block unmet { WHEN "one.html" with items = recommended product, where price > 100000 END }
block three {
  WHEN "three.html"
  with seen = recently viewed.product_id, limit 2;
   and hot  = trending product within 7 days, limit 3;
   and ours = listed product ["1", "p1", "p2", "p8"]
  END
}
block two_catalogs {
  WHEN "two.html"
  with items    = listed product ["1", "p1"];
   and articles = listed article ["2", "1"]
  END
}
block starved {
  WHEN "two.html"
  with items    = listed product ["p1"];
   and articles = listed product ["p1"]
  END
}
"""
EACH = "{% for item in LIST %}{{ item.id }} {% endfor %}"
TEMPLATES = {
    "one.html": EACH.replace("LIST", "items"),
    "two.html": EACH.replace("LIST", "items") + "|" + EACH.replace("LIST", "articles"),
    "three.html": "|".join(EACH.replace("LIST", name) for name in ("seen", "hot", "ours")),
    "plain.html": "none",
}


@pytest.fixture(scope="module")
def lists(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    rules = RULES.replace("WHEN", "when true show").replace("END", 'otherwise show "plain.html"')
    with open_shop(tmp_path_factory.mktemp("lists"), program_of(rules, TEMPLATES)) as shop:
        yield shop


def shown(shop: Shop, block: str, customer_id: str = "nobody", now_us: int = NOW_US) -> str:
    """The ids in the block's HTML; of the reply they are the same, in the same order."""
    (rendered,) = shop.render(block, customer_id=customer_id, now_us=now_us).blocks
    html = " ".join(rendered.html.split())
    if rendered.reason is Reason.MATCHED:
        assert list(rendered.item_ids) == html.replace("|", " ").split()
    else:
        assert (rendered.reason, rendered.item_ids) == (Reason.FALLBACK_MISSING_DATA, ())
    return html


@pytest.mark.parametrize(
    ("block", "html"),
    [
        ("trending", "1 p1 p2"),
        ("listed", "p5 p1 1"),
        ("recommended", "1 p1 p2 p3 p5 p6 p7 p8"),
        ("recently", "none"),
        ("similar", "none"),
        ("cheap", "p1 p3 p5 p7"),
        ("unmet", "none"),
        ("two_catalogs", "1 p1 |2 1"),
        ("starved", "none"),
    ],
)
def test_a_list_is_filled_by_its_strategy_for_somebody_unknown(lists: Shop, block: str, html: str) -> None:
    assert shown(lists, block) == html


def test_recently_shows_the_latest_first_and_each_once(lists: Shop) -> None:
    for age, product_id in enumerate(["p3", "p1", "p3", "p4", "gone", "p2", "p5"]):
        lists.track("viewed", NOW_US - age * DAY_US, "looker", product_id=product_id)
    assert shown(lists, "recently", "looker") == "p3 p1 p2"


def test_recently_does_not_show_what_is_still_to_come(lists: Shop) -> None:
    lists.track("viewed", NOW_US, "early", product_id="p1")
    lists.track("viewed", NOW_US + HOUR_US, "early", product_id="p2")
    assert shown(lists, "recently", "early") == "p1"
    assert shown(lists, "recently", "early", NOW_US + HOUR_US) == "p2 p1"


def test_similar_leaves_out_the_item_that_it_starts_from(lists: Shop) -> None:
    lists.track("viewed", NOW_US - DAY_US, "seeker", product_id="p7")
    lists.track("viewed", NOW_US, "seeker", product_id="p2")
    assert shown(lists, "similar", "seeker") == "1 p1 p3 p5 p6 p7 p8"


@pytest.mark.parametrize(
    ("fields", "html"),
    [
        ({}, "p1 p3 p5 p7"),
        ({"budget": 50.0}, "p1 p3 p5"),
        ({"budget": 101.0}, "1 p1 p2 p3 p5 p6 p7 p8"),
        ({"budget": 0.0}, "none"),
    ],
)
def test_a_filter_reads_the_item_and_the_customers_names(
    lists: Shop, fields: Mapping[str, float], html: str
) -> None:
    customer_id = f"spender {fields}"
    lists.know(customer_id, **fields)
    assert shown(lists, "cheap", customer_id) == html


def test_an_item_shown_in_one_list_is_left_out_of_those_after_it(lists: Shop) -> None:
    for age, product_id in enumerate(["p2", "p1", "p3"]):
        lists.track("viewed", NOW_US - age * DAY_US, "thorough", product_id=product_id)
    assert shown(lists, "three", "thorough") == "p2 p1 |1 p3 p5 |p8"


def test_items_of_two_catalogs_may_have_one_id(lists: Shop) -> None:
    assert lists.render("two_catalogs").blocks[0].item_ids == ("1", "p1", "2", "1")


def test_one_empty_list_of_several_is_enough_for_the_otherwise(lists: Shop) -> None:
    assert shown(lists, "three") == "none"


def test_a_catalog_without_items_gives_the_otherwise(tmp_path: Path) -> None:
    rules = """block b {
      when true show "one.html" with items = trending product within 7 days
      otherwise show "plain.html"
    }"""
    templates = {name: TEMPLATES[name] for name in ("one.html", "plain.html")}
    with open_shop(tmp_path, program_of(rules, templates), stocked=False) as shop:
        assert shown(shop, "b") == "none"
