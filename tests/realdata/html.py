"""Whether a fragment of HTML is valid to a strict HTML5 parser."""

from __future__ import annotations

import html5lib


def html_problem(fragment: str) -> str | None:
    """The first parse error of a fragment that goes into a body, or None."""
    parser = html5lib.HTMLParser(strict=False)
    parser.parseFragment(fragment, container="div")
    if not parser.errors:
        return None
    position, code, _ = parser.errors[0]
    return f"{code} at line {position[0]}, column {position[1]}"
