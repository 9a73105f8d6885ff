"""The audiences of the grocer's segments: what SQL finds is what the compiled program finds."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dearly.cli.app import app
from dearly.evaluation.sql import compile_audience
from dearly.language import check_package, read_package
from dearly.store import open_store
from dearly.warehouse import export_store, find_audience, open_warehouse, whole_extent
from tests.realdata.run import AS_OF, DATA
from tests.warehouse.shop import members

HERE = Path(__file__).parent / "completejourney"


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason=f"the Complete Journey data is not at {DATA}")
def test_every_segment_of_the_complete_journey_has_the_members_that_the_compiled_program_finds(
    tmp_path: Path,
) -> None:
    url, now_us = f"sqlite:///{tmp_path}/store.db", int(AS_OF.timestamp()) * 1_000_000
    imported = ["import", str(HERE / "import.toml"), "--rules", str(HERE / "rules"), "--store", url]
    assert CliRunner().invoke(app, imported).exit_code == 0
    program = check_package(read_package(HERE / "rules")).program
    assert program is not None
    store = open_store(url)
    manifest = export_store(store, program, whole_extent(program), tmp_path / "out", now_us, lambda _: None)
    expected = members(program, store, now_us)
    store.close()

    with open_warehouse(tmp_path / "out", program) as warehouse:
        found = {
            name: find_audience(warehouse, compile_audience(program, name), now_us)
            for name in program.segments
        }

    assert manifest.customers == 2_379
    assert found == expected
    assert all(found.values())
