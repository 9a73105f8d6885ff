"""From touches to vectors: weights, strengths, factors, fold-in."""

from __future__ import annotations

import random
import sys

import numpy as np
import pytest

from dearly.language.types import DAY_US
from dearly.recommendation import CatalogIndex, Touch, TrainingUnavailable
from dearly.recommendation.choosing import suit_dimensions
from dearly.recommendation.factors import factorise
from dearly.recommendation.folding import fold
from dearly.recommendation.interactions import Feedback, TouchColumns, gather_feedback
from dearly.recommendation.methods import Spectral
from dearly.recommendation.signals import Signal, consuming_events, signals_of, weigh_events
from dearly.store import Store
from tests.recommendation.shop import NOW_US, PROGRAM, build, learn, planted_events, product_id, viewed

HALF_LIFE_US = 30 * DAY_US


def gather(*touches: tuple[str, str, int], event: str = "seen", weight: float = 1.0) -> Feedback:
    customers, items, times_us = zip(*touches, strict=True)
    return gather_feedback(
        [TouchColumns(event, customers, items, times_us)], {event: weight}, HALF_LIFE_US, NOW_US
    )


def test_rare_events_weigh_more_and_the_commonest_weighs_one() -> None:
    assert weigh_events({"viewed": 800, "added": 400, "bought": 100, "gifted": 1, "never": 0}) == {
        "viewed": 1.0,
        "added": 2.0,
        "bought": 4.0,
        "gifted": 8.0,
        "never": 8.0,
    }


def test_every_property_that_names_an_item_of_the_catalog_is_a_signal() -> None:
    assert set(signals_of(PROGRAM, "product")) == {
        Signal("product_viewed", "product_id"),
        Signal("product_purchased", "product_id"),
        Signal("product_purchased", "instead_of"),
    }


@pytest.mark.parametrize("event", ["product_purchased", "ticket_bought", "meal_ordered", "article_read"])
def test_purchases_and_reads_use_an_item_up(event: str) -> None:
    assert consuming_events([Signal(event, "id"), Signal("product_viewed", "id")]) == (event,)


def test_a_touch_counts_half_after_each_half_life() -> None:
    feedback = gather(("ann", "a", NOW_US), ("ann", "b", NOW_US - HALF_LIFE_US))
    assert np.allclose(np.expm1(feedback.strengths), [1.0, 0.5])


def test_touches_of_one_item_add_up_before_the_logarithm() -> None:
    feedback = gather(*[("ann", "a", NOW_US)] * 3, weight=2.0)
    assert np.allclose(feedback.strengths, [np.log1p(6.0)])


def test_the_order_in_which_touches_come_does_not_matter_to_a_bit() -> None:
    rng = random.Random(3)
    touches = [
        (f"c{rng.randrange(9)}", f"i{rng.randrange(9)}", NOW_US - rng.randrange(10**13)) for _ in range(200)
    ]
    shuffled = rng.sample(touches, len(touches))
    one, other = gather(*touches), gather(*shuffled)
    assert one.item_ids == other.item_ids
    assert one.strengths.tobytes() == other.strengths.tobytes()


def test_no_touches_make_an_empty_matrix() -> None:
    feedback = gather_feedback([TouchColumns("seen", (), (), ())], {"seen": 1.0}, HALF_LIFE_US, NOW_US)
    assert feedback.item_ids == ()
    assert factorise(feedback, Spectral(16), seed=1).vectors.shape == (0, 0)


def test_the_factors_are_the_singular_vectors_of_the_degree_normalised_matrix() -> None:
    rng = np.random.default_rng(5)
    dense = np.where(rng.random((30, 12)) < 0.4, rng.random((30, 12)), 0.0).astype(np.float32)
    dense[np.arange(12), np.arange(12)] = 1.0
    dense[np.arange(12, 30), 0] = 1.0
    customers, items = np.nonzero(dense)
    feedback = Feedback(
        tuple(f"{n:02d}" for n in range(12)),
        30,
        len(items),
        customers,
        items,
        dense[customers, items],
        np.zeros(len(items), np.int64),
    )
    factors = factorise(feedback, Spectral(12), seed=1)
    degrees = dense.sum(axis=0)
    normalised = dense / np.sqrt(np.outer(dense.sum(axis=1), degrees))
    _, spectrum, right = np.linalg.svd(normalised, full_matrices=False)
    spectrum /= spectrum[0]
    unscaled = factors.vectors / np.sqrt(degrees)[:, None]
    assert np.allclose(unscaled @ unscaled.T, (right.T * np.sqrt(spectrum)) @ right, atol=1e-3)


def test_the_same_seed_gives_the_same_vectors_to_the_bit(store: Store) -> None:
    assert build(store).factors.vectors.tobytes() == build(store).factors.vectors.tobytes()


def test_dimensions_grow_with_the_data_and_never_exceed_it() -> None:
    few = gather(*[(f"c{n}", f"i{n % 3}", NOW_US) for n in range(5)])
    many = gather(*[(f"c{n}", f"i{n}", NOW_US) for n in range(1_200)])
    assert (suit_dimensions(few), suit_dimensions(many)) == (3, 100)


def test_planted_tastes_are_recovered() -> None:
    index = learn(
        [
            (event.customer_id, event.type, str(event.properties["product_id"]), event.time_us)
            for event in planted_events()
        ],
        dimensions=4,
    )
    shelves = [item_id.split("-")[0] for item_id in index.item_ids]
    for shelf in range(4):
        query = index.fold_in(viewed(product_id(shelf, 0)), NOW_US)
        assert query is not None
        scores = index.factors.vectors @ query
        best = {shelves[row] for row in np.argsort(-scores)[:6]}
        assert best == {f"p{shelf}"}


def test_folding_in_is_the_sum_over_the_items_touched(index: CatalogIndex) -> None:
    one, two = (index.fold_in(viewed(product_id(0, n)), NOW_US) for n in (1, 2))
    both = index.fold_in(viewed(product_id(0, 1), product_id(0, 2)), NOW_US)
    assert one is not None
    assert two is not None
    assert both is not None
    assert np.allclose(one + two, both, atol=1e-5)


def test_a_customer_of_the_training_folds_in_as_they_were_learnt(index: CatalogIndex) -> None:
    rows = np.array([0, 5], np.int64)
    strengths = np.log1p(np.array([1.0, 1.0], np.float32))
    touches = viewed(index.item_ids[0], index.item_ids[5], time_us=NOW_US)
    weight = index.manifest.event_weights["product_viewed"]
    assert weight == 1.0
    assert np.allclose(index.fold_in(touches, NOW_US), fold(index.factors, rows, strengths))


def test_unknown_items_and_touches_yet_to_come_say_nothing(index: CatalogIndex) -> None:
    assert index.fold_in(viewed("p9-9"), NOW_US) is None
    assert index.fold_in(viewed(product_id(0, 0), time_us=NOW_US + 1), NOW_US) is None
    assert index.fold_in([], NOW_US) is None


def test_an_event_declared_after_the_build_weighs_one(index: CatalogIndex) -> None:
    known = index.fold_in([Touch(product_id(0, 0), "product_viewed", NOW_US)], NOW_US)
    newer = index.fold_in([Touch(product_id(0, 0), "product_gifted", NOW_US)], NOW_US)
    assert np.array_equal(known, newer)


@pytest.mark.parametrize("customers", [1, 2])
def test_the_smallest_shops_can_be_learnt(customers: int) -> None:
    index = learn([(f"c{n}", "product_viewed", "a", NOW_US) for n in range(customers)])
    assert index.item_ids == ("a",)
    assert np.isfinite(index.factors.vectors).all()


def test_without_the_training_extra_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "implicit", None)
    with pytest.raises(TrainingUnavailable, match=r"dearly\[train\]"):
        learn([("ann", "product_viewed", "a", NOW_US)])
