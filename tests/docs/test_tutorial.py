"""The tutorial, typed in from beginning to end beside a small shop: everything happens as it says."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, Command, Fence, add, commands, fences, is_alike, without_chance
from tests.repositories import ENVIRONMENT, Repository, new_repository

TUTORIAL = ROOT / "docs/tutorial.md"
README = ROOT / "README.md"
CUSTOMERS = 150
DOCUMENTED_ADDRESS = "127.0.0.1:50051"
MOMENTS_S = 15.0
"""How long a running server may take to see changed rules, on a machine with other things to do."""


@dataclass(slots=True)
class Reader:
    """Somebody who does as the page says, in a directory of their own."""

    directory: Path
    environment: dict[str, str]
    address: str = ""
    run_output: list[str] = field(default_factory=list)

    def follow(self, fence: Fence) -> None:
        """Write what is to be written, type what is to be typed, and see what is to be seen."""
        verb, _, rest = fence.instruction.partition(" ")
        if fence.tag == "console":
            for command in commands(fence.text):
                self.type(command)
        elif verb == "write":
            self.path(rest).write_text(fence.text.replace(DOCUMENTED_ADDRESS, self.address))
        elif verb == "add":
            name, _, place = rest.removeprefix("to ").partition(" below ")
            add(self.path(name), place, fence.text)
        elif verb == "made:":
            pass  # another shop's output: see test_made
        elif verb == "part":
            assert fence.text in self.path(rest.removeprefix("of ")).read_text()
        else:
            raise AssertionError(f"nothing says what to do with this block: {fence.text}")

    def path(self, name: str) -> Path:
        return self.directory / name

    def type(self, command: Command) -> None:
        if command.typed == "make run":
            assert_alike(command, self.run_output)
        elif command.typed.startswith("export "):
            self.environment.update(word.split("=", 1) for word in command.typed.split()[1:])
        elif not command.typed.startswith(". "):
            self.run(command)

    def run(self, command: Command) -> None:
        """Run a command; a question to the server again, until it has seen what was written before."""
        deadline_s = time.monotonic() + MOMENTS_S
        while True:
            ended = subprocess.run(
                command.typed,
                shell=True,
                cwd=self.directory,
                env=self.environment,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                check=False,
            )
            seen = without_chance(ended.stdout)
            late = time.monotonic() > deadline_s
            if late or "ask.py" not in command.typed or is_alike(documented(command), seen):
                break
            time.sleep(0.2)
        assert_alike(command, seen)


def documented(command: Command) -> list[str]:
    return without_chance("\n".join(command.output))


def assert_alike(command: Command, seen: list[str]) -> None:
    shown = "\n".join(seen)
    assert is_alike(documented(command), seen), (
        f"$ {command.typed}\nis documented otherwise; it gave:\n{shown}"
    )


@contextmanager
def served(reader: Reader) -> Iterator[None]:
    """What `make run` does once the environment is set up, with fewer customers and a free port."""
    command = f"quickstart --data build/demo --address 127.0.0.1:0 --customers {CUSTOMERS}".split()
    with subprocess.Popen(
        [sys.executable, "-m", "dearly.cli", *command],
        cwd=reader.directory,
        env=reader.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            lines = []
            for line in process.stdout:
                lines.append(line)
                if line.startswith("Serving on"):
                    reader.address = line.split()[2]
                    break
            reader.run_output = without_chance("".join(lines))
            yield
        finally:
            process.terminate()
            process.communicate(timeout=30)


@pytest.fixture(scope="module")
def reader(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Reader]:
    directory = tmp_path_factory.mktemp("clone")
    shutil.copytree(ROOT / "rules", directory / "rules")
    new_repository(directory).commit({}, "Clone")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEARLY_")}
    environment.update(ENVIRONMENT)
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    reader = Reader(directory, environment)
    with served(reader):
        yield reader


@pytest.mark.slow
def test_the_first_screen_shows_what_make_run_prints(reader: Reader) -> None:
    (run,) = (
        command
        for fence in fences(README)
        if fence.tag == "console"
        for command in commands(fence.text)
        if command.typed == "make run"
    )

    assert_alike(run, reader.run_output)


@pytest.mark.slow
def test_everything_happens_as_the_tutorial_says_and_its_end_leaves_nothing_behind(reader: Reader) -> None:
    for fence in fences(TUTORIAL):
        reader.follow(fence)

    assert Repository(reader.directory).git("status", "--porcelain", "--branch") == "## main"


def test_an_ellipsis_stands_for_any_lines_and_nothing_else_does() -> None:
    assert is_alike(["a", "…", "d"], ["a", "b", "c", "d"])
    assert is_alike(["a", "…"], ["a"])
    assert not is_alike(["a", "…", "d"], ["a", "b"])
    assert not is_alike(["a"], ["a", "b"])
    assert not is_alike([], ["a"])
