"""Laws of templates: the check always answers, and what passes it renders for every customer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import html5lib
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dearly.content.budget import Budget
from dearly.content.rendering import compile_template
from dearly.language.templates.check import check_template
from dearly.language.templates.provided import Named
from dearly.language.templates.source import Part
from dearly.language.types import BOOL, SetOf
from tests.content.manners import ENGLISH
from tests.provided import PROVIDED

SHOP = replace(PROVIDED, names={**PROVIDED.names, "flags": Named(SetOf(BOOL), may_be_missing=True)})

VALUES = st.sampled_from(
    [
        *("stage", "last_bought", "engagement", "usual_order", "vip", "regular", "flags", "items", "seen"),
        *("customer.first_name", "customer.country", "customer.points", "customer.age", "customer.interests"),
        *("item.title", "item.image_url", "item.price", "item.minutes", "item.tags", "item", "one"),
        *("items[0]", "items[1].title", "items[0].image_url", "(items | first).url", "(seen | last).price"),
        *("loop.index", "loop.last", '"a"', '"&<"', "0", "2.5", "true"),
    ]
)
FILTERS = st.sampled_from(
    [
        *(
            "upper",
            "lower",
            "title",
            "capitalize",
            "trim",
            "truncate(3)",
            'truncate(2, true, "...")',
            "urlencode",
        ),
        *("round", "round(2)", "number(2)", "length", 'join(",")', "first", "last"),
        *('default("x")', "default(0)", "default(stage)", 'default("y", true)', "default(last_bought)"),
    ]
)
TESTS = st.sampled_from(["present", "missing", "defined", "odd", "even", "divisibleby(2)", "not missing"])
OPERATORS = st.sampled_from(["==", "!=", "<", ">=", "and", "or", "+", "-", "*", "/", "in", "not in"])


def _grown(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("({} | {})".format, inner, FILTERS),
        st.builds("({} is {})".format, inner, TESTS),
        st.builds("({} {} {})".format, inner, OPERATORS, inner),
        st.builds("(not {})".format, inner),
        st.builds("({} if {} else {})".format, inner, inner, inner),
    )


EXPRESSIONS = st.recursive(VALUES, _grown, max_leaves=4)


def _nested(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(
        st.builds("{}{}".format, inner, inner),
        st.builds("{{% if {} %}}{}{{% else %}}{}{{% endif %}}".format, EXPRESSIONS, inner, inner),
        # The guard of what stands in it, more often than chance would have it.
        VALUES.map(lambda value: f"{{% if {value} %}}{{{{ {value} }}}}{{% endif %}}"),
        VALUES.map(lambda value: f"{{% if {value} is missing %}}-{{% else %}}{{{{ {value} }}}}{{% endif %}}"),
        st.builds("{{% for item in items %}}{}{{% else %}}{}{{% endfor %}}".format, inner, inner),
        st.builds("{{% for one in {} %}}{}{{% endfor %}}".format, VALUES, inner),
        st.builds('<a href="{}" title="{}">'.format, inner, inner),
    )


OUTPUTS = EXPRESSIONS.map("{{{{ {} }}}}".format)
TEMPLATES = st.recursive(st.one_of(OUTPUTS, st.sampled_from(["<b>", "x", " "])), _nested, max_leaves=5)

ITEM = {
    "id": "p1",
    "title": "<Tent>",
    "brand": "Fell",
    "url": "https://shop.example/1",
    "price": 9.5,
    "available": True,
    "tags": ("light",),
}


@st.composite
def _contexts(draw: st.DrawFn) -> Mapping[str, object]:
    """A recipient of whom everything that may be missing is there or not."""

    def maybe(value: object) -> st.SearchStrategy[object]:
        return st.sampled_from([None, value])

    def items() -> list[Mapping[str, object]]:
        count = draw(st.integers(0, 2))
        return [{**ITEM, "image_url": draw(maybe("x:y")), "minutes": draw(maybe(3.0))} for _ in range(count)]

    customer = {
        "first_name": draw(maybe("Ada")),
        "age": draw(maybe(7.0)),
        "interests": draw(maybe(("a", "b"))),
    }
    return {
        "customer": {**customer, "country": "DE", "points": draw(st.sampled_from([0.0, 12.0]))},
        "items": items(),
        "seen": items(),
        "vip": draw(maybe(True)),
        "flags": draw(maybe((False, True))),
        "last_bought": draw(maybe("tents")),
        "usual_order": draw(maybe(0.0)),
        "engagement": 0.0,
        "regular": False,
        "stage": "new",
    }


@settings(suppress_health_check=[HealthCheck.too_slow])
@given(TEMPLATES, _contexts())
def test_what_passes_the_check_renders_for_every_customer(source: str, context: Mapping[str, object]) -> None:
    report = check_template(source, "templates/a.html", "html", SHOP)
    if any(found.severity == "error" for found in report.diagnostics):
        return

    rendered = compile_template(source, source, source).render(context, Budget(max_s=5), ENGLISH)

    assert "None" not in rendered.html
    assert not [word for word in ("True", "False") if word in rendered.html]


@given(TEMPLATES, _contexts())
def test_what_a_template_reads_is_all_that_it_needs(source: str, context: Mapping[str, object]) -> None:
    report = check_template(source, "templates/a.html", "html", SHOP)
    if any(found.severity == "error" for found in report.diagnostics):
        return
    customer = context["customer"]
    assert isinstance(customer, dict)
    read = {name: context[name] for name in report.names | {"items", "seen"}}
    read["customer"] = {name: customer[name] for name in report.profile_fields}

    template = compile_template(source, "")

    assert template.render(read, Budget(max_s=5), ENGLISH) == template.render(
        context, Budget(max_s=5), ENGLISH
    )


SCRAPS = st.sampled_from(
    [
        *(
            "{{",
            "}}",
            "{%",
            "%}",
            "{#",
            "#}",
            "if ",
            "for ",
            " in ",
            "end",
            "endif",
            "endfor",
            "else",
            "set ",
            "raw",
        ),
        *(
            "items",
            "item",
            ".title",
            "|",
            "default",
            "(",
            ")",
            "[",
            "]",
            '"',
            "'",
            "<",
            ">",
            "a=",
            "0",
            "\n",
            "é",
        ),
        *("endraw", "-", "\x00", "\ud800", "is ", "not ", "loop", "customer", " "),
    ]
)


@given(st.lists(SCRAPS, max_size=25).map("".join), st.sampled_from(["html", "text", "subject"]))
def test_the_check_answers_whatever_it_is_given(source: str, part: Part) -> None:
    for found in check_template(source, "templates/a.html", part, PROVIDED).diagnostics:
        assert found.span.line >= 1
        assert found.span.column < found.span.end_column


@given(st.text(max_size=30), st.sampled_from(["title", "class", "alt"]))
def test_a_value_in_quotes_reads_back_as_it_was(value: str, attribute: str) -> None:
    html = (
        compile_template(f'<td {attribute}="{{{{ value }}}}">', "")
        .render({"value": value}, Budget(max_s=5), ENGLISH)
        .html
    )

    (cell,) = html5lib.parseFragment(html, container="tr", namespaceHTMLElements=False)
    assert list(cell.attrib) == [attribute]
