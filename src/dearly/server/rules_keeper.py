"""Keeps the last known good rules: a package that fails its check never replaces one that serves."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, replace
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
    render_text,
)
from dearly.language.program import NOWHERE
from dearly.language.revisions import Revision, RulesSource, read_rules, resolve_commit
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
    commit: str = ""
    """The git commit that it is of; empty for a directory, or where a revision names none."""


@dataclass(frozen=True, slots=True)
class ServedRules:
    """What serves, since when, and the newest package where that one was refused."""

    serving: Serving
    since_us: int
    rejected: RejectedRules | None = None
    commit: str = ""
    """The git commit that what serves is of; empty for a directory."""


class RulesRefused(DearlyError):
    """There are no rules to start with: the package has errors."""

    def __init__(self, source: RulesSource, rejected: RejectedRules) -> None:
        shown = "\n".join(render_text(found, rejected.sources) for found in rejected.diagnostics)
        super().__init__(f"{shown}\nThe rules in {source} have errors, so nothing is served.")
        self.diagnostics = rejected.diagnostics


class RulesKeeper:
    """Watches a rules package: a directory, or what a branch of a git repository names.

    All its methods block; one thread at a time may call them.
    """

    def __init__(self, source: RulesSource, now_us: int) -> None:
        """Load the package.

        Raises:
            PackageError: it cannot be read.
            RulesRefused: it has errors.
        """
        self._source = source
        self._seen = self._settling = _signature(source)
        package = read_rules(source)
        loaded = _prepare(package, now_us)
        if isinstance(loaded, RejectedRules):
            raise RulesRefused(source, loaded)
        self.served = ServedRules(loaded, now_us, commit=package.commit or "")

    def look(self, now_us: int) -> bool:
        """Look at the package, and load it when it changed; whether other rules serve now.

        Files are read only when two looks in a row found them alike: an editor or git may be half-way.
        """
        signature = _signature(self._source)
        settled = signature == self._settling
        self._settling = signature
        if signature == self._seen or not settled:
            return False
        self._seen = signature
        try:
            package = read_rules(self._source)
        except PackageError as error:
            return self._refuse(_unreadable(self._source, error, now_us))
        return self._take(package, _prepare(package, now_us), now_us)

    def _take(self, package: Package, loaded: Serving | RejectedRules, now_us: int) -> bool:
        if isinstance(loaded, RejectedRules):
            return self._refuse(loaded)
        before, commit = self.served, package.commit or ""
        if loaded.program.version == before.serving.program.version:
            self.served = ServedRules(before.serving, before.since_us, commit=commit)
            return False
        self.served = ServedRules(loaded, now_us, commit=commit)
        of_commits = {"commit": commit, "commit_before": before.commit} if commit else {}
        _log.info(
            "rules_changed",
            rules=loaded.program.version,
            before=before.serving.program.version,
            **of_commits,
        )
        return True

    def _refuse(self, rejected: RejectedRules) -> bool:
        before = self.served
        self.served = replace(before, rejected=rejected)
        _tell_rejected(rejected, before.serving.program.version)
        return False


def _unreadable(source: RulesSource, error: PackageError, now_us: int) -> RejectedRules:
    finding = _without_place("unreadable-package", str(error))
    return RejectedRules("", now_us, (finding,), {}, _commit(source) if isinstance(source, Revision) else "")


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
    return RejectedRules(package_version(package), now_us, diagnostics, package.files, package.commit or "")


def _without_place(code: str, message: str) -> Diagnostic:
    return Diagnostic(code, "error", message, NOWHERE)


def _tell_rejected(rejected: RejectedRules, serving_version: str) -> None:
    errors = [found for found in rejected.diagnostics if found.severity == "error"]
    of_commit = {"commit": rejected.commit} if rejected.commit else {}
    _log.error(
        "rules_rejected",
        rejected=rejected.version,
        rules=serving_version,
        errors=[printable(f"{found.span}: {found.code}: {found.message}") for found in errors[:20]],
        error_count=len(errors),
        **of_commit,
    )


def _signature(source: RulesSource) -> Signature | str:
    """What tells a package from the one before: a revision's commit, or all that is in a directory."""
    return _commit(source) if isinstance(source, Revision) else _entries(source)


def _commit(revision: Revision) -> str:
    """The commit that a revision names now; empty where it names none that can be read."""
    try:
        return resolve_commit(revision)
    except PackageError:
        return ""


def _entries(directory: Path) -> Signature:
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
