"""Membership while the grocer's year goes by is what SQL finds as of each instant, for a part of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dearly.cli.app import app
from tests.realdata.membership import replay_membership
from tests.realdata.run import DATA, JOURNEY, RULES

HOUSEHOLDS = 250
INSTANTS = 20


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason=f"the Complete Journey data is not at {DATA}")
def test_membership_as_a_year_is_replayed_is_the_audience_as_of_each_instant(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/imported.db"
    arguments = ["import", str(JOURNEY / "import.toml"), "--rules", str(RULES), "--store", url]
    assert CliRunner().invoke(app, arguments).exit_code == 0

    figures = replay_membership(url, RULES / "schema.rules", tmp_path / "replay", HOUSEHOLDS, INSTANTS)

    assert figures["membership_instants"] == INSTANTS
    assert figures["membership_segments"] == 10
    assert figures["membership_members"] > INSTANTS * 10
    assert figures["membership_mismatches"] == 0
