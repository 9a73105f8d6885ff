"""Item lists: strategies, catalogs, limits, names, and what their `where` may ask."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    And,
    Compare,
    Expression,
    ItemList,
    ItemProperty,
    Listed,
    Literal,
    Pick,
    Recently,
    Recommended,
    SegmentRef,
    Selection,
    SimilarTo,
    StageIs,
    Strategy,
    Trending,
    ValueRef,
)
from dearly.language.types import BOOL, DAY_US, NUMBER, ItemRef
from tests.language.checking import codes_of, only_finding, program_of


def _block(item_list: str) -> str:
    return f'block b {{ when true show "a.html" with {item_list} otherwise show "b.html" }}'


def _list_of(item_list: str, before: str = "") -> ItemList:
    return program_of(before + _block(item_list)).blocks["b"].branches[0].lists[0]


SEEN = Pick("latest", Selection("viewed"), "product_id", ItemRef("product"))
CHEAP = Compare("<", ItemProperty("price", NUMBER), Literal(50.0, NUMBER))


@pytest.mark.parametrize(
    ("written", "catalog", "strategy", "limit", "where"),
    [
        ("recommended product, limit 3", "product", Recommended(), 3, None),
        ("recommended article", "article", Recommended(), 6, None),
        ("trending product within 7 days, limit 100", "product", Trending(7 * DAY_US), 100, None),
        ("recently viewed.product_id", "product", Recently("viewed", "product_id"), 6, None),
        ('listed article ["b", "a"]', "article", Listed(("b", "a")), 2, None),
        ('listed article ["b", "a"], limit 1', "article", Listed(("b", "a")), 1, None),
        ("similar to latest viewed.product_id, limit 1", "product", SimilarTo(SEEN), 1, None),
        ("recommended product, where price < 50", "product", Recommended(), 6, CHEAP),
        (
            "recommended product, where price < 50 and available",
            "product",
            Recommended(),
            6,
            And((CHEAP, ItemProperty("available", BOOL))),
        ),
    ],
)
def test_a_written_list_means(
    written: str, catalog: str, strategy: Strategy, limit: int, where: Expression | None
) -> None:
    assert _list_of(f"items = {written}") == ItemList("items", catalog, strategy, limit, where)


def test_the_item_to_be_similar_to_may_have_a_default_or_be_the_customers_own() -> None:
    assert _list_of('x = similar to latest viewed.product_id else "A1"').catalog == "product"
    assert _list_of("x = similar to favorite").catalog == "product"
    assert _list_of("x = similar to seen", "value seen = first viewed.product_id\n").catalog == "product"


def test_a_lists_where_may_ask_for_segments_values_and_stages() -> None:
    before = "segment s { points > 3 }\nvalue v = points\nlifecycle l { a when points > 3 b otherwise }\n"

    where = _list_of("x = recommended product, where price < v and s and l is a", before).where

    price = Compare("<", ItemProperty("price", NUMBER), ValueRef("v", NUMBER))
    assert where == And((price, SegmentRef("s"), StageIs("l", "a")))


@pytest.mark.parametrize(
    ("written", "code"),
    [
        ("x = recommended produkt", "unknown-catalog"),
        ("x = trending read within 3 days", "unknown-catalog"),
        ('x = listed artcle ["a"]', "unknown-catalog"),
        ("x = recently viewd.product_id", "unknown-event"),
        ("x = recently viewed.productid", "unknown-property"),
        ("x = recently viewed.seconds", "not-an-item"),
        ("x = similar to country", "not-an-item"),
        ('x = similar to "A1"', "not-an-item"),
        ("x = similar to pionts", "unknown-name"),
        ("x = recommended product, limit 0", "bad-limit"),
        ("x = recommended product, limit 101", "bad-limit"),
        ("x = recommended product, limit 2.5", "bad-limit"),
        ("x = recommended product, where pice < 3", "unknown-name"),
        ("x = recommended product, where price", "not-a-condition"),
        ("x = recommended product, where count of viewed > 3", "impure-where"),
        ("x = recommended product, where any viewed", "impure-where"),
        ('x = recommended product, where category != "a"', "missing-under-not"),
        ('x = listed product ["a", ""]', "bad-item-id"),
        ('x = listed product ["a", "a"]', "repeated-item"),
        ("x = recommended product; and x = recommended product", "duplicate-list"),
        ("loop = recommended product", "reserved-name"),
    ],
)
def test_a_list_that_cannot_be_is_told(written: str, code: str) -> None:
    assert codes_of(_block(written)) == [code]


@pytest.mark.parametrize("taken", ["segment x { points > 3 }", "value x = 3", "lifecycle x { a otherwise }"])
def test_a_list_cannot_be_called_like_what_templates_can_read_too(taken: str) -> None:
    found = only_finding(taken + "\n" + _block("x = recommended product"))

    assert found.startswith("duplicate-name: The list `x` has the name of a")


def test_a_hint_says_what_recently_could_take() -> None:
    assert "Write `recently viewed.product_id`." in only_finding(_block("x = recently viewed.seconds"))


def test_a_faulty_list_is_not_missed_in_the_template_as_well() -> None:
    templates = {"a.html": "{% for item in x %}{{ item.title }}{% endfor %}", "b.html": ""}

    assert codes_of(_block("x = recommended produkt"), templates) == ["unknown-catalog"]


@pytest.mark.parametrize(
    "items",
    [
        "recommended product",
        "recently viewed.product_id",
        "similar to latest viewed.product_id",
        "trending product within 7 days, where price < points",
        "trending product within 7 days, where rich and available",
        'listed product ["a"], where life is a',
        'listed product ["a"], where price < budget',
    ],
)
def test_the_lists_of_an_otherwise_read_nothing_of_the_customer(items: str) -> None:
    before = (
        "segment rich { points > 3 }\nvalue budget = points\nlifecycle life { a when rich b otherwise }\n"
    )

    assert codes_of(f'{before}block b {{ otherwise show "a.html" with x = {items} }}') == [
        "personal-otherwise"
    ]


@pytest.mark.parametrize(
    "items", ["trending product within 7 days, where price < 3 and available", 'listed product ["a"]']
)
def test_the_lists_of_an_otherwise_are_the_same_for_all(items: str) -> None:
    assert codes_of(f'block b {{ otherwise show "a.html" with x = {items} }}') == []
