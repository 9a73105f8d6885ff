"""Reading a git object without ever inflating more than was allowed.

A few kilobytes of a commit can inflate to gigabytes. So an object's size is read from its header, and those
of all that it is a delta of, before anything is unpacked. Formats: gitformat-pack(5), and
gitrepository-layout(5) for loose objects.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

from dulwich.object_store import BaseObjectStore, DiskObjectStore
from dulwich.objects import ObjectID, RawObjectID, ShaFile
from dulwich.pack import Pack

MAX_DELTAS = 5_000
"""So many deltas in a row are followed; git writes at most 4,095."""

_HEADER_BYTES = 4_096
_OFS_DELTA, _REF_DELTA = 6, 7


class ObjectTooLarge(Exception):
    """An object has more bytes than were allowed, or is made of one that has."""


def read_object(store: BaseObjectStore, name: bytes, max_bytes: int, max_base_bytes: int) -> ShaFile:
    """The object with this name (in hexadecimal digits), of at most so many bytes.

    ``max_base_bytes`` is what each of the objects may have that a pack makes it of.

    Raises:
        ObjectTooLarge: it has more.
        KeyError: it is not there.
    """
    if isinstance(store, DiskObjectStore):
        _require_small(store, bytes.fromhex(name.decode()), max_bytes, max_base_bytes)
    return store[ObjectID(name)]


# -------------------------------------------------------------------------------------------------- headers


@dataclass(frozen=True, slots=True)
class _Packed:
    """A place in a pack."""

    pack: Pack
    offset: int


_Place: TypeAlias = _Packed | Path


@dataclass(frozen=True, slots=True)
class _Header:
    """An object's size once it is whole, what is inflated on the way, and the object it is a delta of."""

    size: int
    inflated: int
    base: _Packed | bytes | None = None


def _require_small(store: DiskObjectStore, name: bytes, max_bytes: int, max_base_bytes: int) -> None:
    """Follow an object through its deltas. What is nowhere is left for the reading to refuse."""
    place: _Place | None = _find(store, name)
    allowed = max_bytes
    for _ in range(MAX_DELTAS):
        if place is None:
            return
        header = _loose_header(place) if isinstance(place, Path) else _packed_header(place, len(name))
        if header.size > allowed or header.inflated > max_base_bytes:
            raise ObjectTooLarge
        if header.base is None:
            return
        place = _find(store, header.base) if isinstance(header.base, bytes) else header.base
        allowed = max_base_bytes
    raise ObjectTooLarge


def _find(store: DiskObjectStore, name: bytes) -> _Place | None:
    for pack in store.packs:
        try:
            return _Packed(pack, pack.index.object_offset(RawObjectID(name)))
        except KeyError:
            continue
    digits = name.hex()
    loose = Path(store.path, digits[:2], digits[2:])
    if loose.is_file():
        return loose
    elsewhere = (_find(one, name) for one in store.alternates if isinstance(one, DiskObjectStore))
    return next((place for place in elsewhere if place is not None), None)


def _loose_header(path: Path) -> _Header:
    """A loose object begins, once inflated, with ``blob 123`` and a zero byte."""
    beginning = _inflate(_read_some(path, 0), 64)
    size = int(beginning.partition(b"\0")[0].split(b" ")[1])
    return _Header(size, size)


def _packed_header(place: _Packed, name_bytes: int) -> _Header:
    """A packed object begins with its type and size; a delta goes on with its base, and in what is deflated
    with the sizes of the base and of the whole."""
    data = _read_some(Path(place.pack.data.path), place.offset)
    kind = data[0] >> 4 & 7
    rest, at = _varint(data, 1) if data[0] & 128 else (0, 1)
    size = data[0] & 15 | rest << 4
    if kind == _OFS_DELTA:
        distance, at = _offset_varint(data, at)
        base: _Packed | bytes = _Packed(place.pack, place.offset - distance)
    elif kind == _REF_DELTA:
        base, at = data[at : at + name_bytes], at + name_bytes
    else:
        return _Header(size, size)
    delta = _inflate(data[at:], 32)
    _, after_base_size = _varint(delta, 0)
    whole, _ = _varint(delta, after_base_size)
    return _Header(whole, size, base)


def _read_some(path: Path, offset: int) -> bytes:
    with path.open("rb") as file:
        file.seek(offset)
        return file.read(_HEADER_BYTES)


def _inflate(deflated: bytes, count: int) -> bytes:
    return zlib.decompressobj().decompress(deflated, count)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """A number in groups of seven bits, lowest first, and where it ends."""
    value = shift = 0
    while True:
        value |= (data[at] & 127) << shift
        shift += 7
        at += 1
        if not data[at - 1] & 128:
            return value, at


def _offset_varint(data: bytes, at: int) -> tuple[int, int]:
    """A distance in a pack: groups of seven bits, highest first, one added at each group but the last."""
    value = data[at] & 127
    while data[at] & 128:
        at += 1
        value = (value + 1) << 7 | data[at] & 127
    return value, at + 1
