"""Which commit of which repository a revision names."""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from dulwich.errors import (
    ApplyDeltaError,
    ChecksumMismatch,
    FileFormatException,
    NotGitRepository,
    ObjectMissing,
    WrongObjectException,
)
from dulwich.object_store import BaseObjectStore
from dulwich.objects import Commit, ObjectID, ShaFile, Tag
from dulwich.pack import UnresolvedDeltas
from dulwich.refs import Ref, SymrefLoop, check_ref_format
from dulwich.repo import Repo, UnsupportedExtension, UnsupportedVersion

from dearly.language.package import MAX_PACKAGE_BYTES, PackageError
from dearly.language.revisions.objects import ObjectTooLarge, read_object
from dearly.language.suggestions import nearest
from dearly.language.syntax.source import MAX_FILE_BYTES

MAX_TAGS = 10
"""A tag may name a tag, and so on, so many times."""

_LISTED = 5
"""So many names are listed to whoever wrote one that there is none of."""

_NAME = re.compile(r"(?P<base>[^~^]+)(?P<steps>(?:\^\{(?:commit)?\}|[~^]\d{0,6})*)", re.DOTALL)
_STEP = re.compile(r"\^\{(?:commit)?\}|([~^])(\d*)")
_DIGITS = re.compile(r"[0-9a-fA-F]{4,64}")
_SPECIAL = re.compile(r"[A-Z][A-Z_]*HEAD|HEAD")
_SPELLINGS = ("refs/{}", "refs/tags/{}", "refs/heads/{}", "refs/remotes/{}", "refs/remotes/{}/HEAD")
"""Where git looks for a short name, in this order: gitrevisions(7)."""

_UNREADABLE = (
    ApplyDeltaError,
    AssertionError,
    BufferError,
    ChecksumMismatch,
    FileFormatException,
    IndexError,
    KeyError,
    ObjectMissing,
    OSError,
    OverflowError,
    StopIteration,
    SymrefLoop,
    TypeError,
    UnresolvedDeltas,
    ValueError,
    WrongObjectException,
    struct.error,
    zlib.error,
)
"""All that dulwich may come to where a repository's files are missing or damaged, found by damaging them."""


class RevisionError(PackageError):
    """A revision cannot be read as a rules package."""


@dataclass(frozen=True, slots=True)
class Revision:
    """A package's directory, in a repository or where it lies in a bare one, at what names a commit."""

    directory: Path
    name: str

    def __str__(self) -> str:
        return f"{self.directory}@{self.name}"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is open, and the folder of a package in its trees."""

    repo: Repo
    folder: PurePosixPath

    @property
    def store(self) -> BaseObjectStore:
        """Its objects."""
        return self.repo.object_store


@contextmanager
def open_repository(revision: Revision) -> Iterator[Repository]:
    """The repository that a revision's directory lies in; what is missing or damaged in it is told plainly.

    Raises:
        RevisionError: there is none, or it cannot be read.
    """
    try:
        path, repo = _discover(revision)
        with closing(repo):
            here = revision.directory.absolute().resolve()
            yield Repository(repo, PurePosixPath(here.relative_to(path).as_posix()))
    except PackageError:
        raise
    except (UnsupportedExtension, UnsupportedVersion) as error:
        raise RevisionError(
            f"{revision}: the repository has a format that is not read here: {error}."
        ) from None
    except _UNREADABLE as error:
        raise RevisionError(
            f"{revision}: the repository cannot be read ({type(error).__name__}: {error}). Is it complete? "
            "`git fsck` tells what is missing or damaged."
        ) from None


def _discover(revision: Revision) -> tuple[Path, Repo]:
    """The innermost repository around the directory, which itself need not be there any more."""
    here = revision.directory.absolute().resolve()
    for path in (here, *here.parents):
        if path.is_dir():
            try:
                return path, Repo(str(path))
            except NotGitRepository:
                continue
    raise RevisionError(f"{revision}: {revision.directory} lies in no git repository.")


def find_commit(repository: Repository, revision: Revision) -> Commit:
    """The commit that a revision names: a branch, a tag, the beginning of a commit's id, `~N` and `^N` of it.

    Raises:
        RevisionError: there is none, or several.
    """
    read = _NAME.fullmatch(revision.name)
    if read is None or "@{" in revision.name:
        raise RevisionError(
            f"{revision}: `{revision.name}` is not read as a revision. Name a branch, a tag or a commit, "
            "with ~N or ^N for one before it."
        )
    found = _peeled(repository, _named(repository, revision, read["base"]), revision)
    for step in _STEP.finditer(read["steps"]):
        if step[1]:
            found = _step_back(repository, revision, found, step[1], int(step[2] or 1))
    return found


def _step_back(repository: Repository, revision: Revision, commit: Commit, kind: str, count: int) -> Commit:
    """`~N`: N first parents back; `^N`: the Nth parent (0 is the commit itself)."""
    steps = [1] * count if kind == "~" else [count] * (count > 0)
    for parent in steps:
        if len(commit.parents) < parent:
            counts = {0: "no parent", 1: "only one parent"}
            told = counts.get(len(commit.parents), f"only {len(commit.parents)} parents")
            raise RevisionError(f"{revision}: commit {_short(commit)} has {told}.")
        name = commit.parents[parent - 1]
        if name not in repository.store:
            raise RevisionError(
                f"{revision}: the history before commit {_short(commit)} is not in this repository, a "
                "shallow clone. `git fetch --unshallow` brings it."
            )
        commit = _peeled(repository, name, revision)
    return commit


def _short(commit: Commit) -> str:
    return commit.id.decode()[:12]


def _peeled(repository: Repository, name: bytes, revision: Revision) -> Commit:
    """The commit of that id, or that a tag of that id stands for."""
    found = _read(repository, name, revision)
    for _ in range(MAX_TAGS):
        if not isinstance(found, Tag):
            break
        found = _read(repository, found.object[1], revision)
    if isinstance(found, Commit):
        return found
    raise RevisionError(
        f"{revision}: that is a {found.type_name.decode()}; expected a commit, or a tag of one."
    )


def _read(repository: Repository, name: bytes, revision: Revision) -> ShaFile:
    try:
        return read_object(repository.store, name, MAX_FILE_BYTES, MAX_PACKAGE_BYTES)
    except ObjectTooLarge:
        raise RevisionError(
            f"{revision}: object {name.decode()[:12]} has more than {MAX_FILE_BYTES:,} bytes; expected a "
            "commit."
        ) from None


# ---------------------------------------------------------------------------------------------------- names


def _named(repository: Repository, revision: Revision, base: str) -> bytes:
    """The id of the object that a name stands for, as git would find it."""
    base = "HEAD" if base == "@" else base
    store = repository.store
    digits = ObjectID(base.lower().encode("utf-8", "surrogateescape"))
    if _DIGITS.fullmatch(base) and len(base) in {40, 64}:
        if digits in store:
            return digits
    elif (of_ref := _of_reference(repository.repo, base)) is not None:
        return of_ref
    elif _DIGITS.fullmatch(base) and (beginning := _by_beginning(repository, revision, digits)):
        return beginning
    raise RevisionError(
        f"{revision}: there is no branch, tag or commit `{base}`. {_hint(repository.repo, base)}"
    )


def _of_reference(repo: Repo, base: str) -> bytes | None:
    spelled = [spelling.format(base) for spelling in _SPELLINGS]
    names = [base, *spelled] if base.startswith("refs/") or _SPECIAL.fullmatch(base) else spelled
    for name in names:
        reference = Ref(name.encode("utf-8", "surrogateescape"))
        if _SPECIAL.fullmatch(name) or check_ref_format(reference):
            try:
                return repo.refs[reference]
            except KeyError:
                continue
    return None


def _by_beginning(repository: Repository, revision: Revision, beginning: bytes) -> bytes | None:
    """The one commit, or tag of one, whose id begins so."""
    ids = sorted(set(repository.store.iter_prefix(beginning)))
    found = [name for name in ids if isinstance(_read_if_small(repository, name), Commit | Tag)]
    if len(found) > 1:
        shown = ", ".join(name.decode()[:12] for name in found[:_LISTED])
        raise RevisionError(f"{revision}: several commits begin with {beginning.decode()}: {shown}.")
    return found[0] if found else None


def _read_if_small(repository: Repository, name: bytes) -> ShaFile | None:
    try:
        return read_object(repository.store, name, MAX_FILE_BYTES, MAX_PACKAGE_BYTES)
    except ObjectTooLarge:
        return None


def _hint(repo: Repo, base: str) -> str:
    names = sorted({_short_name(name) for name in repo.refs.allkeys() if name.startswith(b"refs/")})
    near = nearest(base, names)
    if near is not None:
        return f"Did you mean `{near}`?"
    if not names:
        return "The repository has no commits yet."
    more = f" and {len(names) - _LISTED:,} more" if len(names) > _LISTED else ""
    return f"There are: {', '.join(names[:_LISTED])}{more}."


def _short_name(name: bytes) -> str:
    return re.sub(r"^refs/(heads|tags|remotes)/", "", name.decode("utf-8", "replace"))
