"""A small shop whose membership is kept: rules as text, a real store, a clock that is set by hand."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from dearly.language import Package, Program, check_package, render_text
from dearly.language.types import DAY_US, HOUR_US, MINUTE_US
from dearly.membership import MembershipEngine, Watched, join_standings, merge_body, watch_program
from dearly.store import EventRecord, Member, ProfilePatch, Store, Stored

SCHEMA = """
settings { timezone "Europe/Berlin" }
profile {
  country  text?
  timezone text?
}
event added   { product text? }
event ordered { total number }
event viewed  { product text? }
"""
SHOP = """
segment left_behind { any added within 30 days older than 48 hours not followed by ordered }
segment buyers      { any ordered within 10 days }
segment dutch       { country == "NL" }
segment browsing    { any viewed today }
lifecycle stage {
  customer when any ordered
  guest    otherwise
}
"""


def program_of(rules: str) -> Program:
    """The shop's schema with these rules."""
    package = Package({"shop.rules": (SCHEMA + rules).encode()})
    report = check_package(package)
    shown = "\n".join(render_text(found, package.files) for found in report.diagnostics)
    assert report.program is not None, shown
    return report.program


def watch(rules: str = SHOP) -> Watched:
    return watch_program(program_of(rules))


def instant(local: str, zone: str = "Europe/Berlin") -> int:
    """A local date and time, ``2026-03-01 10:00``, in microseconds since the epoch."""
    return round(datetime.fromisoformat(local).replace(tzinfo=ZoneInfo(zone)).timestamp()) * 1_000_000


MORNING_US = instant("2026-03-02 10:00")


@dataclass(slots=True)
class Shop:
    """A store, the rules of the moment, the time of the moment, and the engine that goes by them."""

    store: Store
    watched: Watched = field(default_factory=watch)
    now_us: int = MORNING_US
    events: int = 0
    told: int = 0
    engine: MembershipEngine = field(init=False)

    def __post_init__(self) -> None:
        self.restart()

    def restart(self) -> None:
        """Another process: it knows the rules of the moment, and what the store has."""
        self.engine = MembershipEngine(self.store, lambda: self.watched, lambda: self.now_us, lambda _: "#")

    def settle(self) -> None:
        """Do all that is to be done now."""
        while self.engine.step():
            pass

    def pass_time(self, until_us: int) -> None:
        """Let time pass for a worker that is never late: it wakes when its timers say so."""
        while (next_us := self.store.next_due_us()) is not None and next_us <= until_us:
            self.now_us = max(self.now_us, next_us)
            self.settle()
        self.now_us = until_us

    def happens(
        self, kind: str, at_us: int | None = None, customer: str = "ada", **said: Stored
    ) -> EventRecord:
        """An event comes in, now, of now or of another time."""
        self.events += 1
        said = {"total": 1.0, **said} if kind == "ordered" else said
        event = EventRecord(
            customer, kind, self.now_us if at_us is None else at_us, "test", f"event {self.events}", said
        )
        self.store.append_events([event])
        return event

    def signs_up(self, customer: str = "ada", **fields: Stored | None) -> None:
        """Fields of the profile change, now."""
        self.store.upsert_profiles([ProfilePatch(customer, fields, self.now_us)], self.now_us)

    def merges(self, from_id: str, into_id: str) -> None:
        """Two become one, now."""
        body = merge_body(from_id, into_id, self.now_us)
        self.store.merge_customers(from_id, into_id, self.now_us, body, join_standings)

    def news(self) -> list[dict[str, Any]]:
        """What the feed was told since the last time it was asked."""
        records = self.store.read_feed(self.told, 100_000)
        self.told = records[-1].position if records else self.told
        return [{"customer": each.customer_id, **json.loads(each.body)} for each in records]

    def moves(self) -> list[tuple[str, str | None, str | None, int, str]]:
        """The same of segments and lifecycles: name, from, to, hours since the morning, cause."""
        return [
            (each["name"], each["from"], each["to"], hours_since_morning(each["at_us"]), each["cause"])
            for each in self.news()
            if each["kind"] in ("segment", "lifecycle")
        ]

    def fired(self) -> list[tuple[str, float]]:
        """The triggers that fired: name, hours since the morning."""
        return [
            (each["name"], hours_since_morning(each["at_us"]))
            for each in self.news()
            if each["kind"] == "trigger"
        ]

    def members_page(self, name: str, limit: int, after: str | None = None) -> Sequence[Member]:
        """The next so many members, as of now."""
        return self.engine.members_now(name, self.now_us, after, limit)[0]

    def counts(self, name: str) -> Mapping[str, int]:
        """How many are in each state, as of now."""
        return self.engine.count_now(name, self.now_us)

    def members(self, name: str) -> Mapping[str, str]:
        """Who is in which state, as of now."""
        return {each.customer_id: each.state for each in self.members_page(name, 10_000)}


def hours_since_morning(at_us: int) -> float:
    return (at_us - MORNING_US) / HOUR_US


def hours(count: float) -> int:
    """So many hours after the morning."""
    return MORNING_US + round(count * HOUR_US)


def days(count: float) -> int:
    """So many days after the morning, of 24 hours each."""
    return MORNING_US + round(count * DAY_US)


def minutes(count: float) -> int:
    """So many minutes after the morning."""
    return MORNING_US + round(count * MINUTE_US)
