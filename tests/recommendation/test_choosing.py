"""Which method is chosen, by the feedback alone; and least squares against its definition."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest

from dearly.recommendation.artefact import read_index, write_index
from dearly.recommendation.choosing import Choice, Tried, choose_method
from dearly.recommendation.factors import Factors, factorise, factors_of
from dearly.recommendation.folding import fold
from dearly.recommendation.index import CatalogIndex, Recipe, build_index, inverse_lengths
from dearly.recommendation.interactions import Feedback, TouchColumns, gather_feedback
from dearly.recommendation.methods import LeastSquares, Method, Spectral
from dearly.recommendation.search import plan_search
from tests.recommendation.shop import NOW_US

CUSTOMERS, ITEMS, TASTES = 300, 120, 6
LEAST_SQUARES = LeastSquares(5, 0.5, 8.0)


def shop_of_tastes(touches_each: int = 14, seed: int = 3) -> Feedback:
    """Everybody touches what is to one of six tastes, now and then something else."""
    random = np.random.default_rng(seed)
    customers, items, times_us = [], [], []
    for customer in range(CUSTOMERS):
        taste = random.integers(TASTES)
        for touch in range(touches_each):
            is_to_taste = random.random() < 0.8
            item = (
                TASTES * random.integers(ITEMS // TASTES) + taste if is_to_taste else random.integers(ITEMS)
            )
            customers.append(f"c{customer:03}")
            items.append(f"i{item:03}")
            times_us.append(NOW_US - 1_000 + touch)
    columns = TouchColumns("seen", customers, items, times_us)
    return gather_feedback([columns], {"seen": 1.0}, 10**15, NOW_US)


def choose(feedback: Feedback, dimensions: int | None = None) -> Choice:
    return choose_method(feedback, dimensions, 1, lambda step: None)


def test_what_foretells_well_is_chosen_of_both_kinds() -> None:
    choice = choose(shop_of_tastes())

    (chosen,) = (tried for tried in choice.tried if tried.method == choice.method)
    assert chosen.ndcg > 0.9 * choice.tried[0].ndcg
    assert {type(tried.method) for tried in choice.tried} == {Spectral, LeastSquares}
    assert choice.customers == CUSTOMERS
    assert len({tried.method for tried in choice.tried}) == len(choice.tried)


def test_as_many_dimensions_are_chosen_as_there_are_tastes() -> None:
    assert 4 <= choose(shop_of_tastes()).method.dimensions <= 16


def test_the_same_feedback_gives_the_same_choice() -> None:
    assert choose(shop_of_tastes()) == choose(shop_of_tastes())


def test_dimensions_that_are_given_are_kept_to() -> None:
    assert {tried.method.dimensions for tried in choose(shop_of_tastes(), 9).tried} == {9}


def test_with_few_customers_nothing_is_tried() -> None:
    columns = TouchColumns("seen", ["a", "a", "b", "b"], ["1", "2", "2", "3"], [1, 2, 3, 4])
    feedback = gather_feedback([columns], {"seen": 1.0}, 10**15, NOW_US)
    assert choose(feedback) == Choice(Spectral(2), 0, ())


def test_each_customers_latest_items_are_those_held_out() -> None:
    # Whoever touched i000 came to touch i001 last: who learns from what was before cannot know of i001.
    customers = [f"c{customer:03}" for customer in range(100) for _ in range(5)]
    items = [
        item
        for n in range(100)
        for item in (f"j{n % 40:03}", f"k{n % 30:03}", f"l{n % 20:03}", "i000", "i001")
    ]
    times_us = [NOW_US + touch for _ in range(100) for touch in range(5)]
    columns = TouchColumns("seen", customers, items, times_us)
    choice = choose(gather_feedback([columns], {"seen": 1.0}, 10**15, NOW_US + 10))
    assert choice.tried == ()  # an item that nobody is known to have touched cannot be foretold


# ---------------------------------------------------------------------------------------------- least squares


def learnt_by_least_squares() -> Factors:
    return factorise(shop_of_tastes(), LEAST_SQUARES, seed=1)


def test_a_customer_folded_in_by_least_squares_minimises_what_its_paper_says() -> None:
    factors = learnt_by_least_squares()
    rows, strengths = np.array([3, 40, 77]), np.array([1.0, 0.5, 2.0], np.float32)
    found = fold(factors, rows, strengths).astype(np.float64)

    def loss(x: np.typing.NDArray[np.float64]) -> float:
        wanted, surer = np.zeros(len(factors.vectors)), np.ones(len(factors.vectors))
        wanted[rows] = 1.0
        surer[rows] += LEAST_SQUARES.confidence * strengths
        errors = surer * (wanted - factors.vectors.astype(np.float64) @ x) ** 2
        return float(errors.sum() + LEAST_SQUARES.regularization * (x @ x))

    least = loss(found)
    random = np.random.default_rng(1)
    assert all(loss(found + 0.01 * random.standard_normal(5)) > least for _ in range(200))


def test_least_squares_learns_the_same_to_the_bit() -> None:
    assert learnt_by_least_squares().vectors.tobytes() == learnt_by_least_squares().vectors.tobytes()


@pytest.mark.parametrize("method", [LEAST_SQUARES, Spectral(8, 0.3, 1.0)], ids=["als", "spectral"])
def test_an_index_is_read_back_with_its_method(tmp_path: Path, method: Method) -> None:
    feedback = shop_of_tastes()
    built = build_index(feedback, recipe(), lambda step: None)
    factors = factorise(feedback, method, seed=1)
    written = with_factors(built, factors, method)
    folder = tmp_path / "version"
    folder.mkdir()
    folder = folder.rename(tmp_path / write_index(written, folder))

    found = read_index(folder, "product")
    assert found.manifest.choice == Choice(method, 7, (Tried(method, 0.5, 0.25),))
    rows, strengths = np.array([1, 2]), np.ones(2, np.float32)
    assert np.array_equal(fold(found.factors, rows, strengths), fold(factors, rows, strengths))


def recipe() -> Recipe:
    return Recipe(
        catalog="product",
        event_weights={"seen": 1.0},
        consuming_events=[],
        half_life_us=10**15,
        since_us=0,
        as_of_us=NOW_US,
        created_us=NOW_US,
        seed=1,
        dimensions=8,
    )


def with_factors(index: CatalogIndex, factors: Factors, method: Method) -> CatalogIndex:
    """The same index as if it had been learnt so."""
    queries = factors.vectors[:10]
    recommended = plan_search(factors.vectors, None, queries, 1)
    similar = plan_search(factors.vectors, inverse_lengths(factors.vectors), queries, 1)
    manifest = msgspec.structs.replace(
        index.manifest,
        dimensions=factors.vectors.shape[1],
        choice=Choice(method, 7, (Tried(method, 0.5, 0.25),)),
        recommended=recommended.plan,
        similar=similar.plan,
    )
    assert factors_of(method, factors.vectors, factors.degrees).folding.tobytes() == factors.folding.tobytes()
    return replace(index, manifest=manifest, factors=factors, recommended=recommended, similar=similar)
