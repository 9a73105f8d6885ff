"""A syntax error as the hints see it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """A place where the parser could not go on."""

    came: str
    """The token that it could not take; empty at the end of the declaration."""
    before: tuple[str, ...]
    """The tokens of the declaration up to there."""
    after: str
    """The token after it."""
    accepted: frozenset[str]
    """The terminals that could have come."""

    @property
    def keyword(self) -> str:
        """What the declaration begins with."""
        return self.before[0] if self.before else ""

    @property
    def previous(self) -> str:
        """The token before, or nothing."""
        return self.before[-1] if self.before else ""
