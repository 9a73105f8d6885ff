"""Text made from HTML."""

from __future__ import annotations

import pytest

from dearly.content.plain_text import text_from_html


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
    ],
)
def test_html_reads_as_a_person_would_type_it(html: str, text: str) -> None:
    assert text_from_html(html) == text
