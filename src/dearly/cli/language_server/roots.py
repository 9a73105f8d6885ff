"""Which rules package a file belongs to."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Iterator
from pathlib import Path

from dearly.cli.app import DEFAULT_SETTINGS
from dearly.cli.options import DEFAULT_RULES
from dearly.cli.regular_file import read_regular
from dearly.language.package import is_package_path


def package_root(file: Path, workspace: Collection[Path]) -> Path | None:
    """The directory of the package that a file is part of; None for a file of none.

    That is, of the directories above the file, the nearest

    1. that a ``dearly.toml`` above it names as its ``rules``; or else
    2. that holds ``templates/`` (unless ``rules/`` in it does, too), or is a workspace folder's ``rules``;

    or else the furthest up that holds rules, or the one in which the file itself lies.
    """
    above = list(_above(file, workspace))
    chosen = (
        _first(one for one in above if one in set(_named_in_settings(above)))
        or _first(one for one in above if _holds_templates(one) or _is_rules(one, workspace))
        or _first(one for one in reversed(above) if any(one.glob("*.rules")))
        or file.parent
    )
    return chosen if is_part(file, chosen) else None


def is_part(file: Path, root: Path) -> bool:
    """Whether a package in this directory has the file: rules or a template, not hidden."""
    if not file.is_relative_to(root):
        return False
    path = file.relative_to(root)
    return is_package_path(path.as_posix()) and not any(part.startswith(".") for part in path.parts)


def _above(file: Path, workspace: Collection[Path]) -> Iterator[Path]:
    """The directories above a file, the nearest first, no further than the workspace's own."""
    for directory in file.parents:
        yield directory
        if directory in workspace:
            return


def _holds_templates(directory: Path) -> bool:
    """Whether this is where a package's templates are, and not those of a web site that has a package."""
    return (directory / "templates").is_dir() and not (directory / DEFAULT_RULES / "templates").is_dir()


def _is_rules(directory: Path, workspace: Collection[Path]) -> bool:
    return directory.name == DEFAULT_RULES and directory.parent in workspace


def _named_in_settings(above: Collection[Path]) -> Iterator[Path]:
    """The directories that settings files name as their rules."""
    for directory in above:
        try:
            settings = tomllib.loads(read_regular(directory / DEFAULT_SETTINGS))
        except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError):
            continue  # none, or one that its own commands complain about
        rules = settings.get("rules")
        if isinstance(rules, str):
            yield Path(directory, rules)


def _first(directories: Iterator[Path]) -> Path | None:
    return next(directories, None)
