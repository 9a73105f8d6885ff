"""``dearly query``: who is in an audience that no file declares, and the statement that finds out."""

from __future__ import annotations

import csv
import json
import sys
from pathlib import Path

import duckdb
import pytest
import sqlglot

from dearly.language import check_package, read_package
from dearly.store import open_store
from tests.cli.conftest import CUSTOMERS, NOW, NOW_US, RULES, Dearly
from tests.warehouse.shop import members

HESITANT = "any product_viewed within 7 days and no order_completed within 7 days"


@pytest.fixture
def ask(dearly: Dearly, shop: Path) -> Dearly:
    """``dearly query`` of the small shop, as of its present."""

    def run(*arguments: object) -> object:
        known = ("--store", f"sqlite:///{shop}/shop.db", "--rules", RULES, "--now", NOW)
        return dearly("query", *arguments, *known)

    return run  # type: ignore[return-value]


def test_an_audience_is_told_with_its_size_share_and_first_ids(ask: Dearly) -> None:
    ended = ask(HESITANT, "--limit", 2)

    heading, first, second, rest = ended.out.splitlines()
    assert ended.code == 0
    size = int(heading.split()[0])
    assert heading == f"{size} of {CUSTOMERS} customers ({size / CUSTOMERS:.1%}), as of {NOW}"
    assert first < second
    assert rest == f"  and {size - 2} more"


def test_the_audience_of_every_segment_is_what_the_compiled_program_finds(ask: Dearly, shop: Path) -> None:
    program = check_package(read_package(RULES)).program
    assert program is not None
    store = open_store(f"sqlite:///{shop}/shop.db")
    expected = members(program, store, NOW_US)
    store.close()
    asked = [*list(program.segments)[::6], "vip"]

    found = {name: json.loads(ask(name, "--format", "json", "--limit", 1_000).out) for name in asked}

    assert {name: told["customer_ids"] for name, told in found.items()} == {
        name: expected[name] for name in asked
    }
    assert all(told["customers"] == CUSTOMERS for told in found.values())


def test_names_of_the_package_and_conditions_of_ones_own_go_together(ask: Dearly) -> None:
    some = json.loads(ask("hesitant", "--format", "json").out)["size"]
    fewer = json.loads(ask('hesitant and (country else "") != "DE"', "--format", "json").out)["size"]

    assert 0 < fewer < some


def test_csv_gives_everybody_an_id_a_line(ask: Dearly) -> None:
    rows = list(csv.reader(ask("any product_viewed", "--format", "csv").out.splitlines()))

    size = json.loads(ask("any product_viewed", "--format", "json").out)["size"]
    assert rows[0] == ["customer_id"]
    assert len(rows) == size + 1 > 20


def test_a_sample_is_spread_and_the_same_each_time(ask: Dearly) -> None:
    one, other = (ask("any product_viewed", "--sample", 5).out for _ in range(2))

    assert one == other
    assert one != ask("any product_viewed", "--limit", 5).out


def test_nobody_is_an_audience_too(ask: Dearly) -> None:
    assert ask("at least 900 order_completed").out == f"0 of {CUSTOMERS} customers (0.0%), as of {NOW}\n"


# ------------------------------------------------------------------------------------------ faulty conditions


@pytest.mark.parametrize(
    ("condition", "code", "told"),
    [
        ("any prodct_viewed within 7 days", "unknown-event", "Did you mean `product_viewed`?"),
        ("country ==", "syntax-error", "condition:1:"),
        ("engagement", "not-a-condition", "condition:1:1"),
        ("country == 3", "type-mismatch", "condition:1:1"),
        ("true\nand xyz", "unknown-name", "condition:2:5"),
        ("true } segment other { true", "syntax-error", "more than one condition"),
        ("true }", "unmatched-bracket", "condition:1"),
        ('country == "a', "unclosed-text", "condition:1:12"),
    ],
)
def test_what_is_wrong_with_a_condition_is_shown_where_it_stands(
    ask: Dearly, condition: str, code: str, told: str
) -> None:
    ended = ask(condition)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("dearly: the condition has errors:\n")
    assert f"error[{code}]" in ended.err
    assert told in ended.err
    assert "the_condition_asked_about" not in ended.err


@pytest.mark.parametrize("condition", ["", "  \n "])
def test_no_condition_is_asked_for(ask: Dearly, condition: str) -> None:
    ended = ask(condition)

    assert (ended.code, ended.err.startswith("dearly: Expected a condition")) == (2, True)


def test_a_warning_about_a_condition_goes_to_standard_error(ask: Dearly) -> None:
    ended = ask('not (country == "DE")')

    assert ended.code == 0
    assert "warning[missing-under-not]" in ended.err
    assert "warning" not in ended.out


def test_errors_of_the_rules_end_it_with_1(dearly: Dearly, tmp_path: Path) -> None:
    (tmp_path / "broken.rules").write_text("segment a { xyz }", encoding="utf-8")

    ended = dearly("query", "true", "--rules", tmp_path)

    assert ended.code == 1
    assert "the rules in" in ended.err
    assert "unknown-name" in ended.err


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--limit", 3, "--sample", 3), "either --limit or --sample"),
        (("--refresh",), "--refresh is about the export in --warehouse"),
    ],
)
def test_options_that_do_not_go_together_are_refused(
    ask: Dearly, options: tuple[object, ...], told: str
) -> None:
    ended = ask("true", *options)

    assert (ended.code, told in ended.err) == (2, True)


# ---------------------------------------------------------------------------------------------- the statement


@pytest.mark.parametrize("dialect", ["duckdb", "postgres", "spark"])
def test_the_statement_is_printed_without_a_store(dearly: Dearly, dialect: str, tmp_path: Path) -> None:
    hostile = 'country == "\'; DROP TABLE customers; --"'
    store = f"sqlite:///{tmp_path}/absent/store.db"

    ended = dearly("query", hostile, "--sql", dialect, "--rules", RULES, "--store", store, "--now", NOW)

    (read,) = sqlglot.parse(ended.out, dialect=dialect)
    assert ended.code == 0
    heading = f"-- as of {NOW}; it reads (`--warehouse DIR` writes such tables, as Parquet)"
    assert ended.out.startswith(f"{heading}\n--   customers (customer_id, country)\n")
    assert isinstance(read, sqlglot.exp.Select)
    assert not list(tmp_path.iterdir())


def test_the_printed_statement_runs_on_a_warehouse(ask: Dearly, tmp_path: Path) -> None:
    found = json.loads(ask(HESITANT, "--warehouse", tmp_path / "out", "--format", "json").out)
    text = ask(HESITANT, "--sql", "duckdb").out

    with duckdb.connect() as connection:
        for path in (tmp_path / "out").glob("*.parquet"):
            connection.from_parquet(str(path)).create_view(path.stem)
        rows = connection.execute(text).fetchall()

    assert len(rows) == found["size"] > 0


# ---------------------------------------------------------------------------------------------- the warehouse


def test_a_warehouse_is_made_once_and_used_again(ask: Dearly, tmp_path: Path) -> None:
    directory = tmp_path / "out"
    first = ask(HESITANT, "--warehouse", directory)
    made = (directory / "manifest.json").read_bytes()

    again = ask(HESITANT, "--warehouse", directory)

    assert again.out == first.out == ask(HESITANT).out
    assert (directory / "manifest.json").read_bytes() == made
    assert f"{directory}: {CUSTOMERS} customers, exported " in again.err
    ask(HESITANT, "--warehouse", directory, "--refresh")
    assert (directory / "manifest.json").read_bytes() != made


def test_a_stale_warehouse_is_refused_and_made_anew_on_demand(
    dearly: Dearly, ask: Dearly, shop: Path, tmp_path: Path
) -> None:
    directory, rules = tmp_path / "out", tmp_path / "rules"
    ask("any product_viewed", "--warehouse", directory)
    rules.mkdir()
    (rules / "all.rules").write_text(
        "catalog product { title text }\nevent product_viewed { product_id product }\n"
        'block hero { otherwise show "shown.html" }',
        encoding="utf-8",
    )
    (rules / "templates").mkdir()
    (rules / "templates/shown.html").write_text("<p>shown</p>", encoding="utf-8")
    known = ("--rules", rules, "--store", f"sqlite:///{shop}/shop.db", "--now", NOW)

    stale = dearly("query", "any product_viewed", "--warehouse", directory, *known)
    fresh = dearly("query", "any product_viewed", "--warehouse", directory, "--refresh", *known)

    assert (stale.code, "is stale" in stale.err) == (2, True)
    assert fresh.code == 0
    assert fresh.out == dearly("query", "any product_viewed", *known).out


def test_without_the_extra_it_says_what_to_install(ask: Dearly, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "duckdb", None)

    ended = ask("true")

    assert ended.code == 2
    assert ended.err == (
        "dearly: `dearly query` needs duckdb, which is not installed. Install the extra: "
        "pip install 'dearly[warehouse]'.\n"
    )


def test_tomorrow_is_another_day(dearly: Dearly, shop: Path) -> None:
    known = ("--rules", RULES, "--store", f"sqlite:///{shop}/shop.db", "--format", "json")
    days = [
        json.loads(dearly("query", "any product_viewed today", "--now", at, *known).out)["size"]
        for at in (NOW, "2026-03-02T10:00:00Z", "2027-01-01T00:00:00Z")
    ]

    assert days[0] > 0
    assert days[2] == 0


def test_an_export_answers_for_no_other_store(dearly: Dearly, ask: Dearly, tmp_path: Path) -> None:
    directory, other = tmp_path / "out", f"sqlite:///{tmp_path}/other.db"
    ask(HESITANT, "--warehouse", directory)
    open_store(other).close()

    refused = dearly("query", HESITANT, "--warehouse", directory, "--store", other, "--rules", RULES)
    alone = dearly(
        "query", HESITANT, "--warehouse", directory, "--store", "sqlite:///gone.db", "--rules", RULES
    )

    assert refused.code == 2
    assert f"The export in {directory} is of another store than {other}." in refused.err
    assert alone.code == 0
