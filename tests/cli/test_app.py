"""The command line as a whole: help, names, exit codes, errors in plain words."""

from __future__ import annotations

import inspect
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer

from dearly.cli.app import COMMANDS, app
from tests.cli.conftest import RULES, Dearly

LONGEST_SUMMARY = 60
"""So that the list of commands shows it whole."""


def commands(command: Any = None, words: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    """Every command and group, by the words that call it."""
    found = command or typer.main.get_command(app)
    yield " ".join(words), found
    for name, child in getattr(found, "commands", {}).items():
        yield from commands(child, (*words, name))


EVERY_COMMAND = dict(commands())
EVERY_OPTION = [
    pytest.param(command, option, id=f"{words} {option.name}".strip())
    for words, command in EVERY_COMMAND.items()
    for option in command.params
]


# ------------------------------------------------------------------------------------------------------- help


def test_every_command_of_the_table_is_there() -> None:
    assert set(COMMANDS) <= set(EVERY_COMMAND)


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_every_command_says_in_one_sentence_what_it_gives(words: str) -> None:
    text = inspect.cleandoc(EVERY_COMMAND[words].help)
    first = text.split("\n\n")[0].replace("\n", " ")

    assert first.endswith(".")
    assert len(first) <= LONGEST_SUMMARY or not words


@pytest.mark.parametrize(("command", "option"), EVERY_OPTION)
def test_every_option_says_what_it_does(command: Any, option: Any) -> None:
    assert len(option.help.split()) >= 3
    assert option.help.endswith(".")


@pytest.mark.parametrize(("command", "option"), EVERY_OPTION)
def test_an_options_key_in_the_settings_file_is_its_flag(command: Any, option: Any) -> None:
    if option.param_type_name == "option":
        assert option.name.replace("_", "-") in [flag.lstrip("-") for flag in option.opts]


@pytest.mark.parametrize("words", EVERY_COMMAND)
def test_help_is_printed_whole_and_ends_with_0(dearly: Dearly, words: str) -> None:
    ended = dearly(*words.split(), "--help")

    assert ended.code == 0
    assert ended.out.startswith(f"Usage: dearly {words}".rstrip())
    assert "..." not in ended.out.replace("]...", "]")  # which stands for one or several
    for option in EVERY_COMMAND[words].params:
        assert option.opts[0] in ended.out or option.param_type_name == "argument"


# ------------------------------------------------------------------------------------------- codes and errors

USAGE = [
    (["servve"], "No such command 'servve'"),
    (["serve", "--adress", "x"], "No such option: --adress"),
    (["demo", "--customers", "many"], "--customers"),
    (["demo", "--customers", "0"], "--customers"),
    (["demo", "--seed", "-1"], "--seed"),
    (["preview"], "Missing argument 'BLOCK'"),
    (["preview", "hero", "--sample", "0"], "--sample"),
    (["check", "--format", "xml"], "--format"),
    (["index", "bild"], "No such command 'bild'"),
    (["quickstart", "--customers", "0"], "--customers"),
    (["--config", "nowhere.toml", "version"], "settings file nowhere.toml cannot be read"),
]

STORES = [
    ("mysql://shop", "Expected a store's URL, such as sqlite:///dearly.db"),
    ("sqlite:///no_store.db", "is not an SQLite database. Name another file with --store."),
    ("sqlite:///folder", "is no file"),
]

WRITING = [
    ["demo", "--customers", "1"],
    ["serve", "--rules", str(RULES), "--address", "127.0.0.1:0"],
]
READING = [
    ["backup", "copy.db"],
    ["diff", str(RULES), str(RULES)],
    ["docs", str(RULES)],
    ["explain", "ada", "vip", "--rules", str(RULES)],
    ["feed", "show"],
    ["index", "build", "--rules", str(RULES)],
    ["preview", "hero", "--rules", str(RULES)],
    ["query", "vip", "--rules", str(RULES)],
]


@pytest.fixture
def workplace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "no_store.db").write_text("This is no database, whatever its name says. " * 100)
    (tmp_path / "folder").mkdir()
    (tmp_path / "people.csv").write_text("id,name\n")
    (tmp_path / "map.toml").write_text('[[profiles]]\nfile = "people.csv"\ncustomer = "id"\n')
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken/shop.rules").write_text("segment vip { spent > }\n")
    return tmp_path


@pytest.mark.parametrize(("arguments", "words"), USAGE, ids=lambda value: str(value)[:40])
def test_a_wrong_call_ends_with_2_and_says_what_is_wrong(
    dearly: Dearly, workplace: Path, arguments: list[str], words: str
) -> None:
    ended = dearly(*arguments)

    assert (ended.code, ended.out) == (2, "")
    assert words in ended.err


@pytest.mark.parametrize("arguments", WRITING, ids=lambda value: value[0])
def test_a_store_is_made_only_in_a_directory_that_is_there(
    dearly: Dearly, workplace: Path, arguments: list[str]
) -> None:
    ended = dearly(*arguments, "--store", "sqlite:///nowhere/shop.db")

    assert (ended.code, ended.out) == (2, "")
    assert "There is no directory nowhere for the store shop.db. Make it first." in ended.err


@pytest.mark.parametrize("arguments", READING, ids=lambda value: value[0])
def test_whoever_only_reads_makes_no_store(dearly: Dearly, workplace: Path, arguments: list[str]) -> None:
    ended = dearly(*arguments, "--store", "sqlite:///shop.db")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "dearly: There is no store shop.db. Name one with --store, or set DEARLY_STORE.\n"
    assert not (workplace / "shop.db").exists()


def test_what_is_no_setting_comes_from_no_environment(
    dearly: Dearly, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("VERSION", "HELP", "INSTALL_COMPLETION", "CHECK_STRICT", "CHECK_FORMAT", "FMT_CHECK"):
        monkeypatch.setenv(f"DEARLY_{name}", "1")

    assert dearly("check", RULES).out.startswith(f"{RULES}: no errors")


@pytest.mark.parametrize("arguments", [*WRITING, *READING], ids=lambda value: value[0])
@pytest.mark.parametrize(("url", "words"), STORES)
def test_a_store_that_cannot_be_used_ends_with_2_and_what_to_do(
    dearly: Dearly, workplace: Path, arguments: list[str], url: str, words: str
) -> None:
    ended = dearly(*arguments, "--store", url)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("dearly: ")
    assert words in ended.err
    assert ended.err.count("\n") == 1


RULES_COMMANDS = [
    ["check"],
    ["index", "build", "--rules"],
    ["preview", "hero", "--rules"],
    ["serve", "--address", "127.0.0.1:0", "--rules"],
    ["import", "map.toml", "--dry-run", "--rules"],
]


@pytest.mark.parametrize("arguments", RULES_COMMANDS, ids=lambda value: value[0])
def test_rules_with_errors_end_with_1_and_show_the_line(
    dearly: Dearly, workplace: Path, arguments: list[str]
) -> None:
    ended = dearly(*arguments, "broken")

    assert ended.code == 1
    assert "--> shop.rules:1:2" in ended.out + ended.err
    assert "segment vip { spent > }" in ended.out + ended.err


@pytest.mark.parametrize("arguments", RULES_COMMANDS, ids=lambda value: value[0])
def test_rules_that_are_not_there_end_with_2(dearly: Dearly, workplace: Path, arguments: list[str]) -> None:
    ended = dearly(*arguments, "nowhere")

    assert (ended.code, ended.out) == (2, "")
    assert "nowhere" in ended.err


def test_no_error_of_the_table_is_a_traceback_in_a_process_of_its_own(workplace: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-m", "dearly.cli", "demo", "--store", "sqlite:///nowhere/shop.db"],
        capture_output=True,
        text=True,
        check=False,
    )

    assert (ended.returncode, ended.stdout) == (2, "")
    assert ended.stderr == "dearly: There is no directory nowhere for the store shop.db. Make it first.\n"


# ----------------------------------------------------------------------------------- settings of a subcommand


@pytest.fixture
def three_stores(workplace: Path) -> Path:
    """A settings file whose store cannot be used, and says which one it is."""
    (workplace / "dearly.toml").write_text(
        f"store = 'sqlite:///top/x.db'\nrules = '{RULES}'\n[index.build]\nstore = 'sqlite:///own/x.db'\n"
    )
    return workplace


def test_a_subcommands_own_table_wins_over_the_top_level(dearly: Dearly, three_stores: Path) -> None:
    assert "no store own/" in dearly("index", "build").err
    assert "no store top/" in dearly("preview", "hero").err


def test_the_environment_wins_over_a_subcommands_table(
    dearly: Dearly, three_stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEARLY_STORE", "sqlite:///environment/x.db")

    assert "no store environment/" in dearly("index", "build").err


def test_a_flag_of_a_subcommand_wins_over_all(
    dearly: Dearly, three_stores: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DEARLY_STORE", "sqlite:///environment/x.db")

    assert "no store flag/" in dearly("index", "build", "--store", "sqlite:///flag/x.db").err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[index]\nbild = 1", "a key 'bild'"),
        (
            "[index.bild]\nstore = 'x'",
            "dearly.toml: [index] has a table 'bild' that no command reads. Did you mean 'build'?",
        ),
        ("[index.build]\nstoer = 'x'", "a key 'stoer' that no command reads. Did you mean 'store'?"),
    ],
)
def test_a_mistake_in_a_subcommands_table_is_refused(
    dearly: Dearly, workplace: Path, text: str, told: str
) -> None:
    (workplace / "dearly.toml").write_text(text)
    ended = dearly("version")

    assert ended.code == 2
    assert told in ended.err
