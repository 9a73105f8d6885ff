"""What a name means at the place where it stands."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from itertools import islice

from dearly.language.checking.findings import Advice, Findings
from dearly.language.checking.parentheses import Chain, meant_where
from dearly.language.checking.symbols import Symbols
from dearly.language.diagnostics import enclosing
from dearly.language.program import (
    ContextField,
    EventProperty,
    Expression,
    ItemProperty,
    ProfileField,
    Schema,
    ScoreRef,
    SegmentRef,
    Span,
    ValueRef,
)
from dearly.language.syntax import tree
from dearly.language.types import Type

MOST_LISTED = 12
"""Names that a sentence lists at most."""


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
    content: bool = False
    """Whether content is decided here, for one call: only then are there its context and variants."""

    def inside_content(self) -> Scope:
        """This scope, in a block or in what a test expects."""
        return replace(self, content=True)

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
    if not _has_value(name, symbols):
        _report_unknown(node, scope)
        return None
    _warn_of_ended_where(node, scope)
    if name in symbols.profile:
        return ProfileField(name, symbols.profile[name].type, node.span)
    if name in symbols.context:
        return _from_context(node, scope)
    return _definition(node, scope)


def _has_value(name: str, symbols: Symbols) -> bool:
    """Whether a bare name can stand for something, beside a field of the event or item at hand."""
    kinds = (symbols.profile, symbols.context, symbols.segments, symbols.values, symbols.scores)
    return any(name in names for names in kinds)


def find_event(name: tree.Name, scope: Scope) -> Schema | None:
    """The event type of this name, or None, which is then reported."""
    symbols = scope.symbols
    event = symbols.events.get(name.text)
    if event is None and not symbols.is_excused(name.text):
        kind = symbols.kind_of(name.text)
        near = scope.findings.did_you_mean(name.text, symbols.events, at=name.span)
        hint = near or "Declare it: `event NAME { .. }`."
        if kind in ("segment", "value"):
            message = f"`{name.text}` is a {kind}, not an event."
            hint = f"Write `{name.text}` alone."
        else:
            message = f"There is no event `{name.text}`."
        scope.findings.add("unknown-event", name.span, message, hint)
    return event


def find_catalog(name: tree.Name, scope: Scope) -> Schema | None:
    """The catalog of this name, or None, which is then reported."""
    symbols = scope.symbols
    catalog = symbols.catalogs.get(name.text)
    if catalog is None and not symbols.is_excused(name.text):
        near = scope.findings.did_you_mean(name.text, symbols.catalogs, at=name.span)
        hint = near or "Declare it: `catalog NAME { .. }`."
        scope.findings.add("unknown-catalog", name.span, f"There is no catalog `{name.text}`.", hint)
    return catalog


def find_property_type(event: Schema, name: tree.Name, scope: Scope) -> Type | None:
    """The type of an event's property, or None when it has none of this name, which is then reported."""
    declared = event.fields.get(name.text)
    if declared is not None:
        return declared.type
    if not scope.symbols.is_excused(name.text):
        near = scope.findings.did_you_mean(name.text, event.fields, at=name.span)
        hint = near or listing("It has", event.fields)
        message = f"The event `{event.name}` has no property `{name.text}`."
        scope.findings.add("unknown-property", name.span, message, hint)
    return None


def forbid_events(node: tree.Expression, scope: Scope) -> None:
    """Report a question about events inside a ``where``."""
    if scope.event is not None:
        report_impure("This", node.span, scope)
        return
    message = "This is about the customer's events; the `where` of an item list is about one item."
    hint = "Give it a name, `value NAME = ..` or `segment NAME { .. }`, and use the name here."
    scope.findings.add("impure-where", node.span, message, hint)


def _own(node: tree.Reference, owner: Schema, scope: Scope) -> Expression:
    name = node.name.text
    for other, qualifier, names in (
        ("customer", "customer", scope.symbols.profile),
        ("call", "context", scope.symbols.context),
    ):
        if name in names:
            whose = f"the event `{owner.name}`" if scope.event else f"the catalog `{owner.name}`"
            message = f"Both the {other} and {whose} have a `{name}`; here it means that of {whose}."
            hint = (
                f"Write `{qualifier}.{name}` for the {other}'s; rename one of them to be rid of this warning."
            )
            fix = enclosing(node.name.span, f"{qualifier}.", "", f"Write `{qualifier}.{name}`")
            scope.findings.add("ambiguous-name", node.span, message, Advice(hint, fix))
    kind = owner.fields[name].type
    return EventProperty(name, kind, node.span) if scope.event else ItemProperty(name, kind, node.span)


def _warn_of_ended_where(node: tree.Reference, scope: Scope) -> None:
    """A ``where`` without parentheses ends at the ``and``: what follows it is not the event's any more."""
    name = node.name.text
    meant = meant_where(name, scope.chain, scope.symbols, ended=True)
    if meant is None:
        return
    event, where = meant.event, meant.where
    kind = scope.symbols.kind_of(name)
    whose = "that of the customer" if kind == "profile field" else f"the {kind}"
    message = f"The `where` of `{event}` ends before this, so `{name}` means {whose}, not that of `{event}`."
    hint = f"Put parentheses around it all, `{where}`, if it shall be the event's."
    if kind == "profile field":
        hint = f"{hint[:-1]}; write `customer.{name}` if it shall be the customer's."
    scope.findings.add("ambiguous-name", node.span, message, Advice(hint, meant.fix))


def _from_context(node: tree.Reference, scope: Scope) -> ContextField | None:
    """A field of what the call brings along, where there is a call."""
    name = node.name.text
    if scope.content:
        return ContextField(name, scope.symbols.context[name].type, node.span)
    message = f"`{name}` is what a call brings along; segments, values and their like exist without a call."
    hint = f"Ask for it in a block: `when {name} ..`. What shall always be known belongs in the profile."
    scope.findings.add("context-in-segment", node.span, message, hint)
    return None


def _definition(node: tree.Reference, scope: Scope) -> Expression | None:
    name = node.name.text
    if scope.event is not None:
        report_impure(f"`{name}`", node.span, scope)
        return None
    if name in scope.symbols.segments:
        return SegmentRef(name, node.span)
    if name in scope.symbols.scores:
        return ScoreRef(name, node.span)
    kind = scope.value_types.get(name)
    return ValueRef(name, kind, node.span) if kind is not None else None


def report_impure(what: str, span: Span, scope: Scope) -> None:
    """Report what is about more than the one event, in the ``where`` of that event."""
    message = (
        f"{what} is about the customer's whole history; the `where` of an event is about that one event."
    )
    scope.findings.add("impure-where", span, message, "Ask for it outside, joined with `and`.")


def _qualified(node: tree.Reference, qualifier: tree.Name, scope: Scope) -> Expression | None:
    name, symbols = node.name.text, scope.symbols
    if qualifier.text == "customer":
        declared = symbols.profile.get(name)
        if declared is None and not symbols.is_excused_field(name):
            _report_no_field(node, "The profile", symbols.profile, scope)
        return ProfileField(name, declared.type, node.span) if declared is not None else None
    if qualifier.text == "context":
        if name in symbols.context:
            return _from_context(node, scope)
        if not symbols.is_excused_field(name):
            _report_no_field(node, "The context", symbols.context, scope)
        return None
    if not symbols.is_excused(qualifier.text):
        _report_no_owner(node, qualifier, scope)
    return None


def _report_no_field(node: tree.Reference, owner: str, fields: Collection[str], scope: Scope) -> None:
    name = node.name.text
    near = scope.findings.did_you_mean(name, fields, at=node.name.span)
    hint = near or listing("It has", fields)
    scope.findings.add("unknown-name", node.span, f"{owner} has no field `{name}`.", hint)


def _report_no_owner(node: tree.Reference, qualifier: tree.Name, scope: Scope) -> None:
    name, own = node.name.text, scope.event or scope.item
    message = f"There is no `{qualifier.text}.{name}` here."
    hint = "A dot stands only in `customer.NAME`, `context.NAME`, and in `latest EVENT.NAME` and its like."
    if own is not None and qualifier.text == own.name:
        hint = f"Inside its own `where`, write just `{name}`."
    elif qualifier.text in scope.symbols.events:
        hint = f"Say which event's: `latest {qualifier.text}.{name}`, or the `sum of` it, or the like."
    scope.findings.add("unknown-name", node.span, message, hint)


def _report_unknown(node: tree.Reference, scope: Scope) -> None:
    name, symbols, findings = node.name.text, scope.symbols, scope.findings
    if symbols.is_excused_field(name):
        return
    if (meant := meant_where(name, scope.chain, symbols)) is not None:
        message = f"`{name}` is a property of `{meant.event}`, and stands outside of its `where`."
        hint = f"Put parentheses around it all: `{meant.where}`."
        findings.add("unknown-name", node.span, message, Advice(hint, meant.fix))
        return
    kind = "customer" if name == "customer" else symbols.kind_of(name)
    if kind in _MISUSED:
        what, hint = _MISUSED[kind]
        message = f"`{name}` is {what}, which has no value of its own."
        findings.add("not-a-value", node.span, message, hint.replace("..", name))
        return
    owner = scope.event or scope.item
    fields: Collection[str] = owner.fields if owner else ()
    definitions = (symbols.segments, symbols.values, symbols.scores) if scope.event is None else ()
    context: Collection[str] = symbols.context if scope.content else ()
    place = f" in the event `{scope.event.name}` or in the profile" if scope.event else ""
    near = findings.did_you_mean(name, fields, symbols.profile, context, *definitions, at=node.name.span)
    advice = near or "Declare it: in the profile, as a `value`, or as a `segment`."
    findings.add("unknown-name", node.span, f"There is no `{name}`{place}.", advice)


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


def listing(beginning: str, names: Collection[str]) -> str | None:
    """A sentence with the first of the names; None when there are none."""
    shown = ", ".join(islice(names, MOST_LISTED))
    return f"{beginning} {shown}{', ..' if len(names) > MOST_LISTED else ''}." if shown else None
