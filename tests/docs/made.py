"""What the pages show of commands' output; `python -m tests.docs.made` makes it anew.

Such a part of a page stands between `<!-- made: NAME -->` and `<!-- end -->`, which no reader sees,
and tests compare it.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.docs.documents import ROOT
from tests.docs.review import review_section
from tests.docs.ten_mistakes_page import mistakes_section


@dataclass(frozen=True, slots=True)
class Made:
    """A part of a page, and what makes it."""

    page: Path
    make: Callable[[], str]


PARTS: Mapping[str, Made] = {
    "ten mistakes": Made(ROOT / "docs/language.md", mistakes_section),
    "a review": Made(ROOT / "docs/tutorial.md", review_section),
}


def shown(name: str) -> str:
    """What the page shows now."""
    found = _marks(name).search(PARTS[name].page.read_text(encoding="utf-8"))
    assert found, f"{PARTS[name].page.name} has no part {name!r}"
    return found["text"]


def rewrite(name: str) -> None:
    """Put what is made into the page."""
    page = PARTS[name].page
    text, made = page.read_text(encoding="utf-8"), PARTS[name].make()
    page.write_text(_marks(name).sub(lambda found: found["begin"] + made + found["end"], text))


def _marks(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?P<begin><!-- made: {name} -->\n)(?P<text>.*?)(?P<end><!-- end -->)", re.DOTALL)


if __name__ == "__main__":
    for part in sys.argv[1:] or PARTS:
        rewrite(part)
        print(f"{PARTS[part].page.relative_to(ROOT)}: {part}")
