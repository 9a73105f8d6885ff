"""A package as an editor has it at one moment: what was found, and all that is known of its names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

from dearly.editor.item_catalogs import lists_shown
from dearly.editor.memory import Memory
from dearly.editor.occurrences import occurrences_in
from dearly.editor.symbols import Occurrence, Symbol, contains
from dearly.editor.template_occurrences import occurrences_in_template, template_name
from dearly.language import CheckReport, Package, check_package
from dearly.language.checking.declarations import collect_symbols
from dearly.language.checking.definitions import Definitions, check_definitions
from dearly.language.checking.findings import Findings
from dearly.language.checking.symbols import Broken, Symbols
from dearly.language.package import parse_package
from dearly.language.syntax.tree import Declaration


@dataclass(frozen=True, eq=False)
class Analysis:
    """What is known of a package. Not slotted: what takes time is found when it is asked for, and kept."""

    package: Package
    report: CheckReport
    declarations: Sequence[Declaration]
    """Those that can be read."""
    remembered: Sequence[Declaration]
    """Those that cannot be read any more, as they were when they could, for their names alone."""
    broken: Broken

    @cached_property
    def symbols(self) -> Symbols:
        """Every declared name."""
        return collect_symbols([*self.declarations, *self.remembered], self.broken, Findings())

    @cached_property
    def definitions(self) -> Definitions:
        """The segments, values and lifecycles in which nothing is wrong, whatever is elsewhere."""
        return check_definitions(self.symbols, Findings())

    @cached_property
    def lists(self) -> Mapping[str, Mapping[str, tuple[str, ...]]]:
        """For each template, the catalogs of the lists that it is given."""
        return lists_shown(self.symbols)

    @cached_property
    def occurrences(self) -> Mapping[Symbol, Sequence[Occurrence]]:
        """Every name in the rules and the templates, by what it stands for."""
        found: dict[Symbol, list[Occurrence]] = {}
        for declaration in self.declarations:
            for occurrence in occurrences_in(declaration, self.symbols):
                found.setdefault(occurrence.symbol, []).append(occurrence)
        for path in self.package.files:
            for occurrence in self._in_template(path):
                found.setdefault(occurrence.symbol, []).append(occurrence)
        return found

    def at(self, file: str, line: int, column: int) -> tuple[Occurrence, ...]:
        """The names at a position, counted from 1: several, where one is read as several things."""
        found: Iterator[Occurrence] = self._in_template(file)
        declaration = self.declaration_at(file, line, column)
        if declaration is not None:
            found = occurrences_in(declaration, self.symbols)
        return tuple(one for one in found if one.span.file == file and contains(one.span, line, column))

    def declaration_at(self, file: str, line: int, column: int) -> Declaration | None:
        """The declaration that a position lies in, or at the end of."""
        return next(
            (one for one in self.declarations if one.span.file == file and contains(one.span, line, column)),
            None,
        )

    def _in_template(self, path: str) -> Iterator[Occurrence]:
        name = template_name(path)
        if name is not None:
            source = self.package.files.get(path, b"").decode("utf-8-sig", "replace")
            yield from occurrences_in_template(source, path, self.symbols, self.lists.get(name, {}))


def analyse(package: Package, memory: Memory, before: Analysis | None = None) -> Analysis:
    """Check a package and gather what is known of it. Never raises on bad input.

    ``memory`` holds what was read before, and ``before`` is the analysis before this one: declarations that
    are broken while somebody writes at them keep their names.
    """
    memory.forget_all_but(package.files)
    report = check_package(package, memory.parse, memory.check_template)
    parsed = parse_package(package, memory.parse)
    remembered = _remembered(parsed.declarations, parsed.broken, before) if before is not None else ()
    return Analysis(package, report, parsed.declarations, remembered, parsed.broken)


def _remembered(declared: Sequence[Declaration], broken: Broken, before: Analysis) -> Sequence[Declaration]:
    """The declarations of before that seem to be there still, but cannot be read now."""
    if not (broken.names or broken.fields or broken.file):
        return ()
    now = {_identity(one) for one in declared}
    return [
        one
        for one in (*before.declarations, *before.remembered)
        if _identity(one) not in now and _may_be_broken(one, broken)
    ]


def _identity(declaration: Declaration) -> tuple[type[Declaration], str]:
    name = getattr(declaration, "name", None)
    return type(declaration), name.text if name is not None else ""


def _may_be_broken(declaration: Declaration, broken: Broken) -> bool:
    name = getattr(declaration, "name", None)
    if name is None:
        return broken.fields or broken.file
    return broken.file or name.text in broken.names
