"""What a package declares, gathered by name: the symbols that everything else is checked against."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TypeAlias, TypeVar

from dearly.language.checking.findings import Findings
from dearly.language.checking.schemas import check_fields
from dearly.language.checking.symbols import Broken, Symbols, check_name, report_duplicate
from dearly.language.program import Field, Schema, Span
from dearly.language.syntax import tree

Named: TypeAlias = (
    tree.SchemaDeclaration
    | tree.SegmentDeclaration
    | tree.ValueDeclaration
    | tree.LifecycleDeclaration
    | tree.BlockDeclaration
)
"""The declarations that have a name."""

_Kind = TypeVar("_Kind")


def collect_symbols(declarations: Sequence[tree.Declaration], broken: Broken, findings: Findings) -> Symbols:
    """Every declared name, with schemas checked; names declared twice are reported, and the first counts."""
    named = dict(sorted(_named_once(declarations, findings).items()))
    profile = _only_profile(declarations, findings)
    schemas = _of_kind(named, tree.SchemaDeclaration)
    catalogs = {name for name, found in schemas.items() if found.kind == "catalog"} | broken.names
    fields = check_fields(profile.fields, "profile", catalogs, findings) if profile is not None else {}
    checked = {name: _schema(found, catalogs, findings) for name, found in schemas.items()}
    faulty = _faulty(profile.fields if profile is not None else (), fields)
    faulty |= {name for schema in checked for name in _faulty(schemas[schema].fields, checked[schema].fields)}
    lifecycles = _of_kind(named, tree.LifecycleDeclaration)
    symbols = Symbols(
        profile=fields,
        catalogs={name: checked[name] for name, found in schemas.items() if found.kind == "catalog"},
        events={name: checked[name] for name, found in schemas.items() if found.kind == "event"},
        segments=_of_kind(named, tree.SegmentDeclaration),
        values=_of_kind(named, tree.ValueDeclaration),
        lifecycles=lifecycles,
        blocks=_of_kind(named, tree.BlockDeclaration),
        stages={
            name: dict.fromkeys(stage.name.text for stage in found.stages)
            for name, found in lifecycles.items()
        },
        broken=replace(broken, names=broken.names | faulty),
    )
    _report_hidden_fields(symbols, findings)
    return symbols


def _of_kind(named: Mapping[str, Named], kind: type[_Kind]) -> dict[str, _Kind]:
    return {name: found for name, found in named.items() if isinstance(found, kind)}


def _schema(declared: tree.SchemaDeclaration, catalogs: Collection[str], findings: Findings) -> Schema:
    fields = check_fields(declared.fields, declared.kind, catalogs, findings)
    return Schema(declared.name.text, fields, span=declared.name.span)


def _faulty(declared: Iterable[tree.FieldDeclaration], checked: Mapping[str, Field]) -> set[str]:
    return {field.name.text for field in declared} - checked.keys()


def _report_hidden_fields(symbols: Symbols, findings: Findings) -> None:
    for names in (symbols.segments, symbols.values, symbols.lifecycles):
        for text in names.keys() & symbols.profile.keys():
            declared = names[text]
            first = f"the profile field at {symbols.profile[text].span}"
            report_duplicate(declared.name, _kind_of(declared), first, findings)


def _kind_of(declaration: Named) -> str:
    """The word that a declaration begins with."""
    match declaration:
        case tree.SchemaDeclaration():
            return declaration.kind
        case tree.SegmentDeclaration():
            return "segment"
        case tree.ValueDeclaration():
            return "value"
        case tree.LifecycleDeclaration():
            return "lifecycle"
        case tree.BlockDeclaration():
            return "block"


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


def _only_profile(
    declarations: Iterable[tree.Declaration], findings: Findings
) -> tree.ProfileDeclaration | None:
    """The package's profile; None when it has none; further ones are reported."""
    profiles = [found for found in declarations if isinstance(found, tree.ProfileDeclaration)]
    for further in profiles[1:]:
        message = f"There is a profile already, at {profiles[0].span}; a package has one."
        findings.add("duplicate-profile", _first_line(further.span), message, "Move these fields into it.")
    return profiles[0] if profiles else None


def _first_line(span: Span) -> Span:
    """The part of a long span to point at: its first line."""
    if span.end_line == span.line:
        return span
    return Span(span.file, span.line, span.column, span.line, span.column + 1)
