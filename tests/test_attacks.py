"""Nothing of the collection of attacks is left out: each sample, and each row of a table, has a case.

The collection lies beside the checkout: a folder a subject, with samples and a table of what is expected of
each. A case tells by its id which sample it is or ports: ``test_...[r11 SQL that ends a text]``.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ATTACKS = ROOT.parent / "shared" / "attacks"

TESTS = {
    "rules": ("tests/language/test_hostile_rules.py", "tests/evaluation/test_sql_text.py"),
    "templates": ("tests/content/test_hostile_templates.py", "tests/content/test_hostile_values.py"),
    "profiles": ("tests/content/test_hostile_values.py", "tests/store/test_hostile_values.py"),
    "protobuf": ("tests/server/test_hostile_frames.py", "tests/server/test_bad_input.py"),
    "git": ("tests/server/test_git_rules.py",),
}
"""Where each folder's attacks are tried."""

LATER = {
    "auth": "Callers have no keys yet, and mails no unsubscribe links that a server would answer.",
}
"""Folders whose attacks have nothing to attack yet."""

PARTLY_LATER = {
    (
        "git",
        "force_pushed",
    ): "Nothing is fetched yet, so that nothing could be refused: the log names both commits.",
    (
        "git",
        "fetch hangs / repo deleted / disk full while fetching",
    ): "Nothing is fetched yet. That the repository is deleted is tried.",
}
"""Rows of which a part has nothing to attack yet."""

IN_OTHER_WORDS = {
    "all": "test_a_large_attack_is_refused_within_ten_million_steps",
    "5 MB message": "test_a_message_beyond_a_mebibyte_is_refused",
    "metadata 20 KB": "test_metadata_beyond_16_kib_are_refused",
    "fetch hangs": "test_a_repository_that_is_deleted_leaves_the_last_good_commit_serving",
    "slowloris": "test_hundreds_of_idle_connections_leave_a_well_behaved_caller_alone",
}
"""Rows that name no sample, by how they begin, and the tests that try them."""


@pytest.fixture(scope="module", autouse=True)
def attacks() -> Path:
    """The collection. Where it ought to be, its absence is an error."""
    if not ATTACKS.is_dir():
        if os.environ.get("CI") == "true" and ATTACKS.parent.is_dir():
            pytest.fail(f"there is {ATTACKS.parent}, but no {ATTACKS.name} in it")
        pytest.skip(f"there is no {ATTACKS}")
    return ATTACKS


@pytest.fixture(scope="module")
def cases() -> dict[str, list[str]]:
    """The ids of the cases that run, by folder; not those of samples that are only read as they came."""
    files = sorted({file for files in TESTS.values() for file in files})
    command = [sys.executable, "-m", "pytest", "--collect-only", "-q", *files]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    ids = [line for line in listed.splitlines() if "::" in line and "as_they_came" not in line]
    return {folder: [one for one in ids if one.startswith(files)] for folder, files in TESTS.items()}


def labels(case: str) -> set[str]:
    """What a case's id names: its words, and of each the part before its first underscore."""
    words = re.findall(r"[a-z]\w*", case.partition("[")[2].lower())
    return {*words, *(word.partition("_")[0] for word in words)}


def samples(folder: Path) -> list[str]:
    """The names of a folder's samples."""
    if folder.name == "profiles":
        return re.findall(r'^\{"case": ?"(\w+)"', (folder / "profile_values.jsonl").read_text(), re.MULTILINE)
    if folder.name == "protobuf":
        return re.findall(r"\bw\('(\w+)'", (folder / "gen_frames.py").read_text())
    return [path.name.partition("_")[0] for path in sorted(folder.iterdir()) if path.suffix != ".tsv"]


def rows(folder: Path) -> list[str]:
    """The first column of a folder's table."""
    _, *lines = (folder / "EXPECT.tsv").read_text().splitlines()
    return [line.partition("\t")[0] for line in lines if line and not line.startswith("(")]


def patterns(row: str) -> list[str]:
    """The patterns of a row, a range such as d01-d17 as one of each label."""
    found = []
    for part in row.split(","):
        if ends := re.fullmatch(r"([a-z])(\d\d)-\1(\d\d)", part):
            found += [f"{ends[1]}{number:02}" for number in range(int(ends[2]), int(ends[3]) + 1)]
        else:
            found.append(part)
    return found


def is_tried(pattern: str, cases: list[str]) -> bool:
    for beginning, test in IN_OTHER_WORDS.items():
        if pattern.startswith(beginning):
            return any(f"::{test}" in case for case in cases)
    return any(fnmatch(label, pattern.lower()) for case in cases for label in labels(case))


@pytest.mark.parametrize("folder", [folder for folder in TESTS if folder != "git"])  # that is a table alone
def test_every_sample_is_tried(folder: str, cases: dict[str, list[str]]) -> None:
    found = samples(ATTACKS / folder)

    assert len(found) > 15
    assert [sample for sample in found if not is_tried(sample, cases[folder])] == []


@pytest.mark.parametrize("folder", TESTS)
def test_every_row_of_every_table_is_tried(folder: str, cases: dict[str, list[str]]) -> None:
    wanted = [pattern for row in rows(ATTACKS / folder) for pattern in patterns(row)]

    assert [pattern for pattern in wanted if not is_tried(pattern, cases[folder])] == []


def test_every_folder_is_tried_or_said_to_come_later() -> None:
    assert {path.name for path in ATTACKS.iterdir() if path.is_dir()} == {*TESTS, *LATER}


def test_what_is_said_to_come_later_in_part_is_a_row_of_its_table() -> None:
    assert [row for folder, row in PARTLY_LATER if row not in rows(ATTACKS / folder)] == []


def test_a_label_that_no_case_has_would_be_missed(cases: dict[str, list[str]]) -> None:
    assert not is_tried("r99", cases["rules"])
    assert is_tried("r11", cases["rules"])
