"""What generated programs talk about: one fixed schema with a field of every type, and values worth trying.

The pools are small, so that generated conditions are often true, and chosen for what tends to go wrong:
halves of a millionth, letters that fold or compose oddly, texts that UTF-16 would order otherwise, the days
and instants at which clocks change.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

from dearly.language.program import (
    Experiment,
    Field,
    Occurs,
    Schema,
    Score,
    Selection,
    Tier,
    Variant,
)
from dearly.language.types import (
    BOOL,
    DATE,
    DAY_US,
    HOUR_US,
    NUMBER,
    SECOND_US,
    TEXT,
    TIME,
    URL,
    ItemRef,
    SetOf,
    Type,
    Value,
)

PRODUCT = ItemRef("product")
TEXTS_SET = SetOf(TEXT)
NUMBERS_SET = SetOf(NUMBER)
DATES_SET = SetOf(DATE)
PRODUCTS_SET = SetOf(PRODUCT)
KINDS: tuple[Type, ...] = (
    NUMBER,
    TEXT,
    BOOL,
    PRODUCT,
    DATE,
    TIME,
    URL,
    TEXTS_SET,
    NUMBERS_SET,
    DATES_SET,
    PRODUCTS_SET,
)
"""Every type that a field or named value may have."""


def _fields(*declared: tuple[str, Type, bool, Value | None]) -> Mapping[str, Field]:
    return {name: Field(name, kind, optional, default) for name, kind, optional, default in declared}


PROFILE = _fields(
    ("first_name", TEXT, True, None),
    ("country", TEXT, False, "nl"),
    ("age", NUMBER, True, None),
    ("points", NUMBER, False, 0.5),
    ("member", BOOL, True, None),
    ("birthday", DATE, True, None),
    ("joined", TIME, True, None),
    ("homepage", URL, True, None),
    ("favourite", PRODUCT, True, None),
    ("interests", TEXTS_SET, False, None),
    ("sizes", NUMBERS_SET, True, None),
    ("holidays", DATES_SET, True, None),
    ("wishlist", PRODUCTS_SET, False, None),
    ("timezone", TEXT, True, None),
)

CONTEXT = _fields(
    ("cart_total", NUMBER, True, None),
    ("coupon", TEXT, True, None),
    ("urgent", BOOL, False, False),
    ("ships", DATE, True, None),
    ("expires", TIME, True, None),
    ("cart", TEXTS_SET, True, None),
)
"""What a call may bring along, by names that nothing else has."""

PRODUCT_FIELDS = _fields(
    ("title", TEXT, False, None),
    ("price", NUMBER, True, None),
    ("available", BOOL, False, True),
    ("released", DATE, True, None),
    ("tags", TEXTS_SET, True, None),
)

EVENTS: Mapping[str, Schema] = {
    "viewed": Schema(
        "viewed",
        _fields(
            ("product", PRODUCT, False, None), ("category", TEXT, True, None), ("seconds", NUMBER, True, None)
        ),
    ),
    "bought": Schema(
        "bought",
        _fields(
            ("item", PRODUCT, True, None),
            ("price", NUMBER, False, None),
            ("quantity", NUMBER, False, 1.0),
            ("gift", BOOL, True, None),
            ("arrives", DATE, True, None),
            ("paid", TIME, True, None),
        ),
    ),
    "opened": Schema(
        "opened",
        _fields(
            ("campaign", TEXT, True, None),
            ("link", URL, True, None),
            ("labels", TEXTS_SET, True, None),
            ("scores", NUMBERS_SET, True, None),
        ),
    ),
}

CATALOGS: Mapping[str, Schema] = {"product": Schema("product", PRODUCT_FIELDS)}

SCORES: Mapping[str, Score] = {
    "conversion": Score(
        "conversion",
        "Will order",
        label=Occurs("at least", 1, Selection("bought", within_us=30 * DAY_US)),
        among=None,
        features=(),
        automatic=True,
        tiers=(Tier("high", 0.6), Tier("medium", 0.25), Tier("low", None)),
    ),
    "churn": Score(
        "churn",
        "Will fall silent",
        label=Occurs("exactly", 0, Selection("viewed", within_us=30 * DAY_US)),
        among=None,
        features=(),
        automatic=True,
        tiers=(Tier("certain", 0.3), Tier("open", None)),
    ),
    "interest": Score(
        "interest",
        "Will look",
        label=Occurs("at least", 1, Selection("viewed", within_us=7 * DAY_US)),
        among=None,
        features=(),
        automatic=True,
        tiers=(Tier("some", None),),
    ),
}

PROBABILITIES = (0.6, 0.25, 0.3, 0.5999999999999999, 0.25000000000000006, 0.0, 1.0)
"""At the tiers' ends and next to them."""

EXPERIMENTS: Mapping[str, Experiment] = {
    "hero_offer": Experiment(
        "hero_offer",
        "",
        audience=None,
        variants=(Variant("control", 50.0), Variant("discount", 50.0)),
        holdout=0.0,
        goal=Selection("bought", within_us=7 * DAY_US),
    ),
}


@dataclass(frozen=True, slots=True)
class Occasion:
    """An instant at which something is about to happen to the days of a zone."""

    instant_us: int
    zone: str


def _in_utc(seconds: int, zone: str) -> Occasion:
    return Occasion(seconds * SECOND_US, zone)


OCCASIONS = (
    _in_utc(1_772_323_200, "UTC"),  # 2026-03-01T00:00: a month begins, on a Sunday
    _in_utc(1_774_746_000, "Europe/Berlin"),  # 2026-03-29T01:00: from 02:00 on to 03:00
    _in_utc(1_793_512_800, "America/New_York"),  # 2026-11-01T06:00: from 02:00 back to 01:00
    _in_utc(1_194_143_460, "America/St_Johns"),  # 2007-11-04T02:31: from 00:01 back to 23:01
    _in_utc(1_325_239_200, "Pacific/Apia"),  # 2011-12-30T10:00: from the 30th to the 31st
    _in_utc(1_541_300_400, "America/Sao_Paulo"),  # 2018-11-04T03:00: from 00:00 on to 01:00
    _in_utc(1_699_160_400, "America/Havana"),  # 2023-11-05T05:00: from 01:00 back to 00:00
    _in_utc(1_767_193_200, "Asia/Tokyo"),  # 2025-12-31T15:00: a year begins, midweek
    _in_utc(1_773_598_500, "Asia/Kathmandu"),  # 2026-03-15T18:15: a week begins, at a quarter to the hour
)
"""Days that begin, and clocks that change; a week, a month and a year among them."""

ZONES = (*dict.fromkeys(each.zone for each in OCCASIONS), "Australia/Lord_Howe", "Mars/Olympus", "utc+2", "")
"""Zones that customers may be in, and what is none."""

DURATIONS = (HOUR_US, DAY_US, 2 * DAY_US, SECOND_US, 7 * DAY_US, 23 * HOUR_US, 25 * HOUR_US, 30 * DAY_US)

TEXT_FAMILIES: tuple[tuple[str, ...], ...] = tuple(
    tuple(unicodedata.normalize("NFC", text) for text in family)
    for family in (
        ("a", "A", "", "nl"),
        ("\u00e9", "\u00c9", "e", "a\u0323\u0307"),
        ("straße", "STRASSE", "ſ", "s"),
        ("ΣΑΣ", "σας", "ς", "Σ"),
        ("İ", "i\u0307", "ı", "I"),
        ("ﬁ", "FI", "ᾳ\u0301", "ΆΙ"),
        ("\uffee", "\U00010000", "\U0001f469\u200d\U0001f469"),
    )
)
"""Texts that are alike: in case, in composition, in the order of UTF-16."""

NUMBER_FAMILIES: tuple[tuple[float, ...], ...] = (
    (1.0, 0.0, 2.0, 3.0),
    (0.1, 0.2, 0.30000000000000004, 0.3),
    (0.0000005, 0.0000015, -0.0000025, 0.000001),
    (1e12, -1e12, 999999999999.9999, 0.5),
    (-1.0, 1e-9, 2.675, -0.5),
)
"""Numbers that are near each other: whole, in tenths, halves of a millionth, at the greatest magnitude."""

CONSTANTS: Mapping[Type, tuple[Value, ...]] = {
    BOOL: (True, False),
    PRODUCT: ("X", "x", "\u00e9"),
    URL: ("https://a.example/", "https://a.example/\u00e9?q=1"),
}
"""The values of other types; sets are made of the texts and numbers that a case has, days of its occasion."""

FIRST_DATE, LAST_DATE = -719_162, 2_932_896
"""0001-01-01 and 9999-12-31."""
