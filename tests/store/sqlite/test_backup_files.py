"""What a backup leaves behind: one file that is whole, and nothing of runs that were killed."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from dearly.store import StoreUnavailable, look_into_backup, open_store
from dearly.store.sqlite.backup_files import new_store_file

UNFINISHED = """
import sys, time
from pathlib import Path
from dearly.store.sqlite.backup_files import new_store_file
with new_store_file(Path(sys.argv[1])) as target:
    target.execute("CREATE TABLE half (done)")
    target.execute("BEGIN")
    target.execute("INSERT INTO half VALUES (zeroblob(100000))")
    print("under way", flush=True)
    time.sleep(60)
"""


@contextmanager
def under_way(path: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process in the middle of a backup."""
    command = [sys.executable, "-c", UNFINISHED, str(path)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            assert process.stdout.readline() == "under way\n"
            yield process
        finally:
            process.kill()


def names(directory: Path) -> list[str]:
    return sorted(each.name for each in directory.iterdir())


def test_the_next_backup_removes_what_a_killed_one_left(tmp_path: Path) -> None:
    with under_way(tmp_path / "monday.db"):
        pass
    assert names(tmp_path) != []
    with new_store_file(tmp_path / "tuesday.db"):
        pass
    assert names(tmp_path) == ["tuesday.db"]


def test_a_backup_that_is_under_way_is_left_alone(tmp_path: Path) -> None:
    with under_way(tmp_path / "monday.db"):
        before = names(tmp_path)
        with new_store_file(tmp_path / "tuesday.db"):
            pass
        assert names(tmp_path) == [*before, "tuesday.db"]


def test_a_backup_is_read_without_a_trace(tmp_path: Path) -> None:
    file = tmp_path / "backup.db"
    with closing(open_store(f"sqlite:///{tmp_path}/store.db")) as store:
        store.backup(file)
    before = file.read_bytes()
    assert look_into_backup(file) == (0, 0)
    assert file.read_bytes() == before
    assert before[18:20] == b"\1\1", "the header says that readers need no write-ahead log"
    assert [name for name in names(tmp_path) if name.startswith("backup")] == ["backup.db"]


def test_a_directory_is_no_backup(tmp_path: Path) -> None:
    with pytest.raises(StoreUnavailable, match="is a directory"):
        look_into_backup(tmp_path)
