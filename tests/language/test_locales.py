"""Language tags: what they are formed like, which locale each stands for, and who may speak for whom."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.language.locales import (
    PLURAL_CATEGORIES,
    is_tag,
    locale_tags,
    lookup,
    nearest_locale,
    plural_categories,
    plural_category,
    usual_spelling,
)


@pytest.mark.parametrize("tag", ["de", "de-AT", "pt-br", "zh-Hant-TW", "es-419", "de-x-shop", "tlh"])
def test_a_tag_may_name_any_language(tag: str) -> None:
    assert is_tag(tag)


@pytest.mark.parametrize(
    "text",
    ["", "d", "de_AT", "de-", "-de", "de--AT", "dé", "de AT", "de\n", "12", "abcdefghi", "de" + "-a" * 17],
)
def test_other_texts_are_no_tags(text: str) -> None:
    assert not is_tag(text)


@pytest.mark.parametrize(
    ("tag", "locale"),
    [
        ("de", "de"),
        ("DE-at", "de-AT"),
        ("de-XX", "de"),
        ("de-AT-x-shop", "de-AT"),
        ("zh-TW", "zh-Hant-TW"),
        ("zh", "zh"),
        ("sr-RS", "sr-Cyrl-RS"),
        ("iw-IL", "he"),
        ("tlh", None),
        ("x-shop", None),
    ],
)
def test_a_tag_stands_for_the_nearest_locale(tag: str, locale: str | None) -> None:
    assert nearest_locale(tag) == locale


@pytest.mark.parametrize(
    ("tag", "there", "found"),
    [
        ("de-AT", ["de", "en"], "de"),
        ("de-AT", ["de-AT", "de"], "de-AT"),
        ("de", ["de-AT"], None),
        ("es-MX", ["es-419", "es"], "es-419"),
        ("en-AU", ["en-001", "en-US"], "en-001"),
        ("pt-AO", ["pt-PT", "pt"], "pt-PT"),
        ("zh-TW", ["zh"], None),
        ("zh-HK", ["zh-Hant", "zh"], "zh-Hant"),
        ("tlh", ["en"], None),
        ("de", [], None),
    ],
)
def test_a_locale_is_spoken_for_by_itself_or_the_nearest_of_its_parents(
    tag: str, there: list[str], found: str | None
) -> None:
    assert lookup(tag, {name: name for name in there}) == found


@pytest.mark.parametrize(
    ("tag", "spelling"), [("PT-br", "pt-BR"), ("ZH-hant-tw", "zh-Hant-TW"), ("ES-419", "es-419")]
)
def test_a_tag_has_one_usual_spelling(tag: str, spelling: str) -> None:
    assert usual_spelling(tag) == spelling


@pytest.mark.parametrize(
    ("tag", "categories"),
    [("en", "one other"), ("ja", "other"), ("pl", "one few many other"), ("ar", " ".join(PLURAL_CATEGORIES))],
)
def test_a_language_has_some_of_the_plural_forms(tag: str, categories: str) -> None:
    assert plural_categories(tag) == set(categories.split())


@given(st.sampled_from(sorted(set(locale_tags().values()))), st.floats(allow_nan=False, allow_infinity=False))
def test_any_number_takes_one_of_the_forms_of_any_language(tag: str, number: float) -> None:
    assert plural_category(tag, number) in plural_categories(tag)


@given(st.from_regex(r"[A-Za-z]{1,8}(-[A-Za-z0-9]{1,8}){0,3}", fullmatch=True))
def test_the_nearest_locale_is_its_own_nearest(tag: str) -> None:
    nearest = nearest_locale(tag)
    assert nearest is None or nearest_locale(nearest) == nearest
