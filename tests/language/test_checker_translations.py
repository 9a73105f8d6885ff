"""Translations of templates: named by a language, of a template that is there, and checked like it."""

from __future__ import annotations

import pytest

from tests.language.checking import check_rules, codes_of, program_of

RULES = """
value likes = latest viewed.category else "things"
block b {
  when points > 3 show "b/fan.html"
  otherwise show "b/all.html"
}
"""
PLAIN = {"b/fan.html": "<p>Hello</p>", "b/fan.subject": "Hello", "b/all.html": ""}


def test_a_program_has_the_translations_of_its_templates_and_what_each_reads() -> None:
    translations = {
        "b/fan.de.html": "<p>{{ customer.points }}</p>",
        "b/fan.de.txt": "{{ likes }}",
        "b/fan.pt-BR.subject": "Olá",
    }
    fan = program_of(RULES, PLAIN | translations).templates["b/fan"]

    assert sorted(fan.locales) == ["de", "pt-BR"]
    assert (fan.profile_fields, fan.names) == (frozenset(), frozenset())
    german = fan.locales["de"]
    assert (german.html, german.text) == ("<p>{{ customer.points }}</p>", "{{ likes }}")
    assert (german.profile_fields, german.names) == ({"points"}, {"likes"})


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ({"b/fan.de.html": "de"}, ("de", None, "S")),
        ({"b/fan.de.html": "de", "b/fan.de.txt": "de T"}, ("de", "de T", "S")),
        ({"b/fan.de.subject": "de S"}, ("H", "T", "de S")),
        ({"b/fan.de.txt": "de T", "b/fan.de.subject": "de S"}, ("H", "de T", "de S")),
    ],
)
def test_what_a_translation_lacks_is_the_templates_own_but_no_text_in_another_language(
    written: dict[str, str], shown: tuple[str, str | None, str]
) -> None:
    plain = {"b/fan.html": "H", "b/fan.txt": "T", "b/fan.subject": "S", "b/all.html": ""}
    german = program_of(RULES, plain | written).templates["b/fan"].locales["de"]

    assert (german.html, german.text, german.subject) == shown


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("b/fan.dee.html", "`dee` in this file's name is no language that is known."),
        ("b/fan.en-ZZ.html", "`en-ZZ` in this file's name is no language that is known."),
        ("b/fan.pt-br.html", "The language tag `pt-br` is written `pt-BR`. Rename the file."),
        ("b/fan.DE.txt", "The language tag `DE` is written `de`. Rename the file."),
    ],
)
def test_a_translation_is_named_by_a_known_language_as_it_is_written(name: str, told: str) -> None:
    report = check_rules(RULES, PLAIN | {name: ""})

    (found,) = report.diagnostics
    assert (found.code, found.span.file) == ("template-locale", f"templates/{name}")
    assert f"{found.message} {found.hint}".startswith(told)


def test_two_names_of_one_language_are_one_translation_too_many() -> None:
    twice = {"b/fan.zh-Hant-TW.html": "", "b/fan.zh-TW.html": ""}

    assert codes_of(RULES, PLAIN | twice) == ["template-locale"]


def test_a_translation_of_a_template_that_is_not_there_is_an_error() -> None:
    report = check_rules(RULES, PLAIN | {"b/gone.de.html": ""})

    (found,) = report.diagnostics
    assert (found.code, found.span.file) == ("template-without-html", "templates/b/gone.de.html")
    assert found.message == "There is no templates/b/gone.html that this would belong to."


@pytest.mark.parametrize(
    ("source", "code"),
    [
        ("{{ customer.first_name }}", "template-may-be-missing"),
        ("{{ customer.nickname }}", "template-unknown-field"),
        ("{{ items[0].title }}", "template-unknown-name"),
        ("{% if likes %}", "template-syntax"),
        ("<p {{ likes }}>", "template-html-context"),
    ],
)
def test_a_translation_is_checked_like_its_template_and_told_by_its_own_file(source: str, code: str) -> None:
    report = check_rules(RULES, PLAIN | {"b/fan.de.html": source})

    assert code in [found.code for found in report.diagnostics]
    assert {found.span.file for found in report.diagnostics} == {"templates/b/fan.de.html"}


@pytest.mark.parametrize("part", ["html", "txt", "subject"])
def test_a_translation_of_an_otherwise_reads_nothing_of_the_customer(part: str) -> None:
    assert codes_of(RULES, PLAIN | {f"b/all.de.{part}": "{{ likes }}"}) == ["template-personal"]


def test_the_plural_forms_of_each_translation_are_those_of_its_language() -> None:
    polish = '{{ customer.points | plural(one="a", few="b", many="c", other="d") }}'

    assert codes_of(RULES, PLAIN | {"b/fan.pl.html": polish}) == []
    assert codes_of(RULES, PLAIN | {"b/fan.de.html": polish}) == ["template-argument"] * 2


def test_a_template_without_a_language_in_its_name_is_written_in_that_of_the_package() -> None:
    polish = {**PLAIN, "b/fan.html": '{{ customer.points | plural(one="a", few="b", other="d") }}'}

    assert codes_of('settings { locale "pl" }' + RULES, polish) == []
    assert codes_of(RULES, polish) == ["template-argument"]
