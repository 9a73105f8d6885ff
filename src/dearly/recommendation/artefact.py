"""An index as files: written whole or not at all, and never believed without its seals.

A folder a version, ``INDEX/CATALOG/VERSION/``, with ``manifest.json`` and the files that it seals:

===================  ============================================================================
``items.json``       the items' ids, ascending: what a row stands for
``vectors.npy``      float32, items x dimensions
``degrees.npy``      float32, items
``recommended.faiss``  candidates for a customer's vector
``similar.faiss``    candidates for an item's vector
===================  ============================================================================

A version's name is its time and a hash of its manifest, so the name vouches for the manifest and the manifest
for the files. Nothing is unpickled, and nothing is mapped: a file that changes under a running server does no
harm.
"""

from __future__ import annotations

import hashlib
import io
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import faiss
import msgspec
import numpy as np

from dearly import DearlyError
from dearly.recommendation.factors import factors_of
from dearly.recommendation.index import FORMAT, CatalogIndex, FileSeal, Manifest, inverse_lengths
from dearly.recommendation.interactions import Floats
from dearly.recommendation.search import SearchPlan, VectorSearch
from dearly.recommendation.stored_search import load_search

MANIFEST = "manifest.json"
ITEMS = "items.json"
VECTORS = "vectors.npy"
DEGREES = "degrees.npy"
RECOMMENDED = "recommended.faiss"
SIMILAR = "similar.faiss"


MOST_MANIFEST_BYTES = 1 << 20


class IndexRefused(DearlyError):
    """An index on disk is not what its manifest says; the message names the file."""


# ---------------------------------------------------------------------------------------------------- writing


def write_index(index: CatalogIndex, folder: Path) -> str:
    """Write the index's files into an empty folder, durably; the name that its version must have."""
    contents = {
        ITEMS: msgspec.json.encode(index.item_ids),
        VECTORS: _npy(index.factors.vectors),
        DEGREES: _npy(index.factors.degrees),
    }
    for name, search in ((RECOMMENDED, index.recommended), (SIMILAR, index.similar)):
        if search is not None:
            contents[name] = faiss.serialize_index(search.faiss_index).tobytes()
    seals = {name: FileSeal(hashlib.sha256(data).hexdigest(), len(data)) for name, data in contents.items()}
    manifest = msgspec.json.encode(msgspec.structs.replace(index.manifest, files=seals))
    for name, data in {**contents, MANIFEST: msgspec.json.format(manifest, indent=2)}.items():
        _write_durably(folder / name, data)
    sync_folder(folder)
    return _version(index.manifest.created_us, (folder / MANIFEST).read_bytes())


def _version(created_us: int, manifest: bytes) -> str:
    moment = datetime.fromtimestamp(created_us // 1_000_000, UTC)
    return f"{moment:%Y%m%dT%H%M%SZ}-{hashlib.sha256(manifest).hexdigest()[:12]}"


def _npy(values: Floats) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, values, allow_pickle=False)
    return buffer.getvalue()


def _write_durably(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def sync_folder(folder: Path) -> None:
    """Make the names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


# ---------------------------------------------------------------------------------------------------- reading


def read_index(folder: Path, catalog: str) -> CatalogIndex:
    """The index in a version's folder, every byte checked, and tried once.

    Raises:
        IndexRefused: a file is missing, changed, or does not fit the others; the message names it.
    """
    manifest = _read_manifest(folder, catalog)
    item_ids = _read_item_ids(folder, manifest)
    vectors = _read_floats(folder, manifest, VECTORS, (manifest.items, manifest.dimensions))
    degrees = _read_floats(folder, manifest, DEGREES, (manifest.items,))
    if not (degrees > 0).all():
        raise IndexRefused(f"{folder / DEGREES}: expected positive degrees only.")
    index = CatalogIndex(
        version=folder.name,
        manifest=manifest,
        item_ids=item_ids,
        row_of={item_id: row for row, item_id in enumerate(item_ids)},
        factors=factors_of(manifest.choice.method, vectors, degrees),
        recommended=_read_search(folder, manifest, RECOMMENDED, manifest.recommended, vectors, None),
        similar=_read_search(folder, manifest, SIMILAR, manifest.similar, vectors, inverse_lengths(vectors)),
    )
    _try_out(folder, index)
    return index


def _read_manifest(folder: Path, catalog: str) -> Manifest:
    path = folder / MANIFEST
    data = _read_file(path, MOST_MANIFEST_BYTES)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IndexRefused(f"{path}: expected a manifest of format {FORMAT}: {error}.") from None
    if manifest.format != FORMAT:
        raise IndexRefused(f"{path}: expected format {FORMAT}, got {manifest.format}. Build the index anew.")
    if _version(manifest.created_us, data) != folder.name:
        raise IndexRefused(f"{path}: does not belong to this version: it was changed, or its folder renamed.")
    if manifest.catalog != catalog:
        raise IndexRefused(f"{path}: is of catalog {manifest.catalog!r}, expected {catalog!r}.")
    return manifest


def _read_sealed(folder: Path, manifest: Manifest, name: str) -> bytes:
    path = folder / name
    seal = manifest.files.get(name)
    if seal is None:
        raise IndexRefused(f"{folder / MANIFEST}: seals no {name}.")
    data = _read_file(path, seal.size)
    if len(data) != seal.size:
        raise IndexRefused(f"{path}: expected {seal.size:,} bytes, got {len(data):,}.")
    if hashlib.sha256(data).hexdigest() != seal.sha256:
        raise IndexRefused(f"{path}: was changed after it was written: its SHA-256 is not the manifest's.")
    return data


def _read_file(path: Path, most_bytes: int) -> bytes:
    try:
        return read_regular_file(path, most_bytes)
    except OSError as error:
        raise IndexRefused(f"{path}: cannot be read: {error.strerror or error}.") from None


def read_regular_file(path: Path, most_bytes: int) -> bytes:
    """All of a file of the index.

    Raises:
        OSError: it is not there, or cannot be read.
        IndexRefused: it is larger than it may be, or no file but a folder, a pipe or a device.
    """
    # Not blocking, so that a pipe put there does not hold us up before it is refused.
    descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise IndexRefused(f"{path}: is not a regular file.")
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            data = file.read(most_bytes + 1)
    finally:
        os.close(descriptor)
    if len(data) > most_bytes:
        raise IndexRefused(f"{path}: has more than {most_bytes:,} bytes, the most that are expected.")
    return data


def _read_item_ids(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    try:
        ids = msgspec.json.decode(_read_sealed(folder, manifest, ITEMS), type=tuple[str, ...])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise IndexRefused(f"{folder / ITEMS}: expected a list of ids: {error}.") from None
    if len(ids) != manifest.items or list(ids) != sorted(set(ids)):
        raise IndexRefused(f"{folder / ITEMS}: expected {manifest.items:,} distinct ids in ascending order.")
    return ids


def _read_floats(folder: Path, manifest: Manifest, name: str, shape: tuple[int, ...]) -> Floats:
    data = _read_sealed(folder, manifest, name)
    with _loading(folder / name):
        values = _floats_in(data, shape)
        if not np.isfinite(values).all():
            raise ValueError("expected finite numbers only")
    return values


def _floats_in(data: bytes, shape: tuple[int, ...]) -> Floats:
    # The header is judged before anything is made of its shape, which may be larger than any memory.
    stream = io.BytesIO(data)
    if np.lib.format.read_magic(stream) != (1, 0):
        raise ValueError("expected an array in version 1.0 of NumPy's format")
    got_shape, by_column, kind = np.lib.format.read_array_header_1_0(stream)
    if kind != np.float32 or got_shape != shape or by_column:
        raise ValueError(f"expected float32 of shape {shape}, got {kind} of {got_shape}")
    floats: Floats = np.frombuffer(data, np.float32, offset=stream.tell()).reshape(shape)
    return floats


def _read_search(
    folder: Path,
    manifest: Manifest,
    name: str,
    plan: SearchPlan | None,
    vectors: Floats,
    scale: Floats | None,
) -> VectorSearch | None:
    if not manifest.items:
        return None
    if plan is None:
        raise IndexRefused(f"{folder / MANIFEST}: has items and no plan for {name}.")
    if plan.prefix > manifest.dimensions or plan.probes > plan.lists:
        raise IndexRefused(f"{folder / MANIFEST}: its plan for {name} goes beyond what there is: {plan}.")
    data = _read_sealed(folder, manifest, name)
    with _loading(folder / name):
        return VectorSearch(plan, vectors, scale, load_search(data, plan, manifest.items))


@contextmanager
def _loading(path: Path) -> Iterator[None]:
    """Whatever loading a file raises, the file is refused by its name."""
    try:
        yield
    except Exception as error:  # nobody can list what a forged file makes a parser raise
        reason = str(error) or type(error).__name__
        raise IndexRefused(f"{path}: cannot be loaded: {reason}.") from error


def _try_out(folder: Path, index: CatalogIndex) -> None:
    """Ask both searches for the neighbours of the most touched item: each must find some."""
    for name, search in ((RECOMMENDED, index.recommended), (SIMILAR, index.similar)):
        if search is None:
            continue
        with _loading(folder / name):
            query = index.factors.vectors[int(np.argmax(index.factors.degrees))]
            if not len(search.nearest(query, 1)[0]):
                raise ValueError("a trial search found nothing")
