"""The command table, and where a command's settings come from."""

from __future__ import annotations

import importlib
import json
import tomllib
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any

import typer

from dearly import DearlyError
from dearly.cli.regular_file import read_regular
from dearly.cli.version import version

DEFAULT_SETTINGS = Path("dearly.toml")

app = typer.Typer(
    name="dearly",
    help="Decides, for one recipient at the moment an email is sent, what that email should say.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # plain help: nothing is cut short, and it can be searched and copied
    context_settings={"help_option_names": ["-h", "--help"]},
)


class SettingsError(DearlyError):
    """``dearly.toml`` cannot be used."""


def read_settings(path: Path) -> dict[str, Any]:
    """The tables of a settings file.

    Top-level keys (``store``, ``rules``, ``index``, ``address``) hold for every command that has such an
    option; a table named for a command (``[serve]``, ``[index.build]``) holds for that command and wins.
    """
    try:
        return tomllib.loads(read_regular(path))
    except OSError as error:
        raise SettingsError(
            f"The settings file {path} cannot be read ({error.strerror}). Name another with --config."
        ) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{path} is not readable as TOML: {error}. Mend it, or name another with --config."
        ) from None


@dataclass(frozen=True, slots=True)
class Place:
    """A table of a settings file: the top, or that of a command."""

    file: Path
    tables: tuple[str, ...] = ()

    def __str__(self) -> str:
        return f"{self.file}: [{'.'.join(self.tables)}]" if self.tables else str(self.file)

    def of_key(self, name: str) -> str:
        """How a key of this table is called."""
        return f"{self} {name}" if self.tables else f"{self}: {name}"


def defaults_for(
    command: Any,
    settings: Mapping[str, Any],
    place: Place,
    inherited: Mapping[str, Any] = MappingProxyType({}),
) -> dict[str, Any]:
    """Click's nested default map: the top-level keys for every command, a command's own table over them.

    Raises:
        SettingsError: a key that is no option here or below, a table that is no command, or a value that
            cannot be its option's.
    """
    tables = {name: value for name, value in settings.items() if isinstance(value, dict)}
    keys = {name.replace("-", "_"): value for name, value in settings.items() if name not in tables}
    commands: Mapping[str, Any] = getattr(command, "commands", {})
    options = list(_options(command))
    _refuse_unknown(place, "key", keys, {str(option.name) for option in options})
    _refuse_unknown(place, "table", tables, commands)
    for option in options:
        if option.name in keys:
            _require_usable(option, keys[option.name], place)
    own = {**inherited, **keys}
    if not commands:
        return own
    return {
        name: defaults_for(child, tables.get(name, {}), Place(place.file, (*place.tables, name)), own)
        for name, child in commands.items()
    }


def _options(command: Any) -> Iterator[Any]:
    """The options of a command and of those below it."""
    yield from command.params
    for child in getattr(command, "commands", {}).values():
        yield from _options(child)


def _refuse_unknown(place: Place, kind: str, found: Iterable[str], known: Collection[str]) -> None:
    for name in found:
        if name not in known:
            near = get_close_matches(name, known, 1)
            hint = f"Did you mean {near[0]!r}?" if near else f"Expected one of: {', '.join(sorted(known))}."
            raise SettingsError(f"{place} has a {kind} {name!r} that no command reads. {hint}")


def _require_usable(option: Any, value: Any, place: Place) -> None:
    if isinstance(option.default, str) and not isinstance(value, str):
        raise SettingsError(f"{place.of_key(option.name)}: expected text in quotes, got {value!r}.")
    if getattr(option, "multiple", False) and not isinstance(value, list):
        raise SettingsError(
            f"{place.of_key(option.name)}: expected a list, such as [{json.dumps(value, default=str)}], got "
            f"{value!r}."
        )
    try:
        option.process_value(None, value)
    except typer.BadParameter as error:
        told = error.message.removeprefix("Value error, ").removesuffix(".")
        told = told.replace("Input should be", "expected")
        if isinstance(option.default, bool):
            told = "expected true or false"
        raise SettingsError(f"{place.of_key(option.name)}: {told}, got {value!r}.") from None


def _print_version(wanted: bool) -> None:
    if wanted:
        version()
        raise typer.Exit


@app.callback()
def configure(
    context: typer.Context,
    config: Annotated[
        Path | None,
        typer.Option(
            envvar="DEARLY_CONFIG",
            metavar="FILE",
            help="Settings; flags and environment win over it. Default: dearly.toml, if there is one.",
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option(
            "--version", callback=_print_version, is_eager=True, help="Print what `dearly version` does."
        ),
    ] = False,
) -> None:
    """Read the settings file before any command runs."""
    del version  # its callback has told it and ended
    path = config or DEFAULT_SETTINGS
    if config is not None or path.exists():
        context.default_map = defaults_for(context.command, read_settings(path), Place(path))


COMMANDS = {
    "serve": "dearly.cli.serve:serve",
    "check": "dearly.cli.check:check",
    "fmt": "dearly.cli.fmt:fmt",
    "docs": "dearly.cli.docs:docs",
    "demo": "dearly.cli.demo:demo",
    "test": "dearly.cli.test:run_tests",
    "diff": "dearly.cli.diff:diff",
    "explain": "dearly.cli.explain:explain",
    "index build": "dearly.cli.index:build",
    "index evaluate": "dearly.cli.index:evaluate",
    "preview": "dearly.cli.preview:preview",
    "query": "dearly.cli.query:query",
    "quickstart": "dearly.cli.quickstart:quickstart",
    "import": "dearly.cli.import_:import_",
    "feed show": "dearly.cli.feed:show",
    "feed sinks": "dearly.cli.feed:sinks",
    "feed dead-letters": "dearly.cli.feed:dead_letters",
    "feed replay": "dearly.cli.feed:replay_letters",
    "feed drop": "dearly.cli.feed:drop",
    "feed forget": "dearly.cli.feed:forget",
    "backup": "dearly.cli.backup:backup",
    "restore": "dearly.cli.restore:restore",
    "scrub": "dearly.cli.scrub:scrub",
    "lsp": "dearly.cli.lsp:lsp",
    "version": "dearly.cli.version:version",
}
"""Each command, as ``module:function``; ``index build`` is a command of the group ``index``."""

GROUPS = {
    "index": "Build and judge recommendation indexes.",
    "feed": "Look at the feed, and at what sinks would not take.",
}


def _add_commands() -> None:
    groups = {
        name: typer.Typer(help=text, no_args_is_help=True, rich_markup_mode=None)
        for name, text in GROUPS.items()
    }
    for words, place in COMMANDS.items():
        module, _, function = place.partition(":")
        group, _, name = words.rpartition(" ")
        owner = groups[group] if group else app
        owner.command(name)(getattr(importlib.import_module(module), function))
    for name, group_app in groups.items():
        if any(words.startswith(f"{name} ") for words in COMMANDS):
            app.add_typer(group_app, name=name)


_add_commands()
