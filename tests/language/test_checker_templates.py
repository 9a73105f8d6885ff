"""Templates in use: there, named well, and reading only what every branch that shows them provides."""

from __future__ import annotations

import pytest

from dearly.language import Package, check_package
from tests.language.checking import SCHEMA, check_rules, codes_of, only_finding, program_of

BLOCK = """
value likes = latest viewed.category else "things"
segment fan { points > 3 }
block b {
  when fan show "b/fan.html" with items = recommended product, limit 3
  otherwise show "b/all.html" with items = trending product within 7 days
}
"""


def test_templates_carry_their_sources_and_what_they_read() -> None:
    program = program_of(
        BLOCK,
        {
            "b/fan.html": "{{ customer.points }} {{ likes }} {% if fan %}!{% endif %}",
            "b/fan.txt": "{{ customer.first_name | default('you') }}",
            "b/fan.subject": "Hello",
            "b/all.html": "{% for item in items %}{{ item.title }}{% endfor %}",
        },
    )

    fan = program.templates["b/fan"]
    assert (fan.text, fan.subject) == ("{{ customer.first_name | default('you') }}", "Hello")
    assert fan.profile_fields == {"points", "first_name"}
    assert fan.names == {"likes", "fan"}
    assert program.templates["b/all"].text is None
    assert [branch.template for branch in program.blocks["b"].branches] == ["b/fan", "b/all"]


def test_a_template_that_is_not_there_is_told_with_the_nearest() -> None:
    rules = 'block b { when points > 3 show "b/al.html" otherwise show "b/all.html" }'

    found = only_finding(rules, {"b/all.html": ""})

    assert found == "unknown-template: There is no template templates/b/al.html. Did you mean `b/all.html`?"


def test_a_template_that_nobody_shows_is_warned_of() -> None:
    report = check_rules(BLOCK, {"b/fan.html": "", "b/all.html": "", "b/old.html": ""})

    assert [(found.code, found.span.file) for found in report.diagnostics] == [
        ("unused-template", "templates/b/old.html")
    ]
    assert report.program is not None
    assert "b/old" not in report.program.templates


@pytest.mark.parametrize("part", ["b/other.txt", "b/other.subject"])
def test_a_text_or_subject_without_its_html_is_an_error(part: str) -> None:
    assert codes_of(BLOCK, {"b/fan.html": "", "b/all.html": "", part: ""}) == ["template-without-html"]


@pytest.mark.parametrize(
    "name", ["b/Fan.html", "b/f an.html", "b/fan.htm", "b/fän.html", "notes.md", "a" * 121 + ".html"]
)
def test_a_file_that_no_template_can_be_named_is_an_error(name: str) -> None:
    assert codes_of(BLOCK, {"b/fan.html": "", "b/all.html": "", name: ""}) == ["template-name"]


@pytest.mark.parametrize("shown", ["b/fan", "b/fan.txt", "../b.html", "B.html", "b/{{ x }}.html", ".html"])
def test_a_branch_shows_only_what_a_template_can_be_named(shown: str) -> None:
    assert codes_of(f'block b {{ otherwise show "{shown}" }}', {}) == ["template-name"]


def test_a_template_is_checked_against_every_branch_that_shows_it() -> None:
    rules = """
    block b {
      when points > 3 show "x.html" with items = recommended product
      when points > 2 show "x.html" with items = recommended article
      otherwise show "y.html"
    }"""
    templates = {"x.html": "{% for item in items %}{{ item.price }}{% endfor %}", "y.html": ""}

    found = only_finding(rules, templates)

    assert found.startswith("template-unknown-field: ")
    assert found.endswith("(Shown by the block `b` at shop.rules:19.)")


def test_the_template_of_an_otherwise_cannot_read_the_customer() -> None:
    assert codes_of(BLOCK, {"b/fan.html": "", "b/all.html": "{{ customer.points }}"}) == ["template-personal"]


def test_all_parts_are_checked() -> None:
    templates = {"b/fan.html": "", "b/all.html": "", "b/fan.txt": "{{ x }}", "b/fan.subject": "{{ y }}"}

    report = check_rules(BLOCK, templates)

    assert [(found.code, found.span.file) for found in report.diagnostics] == [
        ("template-unknown-name", "templates/b/fan.subject"),
        ("template-unknown-name", "templates/b/fan.txt"),
    ]


@pytest.mark.parametrize(
    "value",
    ["birthday else 2000-01-01", "min of secret.on else 2000-01-01", "handed_on"],
)
def test_a_value_that_hands_on_what_is_sensitive_may_not_reach_a_template(value: str) -> None:
    rules = (
        "event secret { on date @sensitive }\nvalue handed_on = (birthday else 2000-01-01) else 2001-01-01\n"
        f"value born = {value}\n" + BLOCK
    )

    report = check_rules(rules, {"b/fan.html": "Born\n on {{ born }}", "b/all.html": ""})

    (found,) = report.diagnostics
    assert (found.code, found.span.line, found.span.column) == ("sensitive-value", 2, 8)


def test_what_is_sensitive_may_decide() -> None:
    rules = "value adult = (birthday < 2008-01-01) else false\n" + BLOCK

    assert codes_of(rules, {"b/fan.html": "{% if adult %}!{% endif %}", "b/all.html": ""}) == []


def test_a_template_that_is_not_utf8_is_told_with_the_byte() -> None:
    files = {
        "a.rules": (SCHEMA + 'block b { otherwise show "a.html" }').encode(),
        "templates/a.html": b"one\ntwo \xff",
    }

    (found,) = check_package(Package(files)).diagnostics

    assert (found.code, found.span.file, found.span.line) == ("bad-encoding", "templates/a.html", 2)
    assert "Byte 8 (0xff)" in found.message


def test_a_template_is_not_blamed_for_a_value_that_is_faulty_itself() -> None:
    rules = "value broken = pionts\n" + BLOCK

    assert codes_of(rules, {"b/fan.html": "{{ broken }}", "b/all.html": ""}) == ["unknown-name"]


def test_a_template_compares_a_lifecycle_with_the_stages_that_the_rules_give_it() -> None:
    rules = (
        "lifecycle life { a when points > 3 b otherwise }\n"
        'block x { when true show "a.html" otherwise show "b.html" }'
    )

    right = codes_of(
        rules, {"a.html": '{% if life == "a" or life in ["a", "b"] %}x{% endif %}', "b.html": ""}
    )
    wrong = codes_of(rules, {"a.html": '{% if life == "c" %}x{% endif %}', "b.html": ""})

    assert right == []
    assert wrong == ["template-unknown-stage"]


CONTEXT = 'context { cart_total number?, coupon text = "none", token text? @sensitive }\n'


@pytest.mark.parametrize(
    ("template", "codes"),
    [
        ("{{ context.coupon }}", []),
        ('{{ context.cart_total | default("0") }}', []),
        ("{{ context.cart_total }}", ["template-may-be-missing"]),
        ("{{ context.cart_totl }}", ["template-unknown-field"]),
        ("{{ context.token }}", ["template-sensitive"]),
    ],
)
def test_a_template_reads_what_a_call_brings_along(template: str, codes: list[str]) -> None:
    assert codes_of(CONTEXT + BLOCK, {"b/fan.html": template, "b/all.html": ""}) == codes


def test_what_a_call_brings_along_is_not_there_when_all_else_fails() -> None:
    templates = {"b/fan.html": "", "b/all.html": "{{ context.coupon }}"}

    assert codes_of(CONTEXT + BLOCK, templates) == ["template-personal"]


def test_a_template_knows_which_fields_of_the_context_it_reads() -> None:
    templates = {"b/fan.html": "{{ context.coupon }}", "b/all.html": ""}

    assert program_of(CONTEXT + BLOCK, templates).templates["b/fan"].context_fields == {"coupon"}


def test_how_many_sensitive_values_there_are_is_not_sensitive() -> None:
    rules = "event secret { on date @sensitive }\nvalue times = distinct of secret.on\n" + BLOCK

    assert codes_of(rules, {"b/fan.html": "{{ times }}", "b/all.html": ""}) == []
