"""The text part of a mail, made from its HTML where the author wrote none, at a cost that has a bound."""

from __future__ import annotations

import re

from inscriptis import Inscriptis
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import html as lxml_html

from dearly import DearlyError

MOST_TAGS = 6_000
"""HTML of more tags is not made into a text: these take up to 15 ms. (What is printed into HTML has none.)"""

MOST_ELEMENTS = 500
"""HTML of more elements is not laid out: each takes up to 8 µs, ten times what its words alone take."""

MOST_LAID_OUT = 20_000_000
"""The most that laying out may cost, as characters times elements times tables in each other: some 10 ms.

A line of a cell is as wide as the widest of its column, and is written anew for each table around it.
"""

_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_ENDS = frozenset(
    {"br", "p", "div", "td", "th", "tr", "li", "table", "ul", "ol", "blockquote"}
    | {f"h{level}" for level in range(1, 7)}
)
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")


class TooManyTags(DearlyError):
    """The HTML has more tags than a text is made of."""


def text_from_html(html: str) -> str:
    """The HTML as text: tables in columns, a link as ``[its words](its URL)``, pictures left out.

    This takes about a millisecond for 7 KB of HTML, twenty times what rendering it took. Of what is
    large, the words are taken line by line instead: no HTML takes longer than some 20 ms.

    Raises:
        TooManyTags: the HTML has over :data:`MOST_TAGS`.
    """
    if html.count("<") > MOST_TAGS:
        raise TooManyTags(
            f"The HTML has over {MOST_TAGS:,} tags, too many to make a text of it. Write a `.txt` beside it."
        )
    tree = lxml_html.fragment_fromstring(html, create_parent="div")
    _leave_out(tree)
    is_cheap = _is_cheap_to_lay_out(tree, len(html))
    return _tidy(Inscriptis(tree, _CONFIG).get_text() if is_cheap else _words_of(tree))


def _leave_out(tree: lxml_html.HtmlElement) -> None:
    """Take out what says nothing in a text: code, links without words, and styles but for what hides."""
    for unseen in tree.xpath(".//style|.//script"):
        unseen.drop_tree()
    for link in tree.xpath(".//a[@href][not(normalize-space())]"):
        del link.attrib["href"]
    for styled in tree.xpath(".//*[@style]"):
        # Of the others, a `padding-left: 9999em` would be taken at its word, and `1.2.3em` is an error.
        hidden = _HIDDEN.search(styled.attrib.pop("style"))
        if hidden:
            styled.set("style", "display:none")


def _is_cheap_to_lay_out(tree: lxml_html.HtmlElement, length: int) -> bool:
    elements = sum(1 for _ in tree.iter())
    # In these an element may have many lines without a `<br>`.
    if elements > MOST_ELEMENTS or any(True for _ in tree.iter("pre", "xmp", "listing", "plaintext")):
        return False
    nesting = max(
        (sum(1 for _ in table.iterancestors("table")) + 1 for table in tree.iter("table")), default=1
    )
    return length * elements * nesting <= MOST_LAID_OUT


def _words_of(tree: lxml_html.HtmlElement) -> str:
    """The words alone, a line for each block or cell; as long as the HTML is, so long it takes."""
    for hidden in tree.xpath(".//*[@style]"):
        hidden.drop_tree()
    for element in tree.iter():
        if element.tag in _LINE_ENDS:
            element.tail = f"\n{element.tail or ''}"
        elif element.tag == "a" and (url := element.get("href")) is not None:
            element.text = f"[{element.text or ''}"
            element.tail = f"]({url}){element.tail or ''}"
    return _BLANKS.sub(" ", tree.text_content())


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
