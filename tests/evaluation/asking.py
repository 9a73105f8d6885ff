"""Short forms in which the reference's tests build expressions and customers, and ask."""

from __future__ import annotations

from collections.abc import Mapping

from dearly.evaluation import EventLog, Facts
from dearly.evaluation.reference import evaluate
from dearly.language.program import Aggregate, EventProperty, Expression, Literal, ProfileField, Selection
from dearly.language.types import BOOL, DURATION, NUMBER, TEXT, Value
from tests.evaluation.cases import program_of

NOW = 1_772_359_200_000_000
NOBODY = Facts()
TRUE, FALSE = Literal(True, BOOL), Literal(False, BOOL)
UNKNOWN = ProfileField("member", BOOL)
AGE = ProfileField("age", NUMBER)
PRICE = EventProperty("price", NUMBER)


def number(value: float) -> Literal:
    return Literal(value, NUMBER)


def text(value: str) -> Literal:
    return Literal(value, TEXT)


def duration(us: int) -> Literal:
    return Literal(us, DURATION)


def history(**events: list[int | tuple[int, Mapping[str, Value]]]) -> Facts:
    """Events by type, each a time relative to NOW, or that and its properties."""
    pairs = {
        kind: [each if isinstance(each, tuple) else (each, {}) for each in log]
        for kind, log in events.items()
    }
    return Facts(
        events={
            kind: EventLog(tuple(NOW + time for time, _ in log), tuple(properties for _, properties in log))
            for kind, log in pairs.items()
        }
    )


def ask(expression: Expression, facts: Facts = NOBODY, now: int = 0) -> Value | None:
    """The expression's value at NOW, or some time after it."""
    return evaluate(program_of(), expression, facts, NOW + now)


def count(selection: Selection, facts: Facts, now: int = 0) -> Value | None:
    return ask(Aggregate("count", selection, None, NUMBER), facts, now)
