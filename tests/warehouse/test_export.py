"""An export holds what the store holds, as the rules type it, and is there whole or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from dearly.evaluation.sql import compile_audience
from dearly.language.types import DAY_US
from dearly.store import ProfilePatch, Store, StoreUnavailable, open_store
from dearly.warehouse import (
    ExportRefused,
    Extent,
    Manifest,
    export_store,
    needed_extent,
    open_warehouse,
    whole_extent,
)
from tests.warehouse.shop import NOW_US, RULES, event, program_of

PROGRAM = program_of()


def quiet(count: int) -> None:
    del count


def export(store: Store, directory: Path, extent: Extent | None = None) -> Manifest:
    return export_store(store, PROGRAM, extent or whole_extent(PROGRAM), directory, NOW_US, quiet)


def rows(directory: Path, table: str) -> list[dict[str, Any]]:
    read: list[dict[str, Any]] = pq.read_table(directory / f"{table}.parquet").to_pylist()
    return read


def test_customers_come_with_zone_defaults_and_folded_texts(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")

    ada, bob, zoe = rows(tmp_path / "out", "customers")
    assert ada == {
        "customer_id": "ada",
        "zone": "Asia/Tokyo",
        "country": "é",
        "country$folded": "é",
        "age": 36.0,
        "interests": ["a", "b"],
        "timezone": "Asia/Tokyo",
        "timezone$folded": "asia/tokyo",
    }
    assert (bob["customer_id"], bob["zone"], bob["country"]) == ("bob", "UTC", "nl")
    assert bob["age"] is None  # what is kept no longer fits its type
    assert (zoe["customer_id"], zoe["country"], zoe["interests"]) == ("zoë", "nl", None)


def test_events_come_in_their_order_with_defaults_also_those_to_come(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")

    viewed = rows(tmp_path / "out", "event_viewed")
    assert [(row["customer_id"], row["position"], row["product"], row["seconds"]) for row in viewed] == [
        ("ada", 0, "B", 2.5),
        ("ada", 1, "A", None),
        ("ada", 2, "C", None),
        ("zoë", 0, "A", None),
    ]
    assert viewed[1]["category$folded"] == "strasse"
    assert viewed[0]["time_us"] == NOW_US - 8 * DAY_US
    (bought,) = rows(tmp_path / "out", "event_bought")
    assert (bought["price"], bought["quantity"]) == (9.5, 1.0)


def test_the_manifest_says_what_there_is(store: Store, tmp_path: Path) -> None:
    manifest = export(store, tmp_path / "out")

    assert (manifest.customers, manifest.events) == (3, {"viewed": 4, "bought": 1})
    assert manifest.zones == ("Asia/Tokyo", "UTC")
    assert manifest.earliest_us == NOW_US - 8 * DAY_US
    assert manifest.exported_us == NOW_US
    with open_warehouse(tmp_path / "out", PROGRAM) as warehouse:
        assert warehouse.manifest == manifest


def test_what_one_condition_needs_is_a_part(store: Store, tmp_path: Path) -> None:
    statement = compile_audience(PROGRAM, "lookers")
    condition = PROGRAM.segments["lookers"].condition

    export(store, tmp_path / "out", needed_extent(PROGRAM, condition, statement, NOW_US))

    viewed = rows(tmp_path / "out", "event_viewed")
    assert sorted(path.name for path in (tmp_path / "out").glob("*.parquet")) == [
        "customers.parquet",
        "event_viewed.parquet",
    ]
    assert {tuple(row) for row in viewed} == {("customer_id", "time_us")}
    assert [NOW_US - row["time_us"] for row in viewed] == [DAY_US, 2 * DAY_US]


def test_many_customers_come_page_by_page(store: Store, tmp_path: Path) -> None:
    store.append_events([event(f"c{number:04d}", "bought", 5, price=1.0) for number in range(1_200)])
    pages: list[int] = []

    export_store(store, PROGRAM, whole_extent(PROGRAM), tmp_path / "out", NOW_US, pages.append)

    assert pages == [500, 500, 203]
    ids = [row["customer_id"] for row in rows(tmp_path / "out", "customers")]
    assert ids == sorted(ids)
    assert len(ids) == 1_203


def test_an_empty_store_gives_empty_tables(tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/empty.db")

    manifest = export(store, tmp_path / "out")

    store.close()
    assert (manifest.customers, rows(tmp_path / "out", "event_viewed")) == (0, [])


# --------------------------------------------------------------------------------------------- whole, or not


def test_an_export_replaces_the_one_before(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")
    store.upsert_profiles([ProfilePatch("cyd", {}, NOW_US)], NOW_US)

    export(store, tmp_path / "out")

    assert len(rows(tmp_path / "out", "customers")) == 4
    assert {path.name for path in tmp_path.iterdir()} >= {"out"}
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_an_export_that_fails_leaves_the_one_before(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")
    store.upsert_profiles([ProfilePatch("cyd", {}, NOW_US)], NOW_US)

    def fails(count: int) -> None:
        raise StoreUnavailable("gone")

    with pytest.raises(StoreUnavailable):
        export_store(store, PROGRAM, whole_extent(PROGRAM), tmp_path / "out", NOW_US, fails)

    assert len(rows(tmp_path / "out", "customers")) == 3
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


def test_a_directory_with_other_things_in_it_is_left_alone(store: Store, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/letters.txt").write_text("dear", encoding="utf-8")

    with pytest.raises(ExportRefused, match="holds other things than an export"):
        export(store, tmp_path / "mine")

    assert (tmp_path / "mine/letters.txt").read_text(encoding="utf-8") == "dear"


# ----------------------------------------------------------------------------------------------------- stale

CHANGES = {
    "a field more": RULES.replace("age number?", "age number?, height number?"),
    "another type": RULES.replace("age number?", "age text?"),
    "another default": RULES.replace('"nl"', '"de"'),
    "another default of an event": RULES.replace("quantity number = 1", "quantity number = 2"),
    "another zone": RULES + '\nsettings { timezone "Europe/Berlin" }',
    "an event more": RULES + "\nevent opened { link url? }",
}


@pytest.mark.parametrize("change", CHANGES)
def test_an_export_for_other_declarations_is_stale(store: Store, tmp_path: Path, change: str) -> None:
    export(store, tmp_path / "out")

    with (
        pytest.raises(ExportRefused, match=r"is stale.*Export anew"),
        open_warehouse(tmp_path / "out", program_of(CHANGES[change])),
    ):
        pass


def test_an_export_holds_for_other_rules_on_the_same_declarations(store: Store, tmp_path: Path) -> None:
    export(store, tmp_path / "out")

    with open_warehouse(tmp_path / "out", program_of(RULES + "segment buyers { any bought }")) as warehouse:
        assert warehouse.manifest.customers == 3


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"format": 1}', "\x00"])
def test_a_broken_manifest_is_refused(store: Store, tmp_path: Path, text: str) -> None:
    export(store, tmp_path / "out")
    (tmp_path / "out/manifest.json").write_text(text, encoding="utf-8")

    with (
        pytest.raises(ExportRefused, match=r"cannot be read.*Export anew"),
        open_warehouse(tmp_path / "out", PROGRAM),
    ):
        pass


def test_a_directory_without_an_export_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ExportRefused, match="holds no export"), open_warehouse(tmp_path, PROGRAM):
        pass
