"""What a name means at the place where it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from dearly.language.checking.findings import Findings
from dearly.language.checking.parentheses import Chain, meant_where
from dearly.language.checking.symbols import Symbols
from dearly.language.program import (
    EventProperty,
    Expression,
    ItemProperty,
    ProfileField,
    Schema,
    SegmentRef,
    StageIs,
    ValueRef,
)
from dearly.language.syntax import tree
from dearly.language.types import Type


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: the names there, and in the ``where`` of which event or items, if any."""

    symbols: Symbols
    value_types: Mapping[str, Type]
    """Of the named values checked so far; one that is absent is faulty, and reported already."""
    findings: Findings
    event: Schema | None = None
    item: Schema | None = None
    chain: Chain | None = None
    """The ``and`` or ``or`` that it stands in."""

    def inside_event(self, event: Schema) -> Scope:
        """This scope, inside the ``where`` of an event."""
        return replace(self, event=event, item=None, chain=None)

    def inside_items(self, catalog: Schema) -> Scope:
        """This scope, inside the ``where`` of an item list."""
        return replace(self, item=catalog, event=None, chain=None)

    def inside_chain(self, node: tree.And | tree.Or, place: int) -> Scope:
        """This scope, in one of the conditions that an ``and`` or ``or`` joins."""
        return replace(self, chain=Chain(node, place, self.chain))


def resolve(node: tree.Reference, scope: Scope) -> Expression | None:
    """What a reference stands for; None when that is nothing, which is then reported."""
    if node.qualifier is not None:
        return _qualified(node, node.qualifier, scope)
    name, symbols = node.name.text, scope.symbols
    owner = scope.event or scope.item
    if owner is not None and name in owner.fields:
        return _own(node, owner, scope)
    if name in symbols.profile:
        return ProfileField(name, symbols.profile[name].type, node.span)
    if name in symbols.segments or name in symbols.values:
        return _definition(node, scope)
    _report_unknown(node, scope)
    return None


def resolve_stage(node: tree.IsStage, scope: Scope) -> StageIs | None:
    """Whether a lifecycle stands at a stage; None when there is no such one, which is reported."""
    name, stage, symbols, findings = node.subject, node.stage, scope.symbols, scope.findings
    if scope.event is not None:
        _report_impure(f"`{name.text} is {stage.text}`", node, scope)
        return None
    if name.text not in symbols.lifecycles:
        _report_no_lifecycle(name, scope)
        return None
    stages = symbols.stages[name.text]
    if stage.text not in stages:
        hint = findings.did_you_mean(stage.text, stages) or _listing("Its stages are", stages)
        message = f"The lifecycle `{name.text}` has no stage `{stage.text}`."
        findings.add("unknown-stage", stage.span, message, hint)
        return None
    return StageIs(name.text, stage.text, node.span)


def _report_no_lifecycle(name: tree.Name, scope: Scope) -> None:
    symbols, findings = scope.symbols, scope.findings
    if symbols.is_excused(name.text):
        return
    kind = symbols.kind_of(name.text)
    if kind is not None:
        message = f"`{name.text}` is a {kind}, not a lifecycle."
        hint = f"Compare with `==`, or ask `{name.text} is present` or `{name.text} is missing`."
        findings.add("unknown-name", name.span, message, hint)
        return
    near = findings.did_you_mean(name.text, symbols.lifecycles)
    hint = near or _listing("There are", symbols.lifecycles) or "Declare it: `lifecycle NAME { .. }`."
    findings.add("unknown-name", name.span, f"There is no lifecycle `{name.text}`.", hint)


def find_event(name: tree.Name, scope: Scope) -> Schema | None:
    """The event type of this name, or None, which is then reported."""
    symbols = scope.symbols
    event = symbols.events.get(name.text)
    if event is None and not symbols.is_excused(name.text):
        kind = symbols.kind_of(name.text)
        hint = scope.findings.did_you_mean(name.text, symbols.events)
        if kind in ("segment", "value"):
            message = f"`{name.text}` is a {kind}, not an event."
            hint = f"Write `{name.text}` alone."
        else:
            message = f"There is no event `{name.text}`."
        scope.findings.add("unknown-event", name.span, message, hint or "Declare it: `event NAME { .. }`.")
    return event


def find_catalog(name: tree.Name, scope: Scope) -> Schema | None:
    """The catalog of this name, or None, which is then reported."""
    symbols = scope.symbols
    catalog = symbols.catalogs.get(name.text)
    if catalog is None and not symbols.is_excused(name.text):
        hint = (
            scope.findings.did_you_mean(name.text, symbols.catalogs) or "Declare it: `catalog NAME { .. }`."
        )
        scope.findings.add("unknown-catalog", name.span, f"There is no catalog `{name.text}`.", hint)
    return catalog


def find_property_type(event: Schema, name: tree.Name, scope: Scope) -> Type | None:
    """The type of an event's property, or None when it has none of this name, which is then reported."""
    declared = event.fields.get(name.text)
    if declared is not None:
        return declared.type
    if not scope.symbols.is_excused(name.text):
        hint = scope.findings.did_you_mean(name.text, event.fields) or _listing("It has", event.fields)
        message = f"The event `{event.name}` has no property `{name.text}`."
        scope.findings.add("unknown-property", name.span, message, hint)
    return None


def forbid_events(node: tree.Expression, scope: Scope) -> None:
    """Report a question about events inside a ``where``."""
    if scope.event is not None:
        _report_impure("This", node, scope)
        return
    message = "This is about the customer's events; the `where` of an item list is about one item."
    hint = "Give it a name, `value NAME = ..` or `segment NAME { .. }`, and use the name here."
    scope.findings.add("impure-where", node.span, message, hint)


def _own(node: tree.Reference, owner: Schema, scope: Scope) -> Expression:
    name = node.name.text
    if name in scope.symbols.profile:
        whose = f"the event `{owner.name}`" if scope.event else f"the catalog `{owner.name}`"
        message = f"Both the customer and {whose} have a `{name}`; here it means that of {whose}."
        hint = f"Write `customer.{name}` for the customer's; rename one of them to be rid of this warning."
        scope.findings.add("ambiguous-name", node.span, message, hint)
    kind = owner.fields[name].type
    return EventProperty(name, kind, node.span) if scope.event else ItemProperty(name, kind, node.span)


def _definition(node: tree.Reference, scope: Scope) -> Expression | None:
    name = node.name.text
    if scope.event is not None:
        _report_impure(f"`{name}`", node, scope)
        return None
    if name in scope.symbols.segments:
        return SegmentRef(name, node.span)
    kind = scope.value_types.get(name)
    return ValueRef(name, kind, node.span) if kind is not None else None


def _report_impure(what: str, node: tree.Expression, scope: Scope) -> None:
    message = (
        f"{what} is about the customer's whole history; the `where` of an event is about that one event."
    )
    hint = "Ask for it outside, joined with `and`."
    scope.findings.add("impure-where", node.span, message, hint)


def _qualified(node: tree.Reference, qualifier: tree.Name, scope: Scope) -> Expression | None:
    name, symbols, findings = node.name.text, scope.symbols, scope.findings
    if qualifier.text == "customer":
        declared = symbols.profile.get(name)
        if declared is None and not symbols.is_excused_field(name):
            hint = findings.did_you_mean(name, symbols.profile) or _listing("It has", symbols.profile)
            findings.add("unknown-name", node.span, f"The profile has no field `{name}`.", hint)
        return ProfileField(name, declared.type, node.span) if declared is not None else None
    if symbols.is_excused(qualifier.text):
        return None
    own = scope.event or scope.item
    message = f"There is no `{qualifier.text}.{name}` here."
    hint = "A dot stands only in `customer.NAME`, and in `latest EVENT.NAME` and its like."
    if own is not None and qualifier.text == own.name:
        hint = f"Inside its own `where`, write just `{name}`."
    elif qualifier.text in symbols.events:
        hint = f"Say which event's: `latest {qualifier.text}.{name}`, or the `sum of` it, or the like."
    findings.add("unknown-name", node.span, message, hint)
    return None


def _report_unknown(node: tree.Reference, scope: Scope) -> None:
    name, symbols, findings = node.name.text, scope.symbols, scope.findings
    if symbols.is_excused_field(name):
        return
    if (meant := meant_where(name, scope.chain, symbols)) is not None:
        event, where = meant
        message = f"`{name}` is a property of `{event}`, and stands outside of its `where`."
        findings.add("unknown-name", node.span, message, f"Put parentheses around it all: `{where}`.")
        return
    kind = "customer" if name == "customer" else symbols.kind_of(name)
    if kind in _MISUSED:
        what, hint = _MISUSED[kind]
        message = f"`{name}` is {what}, which has no value of its own."
        findings.add("not-a-value", node.span, message, hint.replace("..", name))
        return
    owner = scope.event or scope.item
    fields: Collection[str] = owner.fields if owner else ()
    definitions = (symbols.segments, symbols.values) if scope.event is None else ()
    place = f" in the event `{scope.event.name}` or in the profile" if scope.event else ""
    near = findings.did_you_mean(name, fields, symbols.profile, *definitions)
    hint = near or "Declare it: in the profile, as a `value`, or as a `segment`."
    findings.add("unknown-name", node.span, f"There is no `{name}`{place}.", hint)


_MISUSED = {
    "customer": ("the customer as a whole", "Name a field: `...NAME`."),
    "event": ("an event", "Ask about its happening: `any ..`, `count of ..`, `latest ...PROPERTY`."),
    "catalog": ("a catalog", "A catalog stands in an item list: `recommended ..`."),
    "lifecycle": ("a lifecycle", "Ask for its stage: `.. is STAGE`."),
    "block": ("a block", "A block is content; conditions cannot ask for it."),
    "experiment": ("an experiment", "Ask which variant somebody is in: `.. is VARIANT`."),
    "cap": ("a cap", "A cap stands in a block: `counts toward ..`."),
    "trigger": ("a trigger", "A trigger acts; a test may ask whether it did: `expect emitted ..`."),
}
"""What is wrong with a name of each kind as a value, and what to write; ``..`` is the name."""


def _listing(beginning: str, names: Collection[str]) -> str | None:
    shown = ", ".join(islice(names, 12))
    return f"{beginning} {shown}{', ..' if len(names) > 12 else ''}." if shown else None
