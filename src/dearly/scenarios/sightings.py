"""What of a package a test has seen: segments from inside and outside, stages, branches, templates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal as OneOf

from dearly.evaluation import Evaluation
from dearly.language.program import Block, Program
from dearly.scenarios.showing import Shown


@dataclass(frozen=True, slots=True)
class Sighting:
    """One thing seen: a segment with a member or somebody else, a stage reached, a branch, a template."""

    kind: OneOf["member", "stranger", "stage", "branch", "template"]
    name: str
    part: str = ""
    """The stage, or the branch's number."""


def sightings_of_names(program: Program, names: Iterable[str], at: Evaluation) -> frozenset[Sighting]:
    """How the segments and lifecycles among the names stand."""
    seen = set()
    for name in names:
        if name in program.segments:
            seen.add(Sighting("member" if at.value(name) is True else "stranger", name))
        elif name in program.lifecycles:
            seen.add(Sighting("stage", name, str(at.value(name))))
    return frozenset(seen)


def sightings_of_block(block: Block, shown: Shown) -> frozenset[Sighting]:
    """The branch that decided, and its template where that could be rendered."""
    branch = Sighting("branch", block.name, str(shown.branch))
    return frozenset([branch] if shown.problem else [branch, Sighting("template", shown.template)])
