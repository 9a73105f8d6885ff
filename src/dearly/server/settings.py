"""What one server is started with."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where things are, and what is allowed; docs/operations.md tells each at length."""

    store: str
    rules: Path
    index: Path
    address: str
    reflection: bool = False
    allow_now: bool = False
    log_key: str = ""
    """The key of the hashes that stand for customers in logs; empty: a new random one with each start."""
    grace_s: float = 10.0
    """How long calls under way may take to finish once the server is asked to stop."""
    refresh_s: float = 1.0
    """How often to look for changed rules, indexes and items."""
