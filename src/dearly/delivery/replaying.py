"""Dead letters, delivered again."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from dearly.delivery.sinks import Failure, Sink
from dearly.store import DeadLetter, Store

_PAGE = 200


@dataclass(frozen=True, slots=True)
class Replayed:
    """What became of one dead letter: it was taken and is gone, or there is the failure and it is kept."""

    letter: DeadLetter
    failure: Failure | None


def each_dead_letter(store: Store, sink: str | None = None) -> Iterator[DeadLetter]:
    """The dead letters of one sink or of all, by number, read page by page."""
    after = 0
    while page := store.dead_letters(sink, after, _PAGE):
        yield from page
        after = page[-1].number


async def replay(store: Store, sink: Sink, letters: Iterable[DeadLetter]) -> Sequence[Replayed]:
    """Deliver dead letters of a sink again, in their order, and drop those it takes.

    It ends with the first that fails for a reason that is not the record's own, since the others would too.
    What was recorded after them may have been delivered before: only within the feed is there an order.
    """
    replayed: list[Replayed] = []
    for letter in letters:
        delivery = await sink.deliver([letter.record])
        replayed.append(Replayed(letter, delivery.failure))
        if delivery.failure is None:
            await asyncio.to_thread(store.drop_dead_letters, [letter.number])
        elif delivery.failure.may_help:
            break
    return replayed
