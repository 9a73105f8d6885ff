"""Indexes on disk: whole or not at all, and refused by name when they are not as they were written."""

from __future__ import annotations

import fcntl
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from pathlib import Path
from typing import Any

import faiss
import numpy as np
import pytest

from dearly.language.types import SECOND_US
from dearly.recommendation import (
    CatalogIndex,
    IndexRefused,
    Page,
    current_version,
    publish_index,
    read_version,
    search,
)
from dearly.store import Store
from tests.recommendation.shop import NOW_US, build, fill_store, product_id, viewed

FILES = ["items.json", "vectors.npy", "degrees.npy", "recommended.faiss", "similar.faiss", "manifest.json"]


@pytest.fixture
def published(index: CatalogIndex, tmp_path: Path) -> Path:
    """The folder of a published version."""
    version = publish_index(index, tmp_path / "index").version
    return tmp_path / "index" / "product" / version


def read(folder: Path) -> CatalogIndex:
    return read_version(folder.parent.parent, folder.parent.name, folder.name)


def test_an_index_comes_back_as_it_was_published(index: CatalogIndex, published: Path) -> None:
    back = read(published)
    assert back.item_ids == index.item_ids
    assert back.version == published.name
    touches = viewed(product_id(0, 0), product_id(0, 3))
    assert np.array_equal(back.fold_in(touches, NOW_US), index.fold_in(touches, NOW_US))
    assert back.recommended is not None
    assert index.recommended is not None
    query = index.fold_in(touches, NOW_US)
    assert query is not None
    assert np.array_equal(back.recommended.exact(query)[0], index.recommended.exact(query)[0])
    assert current_version(published.parent.parent, "product") == published.name


def test_an_index_that_is_probed_comes_back_too(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(search, "FLAT_FLOATS", 10)
    monkeypatch.setattr(search, "TARGET_RECALL", 0.1)
    index = publish_index(build(store), tmp_path / "index")
    assert index.recommended is not None
    assert index.recommended.plan.kind == "ivf"
    back = read_version(tmp_path / "index", "product", index.version)
    query = index.fold_in(viewed(product_id(0, 0)), NOW_US)
    assert query is not None
    assert back.recommended is not None
    assert np.array_equal(
        back.recommended.candidates(query[None], 9), index.recommended.candidates(query[None], 9)
    )


def test_the_manifest_tells_how_the_index_was_made(published: Path) -> None:
    manifest = json.loads((published / "manifest.json").read_text())
    assert manifest["catalog"] == "product"
    assert (manifest["items"], manifest["customers"], manifest["touches"]) == (24, 60, 300)
    assert manifest["event_weights"] == {"product_purchased": 3.0, "product_viewed": 1.0}
    assert manifest["consuming_events"] == ["product_purchased"]
    assert manifest["recommended"]["kind"] == "flat"
    assert set(manifest["files"]) == set(FILES) - {"manifest.json"}


def test_the_same_build_twice_is_the_same_version(store: Store, tmp_path: Path) -> None:
    one, two = (publish_index(build(store), tmp_path / "index").version for _ in range(2))
    assert one == two
    assert read_version(tmp_path / "index", "product", one).version == one


def truncated(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-7])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def edited(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def lengthened(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n")


def removed(path: Path) -> None:
    path.unlink()


def replaced_by_a_folder(path: Path) -> None:
    path.unlink()
    path.mkdir()


def replaced_by_a_pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("file", FILES)
@pytest.mark.parametrize(
    "harm",
    [truncated, emptied, edited, lengthened, removed, replaced_by_a_folder, replaced_by_a_pipe],
    ids=lambda harm: harm.__name__,
)
def test_a_harmed_file_is_refused_by_its_name(
    published: Path, file: str, harm: Callable[[Path], None]
) -> None:
    harm(published / file)
    with pytest.raises(IndexRefused, match=file.replace(".", r"\.")):
        read(published)


def test_a_file_swapped_for_another_builds_is_refused(store: Store, published: Path, tmp_path: Path) -> None:
    other = publish_index(build(store, seed=2), tmp_path / "other").version
    (published / "vectors.npy").write_bytes(
        (tmp_path / "other" / "product" / other / "vectors.npy").read_bytes()
    )
    with pytest.raises(IndexRefused, match=r"vectors\.npy: was changed"):
        read(published)


def test_files_swapped_for_each_other_are_refused(published: Path) -> None:
    one, two = published / "recommended.faiss", published / "similar.faiss"
    one.rename(published / "kept")
    two.rename(one)
    (published / "kept").rename(two)
    with pytest.raises(IndexRefused, match=r"recommended\.faiss"):
        read(published)


def test_a_version_moved_to_another_catalog_is_refused(published: Path) -> None:
    home = published.parent.parent
    (home / "article").mkdir()
    published.rename(home / "article" / published.name)
    with pytest.raises(IndexRefused, match="is of catalog 'product', expected 'article'"):
        read_version(home, "article", published.name)


def test_a_version_under_another_name_is_refused(published: Path) -> None:
    renamed = published.with_name("20260101T000000Z-0123456789ab")
    published.rename(renamed)
    with pytest.raises(IndexRefused, match="does not belong to this version"):
        read(renamed)


def reseal(folder: Path, changes: dict[str, bytes]) -> Path:
    """The folder as somebody would forge it who knows about seals: consistent in itself."""
    import hashlib

    manifest = json.loads((folder / "manifest.json").read_text())
    for name, data in changes.items():
        (folder / name).write_bytes(data)
        manifest["files"][name] = {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}
    text = json.dumps(manifest).encode()
    (folder / "manifest.json").write_bytes(text)
    renamed = folder.with_name(folder.name[:17] + hashlib.sha256(text).hexdigest()[:12])
    folder.rename(renamed)
    return renamed


def npy(values: object, *, allow_pickle: bool = False) -> bytes:
    import io

    buffer = io.BytesIO()
    np.save(buffer, np.asarray(values), allow_pickle=allow_pickle)
    return buffer.getvalue()


def smaller_faiss() -> bytes:
    other = faiss.IndexFlatIP(3)
    other.add(np.ones((24, 3), np.float32))
    return bytes(faiss.serialize_index(other).tobytes())


def npy_header(shape: tuple[int, ...]) -> bytes:
    import io

    buffer = io.BytesIO()
    np.lib.format.write_array_header_1_0(buffer, {"descr": "<f4", "fortran_order": False, "shape": shape})
    return buffer.getvalue()


def faiss_with_ids_beyond() -> bytes:
    other = faiss.IndexIDMap(faiss.IndexFlatIP(16))
    other.add_with_ids(np.ones((24, 16), np.float32), np.arange(24) + 10**12)
    return bytes(faiss.serialize_index(other).tobytes())


@pytest.mark.parametrize(
    ("file", "data", "told"),
    [
        ("vectors.npy", npy(np.full((24, 16), np.nan, np.float32)), "finite"),
        ("vectors.npy", npy(np.ones((24, 3), np.float32)), "shape"),
        ("vectors.npy", npy(np.ones((24, 16), np.float64)), "float64"),
        ("vectors.npy", npy(np.array([{"an": "object"}] * 24), allow_pickle=True), "got object"),
        ("degrees.npy", npy(np.zeros(24, np.float32)), "positive"),
        ("vectors.npy", npy_header((10**12, 16)), "shape"),
        ("vectors.npy", npy_header((24, 16)) + b"short", "buffer"),
        ("vectors.npy", b"PK\x03\x04" + bytes(100), "magic string"),
        ("vectors.npy", b"\x80\x04K\x01.", "magic string"),
        ("vectors.npy", b"", "magic string"),
        ("items.json", json.dumps(["a"] * 24).encode(), "distinct ids"),
        ("items.json", json.dumps([f"{n:02d}" for n in range(9)]).encode(), "24 distinct ids"),
        ("items.json", b"{}", "list of ids"),
        ("items.json", b'["\xff"]', "list of ids"),
        ("recommended.faiss", smaller_faiss(), "expected"),
        ("recommended.faiss", b"no index", "FAISS cannot read it"),
        ("recommended.faiss", b"", "FAISS cannot read it"),
        ("recommended.faiss", smaller_faiss()[:37] + (1 << 34).to_bytes(8, "little"), "FAISS cannot read it"),
        ("recommended.faiss", faiss_with_ids_beyond(), "not of the kind 'flat'"),
    ],
)
def test_contents_that_do_not_fit_are_refused_though_their_seals_do(
    published: Path, file: str, data: bytes, told: str
) -> None:
    with pytest.raises(IndexRefused, match=rf"{file}.*{told}"):
        read(reseal(published, {file: data}))


def renumbered(inverted: Any) -> Any:
    """Its vectors under ids that no item has."""
    vectors = inverted.reconstruct_n(0, inverted.ntotal)
    inverted.reset()
    inverted.add_with_ids(vectors, np.arange(len(vectors)) + 1)
    return inverted


def without_centres(inverted: Any) -> Any:
    inverted.quantizer.reset()
    return inverted


@pytest.mark.parametrize(
    ("forge", "told"),
    [(renumbered, "each of the 24 items in one list"), (without_centres, "centres")],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_a_forged_index_that_is_probed_is_refused(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, forge: Callable[[Any], Any], told: str
) -> None:
    monkeypatch.setattr(search, "FLAT_FLOATS", 10)
    monkeypatch.setattr(search, "TARGET_RECALL", 0.1)
    index = publish_index(build(store), tmp_path / "index")
    folder = tmp_path / "index" / "product" / index.version
    data = np.frombuffer((folder / "similar.faiss").read_bytes(), np.uint8)
    forged = bytes(faiss.serialize_index(forge(faiss.deserialize_index(data))).tobytes())
    with pytest.raises(IndexRefused, match=rf"similar\.faiss.*{told}"):
        read(reseal(folder, {"similar.faiss": forged}))


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("created_us", 10**30),
        ("half_life_us", 0),
        ("items", -1),
        ("dimensions", 10**12),
        ("recommended", {"prefix": 0}),
        ("recommended", {"prefix": 17}),
        ("recommended", {"probes": 2}),
        ("recommended", {"candidates": -5}),
        ("recommended", {"kind": "hnsw"}),
        ("files", {"vectors.npy": {"sha256": "", "size": -1}}),
    ],
)
def test_a_manifest_that_tells_what_cannot_be_is_refused(published: Path, place: str, value: object) -> None:
    path = published / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest[place] = {**manifest[place], **value} if isinstance(value, dict) else value
    path.write_text(json.dumps(manifest))
    with pytest.raises(IndexRefused, match=r"manifest\.json|npy|faiss"):
        read(reseal(published, {}))


@pytest.mark.timeout(60)
@pytest.mark.parametrize("harm", [replaced_by_a_folder, replaced_by_a_pipe], ids=lambda harm: harm.__name__)
def test_a_pointer_that_is_no_file_is_refused(published: Path, harm: Callable[[Path], None]) -> None:
    harm(published.parent / "CURRENT")
    with pytest.raises(IndexRefused, match="CURRENT: is not a regular file"):
        current_version(published.parent.parent, "product")


@pytest.mark.parametrize("pointer", ["", "../../etc", "latest", "x" * 500, "x" * 1_000_000])
def test_a_pointer_that_names_no_version_is_refused(published: Path, pointer: str) -> None:
    (published.parent / "CURRENT").write_text(pointer)
    with pytest.raises(IndexRefused, match="CURRENT"):
        current_version(published.parent.parent, "product")


def test_where_nothing_was_published_there_is_no_version(tmp_path: Path) -> None:
    assert current_version(tmp_path / "none", "product") == ""


def test_a_catalog_that_nobody_touched_has_an_empty_index(store: Store, tmp_path: Path) -> None:
    empty = publish_index(build(store, "article"), tmp_path / "index")
    assert empty.manifest.items == 0
    back = read_version(tmp_path / "index", "article", empty.version)
    assert back.fold_in(viewed("a"), NOW_US) is None
    assert back.neighbours_query("a") is None


def test_the_last_two_versions_are_kept(store: Store, tmp_path: Path) -> None:
    versions = [
        publish_index(build(store, created_us=NOW_US + n * SECOND_US), tmp_path / "index").version
        for n in range(4)
    ]
    kept = sorted(path.name for path in (tmp_path / "index" / "product").iterdir())
    assert kept == sorted([*versions[-2:], "CURRENT"])
    assert current_version(tmp_path / "index", "product") == versions[-1]


def _publish_again(store_path: Path, directory: Path, offset: int) -> None:
    store = fill_store(store_path)
    for turn in range(3):
        publish_index(build(store, created_us=NOW_US + (offset + turn) * SECOND_US), directory)
    store.close()


def test_two_builders_at_once_leave_one_whole_index(tmp_path: Path) -> None:
    fill_store(tmp_path / "shop.db").close()
    context = multiprocessing.get_context("spawn")
    builders = [
        context.Process(target=_publish_again, args=(tmp_path / "shop.db", tmp_path / "index", 10 * number))
        for number in range(2)
    ]
    for builder in builders:
        builder.start()
    for builder in builders:
        builder.join()
        assert builder.exitcode == 0
    home = tmp_path / "index" / "product"
    assert len(list(home.iterdir())) == 3
    assert read(home / current_version(tmp_path / "index", "product")).manifest.items == 24


def test_a_killed_build_leaves_the_old_index_and_the_next_cleans_up(
    store: Store, published: Path, tmp_path: Path
) -> None:
    script = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from dearly.recommendation import artefact
        from tests.recommendation.shop import NOW_US, build, fill_store
        from dearly.recommendation import publish_index
        store = fill_store(Path(sys.argv[1]))
        index = build(store, created_us=NOW_US + 1_000_000)
        artefact.sync_folder = lambda folder: os.kill(os.getpid(), signal.SIGKILL)
        publish_index(index, Path(sys.argv[2]))
    """)
    directory, home = tmp_path / "index", published.parent
    killed = subprocess.run(
        [sys.executable, "-c", script, str(tmp_path / "other.db"), str(directory)],
        check=False,
        cwd=Path(__file__).parents[2],
    )
    assert killed.returncode == -signal.SIGKILL
    assert len(list(home.glob(".building-*"))) == 1
    assert current_version(directory, "product") == published.name
    assert read(published).manifest.items == 24
    publish_index(build(store, created_us=NOW_US + 2 * SECOND_US), directory)
    assert not list(home.glob(".building-*"))


def test_the_folder_of_a_builder_that_lives_is_let_be(store: Store, published: Path, tmp_path: Path) -> None:
    busy = published.parent / ".building-busy"
    busy.mkdir()
    descriptor = os.open(busy, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        publish_index(build(store, created_us=NOW_US + SECOND_US), tmp_path / "index")
        assert busy.exists()
    finally:
        os.close(descriptor)


def test_a_served_index_does_not_need_its_files_any_more(published: Path) -> None:
    index = read(published)
    for file in FILES:
        truncated(published / file)
    query = index.fold_in(viewed(product_id(0, 0)), NOW_US)
    assert query is not None
    assert index.recommended is not None
    assert len(index.recommended.nearest(query, Page(3).limit)[0])
