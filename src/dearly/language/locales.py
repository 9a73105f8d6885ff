"""Languages and regions by their tags (BCP 47), as Unicode's CLDR knows them.

The one place that decides what a tag means. A tag stands for the locale of CLDR that is nearest to it
(``de-XX`` for ``de``, ``zh-TW`` for ``zh-Hant-TW``, ``iw`` for ``he``), and a locale has parents that may
speak for it: ``es-MX``, ``es-419``, ``es``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from typing import TypeVar

from babel import Locale, localedata
from babel.core import get_global
from babel.plural import PluralRule

LOCALE_FIELD = "locale"
"""The profile field, of type text, that names a customer's own locale."""

MAX_TAG_BYTES = 35
"""A tag is no longer: what RFC 5646, section 4.4.1, asks everybody to make room for."""

PLURAL_CATEGORIES = ("zero", "one", "two", "few", "many", "other")
"""What CLDR calls the forms that a language may have for "so many"; every language has ``other``."""

_TAG = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)

_Kind = TypeVar("_Kind")


def is_tag(text: str) -> bool:
    """Whether a text is formed like a language tag, whatever language it may name."""
    return len(text) <= MAX_TAG_BYTES and _TAG.fullmatch(text) is not None


@cache
def locale_tags() -> Mapping[str, str]:
    """The tags of CLDR's locales by each tag that names one exactly, in small letters."""
    known = {
        name.replace("_", "-").lower(): name.replace("_", "-") for name in localedata.locale_identifiers()
    }
    unscripted = {bare: tag for tag in known.values() if (bare := _without_likely_script(tag))}
    renamed: Mapping[str, str] = get_global("language_aliases")
    aliases = {
        old: known[new.replace("_", "-").lower()]
        for old, new in renamed.items()
        if new.replace("_", "-").lower() in known
    }
    return {**aliases, **unscripted, **known}


def _without_likely_script(tag: str) -> str | None:
    """``zh-tw`` of ``zh-Hant-TW``, whose script goes without saying."""
    language, *rest = tag.split("-")
    if len(rest) != 2 or len(rest[0]) != 4:
        return None
    script, region = rest
    return f"{language}-{region}".lower() if _likely_script(language, region) == script else None


def _likely_script(language: str, region: str | None = None) -> str | None:
    likely: Mapping[str, str] = get_global("likely_subtags")
    full = likely.get(f"{language}_{region}") or likely.get(language)
    return None if full is None else full.split("_")[1]


@lru_cache(maxsize=4096)
def nearest_locale(tag: str) -> str | None:
    """The tag of the locale that a well-formed tag stands for; None when its language is not known.

    What CLDR does not tell apart is left off from the end (RFC 4647, section 3.4).
    """
    wanted, known = tag.lower(), locale_tags()
    while wanted:
        if wanted in known:
            return known[wanted]
        wanted = wanted.rpartition("-")[0]
    return None


def lookup(tag: str, among: Mapping[str, _Kind]) -> _Kind | None:
    """What is kept for the locale that a tag stands for, or else for the nearest of its parents.

    ``among`` is keyed by the tags of CLDR's locales (see :func:`nearest_locale`).
    """
    if not among:
        return None
    return next((among[one] for one in _with_parents(nearest_locale(tag)) if one in among), None)


def _with_parents(tag: str | None) -> Iterator[str]:
    parents: Mapping[str, str] = get_global("parent_exceptions")
    while tag:
        yield tag
        language, _, rest = tag.partition("-")
        if len(rest) == 4 and _likely_script(language) != rest:
            return  # the language in another script is not read by the same people
        exception = parents.get(tag.replace("-", "_"))
        tag = exception.replace("_", "-") if exception else tag.rpartition("-")[0]


def usual_spelling(tag: str) -> str:
    """The tag as it is usually written: ``pt-BR``, ``zh-Hant`` (RFC 5646, section 2.1.1)."""
    language, *rest = tag.lower().split("-")
    return "-".join([language, *(_SPELL.get(len(part), str)(part) for part in rest)])


_SPELL = {2: str.upper, 4: str.title}


@cache
def plural_categories(tag: str) -> frozenset[str]:
    """The forms that the language of a locale has for "so many" (CLDR's cardinal plural rules)."""
    return frozenset(_plural_rule(tag).tags) | {"other"}


@lru_cache(maxsize=4096)
def plural_category(tag: str, number: float) -> str:
    """Which of its language's forms a number takes: ``few`` for 3 in Polish, ``other`` for 1.5."""
    category: str = _plural_rule(tag)(number)
    return category


@cache
def _plural_rule(tag: str) -> PluralRule:
    return Locale.parse(tag, sep="-").plural_form
