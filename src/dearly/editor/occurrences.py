"""The names in a declaration of the rules: where each stands, and what it stands for.

Works on what was written, not on the checked program: so names are known while the package has errors.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from dearly.editor.item_catalogs import catalog_of_list
from dearly.editor.symbols import OWNED, Kind, Occurrence, Symbol, within_quotes
from dearly.language.checking.references import children
from dearly.language.checking.scores import AUTOMATIC
from dearly.language.checking.symbols import Symbols
from dearly.language.checking.template_files import shown_name
from dearly.language.program import Schema
from dearly.language.syntax import tree
from dearly.language.types import DECLARABLE


@dataclass(frozen=True, slots=True)
class _Place:
    """What is declared in the package, and whose `where` an expression stands in, if any."""

    symbols: Symbols
    own: Schema | None = None


def occurrences_in(declaration: tree.Declaration, symbols: Symbols) -> Iterator[Occurrence]:
    """Every name in a declaration that stands for something, in no particular order."""
    place = _Place(symbols)
    match declaration:
        case tree.ProfileDeclaration(fields):
            yield from _fields(fields, "profile field", "", place)
        case tree.ContextDeclaration(fields):
            yield from _fields(fields, "context field", "", place)
        case tree.SchemaDeclaration(kind, name, fields):
            yield _declared(kind, name)
            yield from _fields(fields, "property", name.text, place)
        case tree.SegmentDeclaration():
            yield _declared("segment", declaration.name)
            yield from _expression(declaration.condition, place)
        case tree.ValueDeclaration():
            yield _declared("value", declaration.name)
            yield from _expression(declaration.expression, place)
        case tree.LifecycleDeclaration():
            yield from _lifecycle(declaration, place)
        case tree.ScoreDeclaration():
            yield from _score(declaration, place)
        case tree.CapDeclaration(name):
            yield _declared("cap", name)
        case tree.ExperimentDeclaration():
            yield from _experiment(declaration, place)
        case tree.BlockDeclaration():
            yield from _block(declaration, place)
        case tree.TriggerDeclaration():
            yield from _trigger(declaration, place)
        case tree.TestDeclaration():
            yield from _test(declaration, place)
        case tree.SettingsDeclaration():
            pass


def _declared(kind: Kind, name: tree.Name, owner: str = "") -> Occurrence:
    return Occurrence(Symbol(kind, name.text, owner), name.span, declares=True)


def _used(kind: Kind, name: tree.Name, owner: str = "") -> Occurrence:
    return Occurrence(Symbol(kind, name.text, owner), name.span)


def _fields(
    fields: Iterable[tree.FieldDeclaration], kind: Kind, owner: str, place: _Place
) -> Iterator[Occurrence]:
    for field in fields:
        yield _declared(kind, field.name, owner)
        if field.type.text not in DECLARABLE and field.type.text in place.symbols.catalogs:
            yield _used("catalog", field.type)


# --------------------------------------------------------------------------------------------- declarations


def _lifecycle(declared: tree.LifecycleDeclaration, place: _Place) -> Iterator[Occurrence]:
    yield _declared("lifecycle", declared.name)
    for stage in declared.stages:
        yield _declared("stage", stage.name, declared.name.text)
        yield from _optional(stage.condition, place)


def _score(declared: tree.ScoreDeclaration, place: _Place) -> Iterator[Occurrence]:
    yield _declared("score", declared.name)
    for condition in (*declared.predict, *declared.among):
        yield from _expression(condition, place)
    for feature in declared.features:
        if feature.text != AUTOMATIC:
            yield _used("value", feature)
    for tier in declared.tiers:
        yield _declared("tier", tier.name, declared.name.text)


def _experiment(declared: tree.ExperimentDeclaration, place: _Place) -> Iterator[Occurrence]:
    yield _declared("experiment", declared.name)
    for audience in declared.audiences:
        yield from _expression(audience, place)
    for variant in declared.variants:
        yield _declared("variant", variant.name, declared.name.text)
    for goal in declared.goals:
        yield from _events(goal, place)


def _block(declared: tree.BlockDeclaration, place: _Place) -> Iterator[Occurrence]:
    yield _declared("block", declared.name)
    for cap in declared.counts_toward:
        yield _used("cap", cap)
    for branch in declared.branches:
        yield from _optional(branch.condition, place)
        yield from _template(branch.template)
        template = shown_name(branch.template.value)
        for items in branch.lists:
            if template is not None:
                yield _declared("list", items.name, template)
            yield from _item_list(items, place)


def _template(written: tree.TextLiteral) -> Iterator[Occurrence]:
    name = shown_name(written.value)
    if name is not None:
        yield Occurrence(Symbol("template", name), within_quotes(written.span))


def _trigger(declared: tree.TriggerDeclaration, place: _Place) -> Iterator[Occurrence]:
    yield _declared("trigger", declared.name)
    for moment in declared.moments:
        match moment:
            case tree.MembershipMoment():
                yield _used("segment", moment.segment)
            case tree.StateMoment(subject, state):
                yield from _state(subject, state, place)
    for emits in declared.emits:
        for emit in emits:
            yield from _expression(emit.value, place)


def _test(declared: tree.TestDeclaration, place: _Place) -> Iterator[Occurrence]:
    for given in declared.given:
        for field in given.profile or ():
            yield _used("profile field", field.name)
        for field in given.context or ():
            yield _used("context field", field.name)
    for step in declared.steps:
        if step.happens is not None:
            event = step.happens.event
            yield _used("event", event)
            for field in step.happens.properties:
                yield _used("property", field.name, event.text)
        for expected in step.expects:
            yield from _expected(expected, place)


def _expected(expected: tree.ExpectDeclaration, place: _Place) -> Iterator[Occurrence]:
    match expected:
        case tree.ExpectHolds(condition):
            yield from _expression(condition, place)
        case tree.ExpectShows(block, template):
            yield _used("block", block)
            yield from _template(template)
        case tree.ExpectEmitted(trigger):
            yield _used("trigger", trigger)


# --------------------------------------------------------------------------------------------------- items


def _item_list(items: tree.ItemListDeclaration, place: _Place) -> Iterator[Occurrence]:
    for strategy in (items.strategy, *items.fillers):
        yield from _strategy(strategy, place)
    for excluded in items.excluding:
        if isinstance(excluded, tree.TouchedExclusion):
            yield from _events(excluded.events, place)
            yield _used("property", excluded.property, excluded.events.event.text)
        elif not isinstance(excluded.items, tree.ListLiteral):
            yield from _expression(excluded.items, place)
    catalog = catalog_of_list(items, place.symbols)
    if items.diverse_by is not None and catalog is not None:
        yield _used("property", items.diverse_by, catalog)
    own = place.symbols.catalogs.get(catalog or "")
    yield from _optional(items.where, replace(place, own=own))


def _strategy(strategy: tree.ItemStrategy, place: _Place) -> Iterator[Occurrence]:
    match strategy:
        case tree.RecommendedItems(catalog) | tree.TrendingItems(catalog) | tree.ListedItems(catalog):
            yield _used("catalog", catalog)
        case tree.SimilarItems(item) | tree.TogetherItems(item):
            yield from _expression(item, place)
        case tree.RecentItems(event, name):
            yield _used("event", event)
            yield _used("property", name, event.text)


# ---------------------------------------------------------------------------------------------- expressions


def _optional(node: tree.Expression | None, place: _Place) -> Iterator[Occurrence]:
    if node is not None:
        yield from _expression(node, place)


def _expression(node: tree.Expression, place: _Place) -> Iterator[Occurrence]:
    match node:
        case tree.Reference():
            yield from _reference(node, place)
        case tree.IsStage():
            yield from _state(node.subject, node.stage, place)
        case tree.Quantified() | tree.Elapsed():
            yield from _events(node.events, place)
        case tree.Aggregated() | tree.Picked():
            yield from _events(node.events, place)
            if node.property is not None:
                yield _used("property", node.property, node.events.event.text)
        case _:
            for child in children(node):
                yield from _expression(child, place)


def _reference(node: tree.Reference, place: _Place) -> Iterator[Occurrence]:
    name, qualifier, symbols = node.name, node.qualifier, place.symbols
    if qualifier is None:
        if place.own is not None and name.text in place.own.fields:
            yield _used("property", name, place.own.name)
        elif kind := kind_of(name.text, symbols):
            yield _used(kind, name)
    elif qualifier.text == "customer":
        yield _used("profile field", name)
    elif qualifier.text == "context":
        yield _used("context field", name)
    elif qualifier.text in symbols.events:
        yield _used("event", qualifier)
        yield _used("property", name, qualifier.text)


def kind_of(name: str, symbols: Symbols) -> Kind | None:
    """What kind of thing a bare name stands for, outside of every ``where``."""
    kind: Kind | None = symbols.kind_of(name)  # type: ignore[assignment]  # its words are ours
    return kind


def _state(subject: tree.Name, state: tree.Name, place: _Place) -> Iterator[Occurrence]:
    kind = kind_of(subject.text, place.symbols)
    if kind is None:
        return
    yield _used(kind, subject)
    if kind in ("lifecycle", "score", "experiment"):
        yield _used(OWNED[kind], state, subject.text)


def _events(node: tree.Events, place: _Place) -> Iterator[Occurrence]:
    for part in (node, node.followed):
        if part is not None:
            yield _used("event", part.event)
            inside = replace(place, own=place.symbols.events.get(part.event.text))
            yield from _optional(part.where, inside)
