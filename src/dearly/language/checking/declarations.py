"""What a package declares, gathered by name: the symbols that everything else is checked against."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from dearly.language.checking.findings import Findings
from dearly.language.checking.schemas import check_fields
from dearly.language.checking.settings import check_settings
from dearly.language.checking.symbols import Broken, Symbols, check_name, report_duplicate
from dearly.language.program import Field, Schema, Span
from dearly.language.syntax import tree

Named: TypeAlias = (
    tree.SchemaDeclaration
    | tree.SegmentDeclaration
    | tree.ValueDeclaration
    | tree.LifecycleDeclaration
    | tree.ScoreDeclaration
    | tree.CapDeclaration
    | tree.ExperimentDeclaration
    | tree.BlockDeclaration
    | tree.TriggerDeclaration
)
"""The declarations that have a name."""

Unnamed: TypeAlias = tree.ProfileDeclaration | tree.ContextDeclaration | tree.SettingsDeclaration
"""The declarations of which a package has one."""

_Kind = TypeVar("_Kind")
_One = TypeVar("_One", bound=Unnamed)


def collect_symbols(declarations: Sequence[tree.Declaration], broken: Broken, findings: Findings) -> Symbols:
    """Every declared name, with schemas checked; names declared twice are reported, and the first counts."""
    named = dict(sorted(_named_once(declarations, findings).items()))
    schemas = _of_kind(named, tree.SchemaDeclaration)
    catalogs = {name for name, found in schemas.items() if found.kind == "catalog"} | broken.names
    checked = {name: _schema(found, catalogs, findings) for name, found in schemas.items()}
    profile, unread_profile = _fields(declarations, tree.ProfileDeclaration, catalogs, findings)
    context, unread_context = _fields(declarations, tree.ContextDeclaration, catalogs, findings)
    unread = [_faulty(schemas[name].fields, schema.fields) for name, schema in checked.items()]
    faulty = unread_profile.union(unread_context, *unread)
    lifecycles = _of_kind(named, tree.LifecycleDeclaration)
    scores = _of_kind(named, tree.ScoreDeclaration)
    experiments = _of_kind(named, tree.ExperimentDeclaration)
    settings = _only(declarations, tree.SettingsDeclaration, findings)
    symbols = Symbols(
        settings=check_settings(settings, findings),
        profile=profile,
        context=context,
        catalogs={name: checked[name] for name, found in schemas.items() if found.kind == "catalog"},
        events={name: checked[name] for name, found in schemas.items() if found.kind == "event"},
        segments=_of_kind(named, tree.SegmentDeclaration),
        values=_of_kind(named, tree.ValueDeclaration),
        lifecycles=lifecycles,
        scores=scores,
        caps=_of_kind(named, tree.CapDeclaration),
        experiments=experiments,
        blocks=_of_kind(named, tree.BlockDeclaration),
        triggers=_of_kind(named, tree.TriggerDeclaration),
        stages={name: _names_of(found.stages) for name, found in lifecycles.items()},
        tiers={name: _names_of(found.tiers) for name, found in scores.items()},
        variants={name: _names_of(found.variants) for name, found in experiments.items()},
        broken=replace(broken, names=broken.names | faulty),
    )
    _report_hidden_fields(symbols, findings)
    return symbols


def _of_kind(named: Mapping[str, Named], kind: type[_Kind]) -> dict[str, _Kind]:
    return {name: found for name, found in named.items() if isinstance(found, kind)}


def _names_of(
    parts: Iterable[tree.StageDeclaration | tree.TierDeclaration | tree.VariantDeclaration],
) -> Collection[str]:
    return dict.fromkeys(part.name.text for part in parts)


def _fields(
    declarations: Iterable[tree.Declaration],
    kind: type[tree.ProfileDeclaration] | type[tree.ContextDeclaration],
    catalogs: Collection[str],
    findings: Findings,
) -> tuple[dict[str, Field], set[str]]:
    """The checked fields of the one profile or context, and the names of those that are faulty."""
    declared = _only(declarations, kind, findings)
    if declared is None:
        return {}, set()
    checked = check_fields(declared.fields, _KINDS[kind], catalogs, findings)
    return checked, _faulty(declared.fields, checked)


def _schema(declared: tree.SchemaDeclaration, catalogs: Collection[str], findings: Findings) -> Schema:
    fields = check_fields(declared.fields, declared.kind, catalogs, findings)
    again_after_us = declared.again_after.us if declared.again_after is not None else None
    return Schema(declared.name.text, fields, again_after_us, declared.name.span)


def _faulty(declared: Iterable[tree.FieldDeclaration], checked: Mapping[str, Field]) -> set[str]:
    return {field.name.text for field in declared} - checked.keys()


def _report_hidden_fields(symbols: Symbols, findings: Findings) -> None:
    """Report what a bare name in a condition could mean besides a field of the profile or the context."""
    definitions: tuple[Mapping[str, Named], ...] = (
        symbols.segments,
        symbols.values,
        symbols.lifecycles,
        symbols.scores,
        symbols.experiments,
    )
    for kind, fields in (("profile", symbols.profile), ("context", symbols.context)):
        for names in definitions:
            for text in names.keys() & fields.keys():
                first = f"the {kind} field at {fields[text].span}"
                report_duplicate(names[text].name, _kind_of(names[text]), first, findings)
    for text in symbols.profile.keys() & symbols.context.keys():
        name = tree.Name(text, symbols.context[text].span)
        first = f"the profile field at {symbols.profile[text].span}"
        report_duplicate(name, "context field", first, findings)


_KINDS: Mapping[type[object], str] = {
    tree.ProfileDeclaration: "profile",
    tree.ContextDeclaration: "context",
    tree.SettingsDeclaration: "settings",
    tree.SegmentDeclaration: "segment",
    tree.ValueDeclaration: "value",
    tree.LifecycleDeclaration: "lifecycle",
    tree.ScoreDeclaration: "score",
    tree.CapDeclaration: "cap",
    tree.ExperimentDeclaration: "experiment",
    tree.BlockDeclaration: "block",
    tree.TriggerDeclaration: "trigger",
}
"""The word that each declaration begins with; schemas have one of two."""


def _kind_of(declaration: Named) -> str:
    if isinstance(declaration, tree.SchemaDeclaration):
        return declaration.kind
    return _KINDS[type(declaration)]


def _named_once(declarations: Iterable[tree.Declaration], findings: Findings) -> dict[str, Named]:
    """The declarations by name; the first of a name counts, the others are reported."""
    found: dict[str, Named] = {}
    for declaration in declarations:
        if not isinstance(declaration, Named):
            continue
        name, kind = declaration.name, _kind_of(declaration)
        check_name(name, kind, findings)
        if (first := found.get(name.text)) is not None:
            report_duplicate(name, kind, f"the {_kind_of(first)} at {first.name.span}", findings)
        else:
            found[name.text] = declaration
    return found


def _only(declarations: Iterable[tree.Declaration], kind: type[_One], findings: Findings) -> _One | None:
    """The package's profile, context or settings; None when it has none; further ones are reported."""
    found = [declared for declared in declarations if isinstance(declared, kind)]
    word = _KINDS[kind]
    for further in found[1:]:
        message = f"This package has its `{word}` already, at {found[0].span}."
        findings.add(f"duplicate-{word}", _first_line(further.span), message, "Move these lines into it.")
    return found[0] if found else None


def _first_line(span: Span) -> Span:
    """The part of a long span to point at: its first line."""
    if span.end_line == span.line:
        return span
    return Span(span.file, span.line, span.column, span.line, span.column + 1)
