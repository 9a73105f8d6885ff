"""What is left of a disagreement once all that it does not need is taken away, thing by thing."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import TypeVar

from dearly.evaluation.facts import EventLog, Facts
from dearly.language.program import Program
from dearly.language.traversal import definitions, names_within
from dearly.language.types import Value
from tests.evaluation.cases import Case, expressions_in
from tests.evaluation.smaller import smaller_trees

T = TypeVar("T")


def narrow(case: Case, disagrees: Callable[[Case], bool]) -> Case:
    """The smallest case, taking away one thing at a time, that still disagrees."""
    for smaller in _smaller(case):
        if disagrees(smaller):
            return narrow(smaller, disagrees)
    return case


def _smaller(case: Case) -> Iterator[Case]:
    if len(case.customers) > 1:
        yield from (replace(case, customers=(each,)) for each in case.customers)
    if len(case.instants) > 1:
        yield from (replace(case, instants=(each,)) for each in case.instants)
    if case.items:
        yield replace(case, items=case.items[1:])
    yield from (replace(case, program=program) for program in _smaller_programs(case.program))
    if len(case.customers) == 1:
        yield from (replace(case, customers=(facts,)) for facts in _smaller_facts(case.customers[0]))


def _smaller_programs(program: Program) -> Iterator[Program]:
    """Without the block, without a name that nothing else needs, or with less in one of them."""
    if program.blocks:
        yield replace(program, blocks={}, experiments={})
    for name in program.evaluation_order:
        others = [each for each in program.evaluation_order if each != name]
        parts = [part for each in others for part in definitions(program, each)]
        parts += [part for block in program.blocks.values() for part in expressions_in(block)]
        if name not in names_within(program, parts):
            yield replace(
                program,
                segments=_without(program.segments, name),
                values=_without(program.values, name),
                lifecycles=_without(program.lifecycles, name),
                evaluation_order=tuple(others),
            )

    yield from _smaller_definitions(program)


def _smaller_definitions(program: Program) -> Iterator[Program]:
    for kind in ("segments", "values", "lifecycles", "blocks"):
        declared = getattr(program, kind)
        for name, definition in declared.items():
            for smaller in smaller_trees(definition):
                yield replace(program, **{kind: {**declared, name: smaller}})


def _smaller_facts(facts: Facts) -> Iterator[Facts]:
    """Without one field, score or variant, one event, or one of an event's properties."""
    for kind in ("profile", "context", "scores", "variants"):
        known = getattr(facts, kind)
        yield from (replace(facts, **{kind: _without(known, name)}) for name in known)
    for kind, log in facts.events.items():
        for at, properties in enumerate(log.properties):
            yield _with_log(facts, kind, log.times_us[:at] + log.times_us[at + 1 :], at, None)
            for name in properties:
                yield _with_log(facts, kind, log.times_us, at, _without(properties, name))


def _with_log(
    facts: Facts, kind: str, times_us: tuple[int, ...], at: int, properties: Mapping[str, Value] | None
) -> Facts:
    """The facts with one event's properties replaced, or (None) without it."""
    log = facts.events[kind]
    middle = () if properties is None else (properties,)
    changed = EventLog(times_us, (*log.properties[:at], *middle, *log.properties[at + 1 :]))
    return replace(facts, events={**facts.events, kind: changed})


def _without(mapping: Mapping[str, T], name: str) -> dict[str, T]:
    return {each: value for each, value in mapping.items() if each != name}
