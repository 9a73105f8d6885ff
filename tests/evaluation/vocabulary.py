"""What generated programs talk about: one fixed schema with a field of every type, and values worth trying.

The pools are small, so that generated conditions are often true, and chosen for what tends to go wrong:
halves of a millionth, letters that fold or compose oddly, texts that UTF-16 would order otherwise, the days
and instants at which European and American clocks change.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping

from dearly.language.program import Field, Schema
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
KINDS: tuple[Type, ...] = (NUMBER, TEXT, BOOL, PRODUCT, DATE, TIME, URL, TEXTS_SET, NUMBERS_SET)
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
)

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

SPRING_FORWARD_US = 1_774_746_000 * SECOND_US
"""2026-03-29T01:00:00Z: clocks in Europe go from 02:00 to 03:00."""
FALL_BACK_US = 1_793_512_800 * SECOND_US
"""2026-11-01T06:00:00Z: clocks in New York go from 02:00 to 01:00."""
MIDNIGHT_US = 20_513 * DAY_US
"""2026-03-01T00:00:00Z."""
INSTANTS = (MIDNIGHT_US, SPRING_FORWARD_US, FALL_BACK_US)

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
    DATE: (MIDNIGHT_US // DAY_US, SPRING_FORWARD_US // DAY_US, FALL_BACK_US // DAY_US, -719_162),
    TIME: (MIDNIGHT_US, SPRING_FORWARD_US, SPRING_FORWARD_US - 1, -1),
    URL: ("https://a.example/", "https://a.example/\u00e9?q=1"),
}
"""The values of the other types; sets are made of the texts and numbers that a case has."""
