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


def test_long_html_gives_its_words_line_by_line_in_time_that_grows_with_its_length() -> None:
    wide = "x" * 20_000
    rows = "".join(
        f'<tr><td>a{i}</td><td><a href="https://s.example/{i}">b &amp; c</a></td></tr>' for i in range(1_000)
    )
    text = text_from_html(f"<style>p {{}}</style><table><tr><td>{wide}</td></tr>{rows}</table>")

    assert text.startswith(wide + "\n")
    assert "a0\n[b & c](https://s.example/0)" in text
    assert "p {}" not in text
    # Laid out in columns, each of the thousand rows would be as wide as the widest cell.
    assert len(text) < 100_000
