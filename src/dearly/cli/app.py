"""The command table, and where a command's settings come from."""

from __future__ import annotations

import importlib
import tomllib
from pathlib import Path
from typing import Annotated, Any

import typer

from dearly import DearlyError

app = typer.Typer(
    name="dearly",
    help="Decides, for one recipient at the moment an email is sent, what that email should say.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "auto_envvar_prefix": "DEARLY"},
)


class SettingsError(DearlyError):
    """``dearly.toml`` cannot be used."""


def read_settings(path: Path) -> dict[str, Any]:
    """The tables of ``dearly.toml`` as defaults for the commands; {} where the file is absent.

    Top-level keys (``store``, ``rules``, ``index``, ``address``) hold for every command; a table named for a
    command (``[serve]``) holds for that command and wins over them.
    """
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(
            f"{path} is not readable as TOML: {error}. Mend it, or name another with --config."
        ) from None


def defaults_for(command: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Click's nested default map: the top-level keys for every command, a command's own table over them."""
    shared = {key: value for key, value in settings.items() if not isinstance(value, dict)}
    nested: dict[str, Any] = {}
    for name, child in getattr(command, "commands", {}).items():
        table = settings.get(name)  # not a table where a setting has the same name: `index`
        own = {**shared, **table} if isinstance(table, dict) else shared
        nested[name] = defaults_for(child, own) if hasattr(child, "commands") else own
    return nested


@app.callback()
def configure(
    context: typer.Context,
    config: Annotated[
        Path, typer.Option(envvar="DEARLY_CONFIG", help="Settings file; flags and environment win over it.")
    ] = Path("dearly.toml"),
) -> None:
    """Read the settings file before any command runs."""
    context.default_map = defaults_for(context.command, read_settings(config))


COMMANDS = {
    "version": "dearly.cli.version:version",
}
"""Each command, as ``module:function``; ``index build`` is a command of the group ``index``."""

GROUPS = {"index": "Build and judge recommendation indexes."}


def _add_commands() -> None:
    groups = {name: typer.Typer(help=text, no_args_is_help=True) for name, text in GROUPS.items()}
    for words, place in COMMANDS.items():
        module, _, function = place.partition(":")
        group, _, name = words.rpartition(" ")
        owner = groups[group] if group else app
        owner.command(name)(getattr(importlib.import_module(module), function))
    for name, group_app in groups.items():
        if any(words.startswith(f"{name} ") for words in COMMANDS):
            app.add_typer(group_app, name=name)


_add_commands()
