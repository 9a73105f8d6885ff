"""``dearly preview``: a block for chosen or sampled customers, rendered as the server would."""

from __future__ import annotations

import logging
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated

import msgspec
import structlog
import typer

from dearly import DearlyError
from dearly.cli.block_summary import summary_text
from dearly.cli.options import (
    DEFAULT_INDEX,
    DEFAULT_RULES,
    DEFAULT_STORE,
    IndexOption,
    JsonOption,
    RulesOption,
    StoreOption,
    WrongOption,
    moment_us,
)
from dearly.cli.previewing.page import write_page
from dearly.cli.previewing.rendering import Asked, Preview, preview_as_json, preview_for, set_up
from dearly.cli.progress import track_progress
from dearly.cli.rules_package import CheckedRules, load_rules, note_unserved
from dearly.cli.spread import spread
from dearly.content import UnknownBlock, read_context
from dearly.language import Program, nearest, package_version
from dearly.language.diagnostics import visible
from dearly.language.revisions import read_rules, rules_source
from dearly.language.values import FieldProblem
from dearly.store import Store, open_store

SAMPLE = 3
PAGE_OF_IDS = 10_000
LOOKS_EVERY_S = 0.5
RELOADS_EVERY_S = 2
"""So often a browser loads a watched page anew."""


class NobodyToPreview(DearlyError):
    """The store knows no customers, and none was named."""


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What the options say, beside the rules: whom to preview, from where, and where to put it."""

    asked: Asked
    customers: Sequence[str]
    index: Path
    html: Path | None
    json: bool


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
    locale: Annotated[
        str, typer.Option(metavar="TAG", help="In this language, as a call asks for it: de, pt-BR.")
    ] = "",
    context: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=VALUE", help="What the call brings along; may be repeated."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Write a page too, that shows the blocks side by side."),
    ] = None,
    watch: Annotated[
        bool, typer.Option("--watch", help="Render again whenever the rules change, until Ctrl-C.")
    ] = False,
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
    index: IndexOption = DEFAULT_INDEX,
    json: JsonOption = False,
) -> None:
    """Render a block for some customers, and tell why.

    Nothing is written to the store, and no server is needed. With --watch, rules with errors are told and the
    last good preview stays; a page opened in a browser follows by itself. Exit code 1 when the rules have
    errors.
    """
    now_us = time.time_ns() // 1_000 if now is None else moment_us("--now", now)
    checked = load_rules(rules)
    asked = _asked(checked.program, block, now_us, locale, context or [])
    _warn_on_standard_error()
    note_unserved(checked.program)
    opened = open_store(store, create=False)
    try:
        customers = _customers(opened, store, customer or [], sample)
        wanted = _Wanted(asked, customers, index, html, json)
        _show(checked, opened, rules, wanted, watched=watch)
        if watch:
            _keep_showing(checked, opened, rules, wanted, moves=now is None)
    finally:
        opened.close()


def _asked(program: Program, block: str, now_us: int, locale: str, context: Sequence[str]) -> Asked:
    """What is asked for.

    Raises:
        UnknownBlock: the rules declare none of this name.
        WrongOption: the context is not what they declare.
    """
    if block not in program.blocks:
        raise UnknownBlock(block, nearest(block, program.blocks))
    brought = dict(_named_value(one) for one in context)
    try:
        return Asked(block, now_us, locale, read_context(program.context, brought))
    except FieldProblem as problem:
        raise WrongOption(f"--context {problem}") from None


def _named_value(written: str) -> tuple[str, object]:
    """``cart_total=120``: a value that is not JSON is text."""
    name, sign, value = written.partition("=")
    if not sign:
        raise WrongOption(f"--context {written}: expected NAME=VALUE, such as cart_total=120.")
    try:
        return name, msgspec.json.decode(value)
    except msgspec.DecodeError:
        return name, value


# ---------------------------------------------------------------------------------------------- the customers


def _customers(store: Store, url: str, named: Sequence[str], sample: int | None) -> list[str]:
    count = sample if sample is not None else 0 if named else SAMPLE
    chosen = list(dict.fromkeys([*named, *spread(_known(store) if count else (), count)]))
    if not chosen:
        raise NobodyToPreview(
            f"The store {url} knows no customers yet. Fill it with `dearly demo` or `dearly import`, or name "
            "somebody with --customer."
        )
    return chosen


def _known(store: Store) -> Iterator[str]:
    after: str | None = None
    with track_progress("reading ids", None, "customers") as advance:
        while ids := store.page_customers(after, PAGE_OF_IDS):
            yield from ids
            after = ids[-1]
            advance(len(ids))


# ---------------------------------------------------------------------------------------------------- showing


def _show(checked: CheckedRules, store: Store, rules: str, wanted: _Wanted, *, watched: bool) -> None:
    """Render once, and print; write the page where one is wanted."""
    asked = wanted.asked
    setup = set_up(checked, store, wanted.index, rules, asked.now_us)
    previews = [preview_for(setup, asked, customer_id) for customer_id in wanted.customers]
    if wanted.html is not None:
        reload_s = RELOADS_EVERY_S if watched else None
        told = write_page(wanted.html, asked, checked.program.version, previews, reload_s)
        typer.echo(told, err=True)
    if wanted.json:
        told_as_json = [preview_as_json(preview, asked.block) for preview in previews]
        typer.echo(msgspec.json.format(msgspec.json.encode(told_as_json), indent=2).decode())
    else:
        typer.echo("\n\n".join(_as_text(preview, asked.block, rules) for preview in previews))
    sys.stdout.flush()


def _keep_showing(checked: CheckedRules, store: Store, rules: str, wanted: _Wanted, *, moves: bool) -> None:
    """Render anew at each change of the rules; with ``moves``, as of then. Ctrl-C ends it."""
    typer.echo("watching the rules; Ctrl-C ends it", err=True)
    source = rules_source(rules)
    seen, told = checked.program.version, ""
    while True:
        time.sleep(LOOKS_EVERY_S)
        try:
            version = package_version(read_rules(source))
            if version == seen:
                continue
            seen, told = version, ""
            now_us = time.time_ns() // 1_000 if moves else wanted.asked.now_us
            asked = replace(wanted.asked, now_us=now_us)
            _show(load_rules(rules), store, rules, replace(wanted, asked=asked), watched=True)
        except DearlyError as error:
            if str(error) != told:
                told = str(error)
                typer.echo(f"{told}\nThe last good preview stays.", err=True)


def _as_text(preview: Preview, block: str, rules: str) -> str:
    cold = " (nothing known: a cold start)" if preview.cold_start else ""
    heading = typer.style(visible(f"{block} for {preview.customer_id}{cold}"), bold=True)
    summary = "\n".join(visible(line) for line in summary_text(preview.summary, rules).split("\n"))
    return f"{heading}\n{summary}"


def _warn_on_standard_error() -> None:
    """What the rooms below have to tell (an index refused, a fallback) stays apart from the preview."""
    structlog.configure(
        processors=[structlog.stdlib.add_log_level, structlog.dev.ConsoleRenderer(colors=False)],
        wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),
    )
