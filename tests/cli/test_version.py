"""``dearly version``."""

from __future__ import annotations

import platform
from importlib.metadata import version

import pytest

from tests.cli.conftest import Dearly


@pytest.mark.parametrize("words", [["version"], ["--version"]])
def test_it_tells_the_versions_that_a_bug_report_needs(dearly: Dearly, words: list[str]) -> None:
    ended = dearly(*words)

    assert ended.code == 0
    assert ended.out == (
        f"dearly {version('dearly')} (Python {platform.python_version()}, grpcio {version('grpcio')})\n"
    )
