"""What is to be worked out of a customer's events, and which of it in one pass over them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal as OneOf
from typing import TypeAlias

from dearly.evaluation.sql.relations import column_name
from dearly.language.program import Expression, Selection

Kind: TypeAlias = OneOf[
    "count", "present", "total", "min", "max", "distinct", "latest", "first", "top", "last_us", "first_us"
]
"""``present`` counts the events that have the property; ``total`` sums it in millionths; ``last_us`` and
``first_us`` are times."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One column: of a property's column, where the kind takes one, over the selected events."""

    kind: Kind
    selection: Selection
    column: str | None = None
    property: str | None = None


@dataclass(frozen=True, slots=True)
class Followed:
    """Which events follow those of a source; ``bounded`` when it matters how soon."""

    event: str
    where: Expression | None
    bounded: bool


@dataclass(frozen=True, slots=True)
class Source:
    """One pass: over an event's rows, with what follows each where that is asked; a ``top`` has its own."""

    event: str
    followed: Followed | None
    top: Measure | None = None


class Measures:
    """The measures that a statement needs, each once."""

    def __init__(self) -> None:
        self._sources: dict[Source, str] = {}
        self._columns: dict[Measure, str] = {}

    def add(self, measure: Measure) -> tuple[str, str]:
        """The names of the source and of its column in which a measure is found."""
        source = source_of(measure)
        found = self._sources.setdefault(source, f"{column_name(source.event)}${len(self._sources) + 1}")
        return found, self._columns.setdefault(measure, f"{measure.kind}${len(self._columns) + 1}")

    def by_source(self) -> Iterator[tuple[Source, str, Mapping[Measure, str]]]:
        """Each source by its name, with its measures and their columns' names."""
        for source, called in self._sources.items():
            yield (
                source,
                called,
                {
                    measure: column
                    for measure, column in self._columns.items()
                    if source_of(measure) == source
                },
            )


def source_of(measure: Measure) -> Source:
    """The pass in which a measure is worked out."""
    selection = measure.selection
    sequence = selection.sequence
    followed = None
    if sequence is not None:
        followed = Followed(sequence.event, sequence.where, bounded=sequence.within_us is not None)
    return Source(selection.event, followed, measure if measure.kind == "top" else None)
