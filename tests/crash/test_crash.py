"""Servers are killed while events come in, a few times; ``make crash`` does it more often."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.crash.run import crash
from tests.postgres import fresh_database, needs_postgres

STORES: dict[str, Callable[[Path], str]] = {
    "sqlite": lambda folder: f"sqlite:///{folder}/crash.db",
    "postgresql": lambda _: fresh_database(),
}


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.parametrize("name", ["sqlite", pytest.param("postgresql", marks=needs_postgres)])
def test_no_kill_loses_or_doubles_anything(tmp_path: Path, name: str) -> None:
    verdict = crash(tmp_path, STORES[name](tmp_path), kills=3, events=3_000, tell=lambda _: None)

    assert verdict.is_good, verdict
    assert verdict.acked >= 3_000
    assert verdict.told > verdict.fired > 50
    assert verdict.told_in_time > verdict.told / 2
    assert verdict.exact > verdict.told / 4
