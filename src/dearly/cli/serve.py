"""``dearly serve``."""

from __future__ import annotations

import asyncio
import gc
import json
import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from dearly.cli.options import (
    DEFAULT_ADDRESS,
    DEFAULT_INDEX,
    DEFAULT_RULES,
    DEFAULT_STORE,
    AddressOption,
    IndexOption,
    RulesOption,
    SinksOption,
    StoreOption,
)
from dearly.cli.rules_package import version_text
from dearly.delivery import JsonLinesSettings, parse_sinks
from dearly.language.revisions import Revision, RulesSource, rules_source
from dearly.server import (
    RulesRefused,
    Running,
    ServerSettings,
    configure_logs,
    new_log_key,
    serving,
    watch_for_stop,
)
from dearly.store import shown_url


def serve(
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
    index: IndexOption = DEFAULT_INDEX,
    address: AddressOption = DEFAULT_ADDRESS,
    reflection: Annotated[
        bool,
        typer.Option("--reflection", envvar="DEARLY_REFLECTION", help="Let tools list the API's methods."),
    ] = False,
    allow_now: Annotated[
        bool,
        typer.Option("--allow-now", envvar="DEARLY_ALLOW_NOW", help="Let callers decide as of another time."),
    ] = False,
    membership: Annotated[
        bool,
        typer.Option(
            "--membership/--no-membership",
            envvar="DEARLY_MEMBERSHIP",
            help="Keep who is in what, and run triggers.",
        ),
    ] = True,
    sink: SinksOption = None,
    keep_feed_days: Annotated[
        int,
        typer.Option(
            envvar="DEARLY_KEEP_FEED_DAYS",
            metavar="DAYS",
            min=1,
            help="Days that records of the feed are kept.",
        ),
    ] = 30,
    scrub: Annotated[
        bool,
        typer.Option(
            "--scrub/--no-scrub",
            envvar="DEARLY_SCRUB",
            help="Overwrite what the files of the store hold of those who were erased.",
        ),
    ] = True,
    grace: Annotated[
        float,
        typer.Option(
            envvar="DEARLY_GRACE", min=0, help="Seconds that calls under way have to finish at the end."
        ),
    ] = 10.0,
    log_key: Annotated[
        str,
        typer.Option(
            envvar="DEARLY_LOG_KEY",
            help="Key of the hashes that stand for customers in logs. Default: a new one each start.",
            show_default=False,
        ),
    ] = "",
) -> None:
    """Serve the API until SIGTERM or Ctrl-C.

    Standard output gets one line of JSON that says where the server listens; standard error carries the log,
    one JSON object a line.
    """
    settings = ServerSettings(
        store=store,
        rules=rules_source(rules),
        index=index,
        address=address,
        reflection=reflection,
        allow_now=allow_now,
        log_key=log_key or new_log_key(),
        membership=membership,
        scrub=scrub,
        sinks=tuple(parse_sinks(sink or [])),
        keep_feed_days=keep_feed_days,
        grace_s=grace,
    )
    log = configure_logs(sys.stderr.buffer)
    try:
        asyncio.run(_serve(settings))
    except RulesRefused as refused:
        typer.echo(str(refused), err=True)
        raise typer.Exit(1) from None
    finally:
        log.close()


async def _serve(settings: ServerSettings) -> None:
    async with serving(settings) as running:
        gc.collect()
        gc.freeze()  # rules, items and indexes are not walked by each collection (measured: 10 % of a render)
        asked_to_stop = watch_for_stop()
        typer.echo(json.dumps({"event": "listening", "address": running.address}))
        if sys.stderr.isatty():  # elsewhere it would stand between the lines of the log
            Console(stderr=True).print(_summary(settings, running))
        await asked_to_stop.wait()


def _summary(settings: ServerSettings, running: Running) -> Table:
    program = running.application.serving.program
    table = Table.grid(padding=(0, 2))
    table.add_row("[bold]Dearly[/] serves on", running.address)
    told = version_text(program.version, running.application.rules.commit)
    table.add_row("rules", f"{_shown(settings.rules)} (version {told}, {len(program.blocks)} blocks)")
    table.add_row("store", shown_url(settings.store))
    for catalog in sorted(program.catalogs):
        version = running.application.recommender.index_versions.get(catalog)
        told = f"index {version}" if version else "no index yet: what is trending stands in"
        table.add_row(f"catalog {catalog}", told)
    for sink in settings.sinks:
        table.add_row(
            f"sink {sink.name}", str(sink.path) if isinstance(sink, JsonLinesSettings) else sink.url
        )
    table.add_row("stop", "Ctrl-C")
    return table


def _shown(source: RulesSource) -> str:
    return str(source if isinstance(source, Revision) else source.resolve())
