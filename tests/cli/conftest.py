"""A small demo shop with its index, and the command line as a function."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pytest
import structlog

from dearly.cli import main
from dearly.cli.demo import fill
from dearly.language import check_package, read_package
from dearly.language.types import DAY_US
from dearly.recommendation import build_from_store, publish_index
from dearly.store import open_store

RULES = Path(__file__).parents[2] / "rules"
NOW = "2026-03-01T10:00:00Z"
NOW_US = 1_772_359_200_000_000
CUSTOMERS = 60


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    code: int
    out: str
    err: str


Dearly: TypeAlias = Callable[..., Ended]


@pytest.fixture
def dearly(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Dearly]:
    """The ``dearly`` command, in this process, without the settings of whoever runs the tests."""
    for name in ("STORE", "RULES", "INDEX", "ADDRESS", "CONFIG"):
        monkeypatch.delenv(f"DEARLY_{name}", raising=False)

    def run(*arguments: object) -> Ended:
        monkeypatch.setattr("sys.argv", ["dearly", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            main()
        out, err = capsys.readouterr()
        return Ended(int(ended.value.code or 0), out, err)

    yield run
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``shop.db`` and its ``index``, learnt as of NOW; the history goes on a day longer."""
    folder = tmp_path_factory.mktemp("shop")
    program = check_package(read_package(RULES)).program
    assert program is not None
    store = open_store(f"sqlite:///{folder}/shop.db")
    fill(store, CUSTOMERS, seed=1, now_us=NOW_US + DAY_US)
    for catalog in program.catalogs:
        index = build_from_store(
            store,
            program,
            catalog,
            weights={},
            dimensions=None,
            seed=1,
            as_of_us=NOW_US,
            created_us=NOW_US,
            report=lambda step: None,
        )
        publish_index(index, folder / "index")
    store.close()
    return folder
