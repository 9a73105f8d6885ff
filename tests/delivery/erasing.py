"""Who was erased, said as a store says it, for sinks that have none."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field

from dearly.store import ErasedId
from tests.delivery.records import NOON_US

LAST = 10**9


@dataclass(slots=True)
class Erasures:
    """Nobody, until a test erases somebody."""

    erased: dict[str, ErasedId] = field(default_factory=dict)

    def __call__(self, customer_ids: Collection[str]) -> Mapping[str, ErasedId]:
        return {one: self.erased[one] for one in customer_ids if one in self.erased}

    def erase(self, *customer_ids: str, position: int = LAST, erased_us: int = NOON_US) -> list[str]:
        """Erase somebody when the feed stood at a position; who it was."""
        self.erased |= dict.fromkeys(customer_ids, ErasedId(position, erased_us))
        return list(customer_ids)
