"""Going through all customers of a store, page by page."""

from __future__ import annotations

from pathlib import Path

import pytest

from dearly.cli.customers import each_customer
from dearly.language import Package, Program, check_package
from dearly.language.requirements import names_requirements
from dearly.language.types import DAY_US
from dearly.store import EventRecord, ProfilePatch, open_store, paging

NOW_US = 1_772_359_200_000_000
RULES = b"""
profile { country text? }
event seen { what text? }
event bought { }
segment looker { any seen within 7 days and country == "NL" }
"""


@pytest.fixture
def program() -> Program:
    program = check_package(Package({"all.rules": RULES})).program
    assert program is not None
    return program


def event(customer: str, kind: str, time_us: int) -> EventRecord:
    return EventRecord(customer, kind, time_us, "test", f"{customer}{kind}{time_us}", {})


@pytest.mark.parametrize("page", [1, 2, 3, 500])
def test_each_customer_comes_once_in_order_whatever_the_size_of_a_page(
    tmp_path: Path, program: Program, page: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(paging, "CUSTOMERS_AT_ONCE", page)
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    store.upsert_profiles(
        [ProfilePatch(name, {"country": "NL"}, NOW_US) for name in ("c", "a", "B", "é")],
        NOW_US,
    )
    store.append_events([event("b", "seen", NOW_US)])
    told: list[int] = []

    found = list(
        each_customer(store, program, names_requirements(program, ["looker"]), NOW_US, progress=told.append)
    )

    store.close()
    assert [customer_id for customer_id, _ in found] == ["B", "a", "b", "c", "é"]
    assert sum(told) == 5
    assert max(told) <= page


def test_only_required_events_up_to_now_are_read(tmp_path: Path, program: Program) -> None:
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    times = (NOW_US - 8 * DAY_US, NOW_US - 7 * DAY_US + 1, NOW_US, NOW_US + 1)
    store.append_events([event("a", kind, time_us) for kind in ("seen", "bought") for time_us in times])

    ((_, facts),) = each_customer(store, program, names_requirements(program, ["looker"]), NOW_US)

    store.close()
    assert {kind: log.times_us for kind, log in facts.events.items()} == {"seen": times[1:3]}
