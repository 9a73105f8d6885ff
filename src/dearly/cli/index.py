"""``dearly index build`` and ``dearly index evaluate``."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from math import isfinite
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from dearly.cli.interaction_files import read_interactions
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
from dearly.cli.progress import show_steps, track_progress
from dearly.cli.rules_package import load_program
from dearly.language import Program, nearest
from dearly.language.requirements import touching_events
from dearly.recommendation import (
    CatalogIndex,
    Choice,
    Quality,
    build_from_store,
    fit,
    judge_as_served,
    judge_exactly,
    publish_index,
)
from dearly.store import open_store

DimensionsOption = Annotated[
    int | None,
    typer.Option("--dimensions", min=1, max=4096, help="Of the vectors. Default: as many as rank best."),
]
SeedOption = Annotated[int, typer.Option("--seed", min=0, help="The same seed gives the same index.")]


def build(
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
    index: IndexOption = DEFAULT_INDEX,
    catalog: Annotated[
        list[str] | None, typer.Option("--catalog", help="Only this one; may be repeated. Default: all.")
    ] = None,
    weight: Annotated[
        list[str] | None,
        typer.Option("--weight", metavar="EVENT=NUMBER", help="Weigh an event so, not by how rare it is."),
    ] = None,
    dimensions: DimensionsOption = None,
    seed: SeedOption = 1,
    as_of: Annotated[
        str | None, typer.Option("--as-of", metavar="TIME", help="Learn as of then (RFC 3339). Default: now.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Build the index of each catalog, and publish it.

    It is learnt from what customers touched. A running server takes it up by itself; until then the one
    before serves.
    """
    program = load_program(rules)
    catalogs = _catalogs(program, catalog or [])
    weights = _weights(program, catalogs, weight or [])
    now_us = time.time_ns() // 1_000
    as_of_us = now_us if as_of is None else moment_us("--as-of", as_of)
    opened = open_store(store, create=False)
    built: list[dict[str, Any]] = []
    try:
        for name in catalogs:
            started_s = time.monotonic()
            with show_steps(f"index of {name}") as report:
                made = build_from_store(
                    opened,
                    program,
                    name,
                    weights=weights,
                    dimensions=dimensions,
                    seed=seed,
                    as_of_us=as_of_us,
                    created_us=now_us,
                    report=report,
                )
                report("publishing")
                made = publish_index(made, index)
            built.append(_facts_of(made, time.monotonic() - started_s))
            if not json:
                typer.echo(_summary(made, time.monotonic() - started_s))
    finally:
        opened.close()
    if json:
        _print_json(built)


def evaluate(
    train: Annotated[Path, typer.Option(help="What customers touched before: .npz or CSV.", exists=True)],
    test: Annotated[Path, typer.Option(help="What they touched after, in the same form.", exists=True)],
    k: Annotated[int, typer.Option("-k", min=1, max=1000, help="How many items each is shown.")] = 20,
    dimensions: DimensionsOption = None,
    seed: SeedOption = 1,
    json: JsonOption = False,
) -> None:
    """Tell how well one file of touches foretells another.

    Prints recall, ndcg and coverage, by an exact search and by the index as it would be served.

    The files are .npz with arrays user, item (and time), or CSV, also gzipped, with customer, item (time).
    """
    known, later = read_interactions(train), read_interactions(test)
    held_out: dict[str, set[str]] = {}
    for customer_id, item_id in zip(later.customer_ids, later.item_ids, strict=True):
        held_out.setdefault(customer_id, set()).add(item_id)
    if not known.item_ids or not held_out:
        raise WrongOption(f"{test if known.item_ids else train}: expected touches, found none.")
    started_s = time.monotonic()
    with show_steps("index to judge") as report:
        trial = fit(known.customer_ids, known.item_ids, known.times_us, dimensions, seed, report)
    fit_s = time.monotonic() - started_s
    with track_progress("judging as served", len(held_out), "customers") as advance:
        served = judge_as_served(trial, held_out, k, advance)
    with track_progress("judging exactly", len(held_out), "customers") as advance:
        exact = judge_exactly(trial, held_out, k, advance)
    if json:
        _print_json(
            {
                **_quality(served, k, ""),
                **_quality(exact, k, "exact_"),
                "fit_s": round(fit_s, 3),
                "users": len(held_out),
                "items": trial.index.manifest.items,
                "dimensions": trial.index.manifest.dimensions,
                "method": msgspec.to_builtins(trial.index.manifest.choice.method),
            }
        )
        return
    typer.echo(_summary(trial.index, fit_s))
    typer.echo(f"{len(held_out):,} customers judged by what they touched after:")
    typer.echo(f"              recall@{k:<5} ndcg@{k:<7} coverage@{k}")
    for label, quality in (("as served", served), ("exactly", exact)):
        typer.echo(f"  {label:<12}{quality.recall:<13.4f}{quality.ndcg:<13.4f}{quality.coverage:.4f}")


# ---------------------------------------------------------------------------------------------------- options


def _catalogs(program: Program, wanted: Sequence[str]) -> list[str]:
    for name in wanted:
        if name not in program.catalogs:
            raise WrongOption(
                f"--catalog {name}: the rules declare no such catalog. {_near(name, program.catalogs)}"
            )
    return list(dict.fromkeys(wanted)) or sorted(program.catalogs)


def _weights(program: Program, catalogs: Sequence[str], wanted: Sequence[str]) -> dict[str, float]:
    touching = sorted({event for name in catalogs for event, _ in touching_events(program, name)})
    weights: dict[str, float] = {}
    for text in wanted:
        event, _, number = text.partition("=")
        if event not in touching:
            raise WrongOption(
                f"--weight {text}: {event!r} touches no item to be indexed. {_near(event, touching)}"
            )
        weights[event] = _positive(text, number)
    return weights


def _positive(text: str, number: str) -> float:
    try:
        weight = float(number)
    except ValueError:
        weight = 0.0
    if not (isfinite(weight) and weight > 0):
        raise WrongOption(f"--weight {text}: expected EVENT=NUMBER with a number above 0.")
    return weight


def _near(name: str, known: Sequence[str] | Mapping[str, object]) -> str:
    found = nearest(name, known)
    return (
        f"Did you mean {found!r}?" if found else f"Expected one of: {', '.join(sorted(known)) or '(none)'}."
    )


# ----------------------------------------------------------------------------------------------------- output


def _summary(index: CatalogIndex, seconds: float) -> str:
    manifest = index.manifest
    name = f"{manifest.catalog} {index.version}".strip()
    if not manifest.items or manifest.recommended is None:
        return f"{name}: empty, since nobody touched an item; trends and lists serve. {seconds:.1f} s"
    weights = ", ".join(f"{event} {weight:.2f}" for event, weight in manifest.event_weights.items())
    return (
        f"{name}: {manifest.items:,} items, {manifest.customers:,} customers, {manifest.touches:,} touches, "
        f"{manifest.dimensions} dimensions, {manifest.recommended.kind} search with recall "
        f"{manifest.recommended.recall:.3f}. {seconds:.1f} s\n  weights: {weights}\n"
        f"  method: {_words(manifest.choice)}"
    )


def _words(choice: Choice) -> str:
    """A method with its settings, and by what it was chosen."""
    settings = msgspec.to_builtins(choice.method)
    told = ", ".join(f"{name} {value}" for name, value in settings.items() if name != "kind")
    if not choice.tried:
        return f"{settings['kind']} ({told}), as usual: too few customers to choose by"
    return (
        f"{settings['kind']} ({told}), of {len(choice.tried)} that were tried on {choice.customers:,} "
        "customers' latest items"
    )


def _facts_of(index: CatalogIndex, seconds: float) -> dict[str, Any]:
    return {
        "version": index.version,
        "seconds": round(seconds, 2),
        "manifest": msgspec.to_builtins(index.manifest),
    }


def _quality(quality: Quality, k: int, prefix: str) -> dict[str, float]:
    return {
        f"{prefix}recall_at_{k}": round(quality.recall, 5),
        f"{prefix}ndcg_at_{k}": round(quality.ndcg, 5),
        f"{prefix}coverage_at_{k}": round(quality.coverage, 5),
    }


def _print_json(value: object) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())
