"""``dearly import`` and files that are not as they should be: what is wrong costs its own line only."""

from __future__ import annotations

import gzip
import json
import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from dearly import DearlyError
from dearly.cli.importing import lines
from tests.cli.import_shop import PROFILE, VIEWS, Shop, make_shop

HEADER = b"id,name,visits\n"
MULTILINE = PROFILE.replace('customer = "id"', 'customer = "id"\nmultiline = true')


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return make_shop(tmp_path)


def write(shop: Shop, name: str, content: bytes, mapping: str = PROFILE) -> None:
    shop.write(name, gzip.compress(content) if name.endswith(".gz") else content)
    shop.write("shop.toml", mapping.format(file=name))


def people(first: int, last: int) -> bytes:
    return b"".join(b"c%d,Name%d,%d\n" % (n, n, n) for n in range(first, last + 1))


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz"])
@pytest.mark.parametrize("mapping", [PROFILE, MULTILINE], ids=["one line a row", "multiline"])
def test_a_quote_that_is_never_closed_costs_its_own_row_and_no_other(
    shop: Shop, name: str, mapping: str
) -> None:
    write(shop, name, HEADER + b'a,"Ann,1\n' + people(1, 1500), mapping)
    found = shop.summary()
    assert (found["written"], found["rejected"]) == (1500, 1)
    (rejected,) = shop.rejects()
    assert (rejected["line"], rejected["row"]) == (2, 'a,"Ann,1')
    assert "unexpected end of data" in rejected["reason"]
    assert ("multiline = true" in rejected["reason"]) == (mapping == PROFILE)
    assert shop.profile("c1500") == {"first_name": "Name1500", "visits": 1500.0}


@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz"])
@pytest.mark.parametrize("mapping", [PROFILE, MULTILINE], ids=["one line a row", "multiline"])
def test_a_quote_that_a_later_stray_one_closes_swallows_nothing(shop: Shop, name: str, mapping: str) -> None:
    content = HEADER + b'a,"Ann,1\n' + people(1, 1000) + b'b,"Bea,1\n' + people(1001, 1500)
    write(shop, name, content, mapping)
    found = shop.summary()
    assert (found["written"], found["rejected"]) == (1500, 2)
    assert [each["line"] for each in shop.rejects()] == [2, 1003]


@pytest.mark.parametrize("mapping", [PROFILE, MULTILINE], ids=["one line a row", "multiline"])
def test_a_quote_that_a_later_row_closes_swallows_nothing(shop: Shop, mapping: str) -> None:
    content = HEADER + b'a,"Ann,1\n' + people(1, 1000) + b'b,",1,2\n' + people(1001, 1500)
    write(shop, "p.csv", content, mapping)
    found = shop.summary()
    assert (found["written"], found["rejected"]) == (1500, 2)
    assert [each["line"] for each in shop.rejects()] == [2, 1003]


def test_text_after_a_closing_quote_is_rejected(shop: Shop) -> None:
    write(shop, "p.csv", HEADER + b'a,"Ann" Lee,1\nb,Bea "B" Lee,2\nc,"Cy ""C"" Lee",3\n')
    assert shop.summary()["written"] == 2
    assert [each["line"] for each in shop.rejects()] == [2]
    assert shop.profile("b")["first_name"] == 'Bea "B" Lee'
    assert shop.profile("c")["first_name"] == 'Cy "C" Lee'


def test_cells_with_line_breaks_are_read_where_the_mapping_says_so(shop: Shop) -> None:
    content = HEADER + b'a,"Ann\r\nLee",1\nb,"Bea\n\nB",2\n\nc,Cy,three\n'
    write(shop, "p.csv", content, MULTILINE)
    assert shop.summary()["written"] == 2
    assert shop.profile("a")["first_name"] == "Ann\r\nLee"
    assert shop.profile("b")["first_name"] == "Bea\n\nB"
    assert [each["line"] for each in shop.rejects()] == [8]


def test_cells_with_line_breaks_are_rejected_otherwise(shop: Shop) -> None:
    write(shop, "p.csv", HEADER + b'a,"Ann\nLee",1\nb,Bea,2\n')
    assert shop.summary()["written"] == 1
    assert [each["line"] for each in shop.rejects()] == [2, 3]
    assert "say `multiline = true`" in shop.rejects()[0]["reason"]


@pytest.mark.parametrize("mapping", [PROFILE, MULTILINE], ids=["one line a row", "multiline"])
@pytest.mark.parametrize("name", ["p.csv", "p.csv.gz"])
def test_a_line_that_is_too_long_is_rejected_and_the_next_is_read(
    shop: Shop, name: str, mapping: str
) -> None:
    long = b"a," + b"x" * 3 * lines.MAX_LINE_BYTES + b",1\n"
    quoted = b'b,"' + b"x" * lines.MAX_LINE_BYTES + b'",1\n'
    write(shop, name, HEADER + long + people(1, 2) + quoted + people(3, 3) + long.rstrip(), mapping)
    found = shop.summary()
    assert (found["rows"], found["written"], found["rejected"]) == (6, 3, 3)
    assert [each["line"] for each in shop.rejects()] == [2, 5, 7]
    assert shop.rejects()[0]["reason"] == "expected at most 1,048,576 bytes a line."
    assert len(shop.rejects()[0]["row"]) == 1_000


def test_a_json_line_that_is_too_long_or_has_nul_bytes_is_rejected_and_the_next_is_read(shop: Shop) -> None:
    long = b'{"id": "a", "name": "' + b"x" * lines.MAX_LINE_BYTES + b'"}\n'
    write(
        shop,
        "p.jsonl",
        b'\xef\xbb\xbf{"id": "c"}\n' + long + b'{"id": "n\0"}\n{"id": "d", "name": "\xff"}\n{"id": "b"}\n',
    )
    assert shop.summary()["written"] == 2
    assert [(each["line"], each["field"]) for each in shop.rejects()] == [
        (2, "row"),
        (3, "row"),
        (4, "fields.first_name"),
    ]


def test_a_line_without_an_end_is_skipped_in_bounded_memory(shop: Shop) -> None:
    with gzip.open(shop.directory / "p.csv.gz", "wb", compresslevel=1) as file:
        file.write(HEADER + b"a,")
        for _ in range(300):
            file.write(b"x" * lines.MAX_LINE_BYTES)
        file.write(b",1\n" + people(1, 1))
    shop.write("shop.toml", PROFILE.format(file="p.csv.gz"))
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert shop.summary()["written"] == 1
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    assert grown_kb < 100_000


def test_nul_bytes_are_rejected_with_their_line(shop: Shop) -> None:
    write(shop, "p.csv", HEADER + b"a,A\0nn,1\nb,Bea,2\n")
    assert shop.summary()["written"] == 1
    assert [(each["line"], each["reason"]) for each in shop.rejects()] == [
        (2, "expected text in UTF-8, got a NUL byte.")
    ]


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("id,name,visits\na,Ann,1\n".encode("utf-16"), "p.csv: the first line should name .* NUL byte"),
        (b"id,name,visits\ra,Ann,1\r", "p.csv: the first line should name .* not a row"),
        (b'id,"name,visits\na,Ann,1\n', "p.csv: the first line should name .* not a row"),
        (b"id,name,visits,\xff\n", "p.csv: expected names of columns in UTF-8"),
        (b"id,name,visits,name\na,Ann,1,Bea\n", "p.csv has several columns 'name'"),
        (b"", "p.csv is empty"),
        (b"\n", "p.csv is empty"),
    ],
)
def test_a_first_line_that_names_no_columns_is_refused(shop: Shop, content: bytes, reason: str) -> None:
    write(shop, "p.csv", content)
    with pytest.raises(DearlyError, match=reason):
        raise shop.run().exception


def test_columns_without_a_name_stand_in_nobodys_way(shop: Shop) -> None:
    write(shop, "p.csv", b"id,name,visits,,\na,Ann,1,,\n")
    assert shop.summary()["written"] == 1


def test_a_delimiter_is_one_character(shop: Shop) -> None:
    for wrong in ("ab", '\\"', "\\n"):
        write(
            shop,
            "p.csv",
            HEADER,
            PROFILE.replace('customer = "id"', f'customer = "id"\ndelimiter = "{wrong}"'),
        )
        with pytest.raises(DearlyError, match="`delimiter` of one character"):
            raise shop.run().exception


NAMES = ["shop.toml", "views.csv", "views.csv.gz", "views.jsonl", "views.parquet"]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("kind", ["directory", "named pipe", "socket"])
def test_what_is_no_file_is_refused_by_name_at_once(shop: Shop, name: str, kind: str) -> None:
    shop.write("shop.toml", VIEWS.replace("views.csv", name))
    path = shop.directory / name
    path.unlink(missing_ok=True)
    place(kind, path)
    with pytest.raises(DearlyError, match=rf"{name} cannot be read: expected a file, got a {kind}"):
        raise shop.run().exception


@pytest.mark.parametrize("kind", ["directory", "named pipe", "socket"])
def test_settings_that_are_no_file_are_refused_by_name_at_once(tmp_path: Path, kind: str) -> None:
    place(kind, tmp_path / "dearly.toml")
    command = [sys.executable, "-m", "dearly.cli", "version"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == 2
    assert ended.stderr.startswith("dearly: The settings file dearly.toml cannot be read")
    assert f"expected a file, got a {kind}" in ended.stderr


def place(kind: str, path: Path) -> None:
    if kind == "directory":
        path.mkdir()
    elif kind == "named pipe":
        os.mkfifo(path)
    else:
        listening = socket.socket(socket.AF_UNIX)
        here = Path.cwd()
        os.chdir(path.parent)  # a socket's whole path may have some hundred bytes only
        try:
            listening.bind(path.name)
        finally:
            os.chdir(here)
            listening.close()


def test_two_imports_at_once_end_well_and_write_everything_once(shop: Shop) -> None:
    rows = 25_000
    content = [f"{n},u{n % 997},p1,2026-01-01,{'bad' if n % 1000 == 0 else n}" for n in range(rows)]
    shop.write("views.csv", "\n".join(["n,who,what,when,seconds", *content]))
    shop.write("shop.toml", VIEWS)
    command = [sys.executable, "-m", "dearly.cli", "import", "shop.toml", "--store", shop.url, "--json"]
    running = [subprocess.Popen(command, cwd=shop.directory, stdout=subprocess.PIPE) for _ in range(2)]
    ended = [json.loads(process.communicate(timeout=120)[0]) for process in running]
    assert [process.returncode for process in running] == [1, 1]
    good = rows - rows // 1000
    assert [each["written"] + each["duplicates"] for each in ended] == [good, good]
    assert sum(each["written"] for each in ended) == good
    assert sum(len(shop.events(f"u{n}", "viewed")) for n in range(997)) == good
    rejected = (shop.directory / "shop.rejects.jsonl").read_text().splitlines()
    assert [json.loads(line)["line"] for line in rejected] == list(range(2, rows + 2, 1000))
    assert not list(shop.directory.glob(".shop.rejects*"))


def test_rejects_are_not_written_over_what_is_no_file(shop: Shop) -> None:
    write(shop, "p.csv", HEADER + b"a,Ann,one\n")
    shop.rejects_path.parent.mkdir()
    os.mkfifo(shop.rejects_path)
    with pytest.raises(DearlyError, match=r"rejects\.jsonl cannot be written: .*pipe.*--rejects"):
        raise shop.run().exception
    assert shop.rejects_path.is_fifo()


@pytest.mark.parametrize("name", ["shop.toml", "p.csv"])
def test_rejects_are_not_written_over_what_is_imported(shop: Shop, name: str) -> None:
    write(shop, "p.csv", HEADER + b"a,Ann,one\n")
    with pytest.raises(DearlyError, match=f"{name}: this is what is imported"):
        raise shop.run("--rejects", str(shop.directory / name)).exception
    assert (shop.directory / name).exists()


def test_rejected_rows_are_not_gathered_in_memory(shop: Shop) -> None:
    with (shop.directory / "p.csv").open("wb") as file:
        file.write(HEADER)
        for _ in range(300):
            file.write(b"a," + b"x" * (lines.MAX_LINE_BYTES - 10) + b"\n")
    shop.write("shop.toml", PROFILE.format(file="p.csv"))
    before_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert shop.summary()["rejected"] == 300
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb < 100_000
