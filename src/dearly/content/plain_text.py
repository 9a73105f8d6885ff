"""The text part of a mail, made from its HTML where the author wrote none."""

from __future__ import annotations

import re

from inscriptis import get_text
from inscriptis.css_profiles import CSS_PROFILES
from inscriptis.model.config import ParserConfig

_CONFIG = ParserConfig(css=CSS_PROFILES["strict"], display_links=True)
_EMPTY_LINK = re.compile(r"\[\s*\]\([^)\s]*\)")
_TRIPPED_OVER = re.compile(r"""<\?[^>]*>|\sstyle\s*=\s*("[^"]*"|'[^']*')""", re.IGNORECASE)
_BLANK_LINES = re.compile(r"\n{3,}")


def text_from_html(html: str) -> str:
    """The HTML as text: tables in columns, a link as ``[its words](its URL)``, pictures left out.

    This takes about a millisecond for 7 KB of HTML, twenty times what rendering it took.
    """
    try:
        text = get_text(html, _CONFIG)
    except ValueError:
        # A second XML declaration, or a style such as `margin: 1.2.3em`, which says nothing in a text.
        text = get_text(_TRIPPED_OVER.sub("", html), _CONFIG)
    lines = (line.rstrip() for line in _EMPTY_LINK.sub("", text).split("\n"))
    return _BLANK_LINES.sub("\n\n", "\n".join(lines)).strip()
