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
        raise SettingsError(f"{path} is not readable as TOML: {error}. Mend it, or name another with --config.") from None


def defaults_for(command: Any, settings: dict[str, Any]) -> dict[str, Any]:
    """Click's nested default map: the top-level keys for every command, a command's own table over them."""
    shared = {key: value for key, value in settings.items() if not isinstance(value, dict)}
    nested: dict[str, Any] = {}
    for name, child in getattr(command, "commands", {}).items():
        own = {**shared, **settings.get(name, {})}
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


COMMANDS = {"version": "dearly.cli.version"}
"""Each command's function has the command's name in its module."""

for _name, _module in COMMANDS.items():
    app.command(_name)(getattr(importlib.import_module(_module), _name))
