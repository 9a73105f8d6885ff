"""Declarations to a checked program: names resolved, types known, nothing left to go wrong at send time.

A package compiles whole or not at all: with an error there is no program. Warnings allow one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dearly.language.checking.blocks import check_block
from dearly.language.checking.declarations import collect_symbols
from dearly.language.checking.definitions import check_definitions
from dearly.language.checking.findings import Findings
from dearly.language.checking.scopes import Scope
from dearly.language.checking.symbols import NOTHING_BROKEN, Broken
from dearly.language.checking.template_use import check_templates
from dearly.language.diagnostics import Diagnostic
from dearly.language.program import NOWHERE, Program
from dearly.language.syntax import tree
from dearly.language.syntax.parser import MAX_DECLARATIONS


@dataclass(frozen=True, slots=True)
class CheckReport:
    """The checked program, unless something is wrong, and everything found, by file and line."""

    program: Program | None
    diagnostics: tuple[Diagnostic, ...]


def check(
    declarations: Sequence[tree.Declaration],
    templates: Mapping[str, bytes],
    version: str,
    found: Sequence[Diagnostic] = (),
    broken: Broken = NOTHING_BROKEN,
) -> CheckReport:
    """Check a package's declarations together with its templates, by path (``templates/hero/cart.html``).

    ``found`` is what the parser reported already, and ``broken`` the names whose declarations it could not
    read: references to them are not reported again.
    """
    findings = Findings()
    findings.extend(found)
    if len(declarations) > MAX_DECLARATIONS:
        message = f"There are {len(declarations):,} declarations; a package has at most {MAX_DECLARATIONS:,}."
        findings.add(
            "too-many-declarations", declarations[MAX_DECLARATIONS].span, message, "Split the package."
        )
        return CheckReport(None, findings.listed())
    if not declarations and not found:
        message = "This package declares nothing, so it has nothing to say in any mail."
        hint = "Write a file NAME.rules with at least a `block` in it; docs/tutorial.md shows one."
        findings.add("empty-package", NOWHERE, message, hint)
        return CheckReport(None, findings.listed())
    program = _program(declarations, templates, version, broken, findings)
    return CheckReport(None if findings.has_errors() else program, findings.listed())


def _program(
    declarations: Sequence[tree.Declaration],
    templates: Mapping[str, bytes],
    version: str,
    broken: Broken,
    findings: Findings,
) -> Program:
    symbols = collect_symbols(declarations, broken, findings)
    definitions = check_definitions(symbols, findings)
    scope = Scope(symbols, definitions.value_types, findings)
    blocks = {name: check_block(declared, scope, definitions) for name, declared in symbols.blocks.items()}
    return Program(
        version=version,
        profile=symbols.profile,
        catalogs=symbols.catalogs,
        events=symbols.events,
        segments=definitions.segments,
        values=definitions.values,
        lifecycles=definitions.lifecycles,
        blocks=blocks,
        templates=check_templates(symbols, definitions, blocks.values(), templates, findings),
        evaluation_order=tuple(definitions.order),
    )
