"""Generated Python while it is being written: functions, constants, and the fragments they are made of.

Nothing that an author wrote is ever spelled in the source: names are numbers, texts are constants handed in
beside it, and only numbers stand as they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from dearly.evaluation.compiled.plan import EventSource, Plan
from dearly.language.program import Selection


@dataclass(frozen=True, slots=True)
class Fragment:
    """A Python expression that binds as tightly as a name: a name, a number, a call, or in parentheses."""

    text: str
    optional: bool
    """Whether it may give None."""
    height: int = 0
    """How many fragments stand inside each other; Python's own parser bounds it."""


@dataclass(slots=True)
class Source:
    """A module of generated functions; each takes the evaluation, ``e``."""

    plan: Plan
    functions: list[str] = field(default_factory=list)
    """The text of each function written so far."""
    constants: dict[str, object] = field(default_factory=dict)
    optional_names: dict[str, bool] = field(default_factory=dict)
    """Of names already written: whether their answer may be missing."""
    kept: dict[EventSource, str] = field(default_factory=dict)
    """Functions that give the events a ``where`` keeps, asked for so far."""
    timelines: dict[Selection, str] = field(default_factory=dict)
    """Functions that give a selection's timeline, asked for so far."""
    shared_written: set[str] = field(default_factory=set)
    """Functions of shared leaves written so far."""
    _constant_names: dict[tuple[type, object], str] = field(default_factory=dict)
    _numbering: int = 0

    def name(self, prefix: str) -> str:
        """A name not used before."""
        self._numbering += 1
        return f"{prefix}{self._numbering}"

    def constant(self, value: object) -> str:
        """The name under which a value is handed to the module."""
        key = (type(value), value)
        if key not in self._constant_names:
            name = self._constant_names[key] = f"K{len(self.constants)}"
            self.constants[name] = value
        return self._constant_names[key]

    def function(self, name: str, body: Sequence[str]) -> None:
        """Add a function of the evaluation; the lines of the body are not yet indented."""
        self.functions.append("\n    ".join([f"def {name}(e):", *body]) + "\n")

    def kept_name(self, source: EventSource) -> str:
        """The function that gives the kept events of a source; written once all expressions are."""
        if source.where is not None and source.weekdays is not None:
            self.kept_name(source._replace(where=None))  # it looks at the events of those days
        return self.kept.setdefault(source, f"k{len(self.kept)}")

    def timeline_name(self, selection: Selection) -> str:
        """The function that gives a selection's timeline; written once all expressions are."""
        return self.timelines.setdefault(selection, f"y{len(self.timelines)}")


def remembered(slot: int, text: str) -> list[str]:
    """A body that works out ``text`` once per evaluation."""
    return [
        "m = e.memo",
        f"if {slot} in m:",
        f"    return m[{slot}]",
        f"r = m[{slot}] = {text}",
        "return r",
    ]
