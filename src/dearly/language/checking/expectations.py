"""What a test expects: that a condition holds, that a block shows something, that a trigger emitted."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from itertools import islice
from typing import TypeAlias

from dearly.language.checking.expressions import check_condition
from dearly.language.checking.findings import meant_text
from dearly.language.checking.scopes import MOST_LISTED, Scope, listing
from dearly.language.checking.symbols import Symbols
from dearly.language.checking.template_files import shown_name
from dearly.language.program import Contains, Emitted, Expectation, Holds, Shows
from dearly.language.syntax import tree

Shown: TypeAlias = Mapping[str, Collection[str]]
"""The templates that each block shows, as they are written."""


def shown_templates(symbols: Symbols) -> Shown:
    """The templates of every block."""
    return {
        name: dict.fromkeys(branch.template.value for branch in block.branches)
        for name, block in symbols.blocks.items()
    }


def check_expectation(written: tree.ExpectDeclaration, shown: Shown, scope: Scope) -> Expectation | None:
    """The checked expectation; None when something in it is wrong, which is reported."""
    match written:
        case tree.ExpectHolds():
            return _holds(written, scope)
        case tree.ExpectShows():
            return _shows(written, shown, scope)
        case tree.ExpectEmitted():
            return _emitted(written, scope)


def _holds(written: tree.ExpectHolds, scope: Scope) -> Expectation | None:
    """``not`` asks that the condition is not true: a test may well expect what is unknown."""
    condition, negated = written.condition, False
    if isinstance(condition, tree.Not):
        condition, negated = condition.operand, True
    block = _block_of(condition, scope)
    if block is not None and isinstance(condition, tree.Matches):
        return _contains(block, condition.right, negated, written, scope)
    checked = check_condition(condition, scope)
    return Holds(checked, negated, written.span) if checked is not None else None


def _block_of(condition: tree.Expression, scope: Scope) -> str | None:
    """The block that ``BLOCK contains ..`` names."""
    match condition:
        case tree.Matches("contains", tree.Reference(name, None)) if name.text in scope.symbols.blocks:
            return name.text
        case _:
            return None


def _contains(
    block: str, text: tree.Expression, negated: bool, written: tree.ExpectHolds, scope: Scope
) -> Contains | None:
    if isinstance(text, tree.TextLiteral):
        return Contains(block, text.value, negated, written.span)
    message = f"What `{block}` contains is compared with a text in quotes."
    scope.findings.add("type-mismatch", text.span, message, f'Write `{block} contains "Ada"`.')
    return None


def _shows(written: tree.ExpectShows, shown: Shown, scope: Scope) -> Shows | None:
    symbols, findings, name = scope.symbols, scope.findings, written.block
    if name.text not in symbols.blocks:
        if not symbols.is_excused(name.text):
            near = findings.did_you_mean(name.text, symbols.blocks, at=name.span)
            message = f"There is no block `{name.text}`."
            findings.add("unknown-name", name.span, message, near or "Declare it: `block NAME { .. }`.")
        return None
    templates = shown[name.text]
    template = shown_name(written.template.value)
    if template is not None and written.template.value in templates:
        return Shows(name.text, template, written.negated, written.span)
    message = f'The block `{name.text}` never shows "{written.template.value}".'
    meant = findings.nearest(written.template.value, templates)
    place = written.template.span
    findings.add("not-shown", place, message, meant_text(meant, place) if meant else _choice(templates))
    return None


def _choice(templates: Collection[str]) -> str:
    return listing("It shows", [f'"{template}"' for template in islice(templates, MOST_LISTED + 1)]) or ""


def _emitted(written: tree.ExpectEmitted, scope: Scope) -> Emitted | None:
    symbols, findings, name = scope.symbols, scope.findings, written.trigger
    if name.text in symbols.triggers:
        return Emitted(name.text, written.negated, written.span)
    if not symbols.is_excused(name.text):
        near = findings.did_you_mean(name.text, symbols.triggers, at=name.span)
        hint = near or "Declare it: `trigger NAME { .. }`."
        findings.add("unknown-name", name.span, f"There is no trigger `{name.text}`.", hint)
    return None
