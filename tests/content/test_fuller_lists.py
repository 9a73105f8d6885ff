"""Lists with fillers, exclusions and diversity: full as long as they can be, and nothing in them twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.content.diversity import CANDIDATES_A_PLACE, pick_diverse
from dearly.language.types import DAY_US
from dearly.recommendation import Item, Page, Suggestion
from tests.content.shop import NOW_US, Shop, open_shop, program_of

RULES = """
block seen_or_listed {
  WHEN items = recently viewed.product_id or else listed product ["p3", "p1", "p2"], limit 3 END
}
block seen_or_any {
  WHEN items = recently viewed.product_id or else trending product within 7 days, limit 4 END
}
block alike_or_seen {
  WHEN items = similar to latest bought.product_id or else similar to latest viewed.product_id
               or else recently viewed.product_id, limit 2
  END
}
block bought_or_alike {
  WHEN items = recently bought.product_id or else similar to latest viewed.product_id, limit 3 END
}
block filtered {
  WHEN items = recently viewed.product_id or else listed product ["p1", "p2", "p3", "p5"], limit 3,
               where category == "tents"
  END
}
block not_bought {
  WHEN items = listed product ["p1", "p2", "p3"], excluding bought.product_id within 3 days END
}
block not_these {
  WHEN items = listed product ["p1", "p2", "p3", "p5"],
               excluding ["p1", "p5"], excluding latest viewed.product_id
  END
}
block twice {
  WHEN items = listed product ["p1", "p2"], excluding ["p1"]; and others = listed product ["p1", "p2"] END
}
block varied { WHEN items = trending product within 7 days, limit LIMIT, diverse by category END }
block varied_or_any {
  WHEN items = recently viewed.product_id or else trending product within 7 days,
               limit 4, diverse by category
  END
}
"""
EACH = "{% for item in items %}{{ item.id }} {% endfor %}"
TEMPLATES = {"one.html": EACH, "two.html": EACH + EACH.replace("items", "others"), "plain.html": "none"}


def rules_of(text: str, limit: int = 4) -> str:
    """The rules with what is the same in each block."""
    shown = text.replace("LIMIT", str(limit)).replace("END", 'otherwise show "plain.html"')
    lines = [
        line.replace("WHEN", f'when true show "{"two" if "others" in line else "one"}.html" with')
        for line in shown.split("\n")
    ]
    return "\n".join(lines)


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    with open_shop(tmp_path_factory.mktemp("fuller"), program_of(rules_of(RULES), TEMPLATES)) as shop:
        yield shop


def shown(shop: Shop, block: str, customer_id: str, now_us: int = NOW_US) -> str:
    (rendered,) = shop.render(block, customer_id=customer_id, now_us=now_us).blocks
    return rendered.html.strip()


def view(shop: Shop, customer_id: str, *product_ids: str) -> None:
    """The customer viewed these, the first of them last."""
    for age, product_id in enumerate(product_ids):
        shop.track("viewed", NOW_US - age * DAY_US, customer_id, product_id=product_id)


@pytest.mark.parametrize(
    ("block", "viewed", "html"),
    [
        ("seen_or_listed", (), "p3 p1 p2"),
        ("seen_or_listed", ("p5",), "p5 p3 p1"),
        ("seen_or_listed", ("p1", "p3"), "p1 p3 p2"),
        ("seen_or_listed", ("p5", "p6", "p7", "p8"), "p5 p6 p7"),
        ("seen_or_any", ("p7",), "p7 1 p1 p2"),
        ("alike_or_seen", ("p7",), "p7"),
        ("bought_or_alike", ("p1",), "1 p2 p3"),
        ("filtered", ("p2", "p7"), "p7 p1 p3"),
        ("not_these", ("p2",), "p3"),
        ("not_these", (), "p2 p3"),
        ("twice", (), "p2 p1"),
        ("varied", (), "1 p1 p2 p3"),
        ("varied_or_any", (), "1 p1 p2 p3"),
        ("varied_or_any", ("p7", "p5"), "p7 p5 1 p2"),
        ("varied_or_any", ("p7", "p5", "p8"), "p7 p8 p5 1"),
    ],
)
def test_a_list_is_filled_by_its_strategies_in_turn(
    shop: Shop, block: str, viewed: tuple[str, ...], html: str
) -> None:
    customer_id = f"{block} {viewed}"
    view(shop, customer_id, *viewed)
    assert shown(shop, block, customer_id) == html


def test_a_strategy_that_others_come_after_is_not_filled_up_by_what_is_trending(shop: Shop) -> None:
    view(shop, "nobody alike", "p2")
    assert shown(shop, "alike_or_seen", "nobody alike") == "p2"


def test_what_was_bought_is_left_out_until_it_is_long_enough_ago(shop: Shop) -> None:
    bought_us = NOW_US - DAY_US
    shop.track("bought", bought_us, "buyer", product_id="p2", total=5.0)
    reply = shop.render("not_bought", customer_id="buyer")

    assert reply.blocks[0].html.strip() == "p1 p3"
    assert reply.valid_until_us == bought_us + 3 * DAY_US
    assert shown(shop, "not_bought", "buyer", reply.valid_until_us - 1) == "p1 p3"
    assert shown(shop, "not_bought", "buyer", reply.valid_until_us) == "p1 p2 p3"


def test_a_purchase_stamped_in_the_future_is_waited_for(shop: Shop) -> None:
    due_us = NOW_US + DAY_US
    shop.track("bought", due_us, "early buyer", product_id="p1", total=5.0)
    reply = shop.render("not_bought", customer_id="early buyer")

    assert (reply.blocks[0].html.strip(), reply.valid_until_us) == ("p1 p2 p3", due_us)
    assert shown(shop, "not_bought", "early buyer", due_us) == "p2 p3"


@pytest.mark.parametrize(
    ("limit", "html"), [(3, "1 p1 p2"), (5, "1 p1 p2 p3 p6"), (8, "1 p1 p2 p3 p6 p5 p8 p7")]
)
def test_a_diverse_list_takes_turns_and_is_as_full_as_any(tmp_path: Path, limit: int, html: str) -> None:
    rules = rules_of(RULES, limit)
    with open_shop(tmp_path, program_of(rules, TEMPLATES)) as shop:
        assert shown(shop, "varied", "nobody") == html


def test_a_list_that_stays_empty_is_named(shop: Shop) -> None:
    (block,) = shop.render("alike_or_seen", customer_id="nobody at all").blocks
    assert (block.html, block.empty_list) == ("none", "items")


# ------------------------------------------------------------------------------------------------- diversity

VALUES = st.lists(st.sampled_from(["a", "b", "c", "d", None]), max_size=60)


def _suggestions(values: list[str | None]) -> list[Suggestion]:
    items = [
        Item("product", f"p{rank}", {} if value is None else {"kind": value}, {})
        for rank, value in enumerate(values)
    ]
    return [Suggestion(item, 1.0, "listed") for item in items]


@settings(max_examples=200)
@given(VALUES, VALUES.map(lambda values: values[:4]), st.integers(1, 12))
def test_no_value_is_shown_more_often_than_another_that_was_to_be_had(
    values: list[str | None], before: list[str | None], limit: int
) -> None:
    candidates, chosen = _suggestions(values), _suggestions(before)
    asked: list[int] = []

    def ask(page: Page) -> list[Suggestion]:
        asked.append(page.limit)
        return candidates[: page.limit]

    picked = pick_diverse(ask, Page(limit), "kind", chosen)
    again = pick_diverse(ask, Page(limit), "kind", chosen)

    assert picked == again
    assert len(picked) == min(limit, len(candidates))
    assert len({one.item.item_id for one in picked}) == len(picked)
    seen = candidates[: max(asked)]
    shown, had = Counter(_kind(one) for one in [*chosen, *picked]), Counter(map(_kind, seen))
    picks = Counter(map(_kind, picked))
    to_be_had = {kind for kind in had if had[kind] > picks[kind]}
    for kind in picks:
        assert all(shown[kind] <= shown[other] + 1 for other in to_be_had)
    for kind in picks:
        ranks = [rank for rank, one in enumerate(candidates) if one in picked and _kind(one) == kind]
        assert ranks == [rank for rank, one in enumerate(candidates) if _kind(one) == kind][: len(ranks)]


def test_more_candidates_are_looked_at_where_the_first_have_too_few_values() -> None:
    far = CANDIDATES_A_PLACE * 2 + 50
    candidates = _suggestions(["a"] * far + ["b"])
    picked = pick_diverse(lambda page: candidates[: page.limit], Page(2), "kind", ())

    assert [_kind(one) for one in picked] == ["a", "b"]


def _kind(suggestion: Suggestion) -> object:
    return suggestion.item.fields.get("kind")
