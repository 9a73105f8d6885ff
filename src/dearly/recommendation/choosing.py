"""Which method suits a catalog: by how well each foretells, from the feedback alone, what was held out of it.

Of every customer the latest tenth of their items is held out (of the same time: by chance), the methods learn
from the rest, and rank all items for some of the customers. What is chosen then learns from everything. The
search goes along one setting after another, from what is best so far, since fits are dear. The usual way of
normalising is left only for one that is surely better: what is held out is never quite like what is to come.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Annotated

import msgspec
import numpy as np
from msgspec import Meta

from dearly.recommendation.factors import (
    Factors,
    Spectrum,
    factorise,
    find_spectrum,
    item_degrees,
    spectral_factors,
)
from dearly.recommendation.folding import fold
from dearly.recommendation.interactions import Feedback, Floats, Rows
from dearly.recommendation.methods import LeastSquares, Method, Spectral
from dearly.recommendation.ranking_quality import best_rows, recall_and_ndcg

HELD_OUT = 0.1
JUDGED_AT = 20
MOST_JUDGED = 2_000
"""Customers; more make a search longer and hardly surer."""
MOST_SCORES = 40_000_000
"""Of all their items: judging takes as long as there are scores."""
FEWEST_JUDGED = 50
"""With fewer, what ranks best does so by chance."""
CUSTOMERS_AT_ONCE = 256

SURELY = 2.0
"""Standard errors, of the difference customer by customer, by which a method has to be ahead."""
DIMENSIONS = (8, 16, 32, 64, 128, 256, 512, 1024)
QUICK_DIMENSIONS = 256
MOST_OF_A_SIDE = 0.5
"""More dimensions than half of the matrix's smaller side are the matrix itself."""
CUSTOMER_POWERS = (0.4, 0.5, 0.3, 0.2)
SPECTRUM_POWERS = (0.5, 1.0, 0.7, 0.35, 2.0)
CONFIDENCES = (10.0, 40.0, 4.0)
REGULARIZATIONS = (10.0, 1.0, 0.1)
MOST_LEAST_SQUARES_DIMENSIONS = 256
"""A customer is folded in by solving a system of that size, in some 0.7 ms."""
NEAR = 0.9
"""Least squares is tried with other settings only if its first come so near to the best spectrum."""
TOLD_EVERY = 5
ROWS_A_DIMENSION = 12
"""Where nothing can be judged: as many dimensions as rarely over-fit."""


class Tried(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A method, and how well it foretold what was held out: nDCG and recall at 20."""

    method: Method
    ndcg: Annotated[float, Meta(ge=0.0)]
    recall: Annotated[float, Meta(ge=0.0)]


class Choice(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The method that was chosen, of those that were tried; ``customers`` judged them. None were tried where
    there is too little to judge by."""

    method: Method
    customers: Annotated[int, Meta(ge=0)]
    tried: tuple[Tried, ...]


def choose_method(
    feedback: Feedback, dimensions: int | None, seed: int, report: Callable[[str], None]
) -> Choice:
    """The method that ranks best; ``dimensions`` are given, or tried too. The same for the same seed."""
    usual = Spectral(suit_dimensions(feedback) if dimensions is None else dimensions)
    trial = _hold_out(feedback, seed)
    if len(trial.customers) < FEWEST_JUDGED:
        return Choice(usual, 0, ())
    search = _Search(trial, seed, report)
    best = search.spectral(dimensions)
    if dimensions is None or dimensions <= MOST_LEAST_SQUARES_DIMENSIONS:
        best = search.better(best, search.least_squares(best))
    tried = tuple(sorted(search.tried.values(), key=_worth, reverse=True))
    return Choice(best.method, len(trial.customers), tried)


def suit_dimensions(feedback: Feedback) -> int:
    """How many dimensions suit this much feedback, if nothing else is known."""
    smaller = min(feedback.customer_count, len(feedback.item_ids))
    return min(DIMENSIONS[-1], max(DIMENSIONS[1], smaller // ROWS_A_DIMENSION), smaller)


def _worth(tried: Tried) -> float:
    return tried.ndcg


# ------------------------------------------------------------------------------------------- what is held out


@dataclass(frozen=True, slots=True)
class _Trial:
    """What is learnt from, and of each judged customer (by position) the rows held out."""

    known: Feedback
    customers: Rows
    held_out: Sequence[Rows]


def _hold_out(feedback: Feedback, seed: int) -> _Trial:
    random = np.random.default_rng(seed)
    chance = random.random(len(feedback.customers))
    order = np.lexsort((chance, feedback.times_us, feedback.customers))
    counts = np.bincount(feedback.customers, minlength=feedback.customer_count)
    ends = np.cumsum(counts)
    out = np.where(counts >= 2, np.maximum(1, np.round(counts * HELD_OUT)), 0).astype(np.int64)
    place = np.arange(len(order))
    is_out = np.zeros(len(order), bool)
    is_out[order] = place >= (ends - out)[feedback.customers[order]]
    known = _part(feedback, ~is_out)
    later = np.flatnonzero(
        is_out & (np.bincount(known.items, minlength=len(feedback.item_ids)) > 0)[feedback.items]
    )
    customers = np.unique(feedback.customers[later])
    most = min(len(customers), MOST_JUDGED, max(FEWEST_JUDGED, MOST_SCORES // max(1, len(feedback.item_ids))))
    judged = np.sort(random.choice(customers, most, replace=False))
    firsts = np.searchsorted(feedback.customers[later], judged, side="left")
    lasts = np.searchsorted(feedback.customers[later], judged, side="right")
    rows = [feedback.items[later[first:last]] for first, last in zip(firsts, lasts, strict=True)]
    return _Trial(known, judged, rows)


def _part(feedback: Feedback, mask: np.typing.NDArray[np.bool_]) -> Feedback:
    return Feedback(
        item_ids=feedback.item_ids,
        customer_count=feedback.customer_count,
        touch_count=int(mask.sum()),
        customers=feedback.customers[mask],
        items=feedback.items[mask],
        strengths=feedback.strengths[mask],
        times_us=feedback.times_us[mask],
    )


# ------------------------------------------------------------------------------------------------- the search


@dataclass(slots=True)
class _Search:
    """Methods as they are tried, each once; the last spectrum serves all its powers."""

    trial: _Trial
    seed: int
    report: Callable[[str], None]
    tried: dict[Method, Tried] = field(default_factory=dict)
    _ndcgs: dict[Method, Floats] = field(default_factory=dict)
    """By customer."""
    _spectrum: tuple[Spectral, Spectrum] | None = None

    def spectral(self, dimensions: int | None) -> Tried:
        """The best of the spectral methods."""
        best = self._of_any_size() if dimensions is None else self._of_size(dimensions)
        for power in SPECTRUM_POWERS:
            other = msgspec.structs.replace(best.method, spectrum_power=power)
            best = max(best, self.judge(other), key=_worth)
        return best if dimensions is not None else self._finer(best)

    def _of_any_size(self) -> Tried:
        """The best size, and power of customers' degrees: with few dimensions, as each needs its own fit."""
        sizes = [size for size in DIMENSIONS if size <= self._largest] or [DIMENSIONS[0]]
        few = [size for size in sizes if size <= QUICK_DIMENSIONS]
        best = self._customer_power(self._climb([Spectral(size, CUSTOMER_POWERS[0]) for size in few]))
        if best.method.dimensions < few[-1]:
            return best
        larger = [msgspec.structs.replace(best.method, dimensions=size) for size in sizes if size > few[-1]]
        return self._climb([best.method, *larger])

    def _of_size(self, dimensions: int) -> Tried:
        few = min(dimensions, QUICK_DIMENSIONS)
        best = self._customer_power(self.judge(Spectral(few, CUSTOMER_POWERS[0])))
        return self.judge(msgspec.structs.replace(best.method, dimensions=dimensions))

    @property
    def _largest(self) -> int:
        known = self.trial.known
        smaller = min(known.customer_count, len(known.item_ids))
        return min(DIMENSIONS[-1], int(MOST_OF_A_SIDE * smaller))

    def _customer_power(self, best: Tried) -> Tried:
        for power in CUSTOMER_POWERS[1:]:
            best = self.better(best, self.judge(msgspec.structs.replace(best.method, customer_power=power)))
        return best

    def _finer(self, start: Tried) -> Tried:
        """Sizes in between. With more dimensions the spectrum has to fall more steeply, so both are tried."""
        best, method = start, start.method
        assert isinstance(method, Spectral)
        for times in (0.75, 1.5, 2.0):
            size = round(method.dimensions * times)
            for power in (method.spectrum_power, 2.0 * method.spectrum_power):
                if size <= self._largest and power <= SPECTRUM_POWERS[-1]:
                    finer = msgspec.structs.replace(method, dimensions=size, spectrum_power=power)
                    best = max(best, self.judge(finer), key=_worth)
        return best

    def least_squares(self, to_beat: Tried) -> Tried:
        """The best of alternating least squares of as many dimensions, as far as it is worth looking for."""
        size = min(to_beat.method.dimensions, MOST_LEAST_SQUARES_DIMENSIONS)
        start = LeastSquares(size, REGULARIZATIONS[0], CONFIDENCES[0])
        best = self.judge(start)
        if best.ndcg < NEAR * to_beat.ndcg:
            return best
        replace = msgspec.structs.replace
        for confidence in CONFIDENCES:
            best = max(best, self.judge(replace(start, confidence=confidence)), key=_worth)
        for regularization in REGULARIZATIONS:
            best = max(best, self.judge(replace(best.method, regularization=regularization)), key=_worth)
        return best

    def _climb(self, methods: Iterable[Method]) -> Tried:
        """The best of methods in order of size; where two in a row rank worse, the rest will."""
        best: Tried | None = None
        worse = 0
        for method in methods:
            tried = self.judge(method)
            if best is None or tried.ndcg > best.ndcg:
                best, worse = tried, 0
            else:
                worse += 1
            if worse == 2:
                break
        assert best is not None  # there is one size at least
        return best

    def judge(self, method: Method) -> Tried:
        """How well a method ranks what was held out."""
        known = self.tried.get(method)
        if known is None:
            if not len(self.tried) % TOLD_EVERY:
                self.report(f"choosing a method, {len(self.tried)} tried")
            self._ndcgs[method], recall = _rank(self._learn(method), self.trial)
            ndcg = float(self._ndcgs[method].mean())
            known = self.tried[method] = Tried(method, round(ndcg, 6), round(recall, 6))
        return known

    def better(self, best: Tried, other: Tried) -> Tried:
        """The other, if it is surely better."""
        ahead = self._ndcgs[other.method] - self._ndcgs[best.method]
        error = float(ahead.std()) / len(ahead) ** 0.5
        return other if float(ahead.mean()) > SURELY * error else best

    def _learn(self, method: Method) -> Factors:
        if isinstance(method, LeastSquares):
            return factorise(self.trial.known, method, self.seed)
        as_fitted = msgspec.structs.replace(method, spectrum_power=0.0)
        if self._spectrum is None or self._spectrum[0] != as_fitted:
            self._spectrum = (as_fitted, find_spectrum(self.trial.known, method, self.seed))
        return spectral_factors(method, self._spectrum[1], item_degrees(self.trial.known))


def _rank(factors: Factors, trial: _Trial) -> tuple[Floats, float]:
    """nDCG of each judged customer and their mean recall at 20; none is shown what they have."""
    known, found = trial.known, []
    for start in range(0, len(trial.customers), CUSTOMERS_AT_ONCE):
        some = trial.customers[start : start + CUSTOMERS_AT_ONCE]
        firsts = np.searchsorted(known.customers, some, side="left")
        ends = np.searchsorted(known.customers, some, side="right")
        parts = [slice(first, end) for first, end in zip(firsts, ends, strict=True)]
        folded = np.stack([fold(factors, known.items[part], known.strengths[part]) for part in parts])
        scores = folded @ factors.vectors.T
        found += [
            best_rows(row, known.items[part], JUDGED_AT) for row, part in zip(scores, parts, strict=True)
        ]
    judged = [
        recall_and_ndcg(np.isin(rows, wanted), len(wanted), JUDGED_AT)
        for rows, wanted in zip(found, trial.held_out, strict=True)
    ]
    recalls, ndcgs = np.array(judged, np.float32).T
    return ndcgs, float(recalls.mean())
