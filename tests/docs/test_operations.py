"""What the page on operations has others run: the commands of its recipes, typed in, end well."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.docs.documents import ROOT, fences
from tests.repositories import new_repository

PAGE = ROOT / "docs/operations.md"


def recipe(words: str) -> str:
    """The one YAML block with these words in it."""
    (found,) = (fence.text for fence in fences(PAGE) if fence.tag == "yaml" and words in fence.text)
    return found


@pytest.mark.slow
def test_the_commands_of_a_pull_requests_recipe_end_well(tmp_path: Path) -> None:
    repository = new_repository(tmp_path)
    shutil.copytree(ROOT / "rules", tmp_path / "rules")
    repository.commit({}, "before")
    repository.git("update-ref", "refs/remotes/origin/main", "HEAD")
    repository.commit({"rules/few.rules": "segment few_orders { at most 2 order_completed }\n"}, "after")
    environment = {name: value for name, value in os.environ.items() if not name.startswith("DEARLY_")}
    steps = re.findall(r"run: dearly (.+)", recipe("pull_request"))

    for step in steps:
        typed = step.replace("${{ github.base_ref }}", "main").replace("--customers 2000", "--customers 20")
        typed = typed.replace("--min-coverage 100", "")  # the new segment has no test
        command = f"{shlex.quote(sys.executable)} -m dearly.cli {typed}"
        subprocess.run(command, shell=True, cwd=tmp_path, env=environment, check=True, capture_output=True)

    assert len(steps) == 6
    assert '"version": "2.1.0"' in (tmp_path / "rules.sarif").read_text()
    assert "segment `few_orders`" in (tmp_path / "review.md").read_text()


def test_the_hooks_of_the_recipe_are_there() -> None:
    hooks = re.findall(r"- id: (\S+)", recipe("hooks:"))

    assert hooks
    assert set(hooks) <= set(re.findall(r"- id: (\S+)", (ROOT / ".pre-commit-hooks.yaml").read_text()))
