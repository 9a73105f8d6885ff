"""The files of a package in a commit's tree."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import PurePosixPath

from dulwich.objects import S_ISGITLINK, Blob, Commit, Tree

from dearly.language.package import (
    MAX_PACKAGE_BYTES,
    Package,
    beyond_limits,
    is_package_path,
)
from dearly.language.revisions.commits import (
    Repository,
    Revision,
    RevisionError,
    find_commit,
    open_repository,
)
from dearly.language.revisions.objects import ObjectTooLarge, read_object
from dearly.language.syntax.source import MAX_FILE_BYTES

MAX_ENTRIES = 100_000
"""So many files and folders are looked at, whatever they are; one tree may stand in another many times."""


def resolve_commit(revision: Revision) -> str:
    """The whole id of the commit that a revision names now.

    Raises:
        RevisionError: there is no such commit, or the repository cannot be read.
    """
    with open_repository(revision) as repository:
        return find_commit(repository, revision).id.decode()


def read_revision(revision: Revision) -> Package:
    """The rules package in a directory as it was at a revision; hidden files and folders are skipped.

    Its files are those of the commit, byte by byte, whatever lies in the directory now.

    Raises:
        RevisionError: there is no such commit, no such directory in it, a link or a submodule in that, or
            more than a package may hold.
    """
    with open_repository(revision) as repository:
        commit = find_commit(repository, revision)
        files: dict[str, bytes] = {}
        total = 0
        for path, name in _blobs(repository, revision, _package_tree(repository, revision, commit)):
            files[path] = _read_blob(repository, name)
            total += len(files[path])
            problem = beyond_limits(len(files), path, len(files[path]), total)
            if problem is not None:
                raise RevisionError(f"{revision}: {problem.message} {problem.hint}")
        return Package(files, commit.id.decode())


def _package_tree(repository: Repository, revision: Revision, commit: Commit) -> Tree:
    """The tree of the package's folder, reached by folders alone."""
    tree = _read_tree(repository, revision, commit.tree)
    for depth, part in enumerate(repository.folder.parts):
        mode, name = _entry(tree, part)
        if not stat.S_ISDIR(mode) or name is None:
            path = PurePosixPath(*repository.folder.parts[: depth + 1])
            what = "a link" if stat.S_ISLNK(mode) else "a submodule" if S_ISGITLINK(mode) else "no folder"
            raise RevisionError(f"{revision}: in commit {commit.id.decode()[:12]}, {path} is {what}.")
        tree = _read_tree(repository, revision, name)
    return tree


def _entry(tree: Tree, part: str) -> tuple[int, bytes | None]:
    try:
        return tree[os.fsencode(part)]
    except KeyError:
        return 0, None


def _blobs(repository: Repository, revision: Revision, root: Tree) -> Iterator[tuple[str, bytes]]:
    """The path and the blob's id of each file that belongs to a package, folder by folder."""
    waiting = [("", root)]
    looked_at = 0
    while waiting:
        folder, tree = waiting.pop()
        for entry in tree.items():
            looked_at += 1
            if looked_at > MAX_ENTRIES:
                raise RevisionError(
                    f"{revision}: there are more than {MAX_ENTRIES:,} files and folders. Is this the right "
                    "directory? A package holds rules and templates, not data."
                )
            part = os.fsdecode(entry.path)
            if part.startswith("."):
                continue
            path = f"{folder}{part}"
            _require_plain(revision, path, part, entry.mode)
            if stat.S_ISDIR(entry.mode):
                waiting.append((f"{path}/", _read_tree(repository, revision, entry.sha)))
            elif is_package_path(path):
                yield path, entry.sha


def _require_plain(revision: Revision, path: str, part: str, mode: int) -> None:
    if "/" in part or not part:
        raise RevisionError(f"{revision}: {path!r} is no name of a file or folder.")
    if stat.S_ISLNK(mode):
        raise RevisionError(
            f"{revision}: {path} is a link, and links are not followed in git. Put the file itself there."
        )
    if S_ISGITLINK(mode):
        raise RevisionError(
            f"{revision}: {path} is a submodule, whose files are in another repository. Put a copy of them "
            "there."
        )


def _read_tree(repository: Repository, revision: Revision, name: bytes) -> Tree:
    try:
        tree = read_object(repository.store, name, MAX_PACKAGE_BYTES, MAX_PACKAGE_BYTES)
    except ObjectTooLarge:
        raise RevisionError(f"{revision}: a folder in it lists more than a package may hold.") from None
    if not isinstance(tree, Tree):
        raise RevisionError(
            f"{revision}: object {name.decode()[:12]} is no folder, though it is named as one."
        )
    return tree


def _read_blob(repository: Repository, name: bytes) -> bytes:
    """A file's bytes; where there are more than a file may have, one more than that."""
    try:
        blob = read_object(repository.store, name, MAX_FILE_BYTES, MAX_PACKAGE_BYTES)
    except ObjectTooLarge:
        return bytes(MAX_FILE_BYTES + 1)
    assert isinstance(blob, Blob)
    return blob.data
