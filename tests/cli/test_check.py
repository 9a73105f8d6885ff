"""``dearly check``: what it prints, and its exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

GOOD = {
    "shop.rules": 'profile { country text? }\nsegment dutch { country == "NL" }\n'
    'block hero { otherwise show "hero.html" }\n',
    "templates/hero.html": "<p>Hello</p>",
}
BAD = 'profile { country text? }\nsegment dutch { contry == "NL" }\nsegment dutch { country == "BE" }\n'


def package(directory: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    return directory


def check(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "dearly.cli", "check", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def test_a_good_package_is_counted_and_ends_with_0(tmp_path: Path) -> None:
    result = check(package(tmp_path, GOOD))
    assert result.returncode == 0
    assert result.stdout.startswith(f"{tmp_path}: no errors, no warnings; version ")
    assert result.stdout.endswith(" with 1 block, 1 segment, 1 template\n")


def test_every_error_is_shown_with_its_line_and_a_caret_and_the_end_is_1(tmp_path: Path) -> None:
    result = check(package(tmp_path, {"shop.rules": BAD}))
    assert result.returncode == 1
    assert "--> shop.rules:2:17" in result.stdout
    assert "^^^^^^" in result.stdout
    assert "--> shop.rules:3:" in result.stdout
    assert result.stdout.endswith(f"{tmp_path}: 2 errors, no warnings\n")
    assert result.stderr == ""


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), ({"shop.rules": BAD}, 1)])
def test_tools_get_json_with_the_same_exit_code(tmp_path: Path, files: dict[str, str], code: int) -> None:
    result = check("--format", "json", package(tmp_path, files))
    told = json.loads(result.stdout)
    assert result.returncode == code
    assert told["valid"] is (code == 0)
    assert bool(told["version"]) is (code == 0)
    places = [(found["file"], found["line"], found["severity"]) for found in told["diagnostics"]]
    assert places == ([] if code == 0 else [("shop.rules", 2, "error"), ("shop.rules", 3, "error")])


def test_a_directory_that_is_not_there_is_no_finding_but_a_wrong_call(tmp_path: Path) -> None:
    result = check(tmp_path / "nowhere")
    assert result.returncode == 2
    assert result.stdout == ""
    assert "nowhere" in result.stderr
    assert "Traceback" not in result.stderr
