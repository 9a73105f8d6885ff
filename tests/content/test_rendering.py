"""Rendering: what comes out for one recipient, from plain data, within a budget."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from dearly.content.budget import Budget, RenderBudgetExceeded
from dearly.content.plain_text import TooManyTags
from dearly.content.rendering import Rendered, compile_template, last_resort
from dearly.content.wording import MissingInTemplate
from dearly.language.template_data import template_data
from dearly.language.types import BOOL, DATE, DURATION, NUMBER, TEXT, TIME, SetOf, Type, Value
from tests.content.manners import ENGLISH

ITEM = {
    "id": "p1",
    "title": "Trail <shoes> & more",
    "brand": "Fell",
    "url": "https://shop.example/p/1?a=1&b=2",
    "image_url": None,
    "price": 9.95,
    "available": True,
    "tags": ("light", "warm"),
}
OTHER = {**ITEM, "id": "p2", "title": "Tent", "image_url": "https://cdn.shop.example/2.jpg", "price": 12.0}
CONTEXT: Mapping[str, object] = {
    "customer": {"first_name": "Ada", "country": "DE", "points": 12.0, "age": None, "interests": ("hiking",)},
    "items": [ITEM, OTHER],
    "vip": None,
    "regular": True,
    "stage": "churned",
    "engagement": 0.0,
}


def _html(source: str, context: Mapping[str, object] = CONTEXT) -> str:
    return compile_template(source, "").render(context, Budget(), ENGLISH).html


@pytest.mark.parametrize(
    ("source", "html"),
    [
        ("{{ customer.first_name }}", "Ada"),
        ('{{ customer.age | default("-") }}', "-"),
        ("{{ customer.points }} {{ items[0].price }} {{ items[1].price | number(2) }}", "12 9.95 12.00"),
        ("{% for item in items %}{{ loop.index }}{{ item.id }} {% endfor %}", "1p1 2p2 "),
        ("{{ items[0].title }}", "Trail &lt;shoes&gt; &amp; more"),
        ("{{ (items | last).title }}{{ items | length }}", "Tent2"),
        ('<a href="{{ items[0].url }}">', '<a href="https://shop.example/p/1?a=1&amp;b=2">'),
        ('<a href="{{ stage }}">', '<a href="#">'),
        ('<a title="{{ stage }}">', '<a title="churned">'),
        ("{% if items[0].image_url %}x{% else %}y{% endif %}", "y"),
        ("{% if vip %}a{% else %}b{% endif %}{% if vip is missing %}c{% endif %}", "bc"),
        ('{% if stage == "churned" and regular %}a{% endif %}', "a"),
        ('{% if stage in ["a", "churned"] and "golf" not in customer.interests %}a{% endif %}', "a"),
        ("{% if customer.age != 3 or customer.age < 3 %}a{% else %}b{% endif %}", "b"),
        ("{{ (customer.points + 3) * 2 - 10 / 4 }} {{ -customer.points }}", "27.5 -12"),
        ('{{ (1 / engagement) | default("-") }}', "-"),
        ('{{ customer.interests | join(", ") }}', "hiking"),
        ("{% for x in customer.tags %}{{ x }}{% endfor %}-", "-"),
        ("{% for x in nowhere %}{{ x }}{% else %}none{% endfor %}", "none"),
        ('{{ "<b>" | lower }}', "&lt;b&gt;"),
        ("a\n  {% if regular %}\n  b\n  {% endif %}\nc\n", "a\n  b\nc"),
    ],
)
def test_a_template_says_what_its_data_say(source: str, html: str) -> None:
    assert _html(source) == html


def test_the_three_parts_are_rendered_each_in_its_own_way() -> None:
    template = compile_template(
        "<p>{{ items[0].title }}</p>",
        "{{ items[0].title }}\n{{ items[0].url }}",
        "For\n {{ items[0].title }}",
    )

    assert template.render(CONTEXT, Budget(), ENGLISH) == Rendered(
        html="<p>Trail &lt;shoes&gt; &amp; more</p>",
        text="Trail <shoes> & more\nhttps://shop.example/p/1?a=1&b=2",
        subject="For Trail <shoes> & more",
    )


def test_a_text_is_made_of_the_html_where_there_is_none() -> None:
    source = (
        "<table><tr><td><h1>Hello {{ customer.first_name }}</h1></td></tr>"
        "{% for item in items %}<tr><td>"
        '<a href="{{ item.url }}"><img src="x.jpg" alt=""></a></td></tr>'
        '<tr><td><a href="{{ item.url }}">{{ item.title }}</a><br>{{ item.price }}</td></tr>'
        "{% endfor %}</table>"
    )
    rendered = compile_template(source).render(CONTEXT, Budget(max_s=5), ENGLISH)

    assert rendered.text == (
        "Hello Ada\n\n[Trail <shoes> & more](https://shop.example/p/1?a=1&b=2)\n9.95\n\n"
        "[Tent](https://shop.example/p/1?a=1&b=2)\n12"
    )
    assert rendered.subject == ""


def test_a_template_without_customer_and_items_is_the_last_resort() -> None:
    source = "<h1>Loved by many</h1>{% for item in items %}{{ item.title }}{% endfor %}"

    assert last_resort(compile_template(source, "Loved by many"), ENGLISH).html == "<h1>Loved by many</h1>"


def test_something_missing_that_the_check_did_not_see_is_an_error_and_not_a_gap() -> None:
    with pytest.raises(MissingInTemplate):
        _html("{{ items[0].nothing }}")


@pytest.mark.parametrize("name", ["items", "get", "keys", "pop", "update", "__class__", "values", "title"])
def test_a_field_is_data_whatever_its_name(name: str) -> None:
    assert _html(f"{{{{ customer.{name} }}}}", {"customer": {name: "mine"}}) == "mine"
    assert _html(f'{{{{ customer.{name} | default("none") }}}}', {"customer": {}}) == "none"


# ------------------------------------------------------------------------------------------------ the budget


class SteppingClock:
    """Each look at it takes a second."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        self.now_s += 1
        return self.now_s


def _many(count: int) -> Mapping[str, object]:
    return {"items": [ITEM] * count}


def test_output_beyond_the_bytes_is_stopped_before_it_is_all_made() -> None:
    template = compile_template("{% for item in items %}<td>{{ item.title }}</td>{% endfor %}", "")

    assert template.render(_many(100), Budget(max_bytes=4_000), ENGLISH).html
    with pytest.raises(RenderBudgetExceeded, match="4,000 bytes"):
        template.render(_many(1_000_000), Budget(max_bytes=4_000), ENGLISH)


def test_bytes_are_counted_and_not_characters() -> None:
    template = compile_template("é" * 100, "")

    assert template.render({}, Budget(max_bytes=200), ENGLISH).html
    with pytest.raises(RenderBudgetExceeded):
        template.render({}, Budget(max_bytes=199), ENGLISH)


def test_the_text_and_the_subject_have_the_same_budget() -> None:
    with pytest.raises(RenderBudgetExceeded):
        compile_template("", "x" * 101).render({}, Budget(max_bytes=100), ENGLISH)
    with pytest.raises(RenderBudgetExceeded):
        compile_template("", "", "x" * 101).render({}, Budget(max_bytes=100), ENGLISH)
    with pytest.raises(RenderBudgetExceeded):
        compile_template("<p>&rarr;&rarr;</p>").render({}, Budget(max_bytes=5), ENGLISH)


def test_a_template_that_prints_too_long_is_stopped() -> None:
    template = compile_template("{% for item in items %}<td>{{ item.title }}</td>{% endfor %}", "")

    with pytest.raises(RenderBudgetExceeded, match="3000 ms"):
        template.render(_many(10_000), Budget(max_s=3, monotonic=SteppingClock()), ENGLISH)


def test_a_template_that_prints_nothing_is_stopped_too() -> None:
    source = (
        "{% for a in items %}{% for b in items %}{% if a.id == b.title %}x{% endif %}{% endfor %}{% endfor %}"
    )
    template = compile_template(source, "")

    with pytest.raises(RenderBudgetExceeded):
        template.render(_many(10_000), Budget(max_s=100, monotonic=SteppingClock()), ENGLISH)


SET = tuple(f"interest {number:05d}" for number in range(10_000))


@pytest.mark.parametrize(
    "source",
    [
        "{% for x in many %}{% endfor %}",
        "{% for x in many %}{% if loop.length == 3 or loop.last %}x{% endif %}{% endfor %}",
        '{% if "none" in many %}x{% endif %}' * 200,
        '{% if "none" not in customer.text %}{% endif %}' * 200,
        "{% if (customer.text | title | trim | upper | length) == 3 %}x{% endif %}" * 60,
        '{% if (few | join("") | length) == 3 %}x{% endif %}' * 200,
    ],
)
def test_all_that_may_take_long_without_printing_looks_at_the_clock(source: str) -> None:
    context = {"many": SET, "few": SET[:100], "customer": {"text": "a b " * 1_000}}

    with pytest.raises(RenderBudgetExceeded, match="150000 ms"):
        compile_template(source, "").render(context, Budget(max_s=150, monotonic=SteppingClock()), ENGLISH)


def test_what_is_short_does_not_look_at_the_clock() -> None:
    source = '{% for x in few %}{% if x in few and (x | upper) == "A" %}{% endif %}{% endfor %}' * 2
    template = compile_template(source, "")

    looks = SteppingClock()
    template.render({"few": SET[:64]}, Budget(max_s=10, monotonic=looks), ENGLISH)
    assert looks.now_s == 3  # to begin, and once for each loop


@pytest.mark.parametrize(
    ("source", "named"),
    [
        ('{{ many | join(", ") | truncate(20) }}', "join"),
        ("{{ customer.text | urlencode | upper | truncate(20) }}", "upper"),
    ],
)
def test_a_filter_refuses_what_is_too_long(source: str, named: str) -> None:
    template = compile_template(source, "")

    with pytest.raises(RenderBudgetExceeded, match=rf"`{named}` met a text of more than 65,536 characters"):
        template.render({"many": SET, "customer": {"text": "ä" * 20_000}}, Budget(max_s=60), ENGLISH)
    short = {"many": SET[:2], "customer": {"text": "ab"}}
    assert template.render(short, Budget(max_s=60), ENGLISH).html in {"interest 00000,…", "AB"}


def test_a_loop_over_many_knows_how_many_they_are() -> None:
    source = "{% for x in many %}{% if loop.last %}{{ loop.length }} {{ x }}{% endif %}{% endfor %}"

    assert _html(source, {"many": SET[:200]}) == "200 interest 00199"


def test_html_of_too_many_tags_wants_a_text_of_its_own() -> None:
    source = "{% for x in many %}<br>{% endfor %}"

    assert (
        compile_template(source, "").render({"many": SET}, Budget(max_s=60), ENGLISH).html == "<br>" * 10_000
    )
    with pytest.raises(TooManyTags, match=r"Write a `\.txt`"):
        compile_template(source).render({"many": SET}, Budget(max_s=60), ENGLISH)


# -------------------------------------------------------------------------------------------------- the data


@pytest.mark.parametrize(
    ("kind", "value", "data"),
    [
        (TEXT, "a", "a"),
        (NUMBER, 1.5, 1.5),
        (BOOL, True, True),
        (DATE, 0, "1970-01-01"),
        (DATE, 20_513, "2026-03-01"),
        (DATE, -719_162, "0001-01-01"),
        (TIME, 0, "1970-01-01T00:00:00Z"),
        (TIME, 1_772_359_200_000_000, "2026-03-01T10:00:00Z"),
        (TIME, -1, "1969-12-31T23:59:59.999999Z"),
        (SetOf(TEXT), frozenset({"b", "a"}), ("a", "b")),
        (SetOf(DATE), frozenset({1, 0}), ("1970-01-01", "1970-01-02")),
        (TEXT, None, None),
        (SetOf(TEXT), None, None),
    ],
)
def test_values_become_plain_data(kind: Type, value: Value | None, data: object) -> None:
    assert template_data(kind, value) == data


def test_a_duration_never_becomes_data() -> None:
    with pytest.raises(TypeError, match="duration"):
        template_data(DURATION, 5)
