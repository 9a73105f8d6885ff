"""The text part of a mail, made from its HTML where the author wrote none."""

from __future__ import annotations

import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig
from lxml import html as lxml_html

_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)
_EMPTY_LINK = re.compile(r"\[\s*\]\([^)\s]*\)")
_TRIPPED_OVER = re.compile(r"""<\?[^>]*>|\sstyle\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")
_LINE_ENDS = re.compile(r"<br\s*/?>|</(?:p|div|td|th|tr|li|h[1-6]|table|ul|ol|blockquote)>", re.IGNORECASE)
_BLANKS = re.compile(r"[ \t\r\f\v\xa0]+")

MOST_LAID_OUT = 16 * 1024
"""Characters of HTML that are laid out in columns. That takes the square of their number: of more, words are
taken line by line.
"""


def text_from_html(html: str) -> str:
    """The HTML as text: tables in columns, a link as ``[its words](its URL)``, pictures left out.

    This takes about a millisecond for 7 KB of HTML, twenty times what rendering it took.
    """
    if len(html) > MOST_LAID_OUT:
        return _words_of(html)
    try:
        text = get_text(html, _CONFIG)
    except ValueError:
        # A second XML declaration, or a style such as `margin: 1.2.3em`, which says nothing in a text.
        text = get_text(_TRIPPED_OVER.sub("", html), _CONFIG)
    return _tidy(_EMPTY_LINK.sub("", text))


def _words_of(html: str) -> str:
    """The words alone, a line for each block or cell; as long as the HTML is, so long it takes."""
    tree = lxml_html.fragment_fromstring(_LINE_ENDS.sub("\\g<0>\n", html), create_parent="div")
    for unseen in tree.xpath(".//style|.//script"):
        unseen.drop_tree()
    for link in tree.xpath(".//a[@href]"):
        link.text = f"[{link.text or ''}"
        link.tail = f"]({link.get('href')}){link.tail or ''}"
    return _tidy(_EMPTY_LINK.sub("", _BLANKS.sub(" ", tree.text_content())))


def _tidy(text: str) -> str:
    lines = (line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
