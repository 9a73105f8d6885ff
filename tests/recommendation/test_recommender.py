"""The strategies: what they give, what they never give, and that pages are full."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.evaluation import EventLog, Facts
from dearly.language.types import DAY_US, Value
from dearly.recommendation import (
    CatalogIndex,
    Item,
    OutOfTime,
    Page,
    Recommender,
    RecommenderKeeper,
    Suggestion,
    Touch,
)
from dearly.recommendation.aisle import lay_out
from dearly.recommendation.signals import signals_of
from dearly.recommendation.trending import add_up
from dearly.store import ItemCounts, Store
from tests.recommendation.shop import (
    NOW_US,
    PROGRAM,
    SHELVES,
    item,
    learn,
    product_id,
    recommender,
    viewed,
)


def ids(found: list[Suggestion]) -> list[str]:
    return [suggestion.item.item_id for suggestion in found]


def strategies(found: list[Suggestion]) -> set[str]:
    return {suggestion.strategy for suggestion in found}


@pytest.fixture
def shop(store: Store, tmp_path: Any) -> Recommender:
    """The planted shop without an index."""
    return RecommenderKeeper(store, tmp_path / "none").refresh(PROGRAM, NOW_US)


@pytest.fixture
def trained(shop: Recommender, index: CatalogIndex) -> Recommender:
    """The planted shop with its index."""
    before = shop.aisles["product"]
    aisle = lay_out(before.signals, before.items, index, before.trends)
    return Recommender(shop.shelves, {**shop.aisles, "product": aisle}, {"product": "v1"})


# ------------------------------------------------------------------------------------------------ recommended


@pytest.mark.parametrize("shelf", range(SHELVES))
def test_recommendations_keep_to_the_taste_that_the_touches_show(trained: Recommender, shelf: int) -> None:
    found = trained.recommended(
        "product", viewed(product_id(shelf, 0), product_id(shelf, 1)), Page(4), NOW_US
    )
    assert strategies(found) == {"recommended"}
    assert {suggestion.item.fields["shelf"] for suggestion in found} == {float(shelf)}


def test_the_last_click_counts_at_once(trained: Recommender) -> None:
    old = viewed(product_id(0, 0), time_us=NOW_US - 390 * DAY_US)
    fresh = viewed(product_id(2, 0), product_id(2, 1), time_us=NOW_US)
    found = trained.recommended("product", [*old, *fresh], Page(2), NOW_US)
    assert {suggestion.item.fields["shelf"] for suggestion in found} == {2.0}


def test_what_was_bought_is_not_recommended_again(trained: Recommender) -> None:
    bought = Touch(product_id(1, 0), "product_purchased", NOW_US - 300 * DAY_US)
    found = trained.recommended("product", [bought, *viewed(product_id(1, 1))], Page(100), NOW_US)
    assert product_id(1, 0) not in ids(found)
    assert product_id(1, 1) in ids(found)
    assert len(found) == 23


def test_a_purchase_yet_to_come_does_not_count(trained: Recommender) -> None:
    later = Touch(product_id(1, 0), "product_purchased", NOW_US + 1)
    assert len(trained.recommended("product", [later], Page(100), NOW_US)) == 24


@pytest.mark.parametrize("touches", [[], viewed("p9-9"), viewed(product_id(0, 0), time_us=NOW_US + 1)])
def test_without_a_known_touch_what_is_trending_stands_in(trained: Recommender, touches: list[Touch]) -> None:
    found = trained.recommended("product", touches, Page(6), NOW_US)
    assert found == trained.trending("product", 30 * DAY_US, Page(6), NOW_US)
    assert len(found) == 6


def test_without_an_index_what_is_trending_stands_in(shop: Recommender) -> None:
    found = shop.recommended("product", viewed(product_id(0, 0)), Page(6), NOW_US)
    assert strategies(found) == {"trending"}
    assert len(found) == 6


def test_a_filter_is_kept_and_the_page_is_filled_all_the_same(trained: Recommender) -> None:
    def on_another_shelf(fields: Mapping[str, Value]) -> bool:
        return fields["shelf"] == 3.0

    found = trained.recommended("product", viewed(product_id(0, 0)), Page(6, on_another_shelf), NOW_US)
    assert sorted(ids(found)) == [product_id(3, number) for number in range(6)]


def test_excluded_items_stay_away_even_where_the_page_is_filled_up(trained: Recommender) -> None:
    page = Page(100, exclude=frozenset([product_id(0, 1), product_id(3, 3)]))
    found = trained.recommended("product", viewed(product_id(0, 0)), page, NOW_US)
    assert len(found) == 22
    assert not page.exclude & set(ids(found))


def test_an_unknown_catalog_has_no_items(trained: Recommender) -> None:
    page = Page(6)
    assert trained.recommended("wine", viewed("a"), page, NOW_US) == []
    assert trained.similar("wine", "a", page, NOW_US) == []
    assert trained.trending("wine", DAY_US, page, NOW_US) == []
    assert trained.listed("wine", ["a"], page) == []


def test_facts_touch_by_every_event_and_property_that_names_an_item_of_the_catalog(
    trained: Recommender,
) -> None:
    viewed_one, bought, instead_of, read = (product_id(shelf, 0) for shelf in range(4))
    facts = Facts(
        events={
            "product_viewed": EventLog((1, NOW_US - 2), ({}, {"product_id": viewed_one})),
            "product_purchased": EventLog((NOW_US - 1,), ({"product_id": bought, "instead_of": instead_of},)),
            "article_opened": EventLog((NOW_US,), ({"article_id": read},)),
        }
    )
    touches = [
        Touch(instead_of, "product_purchased", NOW_US - 1),
        Touch(bought, "product_purchased", NOW_US - 1),
        Touch(viewed_one, "product_viewed", NOW_US - 2),
    ]
    found = trained.recommended_to(facts, "product", Page(100), NOW_US)
    assert found == trained.recommended("product", touches, Page(100), NOW_US)
    assert strategies(found[:6]) == {"recommended"}
    assert trained.recommended_to(facts, "wine", Page(100), NOW_US) == []


TOUCHES = st.lists(
    st.builds(
        Touch,
        st.sampled_from([f"i{n:03d}" for n in range(120)] + ["unknown"]),
        st.sampled_from(["product_viewed", "product_purchased"]),
        st.integers(NOW_US - 300 * DAY_US, NOW_US + DAY_US),
    ),
    max_size=12,
)


def wide_shop() -> tuple[dict[str, Item], CatalogIndex]:
    touches = [
        (
            f"c{customer}",
            "product_viewed",
            f"i{(customer * 7 + step * step) % 110:03d}",
            NOW_US - step * DAY_US,
        )
        for customer in range(80)
        for step in range(8)
    ]
    items = {
        f"i{number:03d}": item(f"i{number:03d}", price=float(number % 10), available=number % 11 != 0)
        for number in range(120)
    }
    return items, learn(touches)


WIDE_ITEMS, WIDE_INDEX = wide_shop()
WIDE_SHOP = recommender(WIDE_ITEMS, WIDE_INDEX)


@given(
    touches=TOUCHES,
    limit=st.integers(1, 130),
    cheapest=st.integers(0, 10),
    excluded=st.frozensets(st.sampled_from(sorted(WIDE_ITEMS)), max_size=40),
)
@settings(max_examples=150, deadline=None)
def test_a_page_is_what_looking_at_every_item_gives(
    touches: list[Touch], limit: int, cheapest: int, excluded: frozenset[str]
) -> None:
    """Full whenever enough items qualify; each once; none that may not stand there; the best first."""

    def keep(fields: Mapping[str, Value]) -> bool:
        return float(str(fields["price"])) >= cheapest

    found = WIDE_SHOP.recommended("product", touches, Page(limit, keep, excluded), NOW_US)
    bought = {
        touch.item_id for touch in touches if touch.event == "product_purchased" and touch.time_us <= NOW_US
    }
    qualified = {
        item_id
        for item_id, entry in WIDE_ITEMS.items()
        if entry.fields["available"] and keep(entry.fields) and item_id not in excluded | bought
    }
    assert len(set(ids(found))) == len(found) == min(limit, len(qualified))
    assert set(ids(found)) <= qualified
    query = WIDE_INDEX.fold_in(touches, NOW_US)
    assert WIDE_INDEX.recommended is not None
    ranked = (
        [] if query is None else [WIDE_INDEX.item_ids[row] for row in WIDE_INDEX.recommended.exact(query)[0]]
    )
    expected = [item_id for item_id in ranked if item_id in qualified][:limit]
    assert ids([suggestion for suggestion in found if suggestion.strategy == "recommended"]) == expected


# -------------------------------------------------------------------------------------------- similar, trends


def test_neighbours_are_of_the_same_taste_and_never_the_item_itself(trained: Recommender) -> None:
    found = trained.similar("product", product_id(2, 3), Page(3), NOW_US)
    assert strategies(found) == {"similar"}
    assert {suggestion.item.fields["shelf"] for suggestion in found} == {2.0}
    assert product_id(2, 3) not in ids(trained.similar("product", product_id(2, 3), Page(100), NOW_US))


def test_cosines_descend_and_are_at_most_one(trained: Recommender) -> None:
    found = trained.similar("product", product_id(2, 3), Page(5), NOW_US)
    scores = [suggestion.score for suggestion in found if suggestion.strategy == "similar"]
    assert scores == sorted(scores, reverse=True)
    assert 0 < scores[0] <= 1.00001


@pytest.mark.parametrize("seed_item", ["p9-9", ""])
def test_an_unknown_item_has_what_is_trending_for_neighbours(trained: Recommender, seed_item: str) -> None:
    found = trained.similar("product", seed_item, Page(6), NOW_US)
    assert found == trained.trending("product", 30 * DAY_US, Page(6), NOW_US)


def trending_shop(*counts: tuple[float, ItemCounts]) -> Recommender:
    items = {name: item(name) for name in ("a", "b", "c", "d")}
    aisle = lay_out(signals_of(PROGRAM, "product"), items, None, add_up(counts))
    return Recommender(recommender(items, None).shelves, {"product": aisle}, {})


HOUR = NOW_US // 3_600_000_000


def test_trending_counts_each_event_with_its_weight_within_the_window() -> None:
    shop = trending_shop(
        (1.0, ItemCounts([HOUR, HOUR - 30, HOUR], ["a", "b", "c"], [5, 100, 1])),
        (4.0, ItemCounts([HOUR - 1], ["c"], [2])),
    )
    found = shop.trending("product", DAY_US, Page(4), NOW_US)
    assert [(one.item.item_id, one.score) for one in found] == [
        ("c", 9.0),
        ("a", 5.0),
        ("b", 0.0),
        ("d", 0.0),
    ]
    assert ids(shop.trending("product", 2 * DAY_US, Page(1), NOW_US)) == ["b"]


def test_items_that_trend_alike_stand_in_order_of_id() -> None:
    shop = trending_shop((1.0, ItemCounts([HOUR] * 3, ["c", "a", "b"], [2, 2, 2])))
    assert ids(shop.trending("product", DAY_US, Page(4), NOW_US)) == ["a", "b", "c", "d"]


def test_trends_as_of_an_earlier_moment_leave_out_what_came_later() -> None:
    shop = trending_shop((1.0, ItemCounts([HOUR - 30, HOUR], ["a", "b"], [1, 9])))
    assert ids(shop.trending("product", DAY_US, Page(1), NOW_US - DAY_US)) == ["a"]


def test_an_item_that_is_gone_does_not_trend() -> None:
    shop = trending_shop((1.0, ItemCounts([HOUR], ["gone"], [9])))
    assert "gone" not in ids(shop.trending("product", DAY_US, Page(9), NOW_US))


# ---------------------------------------------------------------------------------------- recently and listed


def test_recently_is_latest_first_without_repeats_and_without_filling_up(trained: Recommender) -> None:
    touches = [
        Touch(product_id(0, 1), "product_viewed", 5),
        Touch(product_id(0, 2), "product_viewed", 9),
        Touch("gone", "product_viewed", 8),
        Touch(product_id(0, 1), "product_viewed", 7),
        Touch(product_id(0, 0), "product_viewed", 7),
    ]
    found = trained.recently("product", touches, Page(6))
    assert ids(found) == [product_id(0, 2), product_id(0, 0), product_id(0, 1)]
    assert strategies(found) == {"recently"}


def test_a_list_keeps_its_order_and_leaves_out_what_may_not_stand_there(trained: Recommender) -> None:
    wanted = [product_id(3, 1), "gone", product_id(0, 1), product_id(3, 1), product_id(1, 1)]
    page = Page(6, exclude=frozenset([product_id(0, 1)]))
    found = trained.listed("product", wanted, page)
    assert ids(found) == [product_id(3, 1), product_id(1, 1)]
    assert strategies(found) == {"listed"}


def test_an_unavailable_item_stands_nowhere() -> None:
    shop = recommender({"a": item("a", available=False), "b": item("b", available=True)}, None)
    touches, page = viewed("a", "b"), Page(6)
    for found in (
        shop.recommended("product", touches, page, NOW_US),
        shop.similar("product", "x", page, NOW_US),
        shop.trending("product", DAY_US, page, NOW_US),
        shop.recently("product", touches, page),
        shop.listed("product", ["a", "b"], page),
    ):
        assert ids(found) == ["b"]


# ------------------------------------------------------------------------------------------------- giving up


def asked(page_of: dict[str, int], *, patience: int) -> Page:
    """A page that nothing fits, which counts what it is asked and gives up at the look after its patience."""

    def keep(_fields: Mapping[str, Value]) -> bool:
        page_of["items"] = page_of.get("items", 0) + 1
        return False

    def give_up() -> bool:
        page_of["looks"] = page_of.get("looks", 0) + 1
        return page_of["looks"] > patience

    return Page(3, keep, give_up=give_up)


@pytest.mark.parametrize("strategy", ["recommended", "similar", "trending", "recently", "listed"])
def test_a_filter_that_nothing_fits_is_given_up_when_the_time_is_up(strategy: str) -> None:
    names = sorted(WIDE_ITEMS)
    asking: Callable[[Page], list[Suggestion]] = {
        "recommended": lambda page: WIDE_SHOP.recommended("product", viewed("i001"), page, NOW_US),
        "similar": lambda page: WIDE_SHOP.similar("product", "i001", page, NOW_US),
        "trending": lambda page: WIDE_SHOP.trending("product", DAY_US, page, NOW_US),
        "recently": lambda page: WIDE_SHOP.recently("product", viewed(*names), page),
        "listed": lambda page: WIDE_SHOP.listed("product", names, page),
    }[strategy]
    patient: dict[str, int] = {}
    assert asking(asked(patient, patience=10**6)) == []

    hurried: dict[str, int] = {}
    with pytest.raises(OutOfTime):
        asking(asked(hurried, patience=0))
    assert hurried["looks"] == 1
    assert hurried["items"] < patient["items"]
