"""A rules package as files: read from a directory, or handed in whole; checked to a program."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TypeAlias

from dearly import DearlyError
from dearly.language.checking.checker import CheckReport, check
from dearly.language.checking.symbols import NOTHING_BROKEN, Broken
from dearly.language.checking.template_files import FOLDER
from dearly.language.diagnostics import Diagnostic, in_order
from dearly.language.program import NOWHERE, Span
from dearly.language.syntax.parser import MAX_DECLARATIONS, parse_rules
from dearly.language.syntax.source import MAX_FILE_BYTES, decode_rules
from dearly.language.syntax.tree import ContextDeclaration, Declaration, ProfileDeclaration
from dearly.language.syntax.words import in_lower_case
from dearly.language.templates.check import CheckTemplate, check_template

MAX_FILES = 2_000
"""A package has this many files at most."""

MAX_PACKAGE_BYTES = 16 << 20
"""All files of a package together have this many bytes at most."""

_BEGINNINGS = re.compile(
    r"^[ \t]*(catalog|event|segment|value|lifecycle|score|cap|experiment|block|trigger)[ \t]+([A-Za-z_]\w*)",
    re.MULTILINE,
)
_FIELDS = {
    ProfileDeclaration: re.compile(r"^[ \t]*profile\b", re.MULTILINE),
    ContextDeclaration: re.compile(r"^[ \t]*context\b", re.MULTILINE),
}
"""The declarations whose fields are names of the package, and how they begin."""


class PackageError(DearlyError):
    """A directory cannot be read as a rules package."""


@dataclass(frozen=True, slots=True)
class Package:
    """The files of a rules package by path: ``*.rules`` anywhere, and everything under ``templates/``.

    Paths are relative to the package's root, with ``/`` between their parts. ``commit`` is the whole id of
    the git commit that they come from; None for a directory.
    """

    files: Mapping[str, bytes]
    commit: str | None = None


def package_version(package: Package) -> str:
    """The version of a package: 16 hexadecimal digits of a hash over its paths and contents."""
    digest = hashlib.sha256()
    for path, data in sorted(package.files.items()):
        name = path.encode("utf-8", "surrogatepass")
        digest.update(b"%d %d\n%s%s" % (len(name), len(data), name, data))
    return digest.hexdigest()[:16]


ParseRules: TypeAlias = Callable[[str, str], tuple[tuple[Declaration, ...], tuple[Diagnostic, ...]]]
"""The declarations of a rules file's text (its path comes second), and what is wrong with the others."""


def check_package(
    package: Package, parse: ParseRules = parse_rules, check_source: CheckTemplate = check_template
) -> CheckReport:
    """The program that a package's files make, or what is wrong with them; never raises on bad input.

    ``parse`` and ``check_source`` may remember what they gave for the same before.
    """
    total = 0
    for number, (path, data) in enumerate(package.files.items(), start=1):
        total += len(data)
        too_large = beyond_limits(number, path, len(data), total)
        if too_large is not None:
            return CheckReport(None, (too_large,))
    read = parse_package(package, parse)
    templates = {path: data for path, data in package.files.items() if path.startswith(FOLDER)}
    version = package_version(package)
    return check(read.declarations, templates, version, in_order(read.found), read.broken, check_source)


@dataclass(frozen=True, slots=True)
class ParsedPackage:
    """What a package's rules files declare, what is wrong with them, and what is unknown on account of it."""

    declarations: Sequence[Declaration]
    found: Sequence[Diagnostic]
    broken: Broken


def parse_package(package: Package, parse: ParseRules = parse_rules) -> ParsedPackage:
    """The declarations of all rules files, up to the first that is one too many."""
    declarations: list[Declaration] = []
    found: list[Diagnostic] = []
    broken = NOTHING_BROKEN
    for path in sorted(path for path in package.files if is_rules_path(path)):
        text = decode_rules(package.files[path], path)
        if isinstance(text, Diagnostic):
            found.append(text)
            broken = replace(broken, file=True)
            continue
        read, problems = parse(text, path)
        declarations.extend(read)
        found.extend(problems)
        if problems:
            broken = _unreadable(text, read, broken)
        if len(declarations) > MAX_DECLARATIONS:
            break
    return ParsedPackage(declarations, found, broken)


def is_rules_path(path: str) -> bool:
    """Whether a file with this path in a package's directory holds rules."""
    return path.endswith(".rules") and not path.startswith(FOLDER)


def _unreadable(text: str, read: tuple[Declaration, ...], broken: Broken) -> Broken:
    """What a file with errors seems to declare besides what was read, so as not to call that unknown too."""
    written = {match[2] for match in _BEGINNINGS.finditer(text)}
    # Of a name that was refused for its capitals: as it should be written, or as somebody wrote it elsewhere.
    names = {name for one in written for name in (one.lower(), in_lower_case(one))}
    names -= {one.name.text for one in read if hasattr(one, "name")}
    has_fields = any(
        beginning.search(text) is not None and not any(isinstance(one, kind) for one in read)
        for kind, beginning in _FIELDS.items()
    )
    return Broken(broken.names | names, broken.fields or has_fields, broken.file, passage=True)


# --------------------------------------------------------------------------------------------------- reading


def read_package(directory: Path) -> Package:
    """The rules package in a directory; hidden files and folders are skipped.

    Raises:
        PackageError: there is no such directory, a file in it cannot be read, is no regular file, or links
            out of the directory, or there is more than a package may hold.
    """
    if not directory.exists() and not directory.is_symlink():
        raise PackageError(f"There is no rules package {directory}. Name its directory.")
    try:
        root = directory.resolve(strict=True)
        if not root.is_dir():
            raise PackageError(f"A rules package is a directory, and {directory} is not one.")
        return Package(_read_all(root))
    except OSError as error:
        raise PackageError(f"The rules package {directory} cannot be read: {error}.") from None


def _read_all(root: Path) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    total = 0
    for path in _paths(root):
        name = path.relative_to(root).as_posix()
        files[name] = _read(path, root)
        total += len(files[name])
        problem = beyond_limits(len(files), name, len(files[name]), total)
        if problem is not None:
            raise PackageError(f"{root}: {problem.message} {problem.hint}")
    return files


def _paths(root: Path) -> Iterator[Path]:
    for folder, folders, names in os.walk(root, onerror=_raise):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        here = Path(folder)
        for name in folders:
            if (here / name).is_symlink():
                message = f"{here / name} is a link to a folder; put the folder itself there."
                raise PackageError(message)
        for name in sorted(names):
            relative = (here / name).relative_to(root).as_posix()
            if not name.startswith(".") and is_package_path(relative):
                yield here / name


def _raise(error: OSError) -> None:
    raise error


def _read(path: Path, root: Path) -> bytes:
    target = path.resolve(strict=True)
    if not target.is_relative_to(root):
        raise PackageError(f"{path} links out of the package, to {target}. Put a copy of the file there.")
    # Not blocking, so that a pipe put there does not hold us up before it is refused.
    descriptor = os.open(target, os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise PackageError(f"{path} is not a regular file. Remove it from the package.")
        return file.read(MAX_FILE_BYTES + 1)


def is_package_path(path: str) -> bool:
    """Whether a file with this path in a package's directory belongs to the package."""
    return is_rules_path(path) or path.startswith(FOLDER)


def beyond_limits(number: int, path: str, size: int, total: int) -> Diagnostic | None:
    """What is too large or too many once this file is taken in; None within the limits."""
    hint = "Is this the right directory? A package holds rules and templates, not data."
    if size > MAX_FILE_BYTES:
        message = f"{path} has more than {MAX_FILE_BYTES:,} bytes, the most that a file may have."
        return Diagnostic("file-too-large", "error", message, Span(path, 1, 1, 1, 1), hint)
    if number > MAX_FILES:
        message = f"There are more than {MAX_FILES:,} files, the most that a package may have."
        return Diagnostic("package-too-large", "error", message, NOWHERE, hint)
    if total > MAX_PACKAGE_BYTES:
        message = (
            f"The files have more than {MAX_PACKAGE_BYTES:,} bytes together, the most that they may have."
        )
        return Diagnostic("package-too-large", "error", message, NOWHERE, hint)
    return None
