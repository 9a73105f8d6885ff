"""Text made from HTML."""

from __future__ import annotations

import pytest

from dearly.content.plain_text import TooManyTags, text_from_html
from tests.steps import steps_of


@pytest.mark.parametrize(
    ("html", "text"),
    [
        ("", ""),
        ("<!-- nothing -->", ""),
        ("Hello &amp; <b>welcome</b>", "Hello & welcome"),
        ("<p>One</p><p>Two</p>", "One\n\nTwo"),
        ("a<br>b", "a\nb"),
        ("<ul><li>a<li>b</ul>", "* a\n  * b"),
        ('<a href="https://shop.example/">The shop</a>', "[The shop](https://shop.example/)"),
        ('x <a href="https://shop.example/"><img src="a.jpg" alt="The shop"></a>', "x"),
        ('<p style="display:none">preview</p><p>Hello</p>', "Hello"),
        ("<style>p { color: red }</style><p>Hello</p>", "Hello"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a  b"),
        ('<p style="margin: 1.2.3em">Hello</p>', "Hello"),
        ('<?xml version="1.0" encoding="utf-8"?><?xml version="1.0" encoding="utf-8"?>Hello', "Hello"),
        ("<div>" * 250 + "deep", "deep"),
        ('<p style="margin: 999999999em">Hello</p>', "Hello"),
        ("<p style=padding-left:9999em>Hello</p>", "Hello"),
        ('x <a href="https://shop.example/?a=[(]"> </a>', "x"),
        ("a []() [](b)", "a []() [](b)"),
    ],
)
def test_html_reads_as_a_person_would_type_it(html: str, text: str) -> None:
    assert text_from_html(html) == text


def test_long_html_gives_its_words_line_by_line_in_time_that_grows_with_its_length() -> None:
    wide = "x" * 20_000
    rows = "".join(
        f'<tr><td>a{i}</td><td><a href="https://s.example/{i}">b &amp; c</a></td></tr>' for i in range(500)
    )
    text = text_from_html(f"<style>p {{}}</style><table><tr><td>{wide}</td></tr>{rows}</table>")

    assert text.startswith(wide + "\n")
    assert "a0\n[b & c](https://s.example/0)" in text
    assert "p {}" not in text
    # Laid out in columns, each of the 500 rows would be as wide as the widest cell.
    assert len(text) < 100_000


def test_what_is_hidden_stays_hidden_in_long_html() -> None:
    html = (
        '<div style="color: red; DISPLAY : none">preview</div><p style="margin:0">Hello</p>'
        + "<p>a</p>" * 600
    )

    assert text_from_html(html).startswith("Hello\na\na")


def _nested(tables: int, rows: int, width: int) -> str:
    return "<table><tr><td>" * tables + "x" * width + "</td></tr>" + "<tr><td>a" * rows


CARELESS = {
    "brackets": "[](" * 80_000,
    "brackets with blanks": "[ " * 130_000,
    "brackets in a link": f'<a href="{"[](" * 80_000}">{"[](" * 1_000}</a>',
    "links": '<a href="x">' * 6_000,
    "links in deep elements": "<div>" * 200 + '<a href="x">' * 5_800,
    "line ends": "<br>" * 6_000,
    "list items": "<li>x" * 6_000,
    "cells": "<td>x" * 6_000,
    "styles": '<p style="display:none">x' * 6_000,
    "declarations": "<?" * 6_000,
    "words": "x " * 130_000,
    "rows below a wide cell": _nested(1, 240, 12_000),
    "rows below a wide cell, deep": _nested(60, 60, 12_000),
    "lines beside a wide cell": _nested(20, 0, 12_000) + "<td>" + "<br>" * 300,
    "lines of a pre": "<table><tr>" + "<td>x" * 100 + "<td><pre>" + "\n" * 100_000,
    "indents in each other": '<div style="padding-left:9999em">x<br>' * 100,
}


@pytest.mark.timeout(60)  # against what hangs in a regular expression or in lxml, which takes no steps
@pytest.mark.parametrize("case", CARELESS)
def test_no_html_takes_more_steps_or_becomes_longer_than_its_length_explains(case: str) -> None:
    html = CARELESS[case]

    assert steps_of(lambda: text_from_html(html)) < 10 * len(html) + 100_000
    assert len(text_from_html(html)) <= 2 * len(html)


def test_html_of_too_many_tags_is_refused_before_it_is_read() -> None:
    with pytest.raises(TooManyTags, match="over 6,000 tags"):
        text_from_html("<b>" * 6_001)
