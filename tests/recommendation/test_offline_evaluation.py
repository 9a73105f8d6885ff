"""The figures that say how well an index ranks: by hand, and on a published split."""

from __future__ import annotations

from pathlib import Path

import pytest

from dearly.cli.interaction_files import read_interactions
from dearly.recommendation import Trial, fit, judge_as_served, judge_exactly

GOWALLA = Path(__file__).parents[3] / "shared" / "data" / "gowalla"


def quiet(step: object) -> None:
    """Nobody listens."""


def small_trial() -> Trial:
    """Two tastes: three customers touch a to d, three touch w to z; each left some out."""
    touches = [
        *[("ann", item) for item in "abc"],
        *[("bob", item) for item in "abd"],
        *[("cat", item) for item in "acd"],
        *[("dan", item) for item in "wxy"],
        *[("eve", item) for item in "wxz"],
        *[("fay", item) for item in "wyz"],
    ]
    customers, items = zip(*touches, strict=True)
    return fit(customers, items, [0] * len(items), 2, 1, quiet)


def test_figures_are_as_worked_by_hand() -> None:
    trial = small_trial()
    held_out = {"ann": {"d"}, "dan": {"z", "never seen"}, "eve": {"a"}}
    served = judge_as_served(trial, held_out, 1, quiet)
    # ann: 1 of 1; dan: 1 of 2, an ideal of one hit; eve: her one new item is y, not a.
    assert served.recall == pytest.approx((1 + 0.5 + 0) / 3)
    assert served.ndcg == pytest.approx((1 + 1 + 0) / 3)
    assert served.coverage == pytest.approx(3 / 8)


def test_as_served_and_exactly_agree_where_every_item_is_a_candidate() -> None:
    held_out = {"ann": {"d"}, "bob": {"c"}, "fay": {"x"}}
    trial = small_trial()
    assert judge_as_served(trial, held_out, 1, quiet) == judge_exactly(trial, held_out, 1, quiet)


def test_customers_without_history_count_as_they_are_served() -> None:
    held_out = {"stranger": {"a"}, "ann": {"d"}}
    served = judge_as_served(small_trial(), held_out, 1, quiet)
    assert served.recall == pytest.approx((1 + 1) / 2)
    assert judge_exactly(small_trial(), held_out, 1, quiet).recall == pytest.approx(1 / 2)


def test_progress_is_told_once_a_customer() -> None:
    heard: list[int] = []
    judge_as_served(small_trial(), {"ann": {"d"}, "bob": {"c"}, "cat": set()}, 3, heard.append)
    assert sum(heard) == 2


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.timeout(900)
def test_the_published_split_is_ranked_better_than_the_published_figures() -> None:
    """Gowalla, all test customers: LightGCN 0.1830 / 0.1554, UltraGCN 0.1862 / 0.1580."""
    if not GOWALLA.exists():
        pytest.skip(f"{GOWALLA} is absent")
    train, test = (read_interactions(GOWALLA / f"{name}.npz") for name in ("train", "test"))
    held_out: dict[str, set[str]] = {}
    for customer_id, item_id in zip(test.customer_ids, test.item_ids, strict=True):
        held_out.setdefault(customer_id, set()).add(item_id)
    trial = fit(train.customer_ids, train.item_ids, train.times_us, 768, 1, quiet)
    served = judge_as_served(trial, held_out, 20, quiet)
    assert len(held_out) == 29_858
    assert served.recall >= 0.188
    assert served.ndcg >= 0.158
