"""What is remembered of one customer between two looks: states, timers, what triggers did.

A store keeps it as text and does not look into it: a JSON array that begins with the number of its format.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

import msgspec

from dearly import DearlyError
from dearly.language.types import Value

FORMAT = 1

State: TypeAlias = str | None
"""Of a segment :data:`IN`, of a lifecycle its stage; None is in nothing."""

IN = "in"
"""A keyword of the language, so no stage is called that."""


class UnreadableStanding(DearlyError):
    """What another version of Dearly left of a customer, and this one cannot read."""


# What is read of a standing is a tree of plain values without a cycle, so the collector need not walk it
# (gc=False: 13 % of a look's time, at ten names).


class NameStanding(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where a customer stands in one name: since when, and when time alone changes it next."""

    state: State
    since_us: int
    next_us: int | None


class GenerationStanding(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Where a customer stood in one generation at ``as_of_us``.

    Names in which there is neither a state nor a change to come are left out. ``missed`` is what was touched
    (see :class:`~dearly.store.Due`) when somebody looked who had not the rules of this generation.
    """

    as_of_us: int
    names: Mapping[str, NameStanding]
    missed: frozenset[str] = frozenset()
    missed_since_us: int | None = None


class Waiting(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A trigger that fires at a time if what it was set off by still holds then."""

    until_us: int
    cause: str


class TriggerStanding(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """When a trigger fired lately, as far as its limits ask, ascending; and whether it waits."""

    fired_us: tuple[int, ...] = ()
    waiting: Waiting | None = None


class Standing(msgspec.Struct, array_like=True, frozen=True, gc=False, tag=FORMAT):
    """All of it. ``failures`` counts the looks in a row that failed; ``missed`` was touched before them."""

    generations: Mapping[int, GenerationStanding]
    triggers: Mapping[str, TriggerStanding]
    failures: int = 0
    missed: frozenset[str] = frozenset()
    missed_since_us: int | None = None


NOT_IN = NameStanding(None, 0, None)
NOT_FIRED = TriggerStanding()
UNSEEN = Standing({}, {})

_ENCODE = msgspec.json.Encoder().encode
_DECODE = msgspec.json.Decoder(Standing).decode


def write_standing(standing: Standing) -> str:
    """The text that a store keeps."""
    return _ENCODE(standing).decode()


def read_standing(text: str | None) -> Standing:
    """What :func:`write_standing` wrote; of None, that of somebody who was never looked at.

    Raises:
        UnreadableStanding: it is of another format.
    """
    if text is None:
        return UNSEEN
    try:
        return _DECODE(text)
    except msgspec.MsgspecError as error:
        raise UnreadableStanding(
            f"This store holds membership that another version of Dearly wrote; this one reads "
            f"format {FORMAT} ({error}). Start the newer version again, or restore the backup made before it."
        ) from None


def join_standings(lost: str | None, kept: str | None) -> str | None:
    """What is remembered of a customer into whom another was merged: who they are themselves, and what the
    triggers did for either, so that limits hold for the person.

    Raises:
        UnreadableStanding: one is of another format.
    """
    of_lost = read_standing(lost).triggers
    if not of_lost:
        return kept
    standing = read_standing(kept)
    triggers = {**of_lost, **standing.triggers}
    for name in of_lost.keys() & standing.triggers.keys():
        triggers[name] = _joined(of_lost[name], standing.triggers[name])
    return write_standing(msgspec.structs.replace(standing, triggers=triggers))


def _joined(lost: TriggerStanding, kept: TriggerStanding) -> TriggerStanding:
    waits = [each for each in (lost.waiting, kept.waiting) if each is not None]
    return TriggerStanding(
        tuple(sorted((*lost.fired_us, *kept.fired_us))),
        min(waits, key=lambda each: each.until_us, default=None),
    )


def state_of(value: Value | None) -> State:
    """The state that the value of a segment (true or not) or a lifecycle (its stage) is."""
    if value is True:
        return IN
    return value if isinstance(value, str) else None
