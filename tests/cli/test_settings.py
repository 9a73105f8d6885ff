"""Where a command's settings come from: flags over the environment over dearly.toml over the defaults."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from dearly.cli.app import SettingsError, app

PLACES = ("flag", "environment", "own table", "top level", "rules")
"""Directories named for where their name comes from; `rules` is the default."""


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory to work in, with a package that fails in its own way for each place a setting can have."""
    for place in PLACES:
        (tmp_path / place).mkdir()
        (tmp_path / place / f"{place}.rules").write_text("segment {")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("DEARLY_RULES", raising=False)
    monkeypatch.delenv("DEARLY_CONFIG", raising=False)
    return tmp_path


def checked(*arguments: str) -> str:
    """Which of the directories `dearly check` looked at."""
    result = CliRunner().invoke(app, ["check", *arguments], catch_exceptions=False)
    assert result.exit_code == 1
    return result.output.splitlines()[-1].partition(":")[0]


def test_without_any_setting_the_default_holds(workplace: Path) -> None:
    assert checked() == "rules"


def test_a_top_level_key_holds_for_every_command_that_has_the_option(workplace: Path) -> None:
    (workplace / "dearly.toml").write_text('rules = "top level"')
    assert checked() == "top level"


def test_a_commands_own_table_wins_over_the_top_level(workplace: Path) -> None:
    (workplace / "dearly.toml").write_text('rules = "top level"\n[check]\nrules = "own table"')
    assert checked() == "own table"


def test_another_commands_table_does_not_count(workplace: Path) -> None:
    (workplace / "dearly.toml").write_text('rules = "top level"\n[serve]\nrules = "own table"')
    assert checked() == "top level"


def test_the_environment_wins_over_the_file(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workplace / "dearly.toml").write_text('[check]\nrules = "own table"')
    monkeypatch.setenv("DEARLY_RULES", "environment")
    assert checked() == "environment"


def test_a_flag_wins_over_all(workplace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (workplace / "dearly.toml").write_text('[check]\nrules = "own table"')
    monkeypatch.setenv("DEARLY_RULES", "environment")
    assert checked("flag") == "flag"


@pytest.mark.parametrize("by_flag", [True, False])
def test_another_settings_file_can_be_named(
    workplace: Path, monkeypatch: pytest.MonkeyPatch, by_flag: bool
) -> None:
    (workplace / "other.toml").write_text('rules = "top level"')
    if not by_flag:
        monkeypatch.setenv("DEARLY_CONFIG", "other.toml")
        assert checked() == "top level"
        return
    result = CliRunner().invoke(app, ["--config", "other.toml", "check"])
    assert "top level: " in result.output


def test_the_folder_of_indexes_may_stand_at_the_top_beside_the_commands_of_its_name(workplace: Path) -> None:
    (workplace / "dearly.toml").write_text('index = "somewhere"\nrules = "top level"')
    assert checked() == "top level"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('ruls = "x"', r"^dearly\.toml has a key 'ruls' .* Did you mean 'rules'\?"),
        ('[serve]\nadress = "x"', r"^dearly\.toml: \[serve\] has a key 'adress' .* Did you mean 'address'\?"),
        (
            '[serve]\nreflection = "maybe"',
            r"^dearly\.toml: \[serve\] reflection: expected true or false, got 'maybe'\.$",
        ),
        ("[serve]\ngrace = -1", r"^dearly\.toml: \[serve\] grace: expected .* to 0, got -1\.$"),
        ("[preview]\nsample = 0", r"^dearly\.toml: \[preview\] sample: expected .* to 1, got 0\.$"),
        (
            '[serve]\nsink = "a=file:///x.jsonl"',
            r"""^dearly\.toml: \[serve\] sink: expected a list, such as \["a=file:///x\.jsonl"\], got 'a=""",
        ),
        ("rules = 3", r"^dearly\.toml: rules: expected text in quotes, got 3\.$"),
        ("[chekc]\nrules = 1", r"a table 'chekc' .* Did you mean 'check'\?"),
        ('[check]\naddress = "x"', r"a key 'address' that no command reads\. Expected one of: "),
        ("rules = ", r"not readable as TOML: .*--config"),
        (b"rules = '\xff'", r"not readable as TOML: .*--config"),
    ],
)
def test_a_settings_file_with_a_mistake_is_refused_not_passed_over(
    workplace: Path, text: str | bytes, told: str
) -> None:
    (workplace / "dearly.toml").write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(SettingsError, match=told):
        CliRunner().invoke(app, ["check"], catch_exceptions=False)
