"""Where a customer stands, in words for those whom it is about."""

from __future__ import annotations

from typing import Any

from dearly.language.values import time_to_stored
from dearly.membership.standing import GenerationStanding, NameStanding, TriggerStanding, read_standing


def exported_standing(text: str, serving: int | None) -> dict[str, Any]:
    """A standing as a store keeps it, as what a JSON object holds: segments and lifecycles by name, as of
    when, and triggers by name. Times are RFC 3339 in UTC.

    It tells the generation that serves; where the customer has not been looked at since it does, the oldest
    one, which is what was told last.

    Raises:
        UnreadableStanding: another version of Dearly wrote it.
    """
    standing = read_standing(text)
    told = standing.generations.get(serving) if serving is not None else None
    if told is None and standing.generations:
        told = standing.generations[min(standing.generations)]
    return {
        "as_of": None if told is None else time_to_stored(told.as_of_us),
        "names": {} if told is None else _names(told),
        "triggers": {name: _trigger(each) for name, each in sorted(standing.triggers.items())},
    }


def _names(told: GenerationStanding) -> dict[str, Any]:
    return {name: _name(each) for name, each in sorted(told.names.items())}


def _name(standing: NameStanding) -> dict[str, Any]:
    return {
        "state": standing.state,
        "since": None if standing.state is None else time_to_stored(standing.since_us),
        "next_change": None if standing.next_us is None else time_to_stored(standing.next_us),
    }


def _trigger(standing: TriggerStanding) -> dict[str, Any]:
    waiting = standing.waiting
    return {
        "fired": [time_to_stored(at_us) for at_us in standing.fired_us],
        "waits_until": None if waiting is None else time_to_stored(waiting.until_us),
    }
