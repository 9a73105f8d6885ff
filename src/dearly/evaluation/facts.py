"""What an evaluator is given about one customer: profile values and events, typed, ordered, plain."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from dearly.language.types import Value


@dataclass(frozen=True, slots=True)
class EventLog:
    """One type's events, ascending by (time, source, id).

    ``times_us[i]`` is the event time of ``properties[i]``, in microseconds since the epoch; a property that
    is missing is absent from its mapping; declared defaults already stand in it.
    """

    times_us: tuple[int, ...] = ()
    properties: tuple[Mapping[str, Value], ...] = ()


NO_EVENTS = EventLog()


@dataclass(frozen=True, slots=True)
class Facts:
    """One customer as the evaluators see them; a field that is missing is absent from ``profile``."""

    profile: Mapping[str, Value] = field(default_factory=dict)
    events: Mapping[str, EventLog] = field(default_factory=dict)


NOBODY = Facts()
"""An unknown customer: every field missing, no events. (Profile defaults are added by ``build_facts``.)"""
