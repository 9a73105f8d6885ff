"""What an evaluator is given about one customer: profile values and events, typed, ordered, plain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from dearly.language.program import Program
from dearly.language.types import Value


@dataclass(frozen=True, slots=True)
class EventLog:
    """One type's events, ascending by (time, source, id).

    ``times_us[i]`` is the event time of ``properties[i]``, in microseconds since the epoch; a property that
    is missing is absent from its mapping; declared defaults already stand in it. Events may lie after ``now``
    (stamped in the future): the evaluators leave them out until their time comes.
    """

    times_us: tuple[int, ...] = ()
    properties: tuple[Mapping[str, Value], ...] = ()


NO_EVENTS = EventLog()


@dataclass(frozen=True, slots=True)
class Facts:
    """One customer as the evaluators see them; a field that is missing is absent from ``profile``."""

    profile: Mapping[str, Value] = field(default_factory=dict)
    events: Mapping[str, EventLog] = field(default_factory=dict)


def build_facts(
    program: Program,
    fields: Mapping[str, Any] | None,
    events: Iterable[tuple[str, int, Mapping[str, Any]]],
) -> Facts:
    """Facts from what a store keeps (see ``store.CustomerRows``): typed, with declared defaults.

    ``events`` ascend by (type, time, source, id). Fields, types and properties that the program does not
    declare, and kept values that no longer fit their declared type, are left out: they are missing.
    """
    raise NotImplementedError
