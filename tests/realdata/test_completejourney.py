"""The grocer's year end to end, as ``make realdata`` runs it, for a part of the households."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.realdata.run import DATA, journey

HOUSEHOLDS = 300


@pytest.mark.realdata
@pytest.mark.slow
@pytest.mark.skipif(not DATA.exists(), reason=f"the Complete Journey data is not at {DATA}")
def test_every_household_gets_valid_content_and_a_full_personal_list(tmp_path: Path) -> None:
    figures = journey(tmp_path / "journey", households=HOUSEHOLDS)

    assert figures["calls"] == HOUSEHOLDS
    assert figures["non_ok"] == 0
    assert figures["html_invalid"] == 0
    assert figures["repeated_items"] == 0
    assert figures["full_lists_ratio"] == 1.0
    assert figures["import"]["rejected"] == 0
