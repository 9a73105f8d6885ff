"""A rules package made ready to serve: everything that a callout needs, compiled before the first call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dearly import DearlyError
from dearly.content.rendering import CompiledTemplate, Rendered, compile_templates, last_resort
from dearly.content.validity import Watched, watch_branches, with_seeds_named
from dearly.evaluation import (
    CompiledProgram,
    Evaluation,
    Facts,
    FactsReader,
    compile_program,
    facts_reader,
    read_facts,
)
from dearly.language import Program
from dearly.language.requirements import Requirements, block_requirements, combine_requirements
from dearly.language.template_data import template_data
from dearly.language.types import BOOL, TEXT, Type
from dearly.recommendation import Suggestion
from dearly.store import EventRange


class CannotServe(DearlyError):
    """A checked package whose last resorts cannot be rendered."""


@dataclass(frozen=True, slots=True)
class Serving:
    """One version of the rules, ready: swap the reference to change rules.

    ``watched`` holds, for each block, what time may change in its branches; ``last_resorts`` each block's
    ``otherwise`` rendered without items or customer; ``nobody`` are the facts of somebody unknown.
    """

    program: Program
    reader: FactsReader
    compiled: CompiledProgram
    templates: Mapping[str, CompiledTemplate]
    requirements: Mapping[str, Requirements]
    watched: Mapping[str, tuple[Watched, ...]]
    last_resorts: Mapping[str, Rendered]
    nobody: Facts

    def ranges(self, blocks: Sequence[str], now_us: int) -> list[EventRange]:
        """The events that these blocks need, as of now: each type once, as far back as any block looks."""
        needed = combine_requirements(self.requirements[block] for block in blocks)
        return [
            EventRange(event, None if horizon_us is None else now_us - horizon_us)
            for event, horizon_us in needed.events.items()
        ]


def prepare_serving(program: Program) -> Serving:
    """Compile a checked program and render its last resorts. Not in a call: it may take seconds.

    Raises:
        CannotServe: an ``otherwise`` cannot be rendered without items; the message names its file and line.
    """
    templates = compile_templates(program)
    reader = facts_reader(program)
    return Serving(
        program=program,
        reader=reader,
        compiled=compile_program(with_seeds_named(program)),
        templates=templates,
        requirements={name: block_requirements(program, name) for name in program.blocks},
        watched={name: watch_branches(program, name) for name in program.blocks},
        last_resorts={name: _last_resort(program, name, templates) for name in program.blocks},
        nobody=read_facts(reader, None, ()),
    )


def _last_resort(program: Program, name: str, templates: Mapping[str, CompiledTemplate]) -> Rendered:
    otherwise = program.blocks[name].branches[-1]
    try:
        return last_resort(templates[otherwise.template])
    except Exception as error:  # whatever an author's template raises here, their package is refused
        raise CannotServe(
            f"{otherwise.span}: block {name!r} shows {otherwise.template!r} when all else fails, so it must "
            f"render without items, and it does not ({type(error).__name__}: {error}). "
            "Make it shorter and simpler, and see that it works with empty lists."
        ) from error


def template_context(
    serving: Serving,
    template_name: str,
    facts: Facts,
    evaluation: Evaluation,
    lists: Mapping[str, Sequence[Suggestion]],
) -> dict[str, object]:
    """Plain data for one template: only the fields and names that it reads, and its lists."""
    program = serving.program
    template = program.templates[template_name]
    context: dict[str, object] = {
        name: template_data(_type_of(program, name), evaluation.value(name)) for name in template.names
    }
    context["customer"] = {
        name: template_data(program.profile[name].type, facts.profile.get(name))
        for name in template.profile_fields
    }
    for name, suggestions in lists.items():
        context[name] = [
            {"id": suggestion.item.item_id, **suggestion.item.template_data} for suggestion in suggestions
        ]
    return context


def _type_of(program: Program, name: str) -> Type:
    if name in program.values:
        return program.values[name].type
    return BOOL if name in program.segments else TEXT
