"""Templates in use: that each one shown exists, and reads only what every branch showing it provides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from dearly.language.checking.definitions import Definitions
from dearly.language.checking.findings import Findings
from dearly.language.checking.symbols import Symbols
from dearly.language.checking.template_files import FOLDER, PARTS, Texts, read_templates, shown_name, start_of
from dearly.language.diagnostics import Diagnostic
from dearly.language.locales import nearest_locale
from dearly.language.magnitudes import KEPT
from dearly.language.program import Block, Branch, Span, Template
from dearly.language.sensitivity import sensitive_values
from dearly.language.syntax import tree
from dearly.language.templates.check import CheckTemplate, check_template
from dearly.language.templates.provided import Named, Provided
from dearly.language.types import BOOL, TEXT


@dataclass(slots=True)
class _Used:
    """One template's sources, and what the checks so far have seen them read.

    ``stem`` is the path of its files without their endings, ``locale`` the tag of what they are written in.
    """

    texts: Texts
    stem: str
    locale: str
    profile_fields: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    context_fields: frozenset[str] = frozenset()
    translations: dict[str, _Used] = field(default_factory=dict)


def check_templates(
    symbols: Symbols,
    definitions: Definitions,
    blocks: Iterable[Block],
    files: Mapping[str, bytes],
    findings: Findings,
    check_source: CheckTemplate = check_template,
) -> dict[str, Template]:
    """The templates that are shown, with what they read; ``files`` are sources by path in the package."""
    sources = _sources(files, nearest_locale(symbols.settings.locale) or "en", findings)
    shown = _report_absent(symbols, sources, findings)
    _report_useless(sources, shown, symbols.is_read_whole(), findings)
    _check_shown(symbols, _readable(symbols, definitions), blocks, sources, findings, check_source)
    return {
        name: _template(name, found, found.texts)
        for name, found in sorted(sources.items())
        if name in shown and "html" in found.texts
    }


def _sources(files: Mapping[str, bytes], locale: str, findings: Findings) -> dict[str, _Used]:
    """The templates by name; ``locale`` is what those are written in that do not say."""
    sources: dict[str, _Used] = {}
    for name, read in read_templates(files, findings).items():
        used = sources[name] = _Used(read.texts, f"{FOLDER}{name}", locale)
        for tag, texts in read.translations.items():
            used.translations[tag] = _Used(texts, f"{FOLDER}{name}.{tag}", nearest_locale(tag) or tag)
    return sources


def _template(name: str, used: _Used, texts: Texts) -> Template:
    """The template as the program has it, with its translations; ``texts`` are all that it shows."""
    return Template(
        name,
        texts["html"],
        texts.get("text"),
        texts.get("subject"),
        used.profile_fields,
        used.names,
        used.context_fields,
        {
            tag: _template(name, translation, _completed(translation.texts, texts))
            for tag, translation in sorted(used.translations.items())
        },
    )


def _completed(translated: Texts, texts: Texts) -> Texts:
    """A translation with what it lacks. A text is rather made of its HTML than shown in another language."""
    lacking = {part: text for part, text in texts.items() if part != "text" or "html" not in translated}
    return lacking | translated


def _report_absent(symbols: Symbols, sources: Mapping[str, _Used], findings: Findings) -> set[str]:
    """The names of all templates that some branch shows; those that are not there are reported."""
    shown: set[str] = set()
    known = [f"{name}.html" for name in sources]
    for written in _written_templates(symbols.blocks.values()):
        name = shown_name(written.value)
        if name is None:
            continue
        shown.add(name)
        if name not in sources:
            message = f"There is no template {FOLDER}{name}.html."
            near = findings.did_you_mean(f"{name}.html", known, at=_within_quotes(written.span))
            findings.add("unknown-template", written.span, message, near or "Add the file to the package.")
    return shown


def _within_quotes(span: Span) -> Span:
    return replace(span, column=span.column + 1, end_column=span.end_column - 1)


def _written_templates(blocks: Iterable[tree.BlockDeclaration]) -> Iterator[tree.TextLiteral]:
    for block in blocks:
        for branch in block.branches:
            yield branch.template


def _report_useless(
    sources: Mapping[str, _Used], shown: set[str], read_whole: bool, findings: Findings
) -> None:
    for name, found in sources.items():
        if "html" not in found.texts:
            for part_of in (found, *found.translations.values()):
                _report_without_html(name, part_of, findings)
        elif read_whole and name not in shown:
            hint = f'Show it, `show "{name}.html"`, or remove it.'
            place = start_of(f"{FOLDER}{name}.html")
            findings.add("unused-template", place, "No block shows this template.", hint)


def _report_without_html(name: str, found: _Used, findings: Findings) -> None:
    ending = next((ending for ending, part in PARTS.items() if part in found.texts), None)
    if ending is not None:
        message = f"There is no {FOLDER}{name}.html that this would belong to."
        findings.add(
            "template-without-html", start_of(found.stem + ending), message, "Add it, or remove this."
        )


# ---------------------------------------------------------------------------------------------- what is read


@dataclass(frozen=True, slots=True)
class _Readable:
    """What templates may read by name, the same for all of them."""

    names: Mapping[str, Named]
    sensitive: Mapping[str, str]
    """The values that hand on a sensitive field, with the field."""
    faulty: frozenset[str]
    """Names in whose definitions something is wrong: not to know them is not the template's fault."""
    unread: bool
    """Whether the profile or a whole file could not be read: so it is with every name then."""


def _readable(symbols: Symbols, definitions: Definitions) -> _Readable:
    names = {name: Named(BOOL, name in definitions.uncertain) for name in definitions.segments}
    for name, value in definitions.values.items():
        names[name] = Named(value.type, value.may_be_missing, definitions.magnitudes.get(name, KEPT))
    for name in definitions.lifecycles:
        names[name] = Named(TEXT, stages=tuple(symbols.stages[name]))
    declared = symbols.segments.keys() | symbols.values.keys() | symbols.lifecycles.keys()
    faulty = symbols.broken.names | (declared - names.keys())
    unread = symbols.broken.fields or symbols.broken.file
    return _Readable(names, sensitive_values(symbols, definitions.order, definitions.values), faulty, unread)


def _check_shown(
    symbols: Symbols,
    readable: _Readable,
    blocks: Iterable[Block],
    sources: Mapping[str, _Used],
    findings: Findings,
    check_source: CheckTemplate,
) -> None:
    """Check each template once for every different set of lists that it is shown with."""
    told: set[tuple[str, str, Span]] = set()
    for block, branch in _showings(blocks):
        if branch.template not in sources:
            continue
        lists = {one.name: symbols.catalogs[one.catalog] for one in branch.lists}
        provided = Provided(symbols.profile, readable.names, lists, branch.condition is None, symbols.context)
        used = sources[branch.template]
        for written in (used, *used.translations.values()):
            for found in _check_parts(written, provided, readable, check_source):
                place = (found.code, found.message, found.span)
                if place not in told:
                    told.add(place)
                    findings.extend([_shown_by(found, block, branch)])


def _showings(blocks: Iterable[Block]) -> Iterator[tuple[Block, Branch]]:
    """Of the branches that provide the same to the same template, the first."""
    seen: set[tuple[str, frozenset[tuple[str, str]], bool]] = set()
    for block in blocks:
        for branch in block.branches:
            lists = frozenset((one.name, one.catalog) for one in branch.lists)
            provides = (branch.template, lists, branch.condition is None)
            if provides not in seen:
                seen.add(provides)
                yield block, branch


def _check_parts(
    used: _Used, provided: Provided, readable: _Readable, check_source: CheckTemplate
) -> Iterator[Diagnostic]:
    for ending, part in PARTS.items():
        if part not in used.texts:
            continue
        source, path = used.texts[part], used.stem + ending
        report = check_source(source, path, part, provided, used.locale)
        used.profile_fields |= report.profile_fields
        used.names |= report.names
        used.context_fields |= report.context_fields
        yield from (found for found in report.diagnostics if not _is_excused(found, source, readable))
        for name in sorted(report.names & readable.sensitive.keys()):
            yield _sensitive_value(name, readable.sensitive[name], source, path)


def _is_excused(found: Diagnostic, source: str, readable: _Readable) -> bool:
    is_unknown = found.code in ("template-unknown-name", "template-unknown-field")
    if not is_unknown or readable.unread or not readable.faulty:
        return is_unknown and readable.unread
    line = source.splitlines()[found.span.line - 1]
    return line[found.span.column - 1 : found.span.end_column - 1] in readable.faulty


def _sensitive_value(name: str, origin: str, source: str, path: str) -> Diagnostic:
    found = re.search(rf"\b{name}\b", source)
    before = source[: found.start()] if found is not None else ""
    line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
    message = f"`{name}` hands on `{origin}`, which is `@sensitive` and may not reach a template."
    hint = "Decide with it in the rules, by a segment, and read the segment here."
    place = Span(path, line, column, line, column + len(name))
    return Diagnostic("sensitive-value", "error", message, place, hint)


def _shown_by(diagnostic: Diagnostic, block: Block, branch: Branch) -> Diagnostic:
    shown = f"(Shown by the block `{block.name}` at {branch.span}.)"
    return replace(diagnostic, hint=f"{diagnostic.hint} {shown}" if diagnostic.hint else shown)
