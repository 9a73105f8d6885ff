"""Who was erased while a record was on its way: nobody is told of them any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import msgspec

from dearly.store import ErasedId, FeedRecord

ErasedIds: TypeAlias = Callable[[Collection[str]], Mapping[str, ErasedId]]
"""As :meth:`dearly.store.Store.erased_ids`."""


class _Merged(msgspec.Struct):
    """Whom a record's body names, if it is about a merge."""

    from_id: str = ""
    into_id: str = ""


_MERGED = msgspec.json.Decoder(_Merged)


def without_erased(records: Sequence[FeedRecord], erased_ids: ErasedIds) -> list[FeedRecord]:
    """The records but those that are about somebody who was erased after they were recorded. Blocks.

    Asked at the last moment before they are told, in whichever process: the store has the erasure before any
    file is rewritten, so that whoever writes after that knows of it. Who was readmitted is told of anew.

    Raises:
        StoreUnavailable: it cannot be said now.
    """
    named = [_ids_in(record) for record in records]
    erased = erased_ids({one for ids in named for one in ids})
    return [
        record
        for record, ids in zip(records, named, strict=True)
        if not any(one in erased and record.position <= erased[one].position for one in ids)
    ]


def _ids_in(record: FeedRecord) -> list[str]:
    merged = _MERGED.decode(record.body)
    return [one for one in (record.customer_id, merged.from_id, merged.into_id) if one]
