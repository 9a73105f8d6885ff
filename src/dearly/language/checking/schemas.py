"""Declared fields of profiles, catalogs and events: their types, defaults and annotations."""

from __future__ import annotations

from collections.abc import Collection

from dearly.language.checking.findings import Findings
from dearly.language.program import Field
from dearly.language.syntax import tree
from dearly.language.types import (
    BOOL,
    DATE,
    DECLARABLE,
    DURATION,
    NUMBER,
    TEXT,
    TIME,
    URL,
    ItemRef,
    Scalar,
    SetOf,
    Type,
    Value,
)
from dearly.language.values import ValueProblem, to_stored

ANNOTATIONS = ("sensitive",)
"""What may stand after ``@``."""


def check_fields(
    fields: tuple[tree.FieldDeclaration, ...], owner: str, catalogs: Collection[str], findings: Findings
) -> dict[str, Field]:
    """The checked fields by name; one that is faulty is reported and left out.

    ``owner`` is ``profile``, ``catalog`` or ``event``; ``catalogs`` are the names a type may have.
    """
    found: dict[str, Field] = {}
    for declared in fields:
        name = declared.name
        if name.text == "id" and owner == "catalog":
            message = "Every item has an `id` already: the one it is imported under."
            findings.add("reserved-name", name.span, message, "Leave this line out, or choose another name.")
        if (first := found.get(name.text)) is not None:
            message = f"This {owner} has a field `{name.text}` already, at {first.span}."
            findings.add("duplicate-field", name.span, message, "Leave one of them out.")
            continue
        kind = _type(declared, catalogs, findings)
        sensitive = _is_sensitive(declared, owner, findings)
        if kind is not None:
            default = _default(declared, kind, findings)
            found[name.text] = Field(name.text, kind, declared.optional, default, sensitive, span=name.span)
    return found


def _type(declared: tree.FieldDeclaration, catalogs: Collection[str], findings: Findings) -> Type | None:
    name = declared.type.text
    element: Scalar | ItemRef
    if name in DECLARABLE:
        element = DECLARABLE[name]
    elif name in catalogs:
        element = ItemRef(name)
    else:
        hint = findings.did_you_mean(name, DECLARABLE, catalogs)
        hint = hint or f"Types are {', '.join(DECLARABLE)}, `set of` one of them, and a catalog's name."
        findings.add("unknown-type", declared.type.span, f"There is no type or catalog `{name}`.", hint)
        return None
    return SetOf(element) if declared.is_set else element


def _is_sensitive(declared: tree.FieldDeclaration, owner: str, findings: Findings) -> bool:
    sensitive = False
    for annotation in declared.annotations:
        if annotation.name.text not in ANNOTATIONS:
            hint = (
                findings.did_you_mean(annotation.name.text, ANNOTATIONS)
                or "What may stand here is `@sensitive`."
            )
            findings.add(
                "unknown-annotation",
                annotation.span,
                f"There is no annotation `@{annotation.name.text}`.",
                hint,
            )
        elif owner == "catalog":
            message = "An item's field cannot be `@sensitive`: items are the same for everybody."
            findings.add("misplaced-annotation", annotation.span, message, "Leave the annotation out.")
        else:
            sensitive = True
    return sensitive


def _default(declared: tree.FieldDeclaration, kind: Type, findings: Findings) -> Value | None:
    if declared.default is None:
        return None
    found = constant(declared.default)
    span = declared.default.span
    if isinstance(kind, SetOf):
        findings.add(
            "bad-default", span, "A set cannot have a default.", "Leave it out: the set is then missing."
        )
        return None
    if found is None or not _fits(found[0], kind):
        came = "not a constant" if found is None else f"a {found[0]}"
        message = f"The default of `{declared.name.text}` must be a {kind}, and this is {came}."
        findings.add("bad-default", span, message, _example_of(kind))
        return None
    if kind not in (DATE, TIME):
        try:
            to_stored(kind, found[1])
        except ValueProblem as problem:
            findings.add(
                "bad-default", span, f"The default of `{declared.name.text}` does not fit: {problem}"
            )
            return None
    if declared.optional:
        message = f"`{declared.name.text}` has a default, so it is never missing: the `?` says nothing."
        findings.add("default-on-optional", declared.name.span, message, "Leave out the `?` or the default.")
    return found[1]


def constant(node: tree.Expression) -> tuple[Type, Value] | None:
    """The type and value of a literal, or of a number with a minus before it; None for all else.

    That they are within bounds the parser has seen to.
    """
    match node:
        case tree.TextLiteral():
            return TEXT, node.value
        case tree.NumberLiteral():
            return NUMBER, node.value
        case tree.Negate(operand) if isinstance(operand, tree.NumberLiteral):
            return NUMBER, -operand.value
        case tree.BoolLiteral():
            return BOOL, node.value
        case tree.DateLiteral():
            return DATE, node.days
        case tree.TimeLiteral():
            return TIME, node.time_us
        case tree.Duration():
            return DURATION, node.us
        case _:
            return None


def _fits(given: Type, wanted: Type) -> bool:
    return given == wanted or (given == TEXT and (wanted == URL or isinstance(wanted, ItemRef)))


def _example_of(kind: Type) -> str:
    examples: dict[Type, str] = {
        TEXT: '"UTC"',
        URL: '"https://shop.example/"',
        NUMBER: "0",
        BOOL: "true",
        DATE: "2026-03-01",
    }
    examples[TIME] = "2026-03-01T10:00:00Z"
    return f"Write a constant, like `= {examples.get(kind, chr(34) + 'A100' + chr(34))}`."
