"""Where in HTML values may be printed; a standard HTML5 parser says where they really end up."""

from __future__ import annotations

import html5lib
import pytest
from hypothesis import given
from hypothesis import strategies as st

from dearly.language.templates.check import check_template
from dearly.language.templates.html import START, HtmlPlace, State, UnfollowedHtml, advance
from dearly.language.templates.printing import printing_of
from dearly.language.templates.source import parse_template
from tests.provided import PROVIDED

ACCEPTED = [
    "<p>{{ stage }}</p>",
    "<title>{{ stage }}</title>",
    "a < b {{ stage }} &amp {{ stage }}",
    '<td class="{{ stage }}" title=\'{{ stage }}\' alt = "a {{ stage }} b">',
    '<a href="{{ customer.country }}">x</a>',
    '<a href="{% if vip %}{{ stage }}{% else %}https://shop.example/{% endif %}">x</a>',
    '<a href="https://shop.example/{{ stage | urlencode }}?a=1&b={{ engagement | urlencode }}">x</a>',
    '<a href="HTTPS://shop.example:8080?q={{ stage | urlencode }}">x</a>',
    '<a href="{{ stage }}?utm_source=mail&c={{ stage | urlencode }}">x</a>',
    '<a href="mailto:help@shop.example?subject={{ stage | urlencode }}">x</a>',
    '<a href="https://a.example/{% for item in items %}{{ item.id | urlencode }},{% endfor %}">x</a>',
    '<td {% if vip %}class="a"{% else %}class="b"{% endif %}>x</td>',
    '<td class="{% if vip %}a{% endif %} b">x</td>',
    "{% if vip %}<b>{% endif %}x{% if vip %}</b>{% endif %}",
    "{% for item in items %}<li>{{ item.title }}{% endfor %}",
    "<!-- a comment --><!--[if mso]><table><![endif]--><!doctype html><?xml ?>{{ stage }}",
    "<style>td { color: red }</style><script>let a = '</b>'</script>{{ stage }}",
    "<!-->{{ stage }}<!--->{{ stage }}<!--x--!>{{ stage }}</>{{ stage }}",
]


@pytest.mark.parametrize("source", ACCEPTED)
def test_values_are_printed_in_text_and_in_quoted_attributes(source: str) -> None:
    assert printing_of(parse_template(source)).findings == ()


REFUSED = [
    ("<td class={{ stage }}>", "template-html-context"),
    ("<td {{ stage }}>", "template-html-context"),
    ('<td {{ stage }}="x">', "template-html-context"),
    ('<td class{{ stage }}="x">', "template-html-context"),
    ("<td class {{ stage }}>", "template-html-context"),
    ("<h{{ engagement }}>x</h1>", "template-html-context"),
    ("<{{ stage }}>", "template-html-context"),
    ("</{{ stage }}>", "template-html-context"),
    ("<!{{ stage }}>", "template-html-context"),
    ("<!-- {{ stage }} -->", "template-html-context"),
    ("<!--[if mso]>{{ stage }}<![endif]-->", "template-html-context"),
    ("<!doctype {{ stage }}>", "template-html-context"),
    ("<style>{{ stage }}</style>", "template-html-context"),
    ("<style></styles>{{ stage }}</style>", "template-html-context"),
    ("<script>let a = {{ stage }}</script>", "template-html-context"),
    ('<td style="color: {{ stage }}">', "template-html-context"),
    ('<a onclick="go({{ engagement }})">', "template-html-context"),
    ('<img srcset="{{ stage }} 2x">', "template-html-context"),
    ('<meta content="{{ stage }}">', "template-html-context"),
    ('<iframe src="{{ stage }}"></iframe>', "template-html-context"),
    ('<base href="{{ stage }}">', "template-html-context"),
    ('<a href="/{{ stage | urlencode }}">x</a>', "template-url"),
    ('<a href="javascript:{{ stage | urlencode }}">x</a>', "template-url"),
    ('<a href="https://{{ stage | urlencode }}/">x</a>', "template-url"),
    ('<a href="https://shop.example{{ stage | urlencode }}">x</a>', "template-url"),
    ('<a href="https://shop.example:{{ engagement | urlencode }}/">x</a>', "template-url"),
    ('<a href="https://me@{{ stage | urlencode }}/">x</a>', "template-url"),
    ('<a href="https://shop.example/{{ stage }}">x</a>', "template-url"),
    ('<a href="{{ stage }}{{ stage | urlencode }}">x</a>', "template-url"),
    ('<a href="{% if vip %}https://a.example/{% endif %}{{ stage | urlencode }}">x</a>', "template-url"),
    ('<a href="{% for i in items %}{{ i.url }}{% endfor %}">x</a>', "template-url"),
    ('<img src="cid:{{ stage | urlencode }}">', "template-url"),
    ("{% if vip %}<!--{% endif %}x", "template-html-branch"),
    ('<td{% if vip %} class="a"{% endif %}>', "template-html-branch"),
    ('<td class="{% if vip %}">{% endif %}', "template-html-branch"),
    ("{% for item in items %}<td {% endfor %}>", "template-html-branch"),
    ("{% for item in items %}x{% else %}<p{% endfor %}", "template-html-branch"),
    ("{% if vip %}<{% endif %}b>", "template-html-branch"),
    ("<svg><text>x</text></svg>", "template-html-element"),
    ("<select><option>x</select>", "template-html-element"),
    ("<script><!-- x</script>", "template-html-element"),
    ("<p>x</p", "template-html-unfinished"),
    ("x <!-- y", "template-html-unfinished"),
    ("x <", "template-html-unfinished"),
    ("<style>x", "template-html-unfinished"),
]


@pytest.mark.parametrize(("source", "code"), REFUSED)
def test_nothing_is_printed_anywhere_else(source: str, code: str) -> None:
    assert {found.code for found in printing_of(parse_template(source)).findings} == {code}


def test_text_and_subjects_have_no_places_that_are_refused() -> None:
    for part in ("text", "subject"):
        assert check_template("<a href={{ stage }} <!--", "templates/a.txt", part, PROVIDED).diagnostics == ()


def test_a_place_is_told_at_its_line_and_column() -> None:
    source = '<table>\n  <tr>{% if vip %}<td>\n <td style="x: {{ stage }}">{% endif %}\n <svg>'
    found = check_template(source, "templates/a.html", "html", PROVIDED).diagnostics

    assert [(one.span.line, one.span.column, one.code) for one in found] == [
        (3, 19, "template-html-context"),
        (4, 6, "template-html-element"),
    ]


def test_only_values_that_begin_a_url_pass_the_guard() -> None:
    tree = parse_template(
        '<a href="{{ stage }}" title="{{ vip }}"><a href="https://a.example/{{ stage | urlencode }}">'
    )
    guarded = printing_of(tree).whole_urls

    first_output = tree.body[0]
    assert guarded == {id(first_output.nodes[1])}


# ------------------------------------------------------------------------------------ against a real parser

MARK = "qzmark"

_MARKUP = """< > / ! -- - ? ' " = & a td x <td> </td> href= <!-- --> --!> <!- <style> </style> <title> </title
<textarea> </textarea> <script> </script> <xmp> </xmp> <![CDATA[ ]]> <!doctype <iframe> </iframe>"""

PIECES = st.sampled_from([*_MARKUP.split(), " ", "\n", "\t", "<a "])


def _place(before: str) -> HtmlPlace | None:
    try:
        return advance(START, before)
    except UnfollowedHtml:
        return None


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_place_taken_for_text_is_text_to_a_parser(before: str) -> None:
    place = _place(before)
    if place is None or place.pending or place.state not in (State.TEXT, State.ONLY_TEXT):
        return

    tree = html5lib.parseFragment(before + MARK, namespaceHTMLElements=False)

    texts = [
        text
        for element in tree.iter()
        if element.tag not in ("style", "script", "xmp", "iframe") and isinstance(element.tag, str)
        for text in (element.text, *(child.tail for child in element))
    ]
    assert sum(MARK in (text or "") for text in texts) == 1


@given(st.lists(PIECES, max_size=12).map("".join))
def test_a_place_taken_for_a_quoted_value_is_one_to_a_parser(before: str) -> None:
    place = _place(before)
    if place is None or place.state is not State.VALUE:
        return

    # A blank and a `>` would end a value without quotes.
    tree = html5lib.parseFragment(f"{before}{MARK} > {place.quote}>", namespaceHTMLElements=False)

    # (The parser drops the attributes of end tags, and attributes that are there twice.)
    elements = [element for element in tree.iter() if isinstance(element.tag, str)]
    values = [value for element in elements for value in element.attrib.values() if MARK in value]
    assert all(f"{MARK} > " in value for value in values)
    assert MARK not in "".join(tree.itertext())
    assert not any(MARK in name for element in elements for name in (element.tag, *element.attrib))


@given(st.lists(PIECES, max_size=12).map("".join), st.integers(0, 60))
def test_a_text_read_in_two_pieces_ends_where_it_ends_in_one(text: str, at: int) -> None:
    whole = _place(text)
    if whole is None:
        return

    assert advance(advance(START, text[:at]), text[at:]) == whole
