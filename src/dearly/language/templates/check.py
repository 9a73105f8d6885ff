"""Load-time checks of templates: an allow-list of what they may do, and types for what they may read."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from jinja2 import nodes

from dearly.language.diagnostics import Diagnostic
from dearly.language.templates.expressions import CALCULATED, condition, type_of
from dearly.language.templates.presence import key_of, when_false, when_true
from dearly.language.templates.printing import printing_of
from dearly.language.templates.provided import Provided
from dearly.language.templates.reading import Reading
from dearly.language.templates.shapes import UNKNOWN, Item, Items, Scope, Shape, Typed, describe, is_printable
from dearly.language.templates.source import (
    Finding,
    Part,
    UnreadableTemplate,
    diagnostic,
    parse_template,
    start_of,
)
from dearly.language.types import BOOL, NUMBER, TEXT, URL, SetOf

MAX_LOOPS = 2
"""Loops may stand in each other this deep."""

CLIPPED_BYTES = 102_000
"""Mail programs cut a message whose HTML is longer: Gmail shows 102 KB of it, and a link to the rest. Whether
those are 1,000 or 1,024 bytes each it does not say; a warning rather comes early."""


@dataclass(frozen=True, slots=True)
class TemplateReport:
    """What was found in one template source, and what it reads."""

    diagnostics: tuple[Diagnostic, ...]
    profile_fields: frozenset[str] = field(default_factory=frozenset)
    names: frozenset[str] = field(default_factory=frozenset)
    context_fields: frozenset[str] = field(default_factory=frozenset)


def check_template(
    source: str, file: str, part: Part, provided: Provided, locale: str = "en"
) -> TemplateReport:
    """Check one template source, written for a locale, against what its block provides.

    Never raises on bad input. ``file`` is the path in the package, for the diagnostics.
    """
    reading = Reading(provided, locale)
    reading.findings.extend(_clipping(source, part))
    try:
        tree = parse_template(source)
    except UnreadableTemplate as error:
        reading.findings.append(error.finding)
    else:
        _check_body(reading, tree.body, Scope())
        if part == "html":
            reading.findings.extend(printing_of(tree).findings)
    found = {diagnostic(finding, source, file) for finding in reading.findings}
    ordered = sorted(found, key=lambda one: (one.span.line, one.span.column, one.code, one.message))
    return TemplateReport(
        tuple(ordered),
        frozenset(reading.profile_fields),
        frozenset(reading.names),
        frozenset(reading.context_fields),
    )


CheckTemplate: TypeAlias = Callable[[str, str, Part, Provided, str], TemplateReport]
"""What :func:`check_template` is, or something that remembers what it gave."""


def _clipping(source: str, part: Part) -> list[Finding]:
    at = source.lower().rfind("unsubscribe") if part == "html" else -1
    if at < 0 or len(source[:at].encode("utf-8", "surrogatepass")) <= CLIPPED_BYTES:
        return []
    message = "The unsubscribe link stands beyond 102 KB, where mail programs cut a message short."
    return [Finding("template-unsubscribe-clipped", message, 1, hint="Move it up, or say less.")]


# ------------------------------------------------------------ statements


def _check_body(reading: Reading, body: Sequence[nodes.Node], scope: Scope) -> None:
    for node in body:
        match node:
            case nodes.Output():
                for part in node.nodes:
                    if not isinstance(part, nodes.TemplateData):
                        _check_printed(reading, part, scope)
            case nodes.If():
                _check_branches(reading, node, scope)
            case nodes.For():
                _check_loop(reading, node, scope)
            case _:
                message, hint = _REFUSED.get(type(node), ("This is not allowed in a template.", None))
                reading.report("template-not-allowed", message, node, hint=hint)


def _check_branches(reading: Reading, node: nodes.If, scope: Scope) -> None:
    for branch in (node, *node.elif_):
        condition(reading, branch.test, scope)
        _check_body(reading, branch.body, scope.knowing(when_true(branch.test)))
        scope = scope.knowing(when_false(branch.test))
    _check_body(reading, node.else_, scope)


def _check_loop(reading: Reading, node: nodes.For, scope: Scope) -> None:
    if node.recursive:
        reading.report("template-not-allowed", "A loop cannot be recursive.", node)
    if node.test is not None:
        hint = "Put an {% if %} inside the loop, or a `where` at the list in the rules."
        reading.report("template-not-allowed", "A loop takes no condition.", node, hint=hint)
    if scope.loops == MAX_LOOPS:
        message = f"Loops may stand in each other {MAX_LOOPS} deep."
        reading.report("template-loop-depth", message, node)
    element = _element(reading, node, scope)
    if not isinstance(node.target, nodes.Name):
        reading.report("template-loop", "A loop has one variable.", node.target)
        return
    name = node.target.name
    if name in {
        "customer",
        "context",
        "loop",
        *reading.provided.lists,
        *reading.provided.names,
        *scope.variables,
    }:
        message = f"`{name}` already means something else here."
        hint = "Give the loop's variable another name."
        reading.report("template-name-taken", message, node.target, name, hint)
    _check_body(reading, node.body, _loop_scope(scope, name, element, key_of(node.iter)))
    _check_body(reading, node.else_, scope)


def _element(reading: Reading, node: nodes.For, scope: Scope) -> Typed:
    """What the loop's variable stands for."""
    match type_of(reading, node.iter, scope).shape:
        case Items(schema):
            return Typed(Item(schema))
        case SetOf(element):
            return Typed(element)
        case None:
            return UNKNOWN
        case shape:
            message = f"A loop goes over a list of items or a set; this is {describe(shape)}."
            return reading.report("template-loop", message, start_of(node.iter), key_of(node.iter))


def _loop_scope(scope: Scope, name: str, element: Typed, looped: str) -> Scope:
    # What was known of another variable of this name says nothing of this one.
    kept = {key for key in scope.present if not re.match(rf"{name}\b", key)}
    there = {f"{looped}*", looped} if looped else set()  # it has elements
    return Scope({**scope.variables, name: element}, frozenset(kept | there), scope.loops + 1)


# ------------------------------------------------------------ printing


def _check_printed(reading: Reading, node: nodes.Node, scope: Scope) -> None:
    typed = type_of(reading, node, scope)
    at, near = start_of(node), key_of(node)
    if typed.shape is None:
        return
    if not is_printable(typed.shape):
        message = f"This is {describe(typed.shape)}, which cannot be printed."
        hint = _either_hint(node) if isinstance(node, nodes.Or) else _print_hint(typed, near)
        reading.report("template-not-printable", message, at, near, hint)
    elif typed.missing in CALCULATED:
        message = f"{CALCULATED[typed.missing]} is missing, and then there is nothing to print."
        hint = f'Write `{typed.missing} | default("...")`.'
        reading.report("template-may-be-missing", message, at, hint=hint)
    elif typed.missing:
        key = typed.missing
        message = f"`{key}` may be missing, and then there is nothing to print."
        substitute = _SUBSTITUTES.get(typed.shape) if near == key else None
        instead = f"{key} | default({substitute})" if substitute else None
        reading.report("template-may-be-missing", message, at, key, _missing_hint(typed, near), instead)


_SUBSTITUTES: Mapping[Shape, str] = {TEXT: '""', NUMBER: "0"}
"""What may be shown in place of a value that is missing, for a beginning."""


def _missing_hint(typed: Typed, printed: str) -> str:
    """``printed`` is the key of what is printed whole, or nothing where that is more than a name."""
    key = typed.missing
    of_list = re.fullmatch(r"(.+)(?:\[0\]|\|first|\|last)", key)  # there, when the list has anything
    inside = f"rint it inside {{% if {_spelled(of_list[1] if of_list else key)} %}}."
    value = printed or ("" if of_list else key)
    if not value:
        return f"P{inside}"
    instead = '"https://..."' if typed.shape == URL else '"..."'
    return f"Write {{{{ {_spelled(value)} | default({instead}) }}}}, or p{inside}"


def _spelled(key: str) -> str:
    """A key as an author writes it: a field of a filter's result takes parentheses."""
    return re.sub(r"^([^|]+)\|(\w+)(?=\.)", r"(\1 | \2)", key)


def _either_hint(node: nodes.Or) -> str:
    """For who writes ``x or "y"`` as in Python, where it gives one of the two."""
    value = key_of(node.left) or "VALUE"
    other = node.right.value if isinstance(node.right, nodes.Const) else "..."
    instead = json.dumps(other, ensure_ascii=False)
    return f"`or` gives true or false. Write {{{{ {value} | default({instead}) }}}}."


def _print_hint(typed: Typed, key: str) -> str:
    key = key or "..."
    match typed.shape:
        case Items():
            return f"Loop over it: {{% for item in {key} %}}."
        case SetOf():
            return f'Write {{{{ {key} | join(", ") }}}}, or loop over it.'
        case _ if typed.shape == BOOL:
            return f"Write {{% if {key} %}}yes{{% else %}}no{{% endif %}}."
        case _:
            return f"Print one of its fields: {{{{ {key}.NAME }}}}."


# ------------------------------------------------------------ refusals

_ALONE = ("A template stands alone: it cannot bring in another.", "Write it out, or make it another block.")
_NO_NAMES = ("A template cannot make names.", "Name a value in the rules.")

_REFUSED: Mapping[type[nodes.Node], tuple[str, str | None]] = {
    nodes.Include: _ALONE,
    nodes.Import: _ALONE,
    nodes.FromImport: _ALONE,
    nodes.Extends: _ALONE,
    nodes.Block: _ALONE,
    nodes.Assign: _NO_NAMES,
    nodes.AssignBlock: _NO_NAMES,
    nodes.With: _NO_NAMES,
    nodes.Macro: ("A template cannot define macros.", "Loop over a list instead."),
    nodes.CallBlock: ("A template cannot call anything.", None),
    nodes.FilterBlock: ("Filters are for values.", "Write {{ value | filter }}."),
    nodes.Scope: ("HTML is always escaped.", "Leave {% autoescape %} out."),
}
