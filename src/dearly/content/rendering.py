"""Templates, compiled once at load and rendered many times, each time within a budget."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import islice

from jinja2 import Template, meta

from dearly.content.budget import Budget, Clock, RenderBudgetExceeded
from dearly.content.guards import guarded_subject
from dearly.content.local_words import Manner
from dearly.content.plain_text import text_from_html
from dearly.content.sandbox import CLOCK_CHECK, HTML_SANDBOX, MANNER, TEXT_SANDBOX
from dearly.language import program as checked
from dearly.language.locales import lookup, nearest_locale, plural_category
from dearly.language.templates.lowering import lowered_template
from dearly.language.templates.source import Part

CHUNKS_AT_ONCE = 64
"""After so many pieces of output the budget is looked at: often enough for a flood, and it costs nothing."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """The parts of one block; ``subject`` is empty where there is none, ``locale`` is the template's."""

    html: str
    text: str
    subject: str
    locale: str = ""


@dataclass(frozen=True, slots=True)
class CompiledPart:
    """One template source as a function; ``reads`` are the names that it looks up in the context."""

    template: Template
    reads: frozenset[str]


@dataclass(frozen=True, slots=True)
class CompiledTemplate:
    """A template ready to render; where it has no text of its own, that is made from its HTML.

    ``locale`` is the tag in the names of a translation's files, empty for the template that is translated;
    ``translations`` are kept by the locales of CLDR that they are for.
    """

    html: CompiledPart
    text: CompiledPart | None
    subject: CompiledPart | None
    locale: str = ""
    translations: Mapping[str, CompiledTemplate] = field(default_factory=dict)

    def in_locale(self, tag: str) -> CompiledTemplate:
        """The translation for a locale, or for the nearest of its parents; else the template itself."""
        return lookup(tag, self.translations) or self

    def render(self, context: Mapping[str, object], budget: Budget, manner: Manner) -> Rendered:
        """The parts for one recipient.

        ``context`` holds plain data only, as ``language.template_data`` makes it: under ``customer`` a dict
        of the profile fields that the template reads; each value, segment and lifecycle that it reads, by
        name; each item list by name, as a list or tuple of dicts with the item's ``id`` and fields; under
        ``context`` a dict of what the call brings along. What is missing is None or left out. Nothing in it
        is changed.

        Raises:
            RenderBudgetExceeded: the output or the time went over the budget.
            TooManyTags: the HTML has too many tags for a text to be made of it.
            MissingInTemplate: something is printed that is missing.
        """
        clock = Clock(budget)

        def made(part: CompiledPart) -> str:
            return _render(part, context, clock, budget, manner)

        html = made(self.html)
        text = made(self.text) if self.text else _derived_text(html, clock, budget)
        subject = guarded_subject(made(self.subject)) if self.subject else ""
        return Rendered(html, text, subject, self.locale)


def _render(
    part: CompiledPart, context: Mapping[str, object], clock: Clock, budget: Budget, manner: Manner
) -> str:
    data = {name: context.get(name) for name in part.reads}
    data[CLOCK_CHECK] = clock.check
    data[MANNER] = manner
    chunks = part.template.root_render_func(part.template.new_context(data, shared=True))
    return _within(chunks, clock, budget)


def _within(chunks: Iterable[str], clock: Clock, budget: Budget) -> str:
    """All the output, unless it or the time goes over the budget."""
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


def _derived_text(html: str, clock: Clock, budget: Budget) -> str:
    return _within((text_from_html(html),), clock, budget)


def compile_templates(program: checked.Program) -> Mapping[str, CompiledTemplate]:
    """The templates of a checked program by name. Takes milliseconds for each: at load, never in a call."""
    locale = program.settings.locale
    return {name: _compile_translated(found, locale) for name, found in program.templates.items()}


def _compile_translated(template: checked.Template, locale: str) -> CompiledTemplate:
    compiled = compile_template(template.html, template.text, template.subject, locale)
    translations = {
        nearest_locale(tag) or tag: _compile_translation(tag, translation, template, compiled)
        for tag, translation in template.locales.items()
    }
    return replace(compiled, translations=translations)


def _compile_translation(
    tag: str, translation: checked.Template, template: checked.Template, compiled: CompiledTemplate
) -> CompiledTemplate:
    """What is not translated stays in the language of the template, down to its plurals."""
    own = compile_template(translation.html, translation.text, translation.subject, tag)
    return CompiledTemplate(
        compiled.html if translation.html == template.html else own.html,
        compiled.text if translation.text == template.text else own.text,
        compiled.subject if translation.subject == template.subject else own.subject,
        tag,
    )


def compile_template(
    html: str, text: str | None = None, subject: str | None = None, locale: str = "en"
) -> CompiledTemplate:
    """One template, written for a locale, from sources that have passed the check.

    Raises:
        UnreadableTemplate: a source cannot be parsed within the limits (and so has not passed it).
    """
    return CompiledTemplate(
        _compile(html, "html", locale),
        None if text is None else _compile(text, "text", locale),
        None if subject is None else _compile(subject, "subject", locale),
    )


def _compile(source: str, part: Part, locale: str) -> CompiledPart:
    language = nearest_locale(locale) or "en"
    plural_category(language, 1)  # so that its rules are read by now
    sandbox = HTML_SANDBOX if part == "html" else TEXT_SANDBOX
    tree = lowered_template(source, part, language)
    tree.set_environment(sandbox)
    return CompiledPart(sandbox.from_string(tree), frozenset(meta.find_undeclared_variables(tree)))


def last_resort(template: CompiledTemplate, manner: Manner) -> Rendered:
    """The template without items and without a customer: what is shown when all else fails. Made at load.

    Raises:
        RenderBudgetExceeded: it takes over a second, or is too long.
        MissingInTemplate: it prints what is not there then (no checked ``otherwise`` template does).
    """
    return template.render({}, Budget(max_s=1.0), manner)
