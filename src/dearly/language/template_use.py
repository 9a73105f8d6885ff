"""Templates in use: that each one shown exists, and reads only what every branch showing it provides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from dearly.language import syntax
from dearly.language.definitions import Definitions
from dearly.language.diagnostics import Diagnostic
from dearly.language.findings import Findings
from dearly.language.program import Block, Branch, Span, Template
from dearly.language.sensitivity import sensitive_values
from dearly.language.symbols import Symbols
from dearly.language.template_files import FOLDER, PARTS, is_template_name, read_templates, start_of
from dearly.language.template_source import Part
from dearly.language.templates import Provided, check_template
from dearly.language.types import BOOL, TEXT, Type


@dataclass(slots=True)
class _Used:
    """One template's sources, and what the checks so far have seen them read."""

    texts: Mapping[Part, str]
    profile_fields: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


def check_templates(
    symbols: Symbols,
    definitions: Definitions,
    blocks: Iterable[Block],
    files: Mapping[str, bytes],
    findings: Findings,
) -> dict[str, Template]:
    """The templates that are shown, with what they read; ``files`` are sources by path in the package."""
    sources = {name: _Used(texts) for name, texts in read_templates(files, findings).items()}
    shown = _report_absent(symbols, sources, findings)
    _report_unused(sources, shown, findings)
    _check_shown(symbols, definitions, blocks, sources, findings)
    return {
        name: Template(
            name,
            found.texts["html"],
            found.texts.get("text"),
            found.texts.get("subject"),
            found.profile_fields,
            found.names,
        )
        for name, found in sorted(sources.items())
        if name in shown and "html" in found.texts
    }


def _report_absent(symbols: Symbols, sources: Mapping[str, _Used], findings: Findings) -> set[str]:
    """The names of all templates that some branch shows; those without an HTML file are reported."""
    shown: set[str] = set()
    known = [f"{name}.html" for name in sources]
    for written in _written_templates(symbols.blocks.values()):
        name = written.value.removesuffix(".html")
        shown.add(name)
        if is_template_name(name) and name not in sources:
            message = f"There is no template {FOLDER}{name}.html."
            near = findings.did_you_mean(f"{name}.html", known)
            findings.add("unknown-template", written.span, message, near or "Add the file to the package.")
    for name, found in sources.items():
        if "html" not in found.texts:
            ending = next(ending for ending, part in PARTS.items() if part in found.texts)
            message = f"There is no {FOLDER}{name}.html that this would belong to."
            findings.add(
                "template-without-html",
                start_of(f"{FOLDER}{name}{ending}"),
                message,
                "Add it, or remove this.",
            )
    return shown


def _written_templates(blocks: Iterable[syntax.BlockDeclaration]) -> Iterator[syntax.TextLiteral]:
    for block in blocks:
        for branch in block.branches:
            yield branch.template


def _report_unused(sources: Mapping[str, _Used], shown: set[str], findings: Findings) -> None:
    for name in (name for name in sources.keys() - shown if "html" in sources[name].texts):
        message = "No block shows this template."
        hint = f'Show it, `show "{name}.html"`, or remove it.'
        findings.add("unused-template", start_of(f"{FOLDER}{name}.html"), message, hint)


# ---------------------------------------------------------------------------------------------- what is read


def _check_shown(
    symbols: Symbols,
    definitions: Definitions,
    blocks: Iterable[Block],
    sources: Mapping[str, _Used],
    findings: Findings,
) -> None:
    """Check each template once for every different set of lists that it is shown with."""
    names = _readable_names(definitions)
    sensitive = sensitive_values(symbols, definitions)
    checked: set[tuple[str, frozenset[tuple[str, str]], bool]] = set()
    told: set[tuple[str, str, Span]] = set()
    for block in blocks:
        for branch in block.branches:
            key = (
                branch.template,
                frozenset((one.name, one.catalog) for one in branch.lists),
                branch.condition is None,
            )
            if key in checked or branch.template not in sources:
                continue
            checked.add(key)
            lists = {one.name: symbols.catalogs[one.catalog] for one in branch.lists}
            provided = Provided(symbols.profile, names, lists, branch.condition is None)
            found = _check_parts(sources[branch.template], branch, provided, sensitive)
            for diagnostic in found:
                place = (diagnostic.code, diagnostic.message, diagnostic.span)
                if place not in told:
                    told.add(place)
                    findings.extend([_shown_by(diagnostic, block, branch)])


def _readable_names(definitions: Definitions) -> dict[str, tuple[Type, bool]]:
    names: dict[str, tuple[Type, bool]] = {}
    names.update((name, (BOOL, name in definitions.uncertain)) for name in definitions.segments)
    names.update((name, (value.type, value.may_be_missing)) for name, value in definitions.values.items())
    names.update((name, (TEXT, False)) for name in definitions.lifecycles)
    return names


def _check_parts(
    sources: _Used, branch: Branch, provided: Provided, sensitive: Mapping[str, str]
) -> Iterator[Diagnostic]:
    for ending, part in PARTS.items():
        if part not in sources.texts:
            continue
        source, path = sources.texts[part], f"{FOLDER}{branch.template}{ending}"
        report = check_template(source, path, part, provided)
        sources.profile_fields |= report.profile_fields
        sources.names |= report.names
        yield from report.diagnostics
        for name in sorted(report.names & sensitive.keys()):
            yield _sensitive_value(name, sensitive[name], source, path)


def _sensitive_value(name: str, origin: str, source: str, path: str) -> Diagnostic:
    line, column = 1, 1
    if (found := re.search(rf"\b{name}\b", source)) is not None:
        line = source.count("\n", 0, found.start()) + 1
        column = found.start() - (source.rfind("\n", 0, found.start()) + 1) + 1
    message = f"`{name}` hands on `{origin}`, which is `@sensitive` and may not reach a template."
    hint = "Decide with it in the rules, by a segment, and read the segment here."
    return Diagnostic(
        "sensitive-value", "error", message, Span(path, line, column, line, column + len(name)), hint
    )


def _shown_by(diagnostic: Diagnostic, block: Block, branch: Branch) -> Diagnostic:
    shown = f"(Shown by the block `{block.name}` at {branch.span}.)"
    return replace(diagnostic, hint=f"{diagnostic.hint} {shown}" if diagnostic.hint else shown)
