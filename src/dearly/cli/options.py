"""The options that several commands share, each with its environment variable and default."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from dearly import DearlyError
from dearly.language.values import FIRST_US, LAST_US, time_from_stored

DEFAULT_STORE = "sqlite:///dearly.db"
StoreOption = Annotated[
    str,
    typer.Option(
        "--store",
        envvar="DEARLY_STORE",
        help="Where profiles, events and items are kept.",
        metavar="URL",
        show_default=DEFAULT_STORE,  # and not what dearly.toml says, where a password may be
    ),
]
RulesOption = Annotated[
    str,
    typer.Option(
        "--rules",
        envvar="DEARLY_RULES",
        help="The rules package: a directory, or DIR@REVISION for what it was at a git revision.",
        metavar="DIR[@REVISION]",
    ),
]
RulesArgument = Annotated[
    str,
    typer.Argument(
        envvar="DEARLY_RULES",
        help="The rules package: a directory, or DIR@REVISION for what it was at a git revision.",
        metavar="[DIR[@REVISION]]",
    ),
]
IndexOption = Annotated[
    Path,
    typer.Option(
        "--index", envvar="DEARLY_INDEX", help="Where recommendation indexes are kept.", metavar="DIR"
    ),
]
AddressOption = Annotated[
    str,
    typer.Option(
        "--address",
        envvar="DEARLY_ADDRESS",
        help="Where to listen: loopback only; port 0 takes a free one.",
        metavar="HOST:PORT",
    ),
]

SinksOption = Annotated[
    list[str] | None,
    typer.Option(
        "--sink",
        envvar="DEARLY_SINK",
        help="Who is told the feed: NAME=https://HOST/PATH for signed webhooks, NAME=file:///PATH.jsonl for "
        "a file; may be repeated. A webhook's secret stands in DEARLY_SINK_NAME_SECRET.",
        metavar="NAME=URL",
    ),
]


class Format(StrEnum):
    """How an answer is printed, where there are just these two ways."""

    TEXT = "text"
    JSON = "json"


FormatOption = Annotated[Format, typer.Option("--format", help="Text, or JSON for tools.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]

DEFAULT_RULES = "rules"
DEFAULT_INDEX = Path("index")
DEFAULT_ADDRESS = "127.0.0.1:50051"


class WrongOption(DearlyError):
    """An option's value cannot be used."""


def moment_us(option: str, text: str) -> int:
    """The time that an option names, in microseconds.

    Raises:
        WrongOption: it is none, or has no zone.
    """
    try:
        moment = time_from_stored(text)
        if FIRST_US <= moment <= LAST_US:
            return moment
        raise ValueError
    except (ValueError, TypeError):
        raise WrongOption(
            f"{option} {text}: expected a time with its zone, such as 2026-03-01T10:00:00Z."
        ) from None
