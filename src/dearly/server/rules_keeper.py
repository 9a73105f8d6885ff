"""Keeps the last known good rules: a package that fails its check never replaces one that serves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from operator import itemgetter
from pathlib import Path
from typing import TypeAlias

import structlog

from dearly import DearlyError
from dearly.content import CannotServe, Serving, find_unserved, prepare_serving
from dearly.language import (
    Diagnostic,
    Package,
    PackageError,
    check_package,
    package_version,
    read_package,
    render_text,
)
from dearly.language.program import NOWHERE
from dearly.server.wire import printable

_log = structlog.get_logger("dearly.rules")

Entry: TypeAlias = tuple[int, int, int, int, int]
"""Mode, inode, size, and the times a content and its entry were changed."""

Signature: TypeAlias = tuple[tuple[str, Entry | None, Entry | None], ...]
"""Of each file, folder and link: path, itself, and what it leads to (itself, unless it is a link)."""


@dataclass(frozen=True, slots=True)
class RejectedRules:
    """A package that was found and does not serve; ``version`` is empty where it could not be read."""

    version: str
    rejected_us: int
    diagnostics: tuple[Diagnostic, ...]
    sources: Mapping[str, bytes]


@dataclass(frozen=True, slots=True)
class ServedRules:
    """What serves, since when, and the newest package where that one was refused."""

    serving: Serving
    since_us: int
    rejected: RejectedRules | None = None


class RulesRefused(DearlyError):
    """There are no rules to start with: the package has errors."""

    def __init__(self, directory: Path, rejected: RejectedRules) -> None:
        shown = "\n".join(render_text(found, rejected.sources) for found in rejected.diagnostics)
        super().__init__(f"{shown}\nThe rules in {directory} have errors, so nothing is served.")
        self.diagnostics = rejected.diagnostics


class RulesKeeper:
    """Watches a rules package's directory. All its methods block; one thread at a time may call them."""

    def __init__(self, directory: Path, now_us: int) -> None:
        """Load the package.

        Raises:
            PackageError: it cannot be read.
            RulesRefused: it has errors.
        """
        self._directory = directory
        self._seen = self._settling = _signature(directory)
        loaded = _prepare(read_package(directory), now_us)
        if isinstance(loaded, RejectedRules):
            raise RulesRefused(directory, loaded)
        self.served = ServedRules(loaded, now_us)

    def look(self, now_us: int) -> bool:
        """Look at the directory, and load it when it changed; whether other rules serve now.

        Files are read only when two looks in a row found them alike: an editor or git may be half-way.
        """
        signature = _signature(self._directory)
        settled = signature == self._settling
        self._settling = signature
        if signature == self._seen or not settled:
            return False
        self._seen = signature
        return self._take(_load(self._directory, now_us), now_us)

    def _take(self, loaded: Serving | RejectedRules, now_us: int) -> bool:
        before = self.served
        if isinstance(loaded, RejectedRules):
            self.served = ServedRules(before.serving, before.since_us, loaded)
            _tell_rejected(loaded, before.serving.program.version)
            return False
        if loaded.program.version == before.serving.program.version:
            self.served = ServedRules(before.serving, before.since_us)
            return False
        self.served = ServedRules(loaded, now_us)
        _log.info("rules_changed", rules=loaded.program.version, before=before.serving.program.version)
        return True


def _load(directory: Path, now_us: int) -> Serving | RejectedRules:
    try:
        return _prepare(read_package(directory), now_us)
    except PackageError as error:
        return RejectedRules("", now_us, (_without_place("unreadable-package", str(error)),), {})


def _prepare(package: Package, now_us: int) -> Serving | RejectedRules:
    report = check_package(package)
    if report.program is None:
        return _rejected(package, now_us, report.diagnostics)
    if unserved := find_unserved(report.program):
        return _rejected(package, now_us, unserved)
    try:
        return prepare_serving(report.program)
    except CannotServe as error:
        return _rejected(package, now_us, error.diagnostics)


def _rejected(package: Package, now_us: int, diagnostics: tuple[Diagnostic, ...]) -> RejectedRules:
    return RejectedRules(package_version(package), now_us, diagnostics, package.files)


def _without_place(code: str, message: str) -> Diagnostic:
    return Diagnostic(code, "error", message, NOWHERE)


def _tell_rejected(rejected: RejectedRules, serving_version: str) -> None:
    errors = [found for found in rejected.diagnostics if found.severity == "error"]
    _log.error(
        "rules_rejected",
        rejected=rejected.version,
        rules=serving_version,
        errors=[printable(f"{found.span}: {found.code}: {found.message}") for found in errors[:20]],
        error_count=len(errors),
    )


def _signature(directory: Path) -> Signature:
    """What is there as :func:`read_package` sees it: links too, whether one dangles, and what it leads to."""
    found = []
    for folder, folders, names in os.walk(directory):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in ("", *folders, *names):
            path = Path(folder, name)
            found.append((str(path), _entry(path, follow=False), _entry(path, follow=True)))
    return tuple(sorted(found, key=itemgetter(0)))


def _entry(path: Path, *, follow: bool) -> Entry | None:
    try:
        found = path.stat(follow_symlinks=follow)
    except OSError:  # gone, or a link that leads nowhere
        return None
    return found.st_mode, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
