"""``dearly preview``: a block for chosen or sampled customers, rendered as the server would."""

from __future__ import annotations

import asyncio
import heapq
import logging
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import blake2b
from pathlib import Path
from typing import Annotated, Any

import msgspec
import structlog
import typer
from jinja2 import Environment, PackageLoader, Template

from dearly import DearlyError
from dearly.cli.block_summary import BlockSummary, source_line, summary_text
from dearly.cli.options import (
    DEFAULT_INDEX,
    DEFAULT_RULES,
    DEFAULT_STORE,
    IndexOption,
    JsonOption,
    RulesOption,
    StoreOption,
    moment_us,
)
from dearly.cli.progress import track_progress
from dearly.cli.rules_package import load_program, place_in
from dearly.cli.unshown_branch import UnshownBranch, chosen_branch
from dearly.content import (
    Personalizer,
    Reason,
    RenderedBlock,
    RenderRequest,
    UnknownBlock,
    prepare_serving,
    unhurried,
)
from dearly.language import Program, nearest
from dearly.language.values import time_to_stored
from dearly.recommendation import Item, RecommenderKeeper
from dearly.store import Store, open_store

RENDER_S = 10.0
"""A preview has as long as the longest call to a server."""
SAMPLE = 3
PAGE_OF_IDS = 10_000
TITLES = ("title", "name")
"""The fields that an item is called by, where its catalog has one of them."""


class NobodyToPreview(DearlyError):
    """The store knows no customers, and none was named."""


class PageNotWritten(DearlyError):
    """The page cannot be put where it was asked for."""


@dataclass(frozen=True, slots=True)
class Preview:
    """One customer's block."""

    customer_id: str
    cold_start: bool
    """The store holds nothing of this customer that the block reads."""
    item_ids: tuple[str, ...]
    unshown: UnshownBranch | None
    """The branch in whose place something else is shown, where that is for want of items."""
    summary: BlockSummary


def preview(
    block: Annotated[str, typer.Argument(metavar="BLOCK", help="The block to render.")],
    customer: Annotated[
        list[str] | None,
        typer.Option("--customer", metavar="ID", help="For this customer; may be repeated."),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=1_000,
            help="For so many customers of the store, spread evenly, the same each time. "
            "Default: 3, or none where a customer is named.",
        ),
    ] = None,
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As of then, such as 2026-03-01T10:00:00Z. Default: now."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page too, that shows the blocks side by side."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
    index: IndexOption = DEFAULT_INDEX,
    json: JsonOption = False,
) -> None:
    """Render a block for some customers, and tell why.

    Nothing is written to the store, and no server is needed. Exit code 1 when the rules have errors.
    """
    now_us = time.time_ns() // 1_000 if now is None else moment_us("--now", now)
    program = load_program(rules)
    if block not in program.blocks:
        raise UnknownBlock(block, nearest(block, program.blocks))
    _warn_on_standard_error()
    opened = open_store(store)
    try:
        customers = _customers(opened, store, customer or [], sample)
        stage = _set_up(program, opened, index, rules, now_us)
        previews = [_preview(stage, block, customer_id) for customer_id in customers]
    finally:
        opened.close()
    if html is not None:
        _write_page(html, block, now_us, program.version, previews)
    if json:
        told = [_as_json(preview, block) for preview in previews]
        typer.echo(msgspec.json.format(msgspec.json.encode(told), indent=2).decode())
        return
    typer.echo("\n\n".join(_as_text(preview, block, rules) for preview in previews))


# ---------------------------------------------------------------------------------------------- the customers


def _customers(store: Store, url: str, named: Sequence[str], sample: int | None) -> list[str]:
    count = sample if sample is not None else 0 if named else SAMPLE
    chosen = list(dict.fromkeys([*named, *_spread(store, count)]))
    if not chosen:
        raise NobodyToPreview(
            f"The store {url} knows no customers yet. Fill it with `dearly demo` or `dearly import`, or name "
            "somebody with --customer."
        )
    return chosen


def _spread(store: Store, count: int) -> list[str]:
    """So many known customers: those whose ids have the smallest hashes, however the ids are ordered."""
    return heapq.nsmallest(count, _known(store), key=_rank) if count else []


def _rank(customer_id: str) -> bytes:
    return blake2b(customer_id.encode(), digest_size=8).digest()


def _known(store: Store) -> Iterator[str]:
    after: str | None = None
    with track_progress("reading ids", None, "customers") as advance:
        while ids := store.page_customers(after, PAGE_OF_IDS):
            yield from ids
            after = ids[-1]
            advance(len(ids))


# -------------------------------------------------------------------------------------------------- rendering


@dataclass(frozen=True, slots=True)
class _Stage:
    """What one run of previews works with; the same parts as a server's."""

    store: Store
    rules: str
    personalizer: Personalizer
    now_us: int


def _set_up(program: Program, store: Store, index: Path, rules: str, now_us: int) -> _Stage:
    recommender = RecommenderKeeper(store, index).refresh(program, now_us)
    personalizer = Personalizer(prepare_serving(program), unhurried(store), recommender)
    return _Stage(store, rules, personalizer, now_us)


def _preview(stage: _Stage, block: str, customer_id: str) -> Preview:
    personalizer, now_us = stage.personalizer, stage.now_us
    request = RenderRequest(customer_id, (block,), "", now_us)
    reply = asyncio.run(personalizer.render(request, time.monotonic() + RENDER_S))
    (shown,) = reply.blocks
    known = stage.store.read_customer(customer_id, personalizer.serving.ranges([block], now_us), now_us)
    is_without_items = shown.reason is Reason.FALLBACK_MISSING_DATA
    serving = personalizer.serving
    unshown = chosen_branch(serving, block, known, now_us) if is_without_items else None
    summary = BlockSummary(
        reason=shown.reason.name,
        because=_because(unshown, stage.rules),
        rule=shown.rule,
        source=source_line(stage.rules, shown.rule),
        items=[_titled(item) for item in _items(personalizer, shown)],
        subject=shown.subject,
        valid_until="" if reply.valid_until_us is None else time_to_stored(reply.valid_until_us),
        html=shown.html,
        text=shown.text,
    )
    cold_start = known.fields is None and not known.events
    return Preview(customer_id, cold_start, shown.item_ids, unshown, summary)


def _because(unshown: UnshownBranch | None, rules: str) -> str:
    if unshown is None:
        return ""
    return f"{place_in(rules, unshown.rule)}  {source_line(rules, unshown.rule)}: {unshown.message}"


def _items(personalizer: Personalizer, shown: RenderedBlock) -> Iterator[Item]:
    """The items shown, found in the catalogs of the branch that was shown."""
    branches = personalizer.serving.program.blocks[shown.name].branches
    decided = (branch for branch in branches if str(branch.span) == shown.rule)
    catalogs = list(dict.fromkeys(wanted.catalog for branch in decided for wanted in branch.lists))
    for item_id in shown.item_ids:
        found = (personalizer.recommender.shelves.item(catalog, item_id) for catalog in catalogs)
        yield next(item for item in found if item is not None)


def _titled(item: Item) -> str:
    title = next((str(item.fields[name]) for name in TITLES if name in item.fields), "")
    return f"{item.item_id}  {title}".rstrip()


# ----------------------------------------------------------------------------------------------------- output


def _as_text(preview: Preview, block: str, rules: str) -> str:
    cold = " (nothing known: a cold start)" if preview.cold_start else ""
    heading = typer.style(f"{block} for {preview.customer_id}{cold}", bold=True)
    return f"{heading}\n{summary_text(preview.summary, rules)}"


def _as_json(preview: Preview, block: str) -> dict[str, Any]:
    summary = preview.summary
    return {
        "customer_id": preview.customer_id,
        "cold_start": preview.cold_start,
        "block": block,
        "reason": summary.reason,
        "rule": summary.rule,
        "source": summary.source,
        "unshown": asdict(preview.unshown) if preview.unshown else None,
        "item_ids": preview.item_ids,
        "valid_until": summary.valid_until or None,
        "subject": summary.subject,
        "text": summary.text,
        "html": summary.html,
    }


def _write_page(path: Path, block: str, now_us: int, rules_version: str, previews: Sequence[Preview]) -> None:
    page = _page().render(
        block=block, as_of=time_to_stored(now_us), rules_version=rules_version, previews=previews
    )
    try:
        path.write_text(page, encoding="utf-8")
    except OSError as error:
        raise PageNotWritten(f"--html {path}: cannot be written ({error.strerror}).") from None
    told = "1 block" if len(previews) == 1 else f"{len(previews)} blocks side by side"
    typer.echo(f"{path}: {told}", err=True)


@cache
def _page() -> Template:
    places = Environment(loader=PackageLoader("dearly.cli", "."), autoescape=True)
    return places.get_template("preview_page.html")


def _warn_on_standard_error() -> None:
    """What the rooms below have to tell (an index refused, a fallback) stays apart from the preview."""
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.dev.ConsoleRenderer(colors=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
