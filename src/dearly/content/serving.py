"""A rules package made ready to serve: everything that a callout needs, compiled before the first call."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from dearly import DearlyError
from dearly.content.local_words import Manner, manner_of
from dearly.content.rendering import CompiledTemplate, Rendered, compile_templates, last_resort
from dearly.content.unserved import find_unserved
from dearly.content.validity import Watched, watch_branches, with_list_parts_named
from dearly.evaluation import (
    CompiledProgram,
    Facts,
    FactsReader,
    Watch,
    compile_program,
    facts_reader,
    read_facts,
)
from dearly.language import CheckReport, Diagnostic, Package, Program, check_package
from dearly.language.calendar import zone_of
from dearly.language.locales import LOCALE_FIELD, is_tag, lookup, nearest_locale
from dearly.language.program import Branch, Field, Settings
from dearly.language.requirements import Requirements, block_requirements, combine_requirements
from dearly.language.template_data import template_data
from dearly.language.types import BOOL, NUMBER, TEXT, Type, Value, is_textual
from dearly.recommendation import Suggestion
from dearly.store import EventRange


class CannotServe(DearlyError):
    """A checked package with blocks whose last resorts cannot be rendered; ``diagnostics`` says which."""

    def __init__(self, diagnostics: tuple[Diagnostic, ...]) -> None:
        super().__init__("\n".join(f"{found.span}: {found.message}" for found in diagnostics))
        self.diagnostics = diagnostics


@dataclass(frozen=True, slots=True)
class TemplateReads:
    """What a template and its translations read: names whose values are plain data as they are, other names,
    fields of the profile and of what the call brings along.
    """

    plain_names: tuple[str, ...]
    other_names: tuple[tuple[str, Type], ...]
    fields: tuple[tuple[str, Type], ...]
    context_fields: tuple[tuple[str, Type], ...]


@dataclass(frozen=True, slots=True)
class LastResort:
    """What is shown of a block when all else fails, and its translations by locale. Nothing can fail here."""

    rendered: Rendered
    translations: Mapping[str, Rendered]

    def in_locale(self, tag: str) -> Rendered:
        """The one for a locale, as a template's translation is chosen."""
        return lookup(tag, self.translations) or self.rendered


@dataclass(frozen=True, slots=True)
class Serving:
    """One version of the rules, ready: swap the reference to change rules.

    ``reads`` says what each template is given; ``horizons`` which events each block needs, and how far back;
    ``watched`` what time may change in its branches; ``last_resorts`` are the ``otherwise`` of each block
    rendered without items or customer, and of its translations by locale; ``nobody`` are the facts of
    somebody unknown, by a call that brings nothing along.
    """

    program: Program
    reader: FactsReader
    compiled: CompiledProgram
    templates: Mapping[str, CompiledTemplate]
    reads: Mapping[str, TemplateReads]
    horizons: Mapping[str, Mapping[str, int | None]]
    watched: Mapping[str, tuple[Watched, ...]]
    last_resorts: Mapping[str, LastResort]
    nobody: Facts

    def ranges(self, blocks: Sequence[str], now_us: int) -> list[EventRange]:
        """The events that these blocks need, as of now: each type once, as far back as any block looks."""
        horizons = self.horizons[blocks[0]]
        if len(blocks) > 1:
            needed = (Requirements(events=self.horizons[block]) for block in blocks)
            horizons = combine_requirements(needed).events
        return [
            EventRange(event, None if horizon_us is None else now_us - horizon_us)
            for event, horizon_us in horizons.items()
        ]

    def manner(self, asked: str, profile: Mapping[str, Value]) -> Manner:
        """How a recipient is spoken to: as the call asks, or as the profile says, or as the package does."""
        settings = self.program.settings
        own = profile.get(LOCALE_FIELD)
        known = (tag for tag in (asked, own) if isinstance(tag, str) and is_tag(tag) and nearest_locale(tag))
        return manner_of(next(known, settings.locale), zone_of(settings, profile))


def prepare_serving(program: Program) -> Serving:
    """Compile a checked program and render its last resorts. Not in a call: it may take seconds.

    Raises:
        CannotServe: an ``otherwise`` cannot be rendered without items; the message names its file and line.
    """
    templates = compile_templates(program)
    last_resorts = _last_resorts(program, templates)
    reader = facts_reader(program)
    return Serving(
        program=program,
        reader=reader,
        compiled=compile_program(with_list_parts_named(program)),
        templates=templates,
        reads={name: _template_reads(program, name) for name in program.templates},
        horizons={name: block_requirements(program, name).events for name in program.blocks},
        watched={name: watch_branches(program, name) for name in program.blocks},
        last_resorts=last_resorts,
        nobody=replace(read_facts(reader, None, ()), context=_defaults(program.context)),
    )


def _defaults(fields: Mapping[str, Field]) -> dict[str, Value]:
    return {name: field.default for name, field in fields.items() if field.default is not None}


def check_servable(package: Package) -> CheckReport:
    """All that may bar a package from serving: :func:`check_renderable`, and what is not served yet."""
    report = check_renderable(package)
    unserved = find_unserved(report.program) if report.program is not None else ()
    return CheckReport(None, (*report.diagnostics, *unserved)) if unserved else report


def check_renderable(package: Package) -> CheckReport:
    """What the checker says of a package, and whether its last resorts render."""
    report = check_package(package)
    if report.program is None:
        return report
    try:
        _last_resorts(report.program, compile_templates(report.program))
    except CannotServe as error:
        return CheckReport(None, (*report.diagnostics, *error.diagnostics))
    return report


def _last_resorts(program: Program, templates: Mapping[str, CompiledTemplate]) -> dict[str, LastResort]:
    rendered: dict[str, LastResort] = {}
    findings: list[Diagnostic] = []
    for block in program.blocks.values():
        otherwise = block.branches[-1]
        try:
            rendered[block.name] = _last_resort(templates[otherwise.template], program.settings)
        except Exception as error:  # noqa: BLE001 - whatever a template raises, its package is refused
            findings.append(_last_resort_fails(block.name, otherwise, error))
    if findings:
        raise CannotServe(tuple(findings))
    return rendered


def _last_resort(template: CompiledTemplate, settings: Settings) -> LastResort:
    return LastResort(
        last_resort(template, manner_of(settings.locale, settings.timezone)),
        {
            locale: last_resort(translation, manner_of(locale, settings.timezone))
            for locale, translation in template.translations.items()
        },
    )


def _last_resort_fails(block: str, otherwise: Branch, error: Exception) -> Diagnostic:
    message = (
        f"Block `{block}` shows `{otherwise.template}` when all else fails, so it must render without items, "
        f"and it does not ({type(error).__name__}: {error})"
    )
    hint = "Make it shorter and simpler, and see that it works with empty lists."
    return Diagnostic("last-resort-fails", "error", message, otherwise.span, hint)


def template_context(
    reads: TemplateReads, facts: Facts, watch: Watch, lists: Mapping[str, Sequence[Suggestion]]
) -> dict[str, object]:
    """Plain data for one template: only the fields and names that it reads, and its lists."""
    context: dict[str, object] = {name: watch.value(name) for name in reads.plain_names}
    for name, kind in reads.other_names:
        context[name] = template_data(kind, watch.value(name))
    profile = facts.profile
    context["customer"] = {name: template_data(kind, profile.get(name)) for name, kind in reads.fields}
    if reads.context_fields:
        brought = ((name, kind, facts.context.get(name)) for name, kind in reads.context_fields)
        context["context"] = {name: template_data(kind, value) for name, kind, value in brought}
    for name, suggestions in lists.items():
        context[name] = [
            {"id": suggestion.item.item_id, **suggestion.item.template_data} for suggestion in suggestions
        ]
    return context


def _template_reads(program: Program, template: str) -> TemplateReads:
    found = program.templates[template]
    all_of_it = (found, *found.locales.values())
    names = [(name, _type_of(program, name)) for name in sorted({n for one in all_of_it for n in one.names})]
    fields = {name for one in all_of_it for name in one.profile_fields}
    context_fields = {name for one in all_of_it for name in one.context_fields}
    return TemplateReads(
        plain_names=tuple(name for name, kind in names if _is_plain(kind)),
        other_names=tuple((name, kind) for name, kind in names if not _is_plain(kind)),
        fields=tuple((name, program.profile[name].type) for name in sorted(fields)),
        context_fields=tuple((name, program.context[name].type) for name in sorted(context_fields)),
    )


def _is_plain(kind: Type) -> bool:
    return is_textual(kind) or kind in (NUMBER, BOOL)


def _type_of(program: Program, name: str) -> Type:
    if name in program.values:
        return program.values[name].type
    return BOOL if name in program.segments else TEXT
