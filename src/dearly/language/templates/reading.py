"""What a template reads of what its block provides, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from jinja2 import nodes

from dearly.language.calendar import TIMEZONE_FIELD
from dearly.language.magnitudes import COUNTED
from dearly.language.program import Field, Schema
from dearly.language.suggestions import nearest
from dearly.language.templates.presence import key_of
from dearly.language.templates.provided import Provided
from dearly.language.templates.shapes import (
    LOOP_FIELDS,
    UNKNOWN,
    CallContext,
    Customer,
    Item,
    Items,
    Loop,
    Scope,
    Typed,
    describe,
)
from dearly.language.templates.source import Finding, start_of
from dearly.language.types import ItemRef


@dataclass(slots=True)
class Reading:
    """One template under check."""

    provided: Provided
    locale: str = "en"
    """The tag of the locale that the template is written for."""
    findings: list[Finding] = field(default_factory=list)
    profile_fields: set[str] = field(default_factory=set)
    names: set[str] = field(default_factory=set)
    context_fields: set[str] = field(default_factory=set)

    def report(
        self,
        code: str,
        message: str,
        at: nodes.Node | int,
        near: str = "",
        hint: str | None = None,
        instead: str | None = None,
    ) -> Typed:
        """Note a finding at a node (at ``near`` in it, for which ``instead`` may stand).

        Gives the shape that nothing more is said about.
        """
        if isinstance(at, nodes.Node):
            at = at.lineno if near else start_of(at)
        self.findings.append(Finding(code, message, at, near, hint, instead))
        return UNKNOWN


def read_name(reading: Reading, node: nodes.Name, scope: Scope) -> Typed:
    """A bare name: of a loop's variable, a list, a value, a segment or a lifecycle, or ``loop``, ``customer``
    or ``context``.
    """
    name, provided = node.name, reading.provided
    if name in scope.variables:
        return scope.variables[name]
    if name == "loop" and scope.loops:
        return Typed(Loop())
    if name in provided.lists:
        return Typed(Items(provided.lists[name]))
    holder = _HOLDERS.get(name) if name != "context" or provided.context else None
    if provided.impersonal and (holder is not None or name in provided.names):
        return _personal(reading, node, name)
    if holder is not None:
        return holder
    if name in provided.names:
        reading.names.add(name)
        named = provided.names[name]
        missing = _unless_present(name, scope) if named.may_be_missing else ""
        return Typed(named.type, missing, named.magnitude, named.stages)
    message = f"Nothing named `{name}` is provided to this template."
    hint, instead = _name_hint(name, provided, scope)
    return reading.report("template-unknown-name", message, node, name, hint, instead)


_HOLDERS = {"customer": Typed(Customer()), "context": Typed(CallContext())}
"""What has fields that are declared apart from the template."""


def _name_hint(name: str, provided: Provided, scope: Scope) -> tuple[str | None, str | None]:
    """What to do about an unknown name, and what to write in its place."""
    for holder, fields in (("customer", provided.profile), ("context", provided.context)):
        if name in fields:
            return f"Write `{holder}.{name}`.", f"{holder}.{name}"
    if name == "context":
        return "Declare in the rules what a call brings along: `context { cart_total number? }`.", None
    if hint := _loop_hint(name, provided):
        return hint, None
    near = nearest(name, {"customer", *provided.lists, *provided.names, *scope.variables})
    return _did_you_mean(near), near


def _loop_hint(name: str, provided: Provided) -> str | None:
    """For ``item`` (or ``product``) outside of a loop: which list it may be of."""
    meant = [one for one, schema in provided.lists.items() if name in (one.removesuffix("s"), schema.name)]
    if name == "item":
        meant = [*meant, *provided.lists]
    return f"Loop over the list: {{% for {name} in {meant[0]} %}} .. {{% endfor %}}." if meant else None


def read_field(reading: Reading, node: nodes.Getattr, holder: Typed, scope: Scope) -> Typed:
    """``holder.NAME``."""
    match holder.shape:
        case Customer():
            profile = reading.provided.profile
            return _declared_field(reading, node, scope, profile, "The profile has", reading.profile_fields)
        case CallContext():
            context = reading.provided.context
            return _declared_field(reading, node, scope, context, "The context has", reading.context_fields)
        case Item(schema):
            return _item_field(reading, node, schema, holder, scope)
        case Loop():
            if node.attr in LOOP_FIELDS:
                return Typed(LOOP_FIELDS[node.attr], magnitude=COUNTED)
            return _unknown_field(reading, node, "`loop` has", LOOP_FIELDS)
        case Items():
            key = key_of(node.node)
            message = f"`{key}` is a list of items: it has no field `{node.attr}` of its own."
            hint = f"Loop over it: {{% for item in {key} %}}{{{{ item.{node.attr} }}}}{{% endfor %}}."
            return reading.report("template-type", message, node, node.attr, hint)
        case None:
            return UNKNOWN
        case shape:
            message = f"This is {describe(shape)}: it has no field `{node.attr}`."
            return reading.report("template-type", message, node, node.attr)


def read_element(reading: Reading, node: nodes.Getitem, holder: Typed, scope: Scope) -> Typed:
    """``holder[0]``, of a list of items."""
    position = node.arg.value if isinstance(node.arg, nodes.Const) else None
    if isinstance(position, str):
        message = "A field is read with a dot."
        return reading.report("template-not-allowed", message, node, "[", "Write `customer.first_name`.")
    if holder.shape is None:
        return UNKNOWN
    if not isinstance(holder.shape, Items):
        message = f"This is {describe(holder.shape)}: it has no positions."
        return reading.report("template-type", message, node, "[")
    if not isinstance(position, int) or isinstance(position, bool) or position < 0:
        message = "The position in a list is a whole number from 0 on."
        return reading.report("template-not-allowed", message, node, "[")
    if position == 0 and f"{key_of(node.node)}*" in scope.present:
        return Typed(Item(holder.shape.schema))
    return Typed(Item(holder.shape.schema), _unless_present(key_of(node), scope))


def read_clock(reading: Reading) -> None:
    """Note that the customer's time zone is read, where the profile has one."""
    if TIMEZONE_FIELD in reading.provided.profile and not reading.provided.impersonal:
        reading.profile_fields.add(TIMEZONE_FIELD)


def _declared_field(
    reading: Reading,
    node: nodes.Getattr,
    scope: Scope,
    fields: Mapping[str, Field],
    owner: str,
    read: set[str],
) -> Typed:
    """A field of the customer or the context; ``read`` takes note of it."""
    field_ = fields.get(node.attr)
    if field_ is None:
        return _unknown_field(reading, node, owner, fields)
    if field_.sensitive:
        return _sensitive(reading, node, key_of(node))
    read.add(node.attr)
    # Without a default any field may be missing: the customer may be unknown, a call may bring nothing.
    missing = _unless_present(key_of(node), scope) if field_.default is None else ""
    return Typed(field_.type, missing)


def _item_field(reading: Reading, node: nodes.Getattr, schema: Schema, item: Typed, scope: Scope) -> Typed:
    key = key_of(node)
    if node.attr == "id":
        return Typed(ItemRef(schema.name), "" if key in scope.present else item.missing)
    field_ = schema.fields.get(node.attr)
    if field_ is None:
        return _unknown_field(reading, node, f"Catalog `{schema.name}` has", ("id", *schema.fields))
    if field_.sensitive:
        return _sensitive(reading, node, f"{schema.name}.{node.attr}")
    if key in scope.present:
        return Typed(field_.type)
    optional = field_.optional and field_.default is None
    return Typed(field_.type, item.missing or (key if optional else ""))


def _unless_present(key: str, scope: Scope) -> str:
    return "" if key in scope.present else key


def _personal(reading: Reading, node: nodes.Name, name: str) -> Typed:
    message = f"This template is shown when nothing is known of the customer, so it cannot read `{name}`."
    hint = "Say it without the customer, or show the template under a `when`."
    return reading.report("template-personal", message, node, name, hint)


def _sensitive(reading: Reading, node: nodes.Getattr, spelling: str) -> Typed:
    message = f"`{spelling}` is marked @sensitive: it may decide, but may not be read by a template."
    hint = "Name what the mail may say as a value or a segment in the rules."
    return reading.report("template-sensitive", message, node, node.attr, hint)


def _unknown_field(reading: Reading, node: nodes.Getattr, owner: str, known: Iterable[str]) -> Typed:
    message = f"{owner} no field `{node.attr}`."
    near = nearest(node.attr, known)
    return reading.report("template-unknown-field", message, node, node.attr, _did_you_mean(near), near)


def _did_you_mean(near: str | None) -> str | None:
    return f"Did you mean `{near}`?" if near else None
