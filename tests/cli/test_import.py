"""``dearly import``: files in, records in the store, every row accounted for."""

from __future__ import annotations

import gzip
import json
import re
import sys
from pathlib import Path

import pytest

from dearly import DearlyError
from dearly.language.values import time_from_stored
from dearly.store import ItemRecord
from tests.cli.import_shop import PROFILE, VIEWS, Shop, make_shop

DOCS = Path(__file__).resolve().parents[2] / "docs" / "import.md"


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def at(text: str) -> int:
    return time_from_stored(text)


def test_the_example_of_the_documentation_does_what_it_says(tmp_path: Path) -> None:
    text = DOCS.read_text()
    shop = Shop(tmp_path)
    for name, content in re.findall(r"\*\*`([\w./]+)`\*\*\n\n```\w*\n(.*?)```", text, re.DOTALL):
        shop.write(name, content)
    found = shop.summary()
    written = {each["section"]: each["written"] for each in found["sections"]}
    assert written == {
        "items product": 2,
        "profiles": 2,
        "events product_purchased": 3,
        "events order_completed": 3,
    }
    shown = re.search(r'```json\n(\{"file".*?)\n```', text, re.DOTALL)
    assert shown is not None
    assert shop.rejects() == [json.loads(shown[1])]
    assert shop.profile("ada") == {
        "first_name": "Ada",
        "country": "GB",
        "interests": ["books", "tents"],
        "subscribed": True,
    }
    assert shop.profile("bob") == {"first_name": "Bob", "subscribed": False}
    assert shop.events("ada", "order_completed") == [
        (at("2026-02-03T17:30:00Z"), {"order_id": "1001", "total": 224.0, "lines": 2.0})
    ]
    tent = ItemRecord("product", "T-1", {"title": "Tent", "price": 199.0, "tags": ["camping"]})
    assert tent in shop.store(lambda store: store.read_items()[0])


def test_rejected_rows_are_mended_and_imported_as_the_documentation_says(shop: Shop) -> None:
    shop.write("shop.toml", VIEWS)
    shop.write(
        "views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n2,ada,p2,2026-01-02,\n3,ada,p3,,6\n"
    )
    shop.summary()

    (rejected,) = shop.rejects()
    shop.write("mended.jsonl", json.dumps({**rejected["row"], "when": "2026-01-03"}))
    shop.write("shop.toml", VIEWS.replace("views.csv", "mended.jsonl"))

    assert shop.summary()["written"] == 1
    assert shop.events("ada", "viewed")[-1] == (
        at("2026-01-03T00:00:00Z"),
        {"product_id": "p3", "seconds": 6.0},
    )


def test_running_it_again_adds_nothing_and_counts_duplicates(shop: Shop) -> None:
    shop.write("shop.toml", VIEWS)
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n2,ada,p1,2026-01-02,\n")
    first, second = shop.summary(), shop.summary()
    assert (first["written"], first["duplicates"]) == (2, 0)
    assert (second["written"], second["duplicates"], second["rejected"]) == (0, 2, 0)
    assert shop.events("ada", "viewed") == [
        (at("2026-01-01T00:00:00Z"), {"product_id": "p1", "seconds": 5.0}),
        (at("2026-01-02T00:00:00Z"), {"product_id": "p1"}),
    ]


def test_bad_rows_are_kept_with_line_field_and_reason_and_the_good_ones_taken(shop: Shop) -> None:
    shop.write("shop.toml", VIEWS)
    shop.write(
        "views.csv",
        b"n,who,what,when,seconds\n"
        b"1,ada,p1,2026-01-01,5\n"
        b"2,ada,p1,2026-01-01,five\n"
        b"3,ada,,2026-01-01,5\n"
        b"4,,p1,2026-01-01,5\n"
        b"5,ada,p1,yesterday,5\n"
        b"6,ada,p1,2026-01-01\n"
        b'7,ada,"p1\n",2026-01-01,5\n'
        b"8,ada,\xff,2026-01-01,5\n"
        b"\n"
        b"9,ada,p1,2999-01-01,5\n"
        b"1,ada,p2,2026-01-01,5\n"
        b"10,ada,p1,2026-01-03,nan\n"
        b"11,ada,p1,2026-01-03,6\n",
    )
    found = shop.summary()
    assert (found["rows"], found["written"], found["rejected"]) == (13, 2, 11)
    assert found["rejects_file"] == str(shop.rejects_path)
    assert [(each["line"], each["field"]) for each in shop.rejects()] == [
        (3, "properties.seconds"),
        (4, "properties.product_id"),
        (5, "customer_id"),
        (6, "time"),
        (7, "row"),
        (8, "row"),
        (9, "row"),
        (10, "properties.product_id"),
        (12, "time"),
        (14, "properties.seconds"),
        (13, "event_id"),
    ]
    reasons = {each["line"]: each["reason"] for each in shop.rejects()}
    assert reasons[7] == "expected 5 columns, got 4."
    assert next(each["row"] for each in shop.rejects() if each["line"] == 7) == [
        "6",
        "ada",
        "p1",
        "2026-01-01",
    ]
    assert "far future" in reasons[12]
    assert "other content" in reasons[13]


def test_a_clean_run_removes_the_rejects_of_the_run_before(shop: Shop) -> None:
    shop.write("shop.toml", VIEWS)
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,never,5\n")
    shop.summary()
    assert shop.rejects_path.exists()
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n")
    shop.summary()
    assert not shop.rejects_path.exists()


def test_a_dry_run_checks_all_and_writes_nothing(shop: Shop) -> None:
    shop.write("shop.toml", VIEWS)
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n2,ada,p1,never,5\n")
    found = shop.summary("--dry-run")
    assert (found["written"], found["rejected"]) == (1, 1)
    assert not (shop.directory / "store.db").exists()
    assert "Nothing was written. Ids that come twice" in shop.run("--dry-run").stdout
    assert "Nothing was written" not in shop.run().stdout


def test_a_time_or_date_that_is_not_in_the_mappings_format_is_told_which_was_tried(shop: Shop) -> None:
    events = VIEWS.replace('"when"', '{ column = "when", format = "%d.%m.%Y" }')
    profiles = """
[[profiles]]
file = "people.csv"
customer = "id"
[profiles.fields]
birthday = { column = "born", format = "%d/%m/%Y" }
"""
    shop.write("shop.toml", events + profiles)
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n")
    shop.write("people.csv", f"id,born\n1,{'x' * 50}\n")

    shop.summary()

    assert {each["field"]: each["reason"] for each in shop.rejects()} == {
        "fields.birthday": f"expected a date in the format '%d/%m/%Y', got '{'x' * 39}….",
        "time": "expected a time in the format '%d.%m.%Y', got '2026-01-01'.",
    }


def test_the_summary_is_a_table_for_people(shop: Shop) -> None:
    shop.write("shop.toml", VIEWS)
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n2,ada,p1,never,5\n")
    result = shop.run()
    assert result.exit_code == 1
    assert "events viewed" in result.stdout
    assert "1 rejected: see" in result.stdout


def test_json_lines_gzip_and_tsv_are_read_as_csv_is(shop: Shop) -> None:
    files = {
        "p.csv": b"id,name,visits\na,Ada,3\n",
        "p.csv.gz": gzip.compress(b"\xef\xbb\xbfid,name,visits\na,Ada,3\n"),
        "p.tsv": b"id\tname\tvisits\na\tAda\t3\n",
        "p.jsonl": b'{"id": "a", "name": "Ada", "visits": 3, "more": {}}\n\n',
        "p.ndjson.gz": gzip.compress(b'{"id": "a", "name": "Ada", "visits": 3}\n'),
    }
    for name, content in files.items():
        (shop.directory / "store.db").unlink(missing_ok=True)
        shop.write(name, content)
        shop.write("shop.toml", PROFILE.format(file=name))
        assert shop.summary()["written"] == 1, name
        assert shop.profile("a") == {"first_name": "Ada", "visits": 3.0}, name


def test_parquet_is_read_with_its_types(shop: Shop) -> None:
    pa = pytest.importorskip("pyarrow", reason="absent: pyarrow (extra warehouse)")
    parquet = pytest.importorskip("pyarrow.parquet")
    table = pa.table({"id": [7, 8], "name": ["Ada", None], "visits": [3, 4], "unused": [1, 2]})
    parquet.write_table(table, shop.directory / "p.parquet")
    shop.write("shop.toml", PROFILE.format(file="p.parquet"))
    assert shop.summary()["written"] == 2
    assert shop.profile("7") == {"first_name": "Ada", "visits": 3.0}
    assert shop.profile("8") == {"visits": 4.0}


def test_parquet_without_pyarrow_says_what_to_install(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    shop.write("p.parquet", b"PAR1")
    shop.write("shop.toml", PROFILE.format(file="p.parquet"))
    with pytest.raises(DearlyError, match=r"pip install 'dearly\[warehouse\]'"):
        raise shop.run().exception


def test_bad_json_lines_are_rejected_one_by_one(shop: Shop) -> None:
    lines = [
        '{"id": "a", "name": "Ada"}',
        "{",
        "[1]",
        '{"id": "b", "visits": NaN}',
        "[" * 100_000,
        '{"id": "c"}',
    ]
    shop.write("p.jsonl", "\n".join(lines))
    shop.write("shop.toml", PROFILE.format(file="p.jsonl"))
    found = shop.summary()
    assert (found["written"], found["rejected"]) == (2, 4)
    rows = {each["line"]: each["row"] for each in shop.rejects()}
    assert list(rows) == [2, 3, 4, 5]
    assert (rows[2], rows[3], rows[5]) == ("{", "[1]", "[" * 100_000)


def test_values_are_mapped_split_cast_and_chosen(shop: Shop) -> None:
    shop.write(
        "shop.toml",
        """
missing = ["", "NA"]
[[profiles]]
file = "p.csv"
customer = "c-{id}"
[profiles.fields]
first_name = ["nick", "name"]
birthday = { column = "born", format = "%d/%m/%Y" }
subscribed = { column = "mail", map = { J = true, N = false }, otherwise = false }
interests = { column = "likes", split = ";" }
visits = { value = 5 }
""",
    )
    shop.write("p.csv", "id,nick,name,born,mail,likes\n1,NA,Ada,10/12/1815,J,b;a;;b\n2,Bo,Bob,,?,\n")
    assert shop.summary()["written"] == 2
    assert shop.profile("c-1") == {
        "first_name": "Ada",
        "birthday": "1815-12-10",
        "subscribed": True,
        "interests": ["a", "b"],
        "visits": 5.0,
    }
    assert shop.profile("c-2") == {"first_name": "Bo", "subscribed": False, "visits": 5.0}


def test_a_word_that_the_map_does_not_know_is_rejected(shop: Shop) -> None:
    shop.write(
        "shop.toml",
        """
[[profiles]]
file = "p.csv"
customer = "id"
[profiles.fields]
subscribed = { column = "mail", map = { J = true } }
""",
    )
    shop.write("p.csv", "id,mail\n1,J\n2,X\n")
    assert shop.summary()["written"] == 1
    assert [(each["line"], each["field"]) for each in shop.rejects()] == [(3, "fields.subscribed")]


TIMES = [
    ('"t"', "2026-03-01T10:00:00+02:00", "2026-03-01T08:00:00Z"),
    ('"t"', "2026-03-01 10:00:00", "2026-03-01T09:00:00Z"),
    ('"t"', "2026-07-01", "2026-06-30T22:00:00Z"),
    ('{ column = "t", timezone = "UTC" }', "2026-03-01 10:00", "2026-03-01T10:00:00Z"),
    ('{ column = "t", format = "%Y%m%d%H%M" }', "202603011000", "2026-03-01T09:00:00Z"),
    ('{ column = "t", format = "unix" }', "1772359200.5", "2026-03-01T10:00:00.500000Z"),
    ('{ column = "t", format = "unix_ms" }', "1772359200000", "2026-03-01T10:00:00Z"),
    ('{ column = "t", plus = { hours = 9 } }', "2026-03-29", "2026-03-29T07:00:00Z"),
    ('{ value = 2026-01-01T00:00:00Z, plus = { days = "t" } }', "59", "2026-03-01T00:00:00Z"),
    ('{ value = 2026-01-01, plus = { days = "t", minutes = 30 } }', "1", "2026-01-01T23:30:00Z"),
]


@pytest.mark.parametrize(("spec", "cell", "expected"), TIMES)
def test_times_are_derived(shop: Shop, spec: str, cell: str, expected: str) -> None:
    shop.write(
        "shop.toml",
        f"""
source = "web"
timezone = "Europe/Berlin"
[[events]]
file = "v.csv"
type = "viewed"
customer = "c"
id = "{{c}}"
time = {spec}
properties = {{ product_id = "p", at = {spec} }}
""",
    )
    shop.write("v.csv", f"c,p,t\nada,p1,{cell}\n")
    assert shop.summary()["written"] == 1
    assert shop.events("ada", "viewed") == [(at(expected), {"product_id": "p1", "at": expected})]


ORDERS = """
source = "till"
[[events]]
file = "lines.csv"
type = "ordered"
group_by = "basket"
customer = "who"
id = "{basket}"
time = { max = "when" }
%s
[events.properties]
order_id = "basket"
total = { sum = "amount" }
lines = { count = true }
products = { distinct = "what" }
"""


def test_lines_become_one_order_exactly_and_in_any_order(shop: Shop) -> None:
    shop.write("shop.toml", ORDERS % "")
    rows = [
        "1,ada,p1,0.1,2026-01-01",
        "2,bob,p1,5,2026-01-01",
        "1,ada,p2,0.2,2026-01-03",
        "1,ada,p1,,2026-01-02",
    ]
    shop.write("lines.csv", "basket,who,what,amount,when\n" + "\n".join(rows) + "\n")
    found = shop.summary()
    assert (found["rows"], found["written"]) == (4, 2)
    assert shop.events("ada", "ordered") == [
        (at("2026-01-03T00:00:00Z"), {"order_id": "1", "total": 0.3, "lines": 3.0, "products": ["p1", "p2"]})
    ]
    shop.write("lines.csv", "basket,who,what,amount,when\n" + "\n".join(reversed(rows)) + "\n")
    assert shop.summary()["duplicates"] == 2


def test_a_large_total_is_the_double_nearest_to_it(shop: Shop) -> None:
    shop.write("shop.toml", ORDERS % "")
    rows = ["1,ada,p1,20749139528.99,2026-01-01", "1,ada,p1,0.888599,2026-01-01"]
    shop.write("lines.csv", "basket,who,what,amount,when\n" + "\n".join(rows) + "\n")

    shop.summary()

    ((_, order),) = shop.events("ada", "ordered")
    assert order["total"] == 20749139529.878599


def test_a_bad_line_spoils_its_order_and_no_other(shop: Shop) -> None:
    shop.write("shop.toml", ORDERS % "")
    shop.write(
        "lines.csv",
        "basket,who,what,amount,when\n"
        "1,ada,p1,1,2026-01-01\n"
        "2,bob,p1,1,2026-01-01\n"
        "1,ada,p2,much,2026-01-01\n"
        "3,ada,p1,1,2026-01-01\n"
        "3,eve,p1,1,2026-01-01\n"
        ",ada,p1,1,2026-01-01\n",
    )
    found = shop.summary()
    assert (found["written"], found["rejected"]) == (1, 3)
    rejects = {each["line"]: (each["field"], each["reason"]) for each in shop.rejects()}
    assert rejects[2][0] == "properties.total"
    assert rejects[2][1].startswith("line 4: expected a number")
    assert rejects[5][0] == "customer_id"
    assert "the same on all rows" in rejects[5][1]
    assert rejects[7][0] == "group_by"


def test_a_sorted_file_is_grouped_as_it_goes_and_a_group_that_comes_back_is_a_conflict(shop: Shop) -> None:
    shop.write("shop.toml", ORDERS % "sorted = true")
    head = "basket,who,what,amount,when\n"
    shop.write("lines.csv", head + "1,ada,p1,1,2026-01-01\n1,ada,p2,2,2026-01-01\n2,ada,p1,1,2026-01-02\n")
    assert shop.summary()["written"] == 2
    shop.write("lines.csv", head + "1,ada,p1,1,2026-01-01\n2,ada,p1,1,2026-01-02\n1,ada,p2,2,2026-01-01\n")
    found = shop.summary()
    assert (found["duplicates"], found["rejected"]) == (1, 2)


def test_more_groups_than_fit_ask_for_a_sorted_file(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("dearly.cli.importing.groups.MAX_GROUPS", 2)
    shop.write("shop.toml", ORDERS % "")
    shop.write(
        "lines.csv", "basket,who,what,amount,when\n" + "".join(f"{n},a,p,1,2026-01-01\n" for n in range(3))
    )
    with pytest.raises(DearlyError, match="sorted = true"):
        raise shop.run().exception


def test_columns_of_a_second_file_are_joined(shop: Shop) -> None:
    shop.write(
        "shop.toml",
        """
source = "mail"
[[events]]
file = "v.csv"
type = "viewed"
join = [{ file = "p.csv", on = "p", to = "id", prefix = "product_" }]
where = { product_kind = ["tent", "bag"] }
customer = "who"
id = "{who}-{p}"
time = "product_since"
properties = { product_id = "p", seconds = "s" }
""",
    )
    shop.write("v.csv", "who,p,s\nada,p1,3\nada,p2,4\nada,p9,5\n")
    shop.write("p.csv", "id,since,kind\np1,2026-01-01,tent\np2,2026-01-02,book\n")
    found = shop.summary()
    assert (found["rows"], found["written"], found["sections"][0]["skipped"]) == (3, 1, 2)
    assert shop.events("ada", "viewed") == [
        (at("2026-01-01T00:00:00Z"), {"product_id": "p1", "seconds": 3.0})
    ]


def test_a_joined_file_with_two_rows_a_key_is_refused(shop: Shop) -> None:
    shop.write(
        "shop.toml",
        VIEWS.replace('customer = "who"', 'customer = "who"\njoin = [{file = "p.csv", on = "what"}]'),
    )
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n")
    shop.write("p.csv", "what,x\np1,1\np1,2\n")
    with pytest.raises(DearlyError, match=r"p\.csv:3: a second row with the same what"):
        raise shop.run().exception


BROKEN_MAPPINGS = [
    ("not toml", "is not TOML"),
    ("", "expected at least one of"),
    ("surce = 'x'", "surce"),
    (VIEWS.replace('source = "web"', ""), "expected `source"),
    (VIEWS.replace('"viewed"', '"veiwed"'), "Did you mean 'viewed'"),
    (VIEWS.replace("seconds = ", "second = "), "Did you mean 'seconds'"),
    (VIEWS.replace('"what"', '"waht"'), r"views.csv has no column 'waht'. Did you mean 'what'"),
    (VIEWS.replace('product_id = "what"', ""), "properties.product_id: the rules declare it without"),
    (VIEWS.replace('"what"', '{ column = "what", value = 3 }'), "exactly one of"),
    (VIEWS.replace('"what"', '{ sum = "what" }'), "Say `group_by`"),
    (VIEWS.replace('"what"', '"{what"'), "is no template"),
    (VIEWS.replace('"when"', '{ column = "when", timezone = "Mars" }'), "expected a time zone"),
    (VIEWS.replace('"when"', '{ column = "when", plus = { weeks = 1 } }'), "days, hours, minutes or seconds"),
    (f'timezone = "Mars"\n{VIEWS}', "expected a time zone"),
    (VIEWS.replace('"views.csv"', '"views.xls"'), "expected a file ending in"),
    (VIEWS.replace('"views.csv"', '"gone.csv"'), "cannot be read: No such file"),
    (
        VIEWS.replace('file = "views.csv"', 'file = "views.csv"\njoin = [{file = "views.csv", on = "n"}]'),
        "`prefix`",
    ),
    (VIEWS.replace('type = "viewed"', 'type = "viewed"\ntpye = 1'), "unknown field `tpye`"),
    (f"surce = 'x'\n{VIEWS}", "Did you mean 'source'"),
    (VIEWS.replace('type = "viewed"', 'type = "viewed"\ncustmer = 1'), "Did you mean 'customer'"),
    (VIEWS.replace('"when"', '{ column = "when", fromat = "unix" }'), "Did you mean 'format'"),
    (
        VIEWS.replace('type = "viewed"', 'type = "viewed"\njoin = [{file = "p.csv", prefx = "p_"}]'),
        "Did you mean 'prefix'",
    ),
]


@pytest.mark.parametrize(("mapping", "words"), BROKEN_MAPPINGS, ids=range(len(BROKEN_MAPPINGS)))
def test_a_mapping_that_does_not_fit_is_refused_before_anything_is_written(
    shop: Shop, mapping: str, words: str
) -> None:
    shop.write("shop.toml", mapping)
    shop.write("views.csv", "n,who,what,when,seconds\n1,ada,p1,2026-01-01,5\n")
    result = shop.run()
    assert isinstance(result.exception, DearlyError)
    assert words in str(result.exception)
    assert "shop.toml" in str(result.exception)
    assert not (shop.directory / "store.db").exists()


def test_rules_with_errors_are_shown(shop: Shop) -> None:
    shop.write("shop.toml", VIEWS)
    shop.write("rules/schema.rules", "event viewed { product_id nothing }")
    error = str(shop.run().exception)
    assert "have errors" in error
    assert "schema.rules:1" in error


def test_a_truncated_file_is_named_before_anything_of_it_is_written(shop: Shop) -> None:
    rows = "".join(f"{n},ada,p1,2026-01-01,{n % 977}\n" for n in range(25_000))
    whole = gzip.compress(b"n,who,what,when,seconds\n" + rows.encode())
    shop.write("shop.toml", VIEWS.replace("views.csv", "views.csv.gz"))
    shop.write("views.csv.gz", whole[: len(whole) // 2])
    with pytest.raises(DearlyError, match=r"views\.csv\.gz cannot be read: .*end-of-stream"):
        raise shop.run().exception
    assert shop.events("ada", "viewed") == []
    shop.write("views.csv.gz", whole)
    assert shop.summary()["written"] == 25_000
