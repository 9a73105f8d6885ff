"""What was read before, so that after an edit only what changed is read again.

Parsing is most of a check's time. A file that stays as it was is not parsed again; in a file that changed
only the declarations are whose text changed. Templates are checked again where their source changed, or
something that the rules provide to them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from dearly.editor.moving import moved
from dearly.language import Diagnostic
from dearly.language.syntax.parser import parse_rules, parse_section
from dearly.language.syntax.sections import Section
from dearly.language.syntax.source import Source, place
from dearly.language.syntax.tree import Declaration
from dearly.language.templates.check import TemplateReport, check_template
from dearly.language.templates.provided import Provided
from dearly.language.templates.source import Part

_Parsed = tuple[tuple[Declaration, ...], tuple[Diagnostic, ...]]
_Read = tuple[Declaration | None, list[Diagnostic]]


@dataclass(frozen=True, slots=True)
class _Section:
    """A declaration's text as it was read, and where it began."""

    line: int
    column: int
    read: _Read


@dataclass(frozen=True, slots=True)
class _File:
    text: str
    parsed: _Parsed
    sections: Mapping[str, _Section]


@dataclass(frozen=True, slots=True)
class _Template:
    source: str
    provided: Provided
    report: TemplateReport


class Memory:
    """One package's files and templates as they were read last.

    Its methods stand in for :func:`~dearly.language.syntax.parser.parse_rules` and
    :func:`~dearly.language.templates.check.check_template`, and answer as these do. Not for several threads
    at once.
    """

    def __init__(self) -> None:
        self._files: dict[str, _File] = {}
        self._templates: dict[tuple[str, Part, str, frozenset[str], bool], _Template] = {}
        self._provided: dict[str, Mapping[str, Any]] = {}

    def parse(self, text: str, file: str) -> _Parsed:
        """The declarations of a file's text, and what is wrong with the others."""
        before = self._files.get(file)
        if before is not None and before.text == text:
            return before.parsed
        known = before.sections if before is not None else {}
        sections: dict[str, _Section] = {}

        def read(section: Section, source: Source) -> _Read:
            found = _read_again(section, source, known)
            sections[source.text[section.start : section.end]] = found
            return found.read

        parsed = parse_rules(text, file, read)
        self._files[file] = _File(text, parsed, sections)
        return parsed

    def check_template(
        self, source: str, file: str, part: Part, provided: Provided, locale: str
    ) -> TemplateReport:
        """What is found in a template's source, and what it reads."""
        provided = replace(
            provided,
            profile=self._as_before("profile", provided.profile),
            names=self._as_before("names", provided.names),
            context=self._as_before("context", provided.context),
        )
        key = (file, part, locale, frozenset(provided.lists), provided.impersonal)
        before = self._templates.get(key)
        if before is not None and before.source == source and before.provided == provided:
            return before.report
        report = check_template(source, file, part, provided, locale)
        self._templates[key] = _Template(source, provided, report)
        return report

    def _as_before(self, kind: str, provided: Mapping[str, Any]) -> Mapping[str, Any]:
        """The earlier object where the two are equal: to compare that again for each template is cheap."""
        before = self._provided.get(kind)
        if before is not provided and before == provided:
            return before
        self._provided[kind] = provided
        return provided

    def forget_all_but(self, files: Mapping[str, bytes]) -> None:
        """Let go of files that are no more."""
        self._files = {file: kept for file, kept in self._files.items() if file in files}
        self._templates = {key: kept for key, kept in self._templates.items() if key[0] in files}


def _read_again(section: Section, source: Source, known: Mapping[str, _Section]) -> _Section:
    """The section as it was read before, at its place of now; read anew where it changed."""
    begin = place(source, section.start, section.start)
    before = known.get(source.text[section.start : section.end])
    if before is None or before.column != begin.column or section.problem is not None:
        return _Section(begin.line, begin.column, parse_section(section, source))
    if before.line == begin.line:
        return before
    declaration, problems = before.read
    if declaration is None or problems:
        return _Section(begin.line, begin.column, parse_section(section, source))
    moved_there = moved(declaration, begin.line - before.line)
    return _Section(begin.line, begin.column, (moved_there, []))
