"""How the command ends when the system refuses something, or somebody has enough of it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.cli.conftest import RULES, Dearly

COMMAND = [sys.executable, "-m", "dearly.cli"]


@pytest.mark.parametrize("arguments", [["version"], ["--help"], ["check", "rules"]])
def test_a_full_disk_under_the_output_is_one_line_and_exit_code_2(
    tmp_path: Path, arguments: list[str]
) -> None:
    full = Path("/dev/full")
    if not full.exists():
        pytest.skip("absent: /dev/full")
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.rules").write_text("profile { name text? }\n")
    with full.open("w") as output:
        ended = subprocess.run(
            [*COMMAND, *arguments],
            stdout=output,
            stderr=subprocess.PIPE,
            cwd=tmp_path,
            text=True,
            check=False,
        )
    assert ended.returncode == 2
    assert ended.stderr == (
        "dearly: a file, or the output, cannot be read or written: No space left on device.\n"
    )


def test_an_output_that_nobody_reads_ends_it_quietly() -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run([*COMMAND, "version"], stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (1, b"")


def test_a_file_that_the_system_refuses_is_named(dearly: Dearly, shop: Path, tmp_path: Path) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    store = f"sqlite:///{shop / 'shop.db'}"
    ended = dearly("index", "build", "--rules", RULES, "--store", store, "--index", in_the_way / "index")
    last = ended.err.splitlines()[-1]
    assert last == f"dearly: {in_the_way}/index/article cannot be read or written: Not a directory."
    assert ended.code == 2


def test_an_interrupt_while_the_command_is_loading_ends_it_with_130_and_no_traceback() -> None:
    interrupting = (
        "import os, signal, sys\n"
        "class Interrupt:\n"
        "    def find_spec(self, name, path=None, target=None):\n"
        "        if name == 'dearly.cli.app':\n"
        "            os.kill(os.getpid(), signal.SIGINT)\n"
        "sys.meta_path.insert(0, Interrupt())\n"
        "from dearly.cli import main\n"
        "main()\n"
    )
    ended = subprocess.run([sys.executable, "-c", interrupting], capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (130, b"")
