"""The whole of the Complete Journey goes through its mapping, and nothing of it is lost."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from dearly.cli.app import app
from dearly.store import open_store
from tests.store.records import read

HERE = Path(__file__).parent / "completejourney"
DATA = Path(__file__).resolve().parents[3] / "shared" / "data" / "completejourney"

pytestmark = [
    pytest.mark.realdata,
    pytest.mark.slow,
    pytest.mark.skipif(not DATA.is_dir(), reason="absent: the completejourney data set"),
]


def test_every_row_of_the_complete_journey_is_imported_once(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/store.db"
    arguments = [
        "import",
        str(HERE / "import.toml"),
        "--rules",
        str(HERE / "rules"),
        "--store",
        url,
        "--json",
    ]
    result = CliRunner().invoke(app, arguments)
    assert result.exit_code == 0, result.output
    sections = {
        each["section"]: (each["rows"], each["written"]) for each in json.loads(result.stdout)["sections"]
    }
    assert sections == {
        "items product": (92_331, 92_331),
        "profiles": (801, 801),
        "events product_purchased": (75_000, 75_000),
        "events order_completed": (75_000, 47_243),
        "events email_received": (6_589, 6_589),
        "events coupon_redeemed": (2_102, 2_102),
    }
    again = json.loads(CliRunner().invoke(app, arguments).stdout)
    assert (again["duplicates"], again["rejected"]) == (75_000 + 47_243 + 6_589 + 2_102, 0)
    store = open_store(url)
    assert len(store.page_customers(None, 10_000)) == 2_379  # two of them were only written to
    bought, total = 0.0, 0.0
    for customer_id in store.page_customers(None, 50):
        for kind, _, properties in read(store, customer_id, "product_purchased", "order_completed").events:
            if kind == "order_completed":
                total += float(str(properties["total"]))
            else:
                bought += float(str(properties["price"]))
    assert round(total, 2) == round(bought, 2) > 0
    store.close()
