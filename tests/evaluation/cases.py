"""A case: a program, customers, instants and items, of which every evaluator must say the same.

:func:`spell` writes a case as Python, to be kept under ``tests/evaluation/regressions``.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Mapping
from dataclasses import MISSING, dataclass, fields, is_dataclass

from dearly.evaluation.facts import Facts
from dearly.language.program import Block, Lifecycle, NamedValue, Program, Segment, Template
from dearly.language.types import Scalar, Value
from tests.evaluation.vocabulary import CATALOGS, EVENTS, PROFILE

TEMPLATE = "shown"
"""The one template that generated branches show."""


@dataclass(frozen=True, slots=True)
class Case:
    """``items`` are what the item lists' conditions are asked of."""

    program: Program
    customers: tuple[Facts, ...]
    instants: tuple[int, ...]
    items: tuple[Mapping[str, Value], ...] = ()


def program_of(*declared: Segment | NamedValue | Lifecycle, block: Block | None = None) -> Program:
    """A program in the generated vocabulary; each declaration refers only to earlier ones."""
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
    )


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
