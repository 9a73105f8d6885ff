"""How versions of an index succeed each other: published in one step, whatever else happens.

``INDEX/CATALOG/CURRENT`` names the version that serves. A build writes beside the versions, renames its
folder into place, then replaces ``CURRENT``; readers see the old version or the new one. A build that was
killed leaves a folder that the next build removes. Two builds at once are safe: each writes a folder of its
own, and they publish one after the other.
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from dearly.recommendation.artefact import (
    IndexRefused,
    read_index,
    read_regular_file,
    sync_folder,
    write_index,
)
from dearly.recommendation.index import CatalogIndex

CURRENT = "CURRENT"
UNFINISHED = ".building-"
VERSIONS_KEPT = 2
MOST_POINTER_BYTES = 256

_VERSION = re.compile(r"\d{8}T\d{6}Z-[0-9a-f]{12}")


def publish_index(index: CatalogIndex, directory: Path) -> CatalogIndex:
    """Make an index the current one of its catalog, durably; the index with its version.

    The version before it stays for those who are reading it; older ones are removed.
    """
    home = directory / index.manifest.catalog
    home.mkdir(parents=True, exist_ok=True)
    with _workplace(home) as folder:
        version = write_index(index, folder)
        with _locked(home):
            if not (home / version).exists():  # the same build again: the same name, the same bytes
                folder.rename(home / version)
                sync_folder(home)
            _point_at(home, version)
            _remove_old(home, version)
    return replace(index, version=version)


def current_version(directory: Path, catalog: str) -> str:
    """The name in ``CURRENT``; empty where nothing was published.

    Raises:
        IndexRefused: ``CURRENT`` cannot be read, or names no version.
    """
    path = directory / catalog / CURRENT
    try:
        text = read_regular_file(path, MOST_POINTER_BYTES).decode("utf-8").strip()
    except (FileNotFoundError, NotADirectoryError):
        return ""
    except (OSError, UnicodeDecodeError) as error:
        raise IndexRefused(f"{path}: cannot be read: {error}.") from None
    if not _VERSION.fullmatch(text):
        raise IndexRefused(
            f"{path}: expected the name of a version, got {text[:80]!r}. Build the index anew."
        )
    return text


def read_version(directory: Path, catalog: str, version: str) -> CatalogIndex:
    """A version's index, checked.

    Raises:
        IndexRefused: a file of it is not as it should be.
    """
    return read_index(directory / catalog / version, catalog)


@contextmanager
def _workplace(home: Path) -> Iterator[Path]:
    """A new folder, locked while its builder lives and gone afterwards; dead builders' are removed first."""
    for left in home.glob(UNFINISHED + "*"):
        _remove_if_dead(left)
    folder = Path(tempfile.mkdtemp(prefix=UNFINISHED, dir=home))
    folder.chmod(0o755)
    try:
        with _locked(folder):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _remove_if_dead(folder: Path) -> None:
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # its builder has just ended
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return
    else:
        shutil.rmtree(folder, ignore_errors=True)
    finally:
        os.close(descriptor)


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder's lock; the system releases it when the process dies."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _point_at(home: Path, version: str) -> None:
    pointer = home / f"{CURRENT}.new"
    with pointer.open("w", encoding="utf-8") as file:
        file.write(version + "\n")
        file.flush()
        os.fsync(file.fileno())
    pointer.replace(home / CURRENT)
    sync_folder(home)


def _remove_old(home: Path, current: str) -> None:
    versions = sorted(path.name for path in home.iterdir() if _VERSION.fullmatch(path.name))
    others = [version for version in versions if version != current]
    for version in others[: max(0, len(others) - (VERSIONS_KEPT - 1))]:
        shutil.rmtree(home / version, ignore_errors=True)
