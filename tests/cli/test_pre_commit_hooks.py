"""The hooks that a repository of rules can have run before each commit."""

from __future__ import annotations

import re
from pathlib import Path

from dearly.cli.app import COMMANDS

HOOKS = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text("utf-8")


def test_each_hook_is_named_for_the_command_that_it_runs() -> None:
    ids = re.findall(r"^- id: dearly-(\w+)$", HOOKS, re.MULTILINE)
    entries = re.findall(r"^  entry: dearly (\w+)$", HOOKS, re.MULTILINE)

    assert ids == entries == ["fmt", "check", "test"]
    assert set(entries) <= set(COMMANDS)


def test_each_hook_runs_for_rules_files() -> None:
    patterns = re.findall(r"^  files: (.+)$", HOOKS, re.MULTILINE)

    assert len(patterns) == 3
    assert all(re.search(pattern, "rules/segments/mail.rules") for pattern in patterns)
    assert not any(re.search(pattern, "README.md") for pattern in patterns)
