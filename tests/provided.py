"""What a shop's blocks provide to their templates, for tests of the check and of rendering."""

from __future__ import annotations

from dataclasses import replace

from dearly.language.program import Field, Schema
from dearly.language.templates.provided import Named, Provided
from dearly.language.types import BOOL, DATE, NUMBER, TEXT, TIME, URL, SetOf, Type


def _fields(*fields: Field) -> dict[str, Field]:
    return {field.name: field for field in fields}


def _optional(name: str, kind: Type) -> Field:
    return Field(name, kind, optional=True)


def _required(name: str, kind: Type) -> Field:
    return Field(name, kind, optional=False)


PROFILE = _fields(
    _optional("first_name", TEXT),
    Field("country", TEXT, optional=False, default="DE"),
    Field("birthday", DATE, optional=True, sensitive=True),
    _optional("joined", DATE),
    _optional("last_seen", TIME),
    _required("interests", SetOf(TEXT)),
    Field("points", NUMBER, optional=False, default=0.0),
    _optional("age", NUMBER),
    _optional("homepage", URL),
    _optional("subscribed", BOOL),
)

PRODUCT = Schema(
    "product",
    _fields(
        _required("title", TEXT),
        _required("brand", TEXT),
        _required("url", URL),
        _optional("image_url", URL),
        _required("price", NUMBER),
        _optional("minutes", NUMBER),
        Field("available", BOOL, optional=False, default=True),
        Field("margin", NUMBER, optional=False, sensitive=True),
        _required("tags", SetOf(TEXT)),
    ),
)

PROVIDED = Provided(
    profile=PROFILE,
    names={
        "engagement": Named(NUMBER),
        "usual_order": Named(NUMBER, may_be_missing=True),
        "last_bought": Named(TEXT, may_be_missing=True),
        "regular": Named(BOOL),
        "vip": Named(BOOL, may_be_missing=True),
        "stage": Named(TEXT, stages=("new", "active", "churned")),
    },
    lists={"items": PRODUCT, "seen": PRODUCT},
    impersonal=False,
    context=_fields(
        _optional("cart_total", NUMBER),
        Field("channel", TEXT, optional=False, default="mail"),
        Field("ip", TEXT, optional=True, sensitive=True),
    ),
)
"""Under a ``when``."""

IMPERSONAL = replace(PROVIDED, impersonal=True)
"""Under ``otherwise``."""
