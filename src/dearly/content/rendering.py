"""Templates, compiled once at load and rendered many times, each time within a budget."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import islice

from jinja2 import Template, meta

from dearly import DearlyError
from dearly.content.guards import guarded_subject
from dearly.content.plain_text import text_from_html
from dearly.content.sandbox import CLOCK_CHECK, HTML_SANDBOX, TEXT_SANDBOX
from dearly.language.program import Program
from dearly.language.templates.lowering import lowered_template
from dearly.language.templates.source import Part

CHUNKS_AT_ONCE = 64
"""After so many pieces of output the budget is looked at: often enough for a flood, and it costs nothing."""


class RenderBudgetExceeded(DearlyError):
    """A template made more output, or took more time, than it was allowed."""


@dataclass(frozen=True, slots=True)
class Budget:
    """What one rendering may use: bytes of UTF-8 for each part, and time for all parts together."""

    max_bytes: int = 256 * 1024
    max_s: float = 0.050
    monotonic: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Rendered:
    """The parts of one block; ``subject`` is empty where the template has none."""

    html: str
    text: str
    subject: str


@dataclass(frozen=True, slots=True)
class CompiledPart:
    """One template source as a function; ``reads`` are the names that it looks up in the context."""

    template: Template
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template ready to render; where it has no text of its own, that is made from its HTML."""

    html: CompiledPart
    text: CompiledPart | None
    subject: CompiledPart | None

    def render(self, context: Mapping[str, object], budget: Budget) -> Rendered:
        """The parts for one recipient.

        ``context`` holds plain data only, as ``language.template_data`` makes it: under ``customer`` a dict
        of the profile fields that the template reads; each value, segment and lifecycle that it reads, by
        name; each item list by name, as a list or tuple of dicts with the item's ``id`` and fields. What is
        missing is None or left out. Nothing in it is changed.

        Raises:
            RenderBudgetExceeded: the output or the time went over the budget.
            MissingInTemplate: something is printed that is missing.
        """
        clock = _Clock(budget)
        html = _render(self.html, context, clock)
        text = _render(self.text, context, clock) if self.text else _derived_text(html, clock)
        subject = guarded_subject(_render(self.subject, context, clock)) if self.subject else ""
        return Rendered(html, text, subject)


class _Clock:
    """The time that one rendering has."""

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self._ends = budget.monotonic() + budget.max_s

    def check(self) -> None:
        """Raises RenderBudgetExceeded when the time is up."""
        if self.budget.monotonic() > self._ends:
            raise RenderBudgetExceeded(
                f"The template took longer than its {self.budget.max_s * 1000:.0f} ms."
            )


def _render(part: CompiledPart, context: Mapping[str, object], clock: _Clock) -> str:
    data = {name: context.get(name) for name in part.reads}
    data[CLOCK_CHECK] = clock.check
    chunks = part.template.root_render_func(part.template.new_context(data, shared=True))
    return _within(chunks, clock)


def _within(chunks: Iterable[str], clock: _Clock) -> str:
    """All the output, unless it or the time goes over the budget."""
    budget = clock.budget
    pieces: list[str] = []
    length = 0
    source = iter(chunks)
    while some := list(islice(source, CHUNKS_AT_ONCE)):
        pieces += some
        length += sum(map(len, some))
        if length > budget.max_bytes:
            raise _too_long(budget)
        clock.check()
    output = "".join(pieces)
    # A character has at most four bytes: only long outputs are counted exactly.
    if length * 4 > budget.max_bytes and len(output.encode()) > budget.max_bytes:
        raise _too_long(budget)
    return output


def _too_long(budget: Budget) -> RenderBudgetExceeded:
    return RenderBudgetExceeded(f"The template made more than its {budget.max_bytes:,} bytes of output.")


def _derived_text(html: str, clock: _Clock) -> str:
    text = text_from_html(html)
    clock.check()
    return _within((text,), clock)


def compile_templates(program: Program) -> Mapping[str, CompiledTemplate]:
    """The templates of a checked program by name. Takes milliseconds for each: at load, never in a call."""
    return {
        name: compile_template(template.html, template.text, template.subject)
        for name, template in program.templates.items()
    }


def compile_template(html: str, text: str | None = None, subject: str | None = None) -> CompiledTemplate:
    """One template from sources that have passed the check.

    Raises:
        UnreadableTemplate: a source cannot be parsed within the limits (and so has not passed it).
    """
    return CompiledTemplate(
        _compile(html, "html"),
        None if text is None else _compile(text, "text"),
        None if subject is None else _compile(subject, "subject"),
    )


def _compile(source: str, part: Part) -> CompiledPart:
    sandbox = HTML_SANDBOX if part == "html" else TEXT_SANDBOX
    tree = lowered_template(source, part)
    tree.set_environment(sandbox)
    return CompiledPart(sandbox.from_string(tree), frozenset(meta.find_undeclared_variables(tree)))


def last_resort(template: CompiledTemplate) -> Rendered:
    """The template without items and without a customer: what is shown when all else fails. Made at load.

    Raises:
        RenderBudgetExceeded: it takes over a second, or is too long.
        MissingInTemplate: it prints what is not there then (no checked ``otherwise`` template does).
    """
    return template.render({}, Budget(max_s=1.0))
