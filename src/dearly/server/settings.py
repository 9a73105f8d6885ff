"""What one server is started with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from pathlib import Path

from dearly.delivery import SinkSettings
from dearly.language.revisions import RulesSource


def new_log_key() -> str:
    """A random key, for a server that is given none."""
    return secrets.token_hex(32)


@dataclass(frozen=True, slots=True)
class ServerSettings:
    """Where things are, and what is allowed; docs/operations.md tells each at length."""

    store: str
    rules: RulesSource
    index: Path
    address: str
    reflection: bool = False
    allow_now: bool = False
    log_key: str = field(default_factory=new_log_key)
    """The key of the hashes that stand for customers and their sends in logs."""
    membership: bool = True
    """Whether this server keeps membership; another one of the same store may."""
    sinks: tuple[SinkSettings, ...] = ()
    """Who is told the feed."""
    keep_feed_days: int = 30
    """How long the feed's records are kept."""
    scrub: bool = True
    """Whether to overwrite by itself what the store's files still hold of those who were erased."""
    grace_s: float = 10.0
    """How long calls under way may take to finish once the server is asked to stop."""
    refresh_s: float = 1.0
    """How often to look for changed rules, indexes and items."""
    heartbeat_s: float = 15.0
    """How often a watcher is told that there is nothing to tell."""
    upkeep_s: float = 20.0
    """How often to expire events and records of the feed, and to overwrite what was erased."""
