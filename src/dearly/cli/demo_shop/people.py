"""The demo shop's customers: who they are, what they tell us, and the tastes that they do not tell."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dearly.cli.demo_shop.goods import CATEGORIES, Floats
from dearly.cli.demo_shop.words import BRANDS, COUNTRIES, INTERESTS, STYLES
from dearly.language.types import DAY_US
from dearly.store import Stored

HISTORY_DAYS = 400
HISTORY_US = HISTORY_DAYS * DAY_US

_COUNTRY_SHARES = np.array([share for _, share, _, _ in COUNTRIES])
_HOURS_FROM_UTC = {
    "DE": 1,
    "GB": 0,
    "US": -5,
    "FR": 1,
    "CA": -5,
    "SE": 1,
    "PL": 1,
    "NL": 1,
    "GR": 2,
    "JP": 9,
    "BR": -3,
}


@dataclass(frozen=True, slots=True)
class Person:
    """One customer as the generator knows them; only ``fields`` reach the store."""

    customer_id: str
    fields: dict[str, Stored]
    hours_from_utc: int
    joined_us: int
    quiet_from_us: int
    """From then on they neither visit nor open mail (never, for most: the end of history)."""
    taste: Floats
    """Over categories; sums to 1. Dirichlet with few large shares: most people have two or three."""
    style: Floats
    """Over styles; sums to 1."""
    brand: int
    """The maker, or publisher, they come back for."""
    price_level: float
    """In standard deviations of log price: -1 buys cheap, +1 buys dear."""
    visits_per_day: float
    adds_per_view: float
    reads_per_day: float
    subscribed: bool
    opens: float
    """The chance that a mail is opened."""


def make_person(seed: int, number: int, now_us: int, rng: np.random.Generator) -> Person:
    """Customer ``number`` (from 1) of a seed; the first one joined at the start of history."""
    taste = rng.dirichlet(np.full(len(CATEGORIES), 0.18))
    country = COUNTRIES[int(rng.choice(len(COUNTRIES), p=_COUNTRY_SHARES / _COUNTRY_SHARES.sum()))]
    joined_us, quiet_from_us = _tenure(number, now_us, rng)
    reader = rng.random() < 0.45
    return Person(
        customer_id=customer_id(seed, number),
        fields=_told(taste, country, rng),
        hours_from_utc=_HOURS_FROM_UTC[country[0]],
        joined_us=joined_us,
        quiet_from_us=quiet_from_us,
        taste=taste,
        style=rng.dirichlet(np.full(len(STYLES), 0.5)),
        brand=int(rng.integers(len(BRANDS[0]))),
        price_level=float(rng.normal(0.0, 0.9)),
        visits_per_day=float(min(0.4, rng.lognormal(-3.6, 0.9))),
        adds_per_view=float(rng.beta(1.6, 9.0)),
        reads_per_day=float(rng.lognormal(-3.8, 0.7)) if reader else 0.001,
        subscribed=bool(rng.random() < 0.72),
        opens=float(rng.beta(1.1, 2.2)),
    )


def customer_id(seed: int, number: int) -> str:
    """The id of a seed's nth customer: ``c1-00042``."""
    return f"c{seed}-{number:05d}"


def _tenure(number: int, now_us: int, rng: np.random.Generator) -> tuple[int, int]:
    """When somebody joined and when they fell silent: 40% at the start, 4% of late."""
    start_us = now_us - HISTORY_US
    kind, place, fate, share = rng.random(4)
    if number == 1 or kind < 0.40:
        joined_us = start_us
    elif kind < 0.96:
        joined_us = start_us + int(place * HISTORY_US)
    else:
        joined_us = now_us - int(place * 14 * DAY_US)
    quiet_from_us = joined_us + int(share * (now_us - joined_us)) if fate < 0.24 else now_us
    return joined_us, quiet_from_us


def _told(
    taste: Floats, country: tuple[str, float, str, tuple[str, ...]], rng: np.random.Generator
) -> dict[str, Stored]:
    """What the customer filled in: every field may be missing, at the rates of a shop that asks little."""
    code, _, zone, first_names = country
    ranked = [CATEGORIES[int(index)] for index in np.argsort(-taste)]
    said = rng.random(7)
    fields: dict[str, Stored] = {}
    if said[0] < 0.86:
        fields["first_name"] = first_names[int(rng.integers(len(first_names)))]
    if said[1] < 0.88:
        fields["country"] = code
    if said[2] < 0.70:
        fields["timezone"] = zone
    if said[3] < 0.38:
        fields["favorite_category"] = ranked[0] if said[4] < 0.8 else ranked[int(rng.integers(1, 4))]
    if said[5] < 0.45:
        fields["birthday"] = _birthday(rng)
    if said[6] < 0.55:
        fields["interests"] = sorted({INTERESTS[category] for category in ranked[: int(rng.integers(1, 4))]})
    return fields


def _birthday(rng: np.random.Generator) -> str:
    days_old = int(np.clip(rng.normal(41, 13), 18, 88) * 365.25)
    return str(np.datetime64("2026-01-01") - np.timedelta64(days_old, "D"))
