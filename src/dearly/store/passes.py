"""How far a pass over all customers has come."""

from __future__ import annotations

from collections.abc import Collection, Sequence


def kept_without_gap(seen: Sequence[str], kept: Collection[str]) -> Sequence[str]:
    """Of the customers of a page, those behind whom the pass goes on: up to the first who was overtaken by
    something that came in, and comes again."""
    done = next((place for place, customer_id in enumerate(seen) if customer_id not in kept), len(seen))
    return seen[:done]
