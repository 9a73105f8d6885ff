"""Who was erased while a record was on its way: nobody is told of them any more."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeAlias

import msgspec

from dearly.store import ErasedId, FeedRecord

ErasedIds: TypeAlias = Callable[[Collection[str]], Mapping[str, ErasedId]]
"""As :meth:`dearly.store.Store.erased_ids`."""


class Named(msgspec.Struct):
    """Whom a record names: its customer (whom a body alone leaves out), and the two of a merge."""

    customer_id: str = ""
    from_id: str = ""
    into_id: str = ""

    @property
    def ids(self) -> list[str]:
        """Those that there are."""
        return [one for one in (self.customer_id, self.from_id, self.into_id) if one]


_NAMED = msgspec.json.Decoder(Named)


def without_erased(records: Sequence[FeedRecord], erased_ids: ErasedIds) -> list[FeedRecord]:
    """The records but those that are about somebody who was erased after they were recorded. Blocks.

    Asked at the last moment before they are told, in whichever process: the store has the erasure before any
    file is rewritten, so that whoever writes after that knows of it. Who was readmitted is told of anew.

    Raises:
        StoreUnavailable: it cannot be said now.
    """
    named = [[record.customer_id, *_NAMED.decode(record.body).ids] for record in records]
    erased = erased_ids({one for ids in named for one in ids})
    return [
        record
        for record, ids in zip(records, named, strict=True)
        if not any(one in erased and record.position <= erased[one].position for one in ids)
    ]
