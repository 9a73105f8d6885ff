"""A case: a program, customers, instants and items, of which every evaluator must say the same.

:func:`spell` writes a case as Python, to be kept under ``tests/evaluation/regressions``.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass

from dearly.evaluation.facts import Facts
from dearly.language.program import (
    Block,
    BoughtTogether,
    ExcludeItems,
    Expression,
    ItemList,
    Lifecycle,
    NamedValue,
    Program,
    Segment,
    Settings,
    SimilarTo,
    Template,
    VariantIs,
)
from dearly.language.traversal import walk
from dearly.language.types import Scalar, Value
from tests.evaluation.vocabulary import CATALOGS, CONTEXT, EVENTS, EXPERIMENTS, PROFILE, SCORES

TEMPLATE = "shown"
"""The one template that generated branches show."""


@dataclass(frozen=True, slots=True)
class Case:
    """``items`` are what the item lists' conditions are asked of."""

    program: Program
    customers: tuple[Facts, ...]
    instants: tuple[int, ...]
    items: tuple[Mapping[str, Value], ...] = ()


def program_of(
    *declared: Segment | NamedValue | Lifecycle, block: Block | None = None, timezone: str = "UTC"
) -> Program:
    """A program in the generated vocabulary; each declaration refers only to earlier ones.

    It has the vocabulary's experiments when the block asks for their variants.
    """
    return Program(
        version="generated",
        profile=PROFILE,
        catalogs=CATALOGS,
        events=EVENTS,
        segments={each.name: each for each in declared if isinstance(each, Segment)},
        values={each.name: each for each in declared if isinstance(each, NamedValue)},
        lifecycles={each.name: each for each in declared if isinstance(each, Lifecycle)},
        blocks={} if block is None else {block.name: block},
        templates={TEMPLATE: Template(TEMPLATE, "<p>shown</p>")},
        evaluation_order=tuple(each.name for each in declared),
        settings=Settings(timezone=timezone),
        context=CONTEXT,
        scores=SCORES,
        experiments=EXPERIMENTS if block is not None and _asks_for_variants(block) else {},
    )


def expressions_in(block: Block) -> Iterator[Expression]:
    """The expressions of a block: its conditions, and those of its item lists."""
    for branch in block.branches:
        if branch.condition is not None:
            yield branch.condition
        for items in branch.lists:
            yield from (each.item for each in seeded(items).values())
            yield from (each.items for each in items.excluding if isinstance(each, ExcludeItems))
            if items.where is not None:
                yield items.where


def seeded(items: ItemList) -> Mapping[int, SimilarTo | BoughtTogether]:
    """The strategies of a list that start from an item, by their place: 0 is the first, then its fillers."""
    strategies = enumerate((items.strategy, *items.fillers))
    return {at: each for at, each in strategies if isinstance(each, SimilarTo | BoughtTogether)}


def _asks_for_variants(block: Block) -> bool:
    return any(isinstance(part, VariantIs) for each in expressions_in(block) for part in walk(each))


def spell(case: Case) -> str:
    """The case as a Python module with its ``CASE``."""
    body = (
        f"CASE = Case(\n    {_spell_program(case.program)},\n    customers={_spell(case.customers)},\n"
        f"    instants={case.instants!r},\n    items={case.items!r},\n)\n"
    )
    return f"{_imports(body)}\n\n{body}"


def _imports(body: str) -> str:
    """Import lines for the names that a spelled body uses."""
    used = set(re.findall(r"\b(?:program_of|[A-Z]\w*)\b", body))
    lines = []
    for module in ("dearly.language.types", "dearly.evaluation.facts", "dearly.language.program", __name__):
        names = sorted(used & vars(importlib.import_module(module)).keys())
        used -= set(names)
        lines += [f"from {module} import {', '.join(names)}"] if names else []
    return "\n".join(lines)


def _spell_program(program: Program) -> str:
    declared = {**program.segments, **program.values, **program.lifecycles}
    parts = [_spell(declared[name]) for name in program.evaluation_order]
    parts += [f"block={_spell(block)}" for block in program.blocks.values()]
    parts += [f"timezone={program.settings.timezone!r}"] if program.settings.timezone != "UTC" else []
    return f"program_of({', '.join(parts)})"


def _spell(thing: object) -> str:
    """As ``repr``, without spans and without what stands at its default."""
    if isinstance(thing, tuple):
        return "(" + "".join(f"{_spell(each)}, " for each in thing) + ")"
    if isinstance(thing, Scalar):
        return thing.name.upper()
    if not is_dataclass(thing):
        return repr(thing)
    parts = [
        f"{field.name}={_spell(getattr(thing, field.name))}"
        for field in fields(thing)
        if field.name != "span" and (field.default is MISSING or getattr(thing, field.name) != field.default)
    ]
    return f"{type(thing).__name__}({', '.join(parts)})"
