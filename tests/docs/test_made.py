"""What the pages say that commands print is what they print. `python -m tests.docs.made` makes it anew."""

from __future__ import annotations

import re

import pytest

from tests.docs.made import PARTS, shown

_NAMES_OF_CONTENT = re.compile(r"\b(?:[0-9a-f]{16}|[0-9a-f]{12})\b")
"""Versions and commits: they change with any file of the example rules, and nobody reads them."""


@pytest.mark.slow
@pytest.mark.parametrize("part", PARTS)
def test_the_page_shows_what_the_command_prints(part: str) -> None:
    made = PARTS[part].make()

    assert _NAMES_OF_CONTENT.sub("HASH", shown(part)) == _NAMES_OF_CONTENT.sub("HASH", made)
