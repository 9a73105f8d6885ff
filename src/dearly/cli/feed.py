"""``dearly feed``: what the store has to tell, and what sinks would not take."""

from __future__ import annotations

import asyncio
import os
import time
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import chain, islice
from typing import Annotated

import typer

from dearly import DearlyError
from dearly.cli.feed_lines import (
    dead_letter_json,
    dead_letter_line,
    record_line,
    sink_json,
    sink_lines,
)
from dearly.cli.options import DEFAULT_STORE, Format, FormatOption, SinksOption, StoreOption, WrongOption
from dearly.cli.progress import track_progress
from dearly.delivery import (
    Replayed,
    SinkSettings,
    each_dead_letter,
    feed_json,
    open_sink,
    parse_sinks,
    replay,
)
from dearly.language.values import ValueProblem, check_id
from dearly.store import DeadLetter, FeedRecord, Store, open_store

_PAGE = 1_000
_BETWEEN_LOOKS_S = 1.0
_MOST = 10**18
"""No position or number of records is greater: a database counts a little further."""

OnlyOption = Annotated[str | None, typer.Option("--only", metavar="NAME", help="Of this sink alone.")]
NumbersArgument = Annotated[
    list[int] | None,
    typer.Argument(metavar="NUMBER", help="These alone, as `dead-letters` numbers them. Default: all."),
]


class NoSuchDeadLetter(DearlyError):
    """A number that no dead letter has, or has any more."""


class SinkUnknown(DearlyError):
    """A sink that the store does not know, or that is not said where it is."""


class SinkInUse(DearlyError):
    """A sink that some server is telling at this moment."""


def show(
    customer: Annotated[
        str | None, typer.Option(metavar="ID", help="Only what is about this customer.")
    ] = None,
    after: Annotated[
        int | None,
        typer.Option(
            min=0, max=_MOST, metavar="POSITION", help="Begin after it; 0 begins with the oldest kept."
        ),
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Print so many at most.")] = 20,
    follow: Annotated[
        bool, typer.Option("--follow", help="Then go on with what comes, without a limit, until Ctrl-C.")
    ] = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - named for its flag
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Print records of the feed, oldest first.

    Each says who came into or left what, when, and why. Without --after, the newest are printed. With
    --format json each is one line, as sinks are told it.
    """
    customer_id = None if customer is None else _id_of("--customer", customer)
    with _opened(store) as opened:
        if after is not None:
            records = _records(opened, after, customer_id, follow=follow)
            found: Iterable[FeedRecord] = records if follow else islice(records, limit)
        else:
            trimmed, newest = opened.feed_ends()
            found = _newest(opened, customer_id, limit, trimmed, newest)
            if follow:
                found = chain(found, _records(opened, newest, customer_id, follow=True))
        for record in found:
            typer.echo(_told(record, format))


def sinks(
    format: FormatOption = Format.TEXT,  # noqa: A002 - named for its flag
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Print how far each sink was told, and what is stuck.

    Up to which position it was told, how many records wait and since when the oldest does, since when it
    fails, how often in a row and why, and how many dead letters it has. With --format json each is one line.
    """
    with _opened(store) as opened:
        backlogs = opened.sink_backlogs()
    if format is Format.JSON:
        lines: Iterable[str] = map(sink_json, backlogs)
    else:
        lines = sink_lines(backlogs) if backlogs else ["No sinks: no server has told any yet."]
    for line in lines:
        typer.echo(line)


def dead_letters(
    only: OnlyOption = None,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="Print so many at most.")] = 20,
    format: FormatOption = Format.TEXT,  # noqa: A002 - named for its flag
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Print what sinks would not take.

    Oldest first, each with its number and the reason. `dearly feed replay` delivers them again, `dearly
    feed drop` forgets them.
    """
    with _opened(store) as opened:
        _check_sink(opened, only)
        letters = list(islice(each_dead_letter(opened, only), limit + 1))
    for letter in letters[:limit]:
        typer.echo(dead_letter_json(letter) if format is Format.JSON else dead_letter_line(letter))
    if format is Format.TEXT and not letters:
        typer.echo("No dead letters.")
    if len(letters) > limit:
        typer.echo("There are more; --limit shows them.", err=True)


def replay_letters(
    numbers: NumbersArgument = None,
    only: OnlyOption = None,
    sink: SinksOption = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Deliver dead letters again, and forget those that are taken.

    The sinks are named as for `dearly serve`; put them once, as `sink = [..]`, into dearly.toml. With a sink
    that is down it ends at once, and what is left stays where it is. Safe to run twice, and beside a server.
    Exit code 1 when some were not taken.
    """
    settings = {each.name: each for each in parse_sinks(sink or [])}
    with _opened(store) as opened:
        letters = _chosen(opened, only, numbers)
        if not letters:
            typer.echo("No dead letters.")
            return
        for name in sorted({letter.sink for letter in letters} - settings.keys()):
            raise SinkUnknown(
                f"There are dead letters of the sink {name}, and nothing says where that is. Add --sink "
                f"{name}=URL, as `dearly serve` has it, or choose others with --only."
            )
        replayed = asyncio.run(_replay_all(opened, list(settings.values()), letters))
    kept = [each for each in replayed if each.failure is not None]
    typer.echo(f"{len(replayed) - len(kept):,} of {len(letters):,} delivered")
    for each in kept:
        typer.echo(f"  {each.letter.number} {each.letter.sink}: {each.failure}")
    if len(replayed) < len(letters):
        typer.echo(f"  {len(letters) - len(replayed):,} more were not tried: their sink is down")
    if kept:
        raise typer.Exit(1)


def drop(
    numbers: NumbersArgument = None,
    only: OnlyOption = None,
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Forget dead letters for good.

    Wants their numbers, or the sink whose dead letters all go.
    """
    if not numbers and only is None:
        raise NoSuchDeadLetter("Expected numbers of dead letters, or --only NAME for all of a sink.")
    with _opened(store) as opened:
        letters = _chosen(opened, only, numbers)
        dropped = opened.drop_dead_letters([letter.number for letter in letters])
    typer.echo(f"{dropped:,} forgotten")


def forget(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The sink, as --sink of a server named it.")],
    store: StoreOption = DEFAULT_STORE,
) -> None:
    """Forget a sink that is told no more.

    How far it was told goes, and its dead letters. Take it from every server first: one that has it still
    begins it anew, with what is recorded from then on. What it was told stays where it is; nobody is erased
    from its files any more, so delete them.
    """
    with _opened(store) as opened:
        _check_sink(opened, name)
        if not opened.forget_sink(name, time.time_ns() // 1_000):
            raise SinkInUse(
                f"A server is telling the sink {name} at this moment, so that nothing was forgotten. Stop "
                "that server, or start it anew without this --sink; one that was killed lets go within a "
                "minute."
            )
    typer.echo(f"{name}: forgotten")
    typer.echo(
        f"A server that has {name} still begins it anew, with what is recorded from now on: take it from "
        "every server.",
        err=True,
    )


# --------------------------------------------------------------------------------------------------- the feed


def _id_of(option: str, text: str) -> str:
    try:
        return check_id(text)
    except ValueProblem as problem:
        raise WrongOption(f"{option}: {problem}") from None


@contextmanager
def _opened(url: str) -> Iterator[Store]:
    store = open_store(url, create=False)
    try:
        yield store
    finally:
        store.close()


def _records(
    store: Store, after: int, customer_id: str | None, *, follow: bool = False
) -> Iterator[FeedRecord]:
    """The records after a position, of everybody or of one under each of their ids, read page by page; then,
    for who follows, each that comes, without end."""
    while (page := store.read_feed(after, _PAGE)) or follow:
        if not page:
            time.sleep(_BETWEEN_LOOKS_S)
            continue
        ids = None if customer_id is None else store.ids_of(customer_id)
        yield from (record for record in page if ids is None or record.customer_id in ids)
        after = page[-1].position


def _newest(
    store: Store, customer_id: str | None, limit: int, trimmed: int, newest: int
) -> Iterable[FeedRecord]:
    """The last so many up to a position; looked for further and further back, since few may be wanted."""
    span = limit
    while True:
        after = max(trimmed, newest - span)
        records = (each for each in _records(store, after, customer_id) if each.position <= newest)
        found = deque(records, maxlen=limit)
        if len(found) == limit or after == trimmed:
            return found
        span *= 4


def _told(record: FeedRecord, told_as: Format) -> str:
    return feed_json(record).decode() if told_as is Format.JSON else record_line(record)


# ----------------------------------------------------------------------------------------------- dead letters


def _check_sink(store: Store, name: str | None) -> None:
    """See that a sink that was named is one that the store knows."""
    known = [state.name for state in store.sinks()]
    if name is None or name in known or (name.isprintable() and store.dead_letters(name, 0, 1)):
        return
    told = f"It knows: {', '.join(known)}." if known else "It knows none yet: no server has told any."
    raise SinkUnknown(f"The store knows no sink {name!r}. {told}")


def _chosen(store: Store, only: str | None, numbers: Sequence[int] | None) -> list[DeadLetter]:
    _check_sink(store, only)
    letters = list(each_dead_letter(store, only))
    if not numbers:
        return letters
    missing = set(numbers) - {letter.number for letter in letters}
    if missing:
        raise NoSuchDeadLetter(
            f"There is no dead letter {min(missing)}{'' if only is None else f' of the sink {only}'}; it may "
            "have been delivered since. `dearly feed dead-letters` lists those there are."
        )
    return [letter for letter in letters if letter.number in numbers]


async def _replay_all(
    store: Store, settings: Sequence[SinkSettings], letters: Sequence[DeadLetter]
) -> list[Replayed]:
    """Deliver the letters of each sink, one sink after the other."""
    replayed: list[Replayed] = []
    with track_progress("delivering", len(letters), "records") as advance:
        for each in settings:
            own = [letter for letter in letters if letter.sink == each.name]
            if not own:
                continue
            sink = open_sink(each, store, lambda: time.time_ns() // 1_000, os.environ)
            try:
                replayed += await replay(store, sink, own)
            finally:
                await sink.close()
            advance(len(own))
    return replayed
