"""Audiences of an export are those that the compiled program finds in the store."""

from __future__ import annotations

from pathlib import Path

import pytest

from dearly.cli.demo import fill
from dearly.evaluation.sql import compile_audience, compile_values
from dearly.language import check_package, read_package
from dearly.language.types import DAY_US
from dearly.store import Store, open_store
from dearly.warehouse import ask, export_store, find_audience, open_warehouse, whole_extent
from tests.warehouse.shop import NOW_US, RULES, members, program_of

EXAMPLE = Path(__file__).parents[2] / "rules"
"""The example package."""


def test_an_audience_is_who_fulfils_the_condition(store: Store, tmp_path: Path) -> None:
    program = program_of()
    export_store(store, program, whole_extent(program), tmp_path / "out", NOW_US, lambda _: None)
    statement = compile_audience(program, "lookers")

    with open_warehouse(tmp_path / "out", program) as warehouse:
        assert find_audience(warehouse, statement, NOW_US) == ["ada", "zoë"]
        assert find_audience(warehouse, statement, NOW_US + 2 * DAY_US) == ["ada", "zoë"]
        assert find_audience(warehouse, statement, NOW_US + 7 * DAY_US) == ["ada"]
        assert find_audience(warehouse, statement, NOW_US + 9 * DAY_US) == []


def test_calendar_windows_are_in_each_customers_own_zone(store: Store, tmp_path: Path) -> None:
    program = program_of()
    export_store(store, program, whole_extent(program), tmp_path / "out", NOW_US, lambda _: None)
    rules = program_of(
        f"{RULES}\nsegment on_fridays {{ any viewed on friday }}\n"
        "value seen_this_month = count of viewed this month"
    )

    with open_warehouse(tmp_path / "out", rules) as warehouse:
        told = ask(warehouse, compile_values(rules, ["on_fridays", "seen_this_month"]), NOW_US)

    assert sorted(map(tuple, (row.values() for row in told.to_pylist()))) == [
        ("ada", False, 0.0),
        ("bob", False, 0.0),
        ("zoë", True, 0.0),
    ]


@pytest.mark.slow
def test_every_segment_of_the_demo_shop_has_the_members_that_the_compiled_program_finds(
    tmp_path: Path,
) -> None:
    program = check_package(read_package(EXAMPLE)).program
    assert program is not None
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    fill(store, 300, seed=3, now_us=NOW_US)
    export_store(store, program, whole_extent(program), tmp_path / "out", NOW_US, lambda _: None)
    expected = members(program, store, NOW_US - DAY_US)
    store.close()

    with open_warehouse(tmp_path / "out", program) as warehouse:
        found = {
            name: find_audience(warehouse, compile_audience(program, name), NOW_US - DAY_US)
            for name in program.segments
        }

    assert found == expected
    assert sum(1 for customers in found.values() if customers) > len(found) / 2
