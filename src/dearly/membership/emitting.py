"""What triggers emit: read and worked out only for those that fire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dearly.evaluation import Facts
from dearly.language.requirements import combine_requirements
from dearly.language.template_data import TemplateData, template_data
from dearly.membership.firing import Firing
from dearly.membership.planning import reaching_back
from dearly.membership.watching import Watched
from dearly.store import EventRange


def emit_ranges(watched: Watched, firings: Sequence[Firing]) -> list[EventRange]:
    """The events from which all that these emit is worked out, each as of its own instant."""
    needed = combine_requirements(watched.emit_reads[firing.trigger] for firing in firings)
    return list(reaching_back(needed.events, min(firing.at_us for firing in firings), {}).values())


def emitted_values(watched: Watched, firing: Firing, facts: Facts) -> Mapping[str, TemplateData]:
    """What a firing emits, as of its instant."""
    at = watched.compiled.at(facts, firing.at_us)
    return {
        part.key: template_data(part.type, at.value(part.value)) for part in watched.emitted[firing.trigger]
    }
