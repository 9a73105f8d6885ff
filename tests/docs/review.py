"""The review of a change in docs/tutorial.md: what `dearly diff` says of it, on a shop as of one instant."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from dearly.cli.demo import fill
from dearly.store import open_store
from tests.docs.documents import ROOT, Fence, add, fences
from tests.repositories import new_repository

CUSTOMERS = 1_000
NOW = "2026-03-01T10:00:00Z"
NOW_US = 1_772_359_200_000_000


def review_section() -> str:
    """What the command prints, as a reader of Markdown has it before them."""
    with TemporaryDirectory() as name:
        directory = Path(name)
        _commit_before_and_after(directory)
        _fill_shop(directory)
        return f"```markdown\n{_diff(directory).rstrip()}\n```\n"


def _commit_before_and_after(directory: Path) -> None:
    """The example rules, and then what the tutorial adds to them."""
    repository = new_repository(directory)
    shutil.copytree(ROOT / "rules", directory / "rules")
    repository.commit({}, "Rules as they are")
    for fence in fences(ROOT / "docs/tutorial.md"):
        _follow(directory, fence)
    repository.commit({}, "Greet who looks around")


def _follow(directory: Path, fence: Fence) -> None:
    """Write or add what a block of the tutorial says, where it is about rules."""
    verb, _, rest = fence.instruction.partition(" ")
    if verb == "write" and rest.startswith("rules/"):
        (directory / rest).write_text(fence.text)
    elif verb == "add":
        name, _, place = rest.removeprefix("to ").partition(" below ")
        add(directory / name, place, fence.text)


def _fill_shop(directory: Path) -> None:
    store = open_store(f"sqlite:///{directory}/shop.db")
    fill(store, CUSTOMERS, seed=1, now_us=NOW_US)
    store.close()


def _diff(directory: Path) -> str:
    options = ["--format", "markdown", "--now", NOW, "--store", f"sqlite:///{directory}/shop.db"]
    return subprocess.run(
        [sys.executable, "-m", "dearly.cli", "diff", "HEAD~1..HEAD", *options],
        cwd=directory,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    ).stdout
