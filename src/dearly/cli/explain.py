"""``dearly explain``: why one customer gets what they get, until when, and what would change it."""

from __future__ import annotations

import time
from typing import Annotated

import typer

from dearly import DearlyError
from dearly.cli.answers import explain_answer
from dearly.cli.customers import read_all_of
from dearly.cli.explanation_report import answer_json, answer_text
from dearly.cli.options import (
    DEFAULT_RULES,
    DEFAULT_STORE,
    Format,
    FormatOption,
    RulesOption,
    StoreOption,
    moment_us,
)
from dearly.cli.rules_package import load_rules, note_unserved
from dearly.language import Program, nearest
from dearly.store import open_store


class NothingToExplain(DearlyError):
    """The rules declare nothing of that name that has an answer for a customer."""


def explain(
    customer: Annotated[str, typer.Argument(metavar="CUSTOMER", help="The customer's id.")],
    name: Annotated[
        str,
        typer.Argument(metavar="NAME", help="A block, or a segment, a value or a lifecycle."),
    ],
    now: Annotated[
        str | None,
        typer.Option(metavar="TIME", help="As of then, such as 2026-03-01T10:00:00Z. Default: now."),
    ] = None,
    store: StoreOption = DEFAULT_STORE,
    rules: RulesOption = DEFAULT_RULES,
    show_sensitive: Annotated[
        bool, typer.Option("--show-sensitive", help="Show the values of @sensitive fields, too.")
    ] = False,
    format: FormatOption = Format.TEXT,  # noqa: A002 - named for its flag, as settings and environment name it
) -> None:
    """Tell why a customer gets what they get.

    Of a block: which `when` decided, and why none before it did. With each answer come the values and events
    behind it, what is unknown and why, until when it holds if nothing happens, and the smallest change that
    would make it another. Nothing is written to the store. Exit code 1 when the rules have errors.
    """
    now_us = time.time_ns() // 1_000 if now is None else moment_us("--now", now)
    checked = load_rules(rules)
    _require_answer(checked.program, name)
    note_unserved(checked.program)
    opened = open_store(store, create=False)
    try:
        known, facts = read_all_of(opened, checked.program, customer)
    finally:
        opened.close()
    answer = explain_answer(checked.program, name, facts, now_us)
    if format is Format.JSON:
        typer.echo(answer_json(checked, answer, customer, known, show_sensitive))
    else:
        typer.echo(answer_text(checked, answer, customer, known, show_sensitive))


def _require_answer(program: Program, name: str) -> None:
    names = {*program.blocks, *program.segments, *program.values, *program.lifecycles}
    if name not in names:
        near = nearest(name, names)
        hint = (
            f"Did you mean {near!r}?" if near else f"There are {len(names):,} names; `dearly docs` shows all."
        )
        raise NothingToExplain(f"{name!r} is no block, segment, value or lifecycle of these rules. {hint}")
