"""How many customers are where: in each segment, at each stage, at each branch of a block."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from dearly.cli.customers import each_customer
from dearly.evaluation import compile_program
from dearly.language import Program
from dearly.language.requirements import block_requirements, combine_requirements, names_requirements
from dearly.store import Store


@dataclass(frozen=True, slots=True)
class Sizes:
    """Counts of customers, out of all. ``parts`` are stages by name and branches by position."""

    customers: int
    segments: Mapping[str, int]
    parts: Mapping[tuple[str, str], int]


def count_sizes(
    program: Program, store: Store, now_us: int, progress: Callable[[int], None] | None = None
) -> Sizes:
    """Everybody in the store, asked every question of the package once, as of now."""
    names = [*program.segments, *program.lifecycles]
    needed = [names_requirements(program, names)]
    needed += [block_requirements(program, block) for block in program.blocks]
    compiled = compile_program(program)
    customers = 0
    segments: Counter[str] = Counter()
    parts: Counter[tuple[str, str]] = Counter()
    for _, facts in each_customer(store, program, combine_requirements(needed), now_us, progress):
        at = compiled.at(facts, now_us)
        customers += 1
        segments.update(name for name in program.segments if at.value(name) is True)
        parts.update((name, str(at.value(name))) for name in program.lifecycles)
        parts.update((block, str(at.branch(block))) for block in program.blocks)
    return Sizes(customers, segments, parts)
