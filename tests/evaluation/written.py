"""Rules as an author writes them, compiled; and customers told in a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dearly.evaluation import CompiledProgram, EventLog, Facts, compile_program
from dearly.language import Package, check_package
from dearly.language.types import DAY_US, HOUR_US, SECOND_US, Value

NOW = 20_000 * DAY_US + 11 * HOUR_US
S = SECOND_US

SCHEMA = """
profile {
  country    text?
  nickname   text?
  points     number?
  bonus      number?
  member     bool?
  birthday   date?
  joined     time?
  interests  set of text
  favourite  product?
}
catalog product { title text, category text?, price number?, available bool?, tags set of text }
event viewed { product product, category text?, seconds number?, day date? }
event added { product product, quantity number = 1 }
event ordered { total number?, voucher text? }
event opened { campaign text? }
"""

Happened = int | tuple[int, Mapping[str, Value]]
"""When an event was, relative to NOW, and its properties if they matter."""


def compiled(rules: str) -> CompiledProgram:
    """The rules, on top of the schema, as functions."""
    files = {"all.rules": (SCHEMA + rules).encode(), "templates/shown.html": b"<p>shown</p>"}
    report = check_package(Package(files))
    assert report.program is not None, [f"{d.span}: {d.message}" for d in report.diagnostics]
    return compile_program(report.program)


def customer(profile: Mapping[str, Value] | None = None, /, **events: Sequence[Happened]) -> Facts:
    """A customer's profile and events by type, in order of time."""
    return Facts(profile or {}, {name: _log(happened) for name, happened in events.items()})


def _log(happened: Sequence[Happened]) -> EventLog:
    pairs = [each if isinstance(each, tuple) else (each, {}) for each in happened]
    return EventLog(tuple(NOW + time for time, _ in pairs), tuple(properties for _, properties in pairs))


def ask(condition: str, facts: Facts, after_us: int = 0) -> Value | None:
    """What a segment with this condition says of the customer at ``NOW + after_us``."""
    return compiled(f"segment asked {{ {condition} }}").at(facts, NOW + after_us).value("asked")


def work_out(expression: str, facts: Facts, after_us: int = 0) -> Value | None:
    """What a value with this expression says of the customer at ``NOW + after_us``."""
    return compiled(f"value asked = {expression}").at(facts, NOW + after_us).value("asked")


def flip(condition: str, facts: Facts, after_us: int = 0) -> int | None:
    """When a segment with this condition flips next, relative to NOW."""
    found = compiled(f"segment asked {{ {condition} }}").at(facts, NOW + after_us).next_flip("asked")
    return None if found is None else found - NOW
