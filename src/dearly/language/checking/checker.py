"""Declarations to a checked program: names resolved, types known, nothing left to go wrong at send time.

A package compiles whole or not at all: with an error there is no program. Warnings allow one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from dearly.language.checking.blocks import check_block
from dearly.language.checking.caps import check_cap
from dearly.language.checking.declarations import collect_symbols
from dearly.language.checking.definitions import Definitions, check_definitions
from dearly.language.checking.experiments import check_experiment
from dearly.language.checking.findings import Findings
from dearly.language.checking.retention import check_retention
from dearly.language.checking.scenarios import check_scenarios
from dearly.language.checking.scopes import Scope
from dearly.language.checking.scores import check_score
from dearly.language.checking.symbols import NOTHING_BROKEN, Broken
from dearly.language.checking.template_use import check_templates
from dearly.language.checking.triggers import TriggerScope, check_trigger
from dearly.language.checking.unused import report_unused
from dearly.language.diagnostics import Diagnostic
from dearly.language.program import NOWHERE, Cap, Experiment, Program, Score, Trigger
from dearly.language.sensitivity import sensitive_values
from dearly.language.syntax import tree
from dearly.language.syntax.parser import MAX_DECLARATIONS
from dearly.language.templates.check import CheckTemplate, check_template


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
    check_source: CheckTemplate = check_template,
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
    program = _program(declarations, templates, version, broken, findings, check_source)
    check_retention(program, findings)
    return CheckReport(None if findings.has_errors() else program, findings.listed())


def _program(
    declarations: Sequence[tree.Declaration],
    templates: Mapping[str, bytes],
    version: str,
    broken: Broken,
    findings: Findings,
    check_source: CheckTemplate,
) -> Program:
    symbols = collect_symbols(declarations, broken, findings)
    definitions = check_definitions(symbols, findings)
    scope = Scope(symbols, definitions.value_types, findings)
    campaigns = _check_campaigns(scope, definitions)
    content = scope.inside_content()
    blocks = {name: check_block(found, content, definitions) for name, found in symbols.blocks.items()}
    report_unused(symbols, findings)
    tests = [found for found in declarations if isinstance(found, tree.TestDeclaration)]
    return Program(
        version=version,
        profile=symbols.profile,
        catalogs=symbols.catalogs,
        events=symbols.events,
        segments=definitions.segments,
        values=definitions.values,
        lifecycles=definitions.lifecycles,
        blocks=blocks,
        templates=check_templates(symbols, definitions, blocks.values(), templates, findings, check_source),
        evaluation_order=tuple(definitions.order),
        settings=symbols.settings,
        context=symbols.context,
        scores=campaigns.scores,
        caps=campaigns.caps,
        experiments=campaigns.experiments,
        triggers=campaigns.triggers,
        scenarios=check_scenarios(tests, content),
    )


@dataclass(frozen=True, slots=True)
class _Campaigns:
    """What is checked of scores, caps, experiments and triggers; what is faulty is left out."""

    scores: dict[str, Score]
    caps: dict[str, Cap]
    experiments: dict[str, Experiment]
    triggers: dict[str, Trigger]


def _check_campaigns(scope: Scope, definitions: Definitions) -> _Campaigns:
    symbols = scope.symbols
    within = TriggerScope(
        scope, definitions, sensitive_values(symbols, definitions.order, definitions.values)
    )
    scores = [check_score(found, scope, definitions) for found in symbols.scores.values()]
    caps = [check_cap(found, scope.findings) for found in symbols.caps.values()]
    experiments = [check_experiment(found, scope, definitions) for found in symbols.experiments.values()]
    triggers = [check_trigger(found, within) for found in symbols.triggers.values()]
    return _Campaigns(
        {score.name: score for score in scores if score is not None},
        {cap.name: cap for cap in caps if cap is not None},
        {experiment.name: experiment for experiment in experiments if experiment is not None},
        {trigger.name: trigger for trigger in triggers if trigger is not None},
    )
