"""How much of a package its tests have seen, and what they have not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from dearly.language.program import Program, Span
from dearly.scenarios.running import ScenarioResult
from dearly.scenarios.sightings import Sighting


@dataclass(frozen=True, slots=True)
class Unseen:
    """Something that no test has seen: where it is declared, and in words what is missing."""

    span: Span
    what: str


@dataclass(frozen=True, slots=True)
class Measure:
    """So many of all; ``unseen`` are the rest, by file and line."""

    seen: int
    of: int
    unseen: tuple[Unseen, ...]

    @property
    def percent(self) -> float:
        """The share that was seen; of nothing, all."""
        return 100.0 * self.seen / self.of if self.of else 100.0


@dataclass(frozen=True, slots=True)
class Coverage:
    """Segments seen from inside and outside, stages reached, branches that decided, templates rendered."""

    segments: Measure
    stages: Measure
    branches: Measure
    templates: Measure


def coverage_of(program: Program, results: Iterable[ScenarioResult]) -> Coverage:
    """What the tests have seen together, whether they passed or not."""
    seen = frozenset[Sighting]().union(*(result.sightings for result in results))
    return Coverage(
        segments=_measure({name: _segment(program, name, seen) for name in program.segments}),
        stages=_measure(_stages(program, seen)),
        branches=_measure(_branches(program, seen)),
        templates=_measure(_templates(program, seen)),
    )


def _measure(found: Mapping[str, Unseen | None]) -> Measure:
    unseen = sorted(
        (one for one in found.values() if one is not None),
        key=lambda one: (one.span.file, one.span.line, one.what),
    )
    return Measure(len(found) - len(unseen), len(found), tuple(unseen))


def _segment(program: Program, name: str, seen: frozenset[Sighting]) -> Unseen | None:
    member, stranger = Sighting("member", name) in seen, Sighting("stranger", name) in seen
    if member and stranger:
        return None
    missing = "nobody outside" if member else "no member" if stranger else "nobody"
    return Unseen(program.segments[name].span, f"segment {name}: {missing} was seen")


def _stages(program: Program, seen: frozenset[Sighting]) -> Mapping[str, Unseen | None]:
    return {
        f"{lifecycle.name}.{stage.name}": None
        if Sighting("stage", lifecycle.name, stage.name) in seen
        else Unseen(stage.span, f"stage {lifecycle.name} is {stage.name}: nobody was seen in it")
        for lifecycle in program.lifecycles.values()
        for stage in lifecycle.stages
    }


def _branches(program: Program, seen: frozenset[Sighting]) -> Mapping[str, Unseen | None]:
    return {
        f"{block.name}.{index}": None
        if Sighting("branch", block.name, str(index)) in seen
        else Unseen(branch.span, f'block {block.name}: "{branch.template}.html" was never decided on here')
        for block in program.blocks.values()
        for index, branch in enumerate(block.branches)
    }


def _templates(program: Program, seen: frozenset[Sighting]) -> Mapping[str, Unseen | None]:
    return {
        name: None
        if Sighting("template", name) in seen
        else Unseen(Span(f"templates/{name}.html", 1, 1, 1, 1), f'template "{name}.html": was never rendered')
        for name in program.templates
    }
