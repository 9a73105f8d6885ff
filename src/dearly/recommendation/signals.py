"""Which events say what a customer likes, how much each says, and which mean that an item is used up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import log2

from dearly.language.program import Program
from dearly.language.requirements import touching_events

HEAVIEST = 8.0
"""No kind of event weighs more than this many of the commonest kind."""

CONSUMING_ENDINGS = ("_purchased", "_bought", "_ordered", "_read")
"""Events so named use an item up: it is not recommended to that customer again."""


@dataclass(frozen=True, slots=True)
class Signal:
    """An event type and its property that names an item of the catalog."""

    event: str
    property: str


def signals_of(program: Program, catalog: str) -> tuple[Signal, ...]:
    """Every way in which customers touch the items of a catalog."""
    return tuple(Signal(event, name) for event, name in touching_events(program, catalog))


def weigh_events(counts: Mapping[str, int]) -> dict[str, float]:
    """A weight a kind of event from how often each occurs: rare ones are deliberate, so they say more.

    The commonest weighs 1; one half as common weighs 1 more, a quarter as common 2 more, up to
    :data:`HEAVIEST`.
    """
    commonest = max(counts.values(), default=0)
    return {
        event: min(HEAVIEST, 1.0 + log2(commonest / count)) if count else HEAVIEST
        for event, count in sorted(counts.items())
    }


def consuming_events(signals: Iterable[Signal]) -> tuple[str, ...]:
    """The event types after which an item is used up, in order of name."""
    return tuple(sorted({signal.event for signal in signals if signal.event.endswith(CONSUMING_ENDINGS)}))
