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
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import faiss
import msgspec
import numpy as np

from dearly import DearlyError
from dearly.recommendation.factors import Factors
from dearly.recommendation.index import FORMAT, CatalogIndex, FileSeal, Manifest, inverse_lengths
from dearly.recommendation.interactions import Floats
from dearly.recommendation.search import SearchPlan, VectorSearch

MANIFEST = "manifest.json"
ITEMS = "items.json"
VECTORS = "vectors.npy"
DEGREES = "degrees.npy"
RECOMMENDED = "recommended.faiss"
SIMILAR = "similar.faiss"


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
        factors=Factors(vectors, degrees),
        recommended=_read_search(folder, manifest, RECOMMENDED, manifest.recommended, vectors, None),
        similar=_read_search(folder, manifest, SIMILAR, manifest.similar, vectors, inverse_lengths(vectors)),
    )
    _try_out(folder, index)
    return index


def _read_manifest(folder: Path, catalog: str) -> Manifest:
    path = folder / MANIFEST
    data = _read_file(path)
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
    except msgspec.DecodeError as error:
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
    data = _read_file(path)
    if len(data) != seal.size:
        raise IndexRefused(f"{path}: expected {seal.size:,} bytes, got {len(data):,}.")
    if hashlib.sha256(data).hexdigest() != seal.sha256:
        raise IndexRefused(f"{path}: was changed after it was written: its SHA-256 is not the manifest's.")
    return data


def _read_file(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise IndexRefused(f"{path}: cannot be read: {error.strerror or error}.") from None


def _read_item_ids(folder: Path, manifest: Manifest) -> tuple[str, ...]:
    try:
        ids = msgspec.json.decode(_read_sealed(folder, manifest, ITEMS), type=tuple[str, ...])
    except msgspec.DecodeError as error:
        raise IndexRefused(f"{folder / ITEMS}: expected a list of ids: {error}.") from None
    if len(ids) != manifest.items or list(ids) != sorted(set(ids)):
        raise IndexRefused(f"{folder / ITEMS}: expected {manifest.items:,} distinct ids in ascending order.")
    return ids


def _read_floats(folder: Path, manifest: Manifest, name: str, shape: tuple[int, ...]) -> Floats:
    data = _read_sealed(folder, manifest, name)
    try:
        values = np.load(io.BytesIO(data), allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise IndexRefused(f"{folder / name}: expected an array: {error}.") from None
    if values.dtype != np.float32 or values.shape != shape:
        raise IndexRefused(
            f"{folder / name}: expected float32 of shape {shape}, got {values.dtype} of {values.shape}."
        )
    if not np.isfinite(values).all():
        raise IndexRefused(f"{folder / name}: expected finite numbers only.")
    floats: Floats = np.ascontiguousarray(values)
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
    data = _read_sealed(folder, manifest, name)
    try:
        loaded: Any = faiss.deserialize_index(np.frombuffer(data, dtype=np.uint8))
    except RuntimeError:
        raise IndexRefused(f"{folder / name}: FAISS cannot read it.") from None
    expected = (manifest.items, plan.prefix, faiss.METRIC_INNER_PRODUCT)
    got = (loaded.ntotal, loaded.d, loaded.metric_type)
    if got != expected or not 0 < plan.prefix <= manifest.dimensions:
        raise IndexRefused(f"{folder / name}: expected (items, dimensions, metric) of {expected}, got {got}.")
    if plan.kind not in ("flat", "ivf") or (plan.kind == "ivf") != hasattr(loaded, "nlist"):
        raise IndexRefused(f"{folder / name}: is not of the kind {plan.kind!r} that the manifest tells.")
    return VectorSearch(plan, vectors, scale, loaded)


def _try_out(folder: Path, index: CatalogIndex) -> None:
    """Ask both searches for the neighbours of the most touched item: each must find some."""
    for name, search in ((RECOMMENDED, index.recommended), (SIMILAR, index.similar)):
        if search is None:
            continue
        query = index.factors.vectors[int(np.argmax(index.factors.degrees))]
        rows, _ = search.nearest(query, 1)
        if not len(rows) or rows.max() >= len(index.item_ids):
            raise IndexRefused(f"{folder / name}: a trial search found nothing.")
