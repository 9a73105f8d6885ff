"""Item lists: strategies, catalogs, limits, names, and what their `where` may ask."""

from __future__ import annotations

import pytest

from dearly.language.program import (
    And,
    BoughtTogether,
    Compare,
    ExcludeItems,
    ExcludeTouched,
    Exclusion,
    Expression,
    ItemList,
    ItemProperty,
    Listed,
    Literal,
    Pick,
    ProfileField,
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
from dearly.language.types import BOOL, DAY_US, NUMBER, ItemRef, SetOf
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
        ("bought together with latest viewed.product_id", "product", BoughtTogether(SEEN), 6, None),
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
    ("written", "fillers", "limit"),
    [
        ("recommended product or else trending product within 7 days", (Trending(7 * DAY_US),), 6),
        (
            'similar to favorite or else recommended product or else listed product ["a"], limit 3',
            (Recommended(), Listed(("a",))),
            3,
        ),
        ('listed product ["a", "b"] or else trending product within 7 days', (Trending(7 * DAY_US),), 6),
    ],
)
def test_a_list_may_be_filled_up(written: str, fillers: tuple[Strategy, ...], limit: int) -> None:
    found = _list_of(f"x = {written}")

    assert (found.fillers, found.limit) == (fillers, limit)


BOUGHT = Selection("bought", within_us=30 * DAY_US)
FAVORITE = ProfileField("favorite", ItemRef("product"))
TWO = Literal(frozenset(["a", "b"]), SetOf(ItemRef("product")))


@pytest.mark.parametrize(
    ("written", "exclusion"),
    [
        ("bought.product_id within 30 days", ExcludeTouched(BOUGHT, "product_id")),
        ("favorite", ExcludeItems(FAVORITE)),
        ("latest viewed.product_id", ExcludeItems(SEEN)),
        ('["a", "b"]', ExcludeItems(TWO)),
    ],
)
def test_items_may_be_left_out_of_a_list(written: str, exclusion: Exclusion) -> None:
    assert _list_of(f"x = recommended product, excluding {written}").excluding == (exclusion,)


def test_sets_of_items_may_be_left_out() -> None:
    schema = "profile { seen set of c }\ncatalog c { title text }"
    rules = _block("x = trending c within 2 days, excluding seen")
    (exclusion,) = program_of(rules, schema=schema).blocks["b"].branches[0].lists[0].excluding

    assert exclusion == ExcludeItems(ProfileField("seen", SetOf(ItemRef("c"))))


def test_a_list_may_be_diverse_by_a_field() -> None:
    assert _list_of("x = recommended product, diverse by category").diverse_by == "category"


@pytest.mark.parametrize(
    ("written", "finding"),
    [
        (
            "recommended product or else trending article within 7 days",
            (
                "mixed-catalogs: A list of `product` items cannot be filled up with `article` items. "
                "Give them a list of their own, joined with `; and NAME = ..`."
            ),
        ),
        (
            "recommended product, excluding read.article_id",
            (
                "mixed-catalogs: This list is of `product` items, and `read.article_id` names `article` "
                "items. Exclude `product` items, or leave this out: it would exclude nothing."
            ),
        ),
        (
            "recommended product, excluding latest read.article_id",
            (
                "mixed-catalogs: This list is of `product` items, and `latest read.article_id` names "
                "`article` items. Exclude `product` items, or leave this out: it would exclude nothing."
            ),
        ),
        (
            "recommended product, excluding viewed.seconds",
            (
                "not-an-item: `excluding` takes a property that names an item, and `viewed.seconds` is a "
                "number. Write `excluding viewed.product_id`."
            ),
        ),
        (
            "recommended product, excluding country",
            (
                "not-an-item: `excluding` takes items, and `country` is text. Name what the customer "
                "touched, `excluding EVENT.PROPERTY`, or `product` items."
            ),
        ),
        (
            "recommended product, excluding [3]",
            (
                "bad-item-id: What is excluded by a list are ids of items, and an id is a text. "
                'Write, for example, `excluding ["A100"]`.'
            ),
        ),
        (
            "recommended product, diverse by categry",
            "unknown-property: The catalog `product` has no field `categry`. Did you mean `category`?",
        ),
        (
            "bought together with country",
            (
                "not-an-item: `bought together with` takes an item, and `country` is text. Name a field "
                "whose type is a catalog: `bought together with latest product_viewed.product_id`."
            ),
        ),
    ],
)
def test_what_cannot_fill_up_or_be_left_out_is_told(written: str, finding: str) -> None:
    assert only_finding(_block(f"x = {written}")) == finding


def test_lists_are_diverse_by_a_field_of_one_value() -> None:
    schema = "catalog c { tags set of text }"
    rules = _block("x = trending c within 1 day, diverse by tags")

    assert only_finding(rules, schema=schema) == (
        "type-mismatch: Lists are `diverse by` a field of one value, and `tags` is a set of text. "
        "Give `c` a field for the one that counts."
    )


def test_a_list_has_few_parts() -> None:
    assert codes_of(_block("x = recommended product" + " or else recommended product" * 11)) == ["bad-limit"]
    assert codes_of(_block("x = recommended product" + ", excluding favorite" * 11)) == ["bad-limit"]


def test_every_wrong_part_of_a_list_is_told() -> None:
    written = (
        "x = recommended product or else trending articel within 1 day, excluding favorit, diverse by catgory"
    )

    assert codes_of(_block(written)) == ["unknown-catalog", "unknown-name", "unknown-property"]


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
        'listed product ["a"] or else recommended product',
        "trending product within 7 days, excluding bought.product_id",
        "trending product within 7 days, excluding favorite",
        "trending product within 7 days, where price < cart_total",
    ],
)
def test_the_lists_of_an_otherwise_read_nothing_of_the_customer(items: str) -> None:
    before = (
        "context { cart_total number? }\n"
        "segment rich { points > 3 }\nvalue budget = points\nlifecycle life { a when rich b otherwise }\n"
    )

    assert codes_of(f'{before}block b {{ otherwise show "a.html" with x = {items} }}') == [
        "personal-otherwise"
    ]


@pytest.mark.parametrize(
    "items",
    [
        "trending product within 7 days, where price < 3 and available",
        'listed product ["a"]',
        'listed product ["a"] or else trending product within 7 days, excluding ["b"], diverse by category',
    ],
)
def test_the_lists_of_an_otherwise_are_the_same_for_all(items: str) -> None:
    assert codes_of(f'block b {{ otherwise show "a.html" with x = {items} }}') == []
