"""Caps and experiments that nothing uses: whoever wrote one meant it to have an effect."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dearly.language.checking.findings import Findings
from dearly.language.checking.references import referenced_names
from dearly.language.checking.symbols import Symbols
from dearly.language.syntax import tree


def report_unused(symbols: Symbols, findings: Findings) -> None:
    """Report each cap that no block counts toward, and each experiment that no block asks for."""
    if not symbols.is_read_whole():
        return
    counted = {name.text for block in symbols.blocks.values() for name in block.counts_toward}
    for name, cap in symbols.caps.items():
        if name not in counted:
            message = f"Nothing counts toward the cap `{name}`, so it holds nobody back."
            hint = f"Write `counts toward {name}` in a block, or leave the cap out."
            findings.add("unused-cap", cap.name.span, message, hint)
    if not symbols.experiments:
        return
    asked = {name for condition in _conditions(symbols) for name in referenced_names(condition)}
    for name, experiment in symbols.experiments.items():
        if name not in asked:
            variant = next(iter(symbols.variants[name]), "VARIANT")
            message = f"No block asks for a variant of the experiment `{name}`, so all see the same."
            hint = f"Write `when {name} is {variant}` in a block, or leave the experiment out."
            findings.add("unused-experiment", experiment.name.span, message, hint)


def _conditions(symbols: Symbols) -> Iterator[tree.Expression]:
    """The conditions of blocks and of their lists: where variants can be asked for."""
    for block in symbols.blocks.values():
        for branch in block.branches:
            if branch.condition is not None:
                yield branch.condition
            yield from _wheres(branch.lists)


def _wheres(lists: Iterable[tree.ItemListDeclaration]) -> Iterator[tree.Expression]:
    for items in lists:
        if items.where is not None:
            yield items.where
