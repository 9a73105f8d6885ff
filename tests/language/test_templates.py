"""The load-time check of templates: what they may do, what they may read, and when that may be missing."""

from __future__ import annotations

from dataclasses import replace

import pytest

from dearly.language.diagnostics import Diagnostic
from dearly.language.program import Field
from dearly.language.templates.check import check_template
from dearly.language.templates.codes import TEMPLATE_CODES
from dearly.language.templates.source import Part
from dearly.language.types import DATE, TEXT, TIME, Scalar
from tests.provided import IMPERSONAL, PROVIDED

FILE = "templates/hero/cart.html"

ACCEPTED = [
    "plain text",
    "{# a comment #}{% raw %}{{ not.read }}{% endraw %}",
    '{{ customer.first_name | default("friend") }}',
    '{{ customer.first_name | upper | default("friend") }}',
    '{{ customer.first_name | default(last_bought) | default("friend") }}',
    '{{ customer.first_name | default("friend", true) }}',
    '{{ customer.age | default("-") }}',
    "{{ customer.country }} {{ customer.points | number(2) }} {{ engagement }} {{ stage }}",
    '{{ context.channel }} {{ context.cart_total | default("-") }}',
    '{% if context.cart_total > 3 %}{{ context.cart_total | money("EUR") }}{% endif %}',
    '{{ engagement | number }} {{ engagement | percent(1) }} {{ engagement | plural(one="a", other="b") }}',
    '{{ customer.joined | date("long") | default("-") }} {{ customer.last_seen | date | default("-") }}',
    '{{ customer.last_seen | time("medium") | default("-") }}',
    '{{ customer.interests | listing("or") | default("-") }}',
    "{% if customer.first_name %}{{ customer.first_name }}{% endif %}",
    "{% if customer.first_name is present %}{{ customer.first_name }}{% endif %}",
    "{% if customer.first_name is missing %}you{% else %}{{ customer.first_name }}{% endif %}",
    "{% if not customer.first_name %}you{% else %}{{ customer.first_name }}{% endif %}",
    "{% if customer.age is missing %}?{% elif customer.age > 60 %}!{% else %}{{ customer.age }}{% endif %}",
    "{% if customer.age and customer.first_name %}{{ customer.age }}{{ customer.first_name }}{% endif %}",
    "{% if customer.age > 18 %}{{ customer.age }}{% endif %}",
    "{% if customer.age is missing or customer.age < 18 %}young{% endif %}",
    '{{ customer.first_name if customer.first_name else "you" }}',
    "{% if vip %}yes{% else %}no{% endif %}",
    "{% if vip is present and not vip %}no{% endif %}",
    '{% if stage == "churned" %}back?{% endif %}',
    '{% if stage in ["churned", "new"] and customer.country not in ("US", "CA") %}x{% endif %}',
    '{% if "hiking" in customer.interests %}boots{% endif %}',
    "{% for one in customer.interests %}{{ one | title }}{% if not loop.last %}, {% endif %}{% endfor %}",
    '{{ customer.interests | join(", ") | default("all") }}',
    "{% for item in items %}{{ loop.index }}. {{ item.title }} {{ item.id }} {{ item.price }}{% endfor %}",
    "{% for item in items %}{% if item.image_url %}{{ item.image_url }}{% endif %}{% else %}none{% endfor %}",
    "{% for item in items %}{% for tag in item.tags %}{{ tag }}{% endfor %}{% endfor %}",
    "{% for item in items %}x{% endfor %}{% for item in seen %}{{ item.brand }}{% endfor %}",
    "{% for item in items %}{{ (items | first).title }}{{ items[0].title }}{% endfor %}",
    "{% if items %}{{ items[0].title }}{{ (items | first).url }}{% endif %}",
    '{{ items[1].title | default("") }}',
    "{% if items[1] %}{{ items[1].title }}{% endif %}",
    "{% if items[1].image_url %}{{ items[1].image_url }}{{ items[1].title }}{% endif %}",
    "{{ items | length }} {{ items | length + 1 }}",
    "{{ (customer.points / 2) | round }} {{ -customer.points }} {{ customer.points * 1.5 - engagement }}",
    "{{ (100 / engagement) | default(0) }}",
    '{{ customer.joined | default("-") }} {{ customer.last_seen | default("-") }}',
    "{% if customer.points is even or customer.points is divisibleby(3) %}x{% endif %}",
    '{{ customer.country | truncate(20, true, "") | lower | trim | urlencode }}',
]


@pytest.mark.parametrize("source", ACCEPTED)
def test_what_a_template_may_say_is_accepted(source: str) -> None:
    assert check_template(source, FILE, "html", PROVIDED).diagnostics == ()


REFUSED = [
    # what a template may do
    ("{% set x = 1 %}", "template-not-allowed", "set"),
    ("{% macro m() %}{% endmacro %}", "template-not-allowed", "macro"),
    ("{% include 'x.html' %}", "template-not-allowed", "include"),
    ("{% extends 'x.html' %}", "template-not-allowed", "extends"),
    ("{% block a %}{% endblock %}", "template-not-allowed", "block"),
    ("{% filter upper %}x{% endfilter %}", "template-not-allowed", "filter"),
    ("{% autoescape false %}x{% endautoescape %}", "template-not-allowed", "autoescape"),
    ("{{ engagement.real() }}", "template-not-allowed", "real"),
    ("{{ stage ~ stage }}", "template-not-allowed", "stage"),
    ("{{ 7 % 2 }}", "template-not-allowed", "7"),
    ("{{ 2 ** 9 }}", "template-not-allowed", "2"),
    ("{{ [1, 2] }}", "template-not-allowed", "["),
    ("{{ {'a': 1} }}", "template-not-allowed", "{"),
    ("{{ none }}", "template-not-allowed", "none"),
    ("{% if 1 < engagement < 3 %}{% endif %}", "template-not-allowed", "1"),
    ('{{ "x" if vip }}', "template-not-allowed", '"'),
    ('{{ customer["country"] }}', "template-not-allowed", "["),
    ("{% if stage in [engagement] %}{% endif %}", "template-not-allowed", "["),
    ("{% for item in items if item.available %}x{% endfor %}", "template-not-allowed", "for"),
    ("{% for item in items recursive %}x{% endfor %}", "template-not-allowed", "for"),
    ("{{ stage | safe }}", "template-unknown-filter", "safe"),
    ("{{ stage | uper }}", "template-unknown-filter", "uper"),
    ("{% if stage is upper %}{% endif %}", "template-unknown-test", "upper"),
    ("{{ stage | truncate }}", "template-argument", "truncate"),
    ("{{ stage | truncate(100000) }}", "template-argument", "truncate"),
    ("{{ stage | truncate(engagement) }}", "template-argument", "truncate"),
    ("{{ customer.points | number(true) }}", "template-argument", "number"),
    ("{{ customer.points | number(digit=2) }}", "template-argument", "number"),
    ("{{ stage | upper(1) }}", "template-argument", "upper"),
    ("{{ engagement | money }}", "template-argument", "money"),
    ('{{ engagement | money("euro") }}', "template-argument", "money"),
    ("{{ engagement | money(stage) }}", "template-argument", "money"),
    ('{{ customer.joined | date("huge") }}', "template-argument", "date"),
    ('{{ customer.last_seen | time("full") }}', "template-argument", "time"),
    ('{{ customer.interests | listing("nor") }}', "template-argument", "listing"),
    ('{{ engagement | plural(one="a") }}', "template-argument", "plural"),
    ('{{ engagement | plural("a", "b") }}', "template-argument", "plural"),
    ('{{ engagement | plural(other="b", several="c") }}', "template-argument", "plural"),
    ('{{ engagement | plural(other="b", few="c") }}', "template-argument", "few"),
    ("{{ engagement | plural(other=stage) }}", "template-argument", "plural"),
    ("{{ stage | default }}", "template-argument", "default"),
    ("{{ 1000000000001 }}", "template-number", "1000000000001"),
    (
        "{% for a in items %}{% for b in a.tags %}{% for c in a.tags %}{% endfor %}{% endfor %}{% endfor %}",
        "template-loop-depth",
        "for",
    ),
    ("{% for a, b in items %}{% endfor %}", "template-loop", "a"),
    ("{% for a in stage %}{% endfor %}", "template-loop", "stage"),
    ("{% for stage in items %}{% endfor %}", "template-name-taken", "stage"),
    # what it may read
    ("{{ enagement }}", "template-unknown-name", "enagement"),
    ("{{ country }}", "template-unknown-name", "country"),
    ("{{ loop.index }}", "template-unknown-name", "loop"),
    ("{{ customer.contry }}", "template-unknown-field", "contry"),
    ("{% for item in items %}{{ item.titel }}{% endfor %}", "template-unknown-field", "titel"),
    ("{% for item in items %}{{ loop.cycle }}{% endfor %}", "template-unknown-field", "cycle"),
    ("{{ customer.birthday }}", "template-sensitive", "birthday"),
    ("{% if customer.birthday is present %}x{% endif %}", "template-sensitive", "birthday"),
    ("{% for item in items %}{{ item.margin }}{% endfor %}", "template-sensitive", "margin"),
    ('{% if stage == "churnd" %}x{% endif %}', "template-unknown-stage", "churnd"),
    ('{% if "Churned" != stage %}x{% endif %}', "template-unknown-stage", "Churned"),
    ('{% if stage in ["new", "old"] %}x{% endif %}', "template-unknown-stage", "old"),
    ("{{ items.title }}", "template-type", "title"),
    ("{{ stage.name }}", "template-type", "name"),
    ("{{ stage[0] }}", "template-type", "["),
    ("{{ stage | number(2) }}", "template-type", "number"),
    ('{{ stage | money("EUR") }}', "template-type", "money"),
    ("{{ stage | date }}", "template-type", "date"),
    ("{{ customer.joined | time }}", "template-type", "time"),
    ('{{ customer.joined | default("-") | date }}', "template-type", "date"),
    ("{{ items | listing }}", "template-type", "listing"),
    ("{% if context %}x{% endif %}", "template-type", "context"),
    ("{{ context }}", "template-not-printable", "context"),
    ("{{ context.cart }}", "template-unknown-field", "cart"),
    ("{{ context.ip }}", "template-sensitive", "ip"),
    ("{{ context.cart_total }}", "template-may-be-missing", "context.cart_total"),
    ("{{ customer.joined | date }}", "template-may-be-missing", "customer.joined"),
    ("{% for context in items %}x{% endfor %}", "template-name-taken", "context"),
    ("{{ engagement | upper }}", "template-type", "upper"),
    ("{{ stage + stage }}", "template-type", "stage"),
    ("{{ customer.points * vip }}", "template-type", "customer"),
    ('{% if customer.points == "10" %}{% endif %}', "template-type", "customer"),
    ("{% if regular > regular %}{% endif %}", "template-type", "regular"),
    ("{% if items == seen %}{% endif %}", "template-type", "items"),
    ('{{ items | default("none") }}', "template-type", "default"),
    ('{{ customer.age | default("-") | upper }}', "template-type", "upper"),
    ('{{ customer.age | default("-") | number(2) }}', "template-type", "number"),
    ("{% if customer %}x{% endif %}", "template-type", "customer"),
    ("{{ items }}", "template-not-printable", "items"),
    ("{{ items | first }}", "template-not-printable", "items"),
    ("{{ customer.interests }}", "template-not-printable", "customer.interests"),
    ("{{ regular }}", "template-not-printable", "regular"),
    ("{{ customer }}", "template-not-printable", "customer"),
    ("{{ engagement is odd }}", "template-not-printable", "engagement"),
    # what may be missing
    ("{{ customer.first_name }}", "template-may-be-missing", "customer.first_name"),
    ("{{ customer.first_name | upper }}", "template-may-be-missing", "customer.first_name"),
    ("{{ last_bought }}", "template-may-be-missing", "last_bought"),
    ("{{ customer.first_name | default(last_bought) }}", "template-may-be-missing", "last_bought"),
    ("{% if vip %}{{ customer.first_name }}{% endif %}", "template-may-be-missing", "customer.first_name"),
    ("{% if customer.first_name %}x{% endif %}{{ customer.age }}", "template-may-be-missing", "customer.age"),
    ("{% if not customer.age %}{{ customer.age }}{% endif %}", "template-may-be-missing", "customer.age"),
    ("{% if customer.age or vip %}{{ customer.age }}{% endif %}", "template-may-be-missing", "customer.age"),
    ("{% for item in items %}{{ item.image_url }}{% endfor %}", "template-may-be-missing", "item.image_url"),
    ("{{ items[0].title }}", "template-may-be-missing", "items[0]"),
    ("{% if items %}{{ items[1].title }}{% endif %}", "template-may-be-missing", "items[1]"),
    ("{% if items %}{{ items[0].image_url }}{% endif %}", "template-may-be-missing", "items[0].image_url"),
    (
        "{% for item in items %}x{% else %}{{ items[0].title }}{% endfor %}",
        "template-may-be-missing",
        "items[0]",
    ),
    ("{{ 100 / engagement }}", "template-may-be-missing", "100"),
    ("{{ customer.age + 1 }}", "template-may-be-missing", "customer.age"),
    ("{% if not vip %}x{% endif %}", "template-missing-negated", "not"),
    ("{% if not (vip and regular) %}x{% endif %}", "template-missing-negated", "not"),
    ("{% if not customer.age > 3 %}x{% endif %}", "template-missing-negated", "not"),
    ("{% if customer.age != 3 %}x{% endif %}", "template-missing-negated", "customer"),
]


def _shown(source: str, found: Diagnostic) -> str:
    return source.split("\n")[found.span.line - 1][found.span.column - 1 : found.span.end_column - 1]


@pytest.mark.parametrize(("source", "code", "word"), REFUSED)
def test_each_mistake_is_found_with_its_code_and_place(source: str, code: str, word: str) -> None:
    found = check_template(source, FILE, "html", PROVIDED).diagnostics

    assert code in {one.code for one in found}
    one = next(one for one in found if one.code == code)
    assert one.severity == TEMPLATE_CODES[code]
    assert (_shown(source, one), one.span.file) == (word, FILE)


def test_every_code_of_the_check_is_reported_for_some_template() -> None:
    elsewhere = {code for code in TEMPLATE_CODES if code.startswith(("template-html", "template-url"))} | {
        "template-syntax",
        "template-personal",
        "template-too-large",
        "template-too-complex",
        "template-nesting",
        "template-unsubscribe-clipped",
        "template-locale",
    }

    assert {code for _, code, _ in REFUSED} | elsewhere == set(TEMPLATE_CODES)


HINTS = [
    ("{{ customer.frist_name }}", "Did you mean `first_name`?"),
    ("{{ itmes }}", "Did you mean `items`?"),
    ('{% if stage == "churnd" %}x{% endif %}', 'Did you mean "churned"?'),
    ('{% if stage == "loyal" %}x{% endif %}', "Its stages are new, active, churned."),
    ("{{ country }}", "Write `customer.country`."),
    ("{{ channel }}", "Write `context.channel`."),
    ("{{ stage | fixed(2) }}", 'Write `number(2)`, or `money("EUR")` for a price.'),
    ("{{ context.cart_totl }}", "Did you mean `cart_total`?"),
    ("{{ stage | uper }}", "Did you mean `upper`?"),
    ("{{ stage.upper() }}", "Write `| upper`."),
    ("{{ stage | safe }}", "HTML is always escaped; write the markup in the template itself."),
    ("{{ items }}", "Loop over it: {% for item in items %}."),
    ("{{ regular }}", "Write {% if regular %}yes{% else %}no{% endif %}."),
    (
        "{{ last_bought }}",
        'Write {{ last_bought | default("...") }}, or print it inside {% if last_bought %}.',
    ),
    (
        "{{ items[0].title }}",
        'Write {{ items[0].title | default("...") }}, or print it inside {% if items %}.',
    ),
    (
        "{{ items[0].url }}",
        'Write {{ items[0].url | default("https://...") }}, or print it inside {% if items %}.',
    ),
    (
        "{{ (items | first).title }}",
        'Write {{ (items | first).title | default("...") }}, or print it inside {% if items %}.',
    ),
    ("{{ items[0].price | number(2) }}", "Print it inside {% if items %}."),
    (
        "{{ items[2].title }}",
        'Write {{ items[2].title | default("...") }}, or print it inside {% if items[2] %}.',
    ),
    (
        '{{ customer.first_name or "you" }}',
        '`or` gives true or false. Write {{ customer.first_name | default("you") }}.',
    ),
    ("{{ item.price }}", "Loop over the list: {% for item in items %} .. {% endfor %}."),
    ("{{ product.price }}", "Loop over the list: {% for product in items %} .. {% endfor %}."),
]


@pytest.mark.parametrize(("source", "hint"), HINTS)
def test_a_finding_says_what_to_write_instead(source: str, hint: str) -> None:
    assert [one.hint for one in check_template(source, FILE, "text", PROVIDED).diagnostics] == [hint]


def test_what_a_hint_says_to_write_instead_is_right() -> None:
    for source in (
        '<a href="{{ items[0].url | default("https://shop.example") }}">x</a>',
        '{{ (items | first).title | default("x") }}',
        "{% if items %}{{ items[0].price | number(2) }}{{ (items | first).title }}{% endif %}",
        "{% if items[2] %}{{ items[2].title }}{% endif %}",
        '{{ customer.first_name | default("you") }}',
    ):
        assert check_template(source, FILE, "html", PROVIDED).diagnostics == (), source


NESTING = [
    (
        "<p>\n{% for item in items %}{{ item.title }}</p>\n",
        "for",
        "The {% for %} of line 2 is never closed. Add {% endfor %} where it ends.",
    ),
    (
        "{% if vip %}\n{%- for item in items %}x{% else %}y{% endfor -%}\n",
        "if",
        "The {% if %} of line 1 is never closed. Add {% endif %} where it ends.",
    ),
    (
        "{% if vip %}\n{% for item in items %}\nx{% endif %}",
        "endif",
        "{% endif %} comes while the {% for %} of line 2 is open. Add {% endfor %} before it.",
    ),
    ("x{% endfor %}", "endfor", "{% endfor %} closes nothing. Remove it, or open what it closes."),
]


@pytest.mark.parametrize(("source", "place", "told"), NESTING)
def test_tags_that_do_not_nest_are_told_by_where_they_were_opened(source: str, place: str, told: str) -> None:
    (found,) = check_template(source, FILE, "html", PROVIDED).diagnostics

    assert (found.code, _shown(source, found)) == ("template-syntax", place)
    assert f"{found.message} {found.hint}" == told


def test_another_mistake_in_a_template_whose_tags_do_not_nest_is_told_first() -> None:
    (found,) = check_template("{% if vip %}{{ customer. }}", FILE, "html", PROVIDED).diagnostics

    assert "not a readable template" in found.message


@pytest.mark.parametrize(
    "source",
    ["{{ customer.country }}", "{{ stage }}", "{% if vip %}x{% endif %}", "{{ context.channel }}"],
)
@pytest.mark.parametrize("part", ["html", "text", "subject"])
def test_an_otherwise_template_reads_nothing_about_the_customer(source: str, part: Part) -> None:
    report = check_template(source, FILE, part, IMPERSONAL)

    assert [one.code for one in report.diagnostics] == ["template-personal"]
    assert (report.profile_fields, report.names, report.context_fields) == (frozenset(),) * 3


def test_an_otherwise_template_shows_its_lists() -> None:
    source = "{% for item in items %}{{ item.title }}{% endfor %}"

    assert check_template(source, FILE, "html", IMPERSONAL).diagnostics == ()


def test_the_report_names_what_the_template_reads() -> None:
    source = (
        '{% if vip %}{{ customer.country }}{% endif %}{{ customer.age | default(usual_order) | default("") }}'
    )
    report = check_template(source, FILE, "html", PROVIDED)

    assert report.profile_fields == {"country", "age"}
    assert report.names == {"vip", "usual_order"}
    assert report.context_fields == set()


def test_the_report_names_what_the_template_reads_of_the_call() -> None:
    report = check_template(
        '{{ context.channel }}{{ context.cart_total | default("") }}', FILE, "html", PROVIDED
    )

    assert report.context_fields == {"channel", "cart_total"}


@pytest.mark.parametrize(("kind", "read"), [(TIME, {"when", "timezone"}), (DATE, {"when"})])
def test_who_shows_a_time_reads_the_customers_time_zone(kind: Scalar, read: set[str]) -> None:
    fields = {name: Field(name, kind_, optional=True) for name, kind_ in (("when", kind), ("timezone", TEXT))}
    provided = replace(PROVIDED, profile=fields)
    report = check_template('{{ customer.when | date | default("") }}', FILE, "html", provided)

    assert report.profile_fields == read


def test_a_context_that_is_not_declared_is_told_how_to_declare() -> None:
    provided = replace(PROVIDED, context={})
    (found,) = check_template("{{ context.cart_total }}", FILE, "html", provided).diagnostics

    assert found.code == "template-unknown-name"
    assert found.hint == "Declare in the rules what a call brings along: `context { cart_total number? }`."


def test_one_mistake_does_not_hide_the_next() -> None:
    source = "{{ a }}\n{% set b = 1 %}\n<i {{ stage }}>{{ customer.c }}</i>"
    found = check_template(source, FILE, "html", PROVIDED).diagnostics

    assert [(one.span.line, one.code) for one in found] == [
        (1, "template-unknown-name"),
        (2, "template-not-allowed"),
        (3, "template-html-context"),
        (3, "template-unknown-field"),
    ]


def test_the_same_mistake_twice_on_a_line_is_pointed_at_twice() -> None:
    found = check_template("é {{ nope }} and {{ nope }}", FILE, "text", PROVIDED).diagnostics

    assert [(one.span.column, one.span.end_column) for one in found] == [(6, 10), (21, 25)]


def test_what_a_loop_proved_is_forgotten_for_the_next_variable_of_that_name() -> None:
    source = (
        "{% for item in items %}{% if item.image_url %}"
        "{% for tag in item.tags %}{{ item.image_url }}{% endfor %}{% endif %}{% endfor %}"
        "{% for item in seen %}{{ item.image_url }}{% endfor %}"
    )
    found = check_template(source, FILE, "text", PROVIDED).diagnostics

    assert [(one.code, one.span.column) for one in found] == [
        ("template-may-be-missing", source.rindex("item.image_url") + 1)
    ]


def test_an_unsubscribe_link_that_mail_programs_would_cut_off_is_warned_of() -> None:
    source = "<p>" + "x" * 103_000 + '</p><a href="https://shop.example/unsubscribe">Unsubscribe</a>'
    found = check_template(source, FILE, "html", PROVIDED).diagnostics

    assert {one.code: one.severity for one in found} == {
        "template-too-large": "error",
        "template-unsubscribe-clipped": "warning",
    }


def test_a_deep_chain_of_fields_is_refused_at_its_first_unknown_one() -> None:
    found = check_template("{{ customer.a.b.c.d }}", FILE, "text", PROVIDED).diagnostics

    assert [(one.code, one.span.column) for one in found] == [("template-unknown-field", 13)]
