"""Weighted implicit feedback: what every customer touched, how deliberately, and how long ago."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import numpy.typing as npt

Floats: TypeAlias = npt.NDArray[np.float32]
Rows: TypeAlias = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class TouchColumns:
    """Touches of one event type as parallel columns, in any order."""

    event: str
    customer_ids: Sequence[str]
    item_ids: Sequence[str]
    times_us: Sequence[int]


@dataclass(frozen=True, slots=True)
class Feedback:
    """How strongly each customer is drawn to each item they touched: a sparse matrix as triples.

    ``customers[i]`` and ``items[i]`` are positions in the number of customers and in ``item_ids``; triples
    ascend by (customer, item) without repeats. ``item_ids`` ascend.
    """

    item_ids: tuple[str, ...]
    customer_count: int
    touch_count: int
    customers: Rows
    items: Rows
    strengths: Floats
    times_us: Rows
    """When each was touched last."""


def gather_feedback(
    columns: Sequence[TouchColumns], weights: Mapping[str, float], half_life_us: int, as_of_us: int
) -> Feedback:
    """Touches as strengths: each counts its event's weight, halved for every half-life of age; what a
    customer did to one item adds up, and the logarithm keeps the tenth visit from counting like the first.

    The result does not depend on the order of the touches. Those after ``as_of_us`` must not be among them.
    """
    item_ids, items = _positions([item for part in columns for item in part.item_ids])
    customer_ids, customers = _positions([customer for part in columns for customer in part.customer_ids])
    ages_us = as_of_us - np.array([time_us for part in columns for time_us in part.times_us], dtype=np.int64)
    event_weights = np.repeat(
        [weights[part.event] for part in columns], [len(part.item_ids) for part in columns]
    ).astype(np.float64)
    amounts = event_weights * np.exp2(-ages_us / half_life_us)
    order = np.lexsort((amounts, items, customers))
    customers, items, amounts, ages_us = customers[order], items[order], amounts[order], ages_us[order]
    firsts = np.flatnonzero(np.diff(customers, prepend=-1) | np.diff(items, prepend=-1))
    summed = np.add.reduceat(amounts, firsts) if len(firsts) else amounts
    youngest_us = np.minimum.reduceat(ages_us, firsts) if len(firsts) else ages_us
    return Feedback(
        item_ids=item_ids,
        customer_count=len(customer_ids),
        touch_count=len(amounts),
        customers=customers[firsts],
        items=items[firsts],
        strengths=np.log1p(summed).astype(np.float32),
        times_us=as_of_us - youngest_us,
    )


def _positions(ids: Sequence[str]) -> tuple[tuple[str, ...], Rows]:
    """The distinct ids in ascending order, and where each of the given stands among them."""
    distinct = tuple(sorted(set(ids)))
    place = {identifier: position for position, identifier in enumerate(distinct)}
    return distinct, np.fromiter((place[identifier] for identifier in ids), dtype=np.int64, count=len(ids))
