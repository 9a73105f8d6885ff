"""Declared fields of profiles, catalogs and events: their types, defaults and annotations."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TypeAlias

from dearly.language.checking.findings import Findings
from dearly.language.checking.symbols import CONSENT_NAMES, check_name
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

ANNOTATIONS = ("sensitive", "stale")
"""What may stand after ``@``."""

_Annotations: TypeAlias = Mapping[str, tree.Annotation]


def check_fields(
    fields: tuple[tree.FieldDeclaration, ...], owner: str, catalogs: Collection[str], findings: Findings
) -> dict[str, Field]:
    """The checked fields by name; one that is faulty is reported and left out.

    ``owner`` is ``profile``, ``context``, ``catalog`` or ``event``; ``catalogs`` are the names that a type
    may have.
    """
    found: dict[str, Field] = {}
    for declared in fields:
        name = declared.name
        if name.text == "id" and owner == "catalog":
            message = "Every item has an `id` already: the one it is imported under."
            findings.add("reserved-name", name.span, message, "Leave this line out, or choose another name.")
        if owner in ("profile", "context") and name.text in CONSENT_NAMES:
            check_name(name, f"{owner} field", findings)
        if (first := found.get(name.text)) is not None:
            message = f"This {owner} has a field `{name.text}` already, at {first.span}."
            findings.add("duplicate-field", name.span, message, "Leave one of them out.")
            continue
        kind = _type(declared, catalogs, findings)
        annotations = _annotations(declared, owner, findings)
        sensitive = _is_sensitive(annotations, owner, findings)
        stale_after_us = _stale_after_us(annotations, owner, findings)
        if kind is not None:
            default = _default(declared, kind, findings)
            found[name.text] = Field(
                name.text, kind, declared.optional, default, sensitive, stale_after_us, name.span
            )
    return found


def _type(declared: tree.FieldDeclaration, catalogs: Collection[str], findings: Findings) -> Type | None:
    name = declared.type.text
    element: Scalar | ItemRef
    if name in DECLARABLE:
        element = DECLARABLE[name]
    elif name in catalogs:
        element = ItemRef(name)
    else:
        near = findings.did_you_mean(name, DECLARABLE, catalogs, at=declared.type.span)
        hint = near or f"Types are {', '.join(DECLARABLE)}, `set of` one of them, and a catalog's name."
        findings.add("unknown-type", declared.type.span, f"There is no type or catalog `{name}`.", hint)
        return None
    return SetOf(element) if declared.is_set else element


def _is_sensitive(annotations: _Annotations, owner: str, findings: Findings) -> bool:
    annotation = annotations.get("sensitive")
    if annotation is None:
        return False
    if owner == "catalog":
        message = "An item's field cannot be `@sensitive`: items are the same for everybody."
        findings.add("misplaced-annotation", annotation.span, message, "Leave the annotation out.")
        return False
    if annotation.duration is not None:
        message = "`@sensitive` takes no length of time: what is sensitive stays so."
        findings.add("misplaced-annotation", annotation.span, message, "Write just `@sensitive`.")
    return True


def _stale_after_us(annotations: _Annotations, owner: str, findings: Findings) -> int | None:
    annotation = annotations.get("stale")
    if annotation is None:
        return None
    if owner != "profile":
        message = f"Only a profile's field grows stale; this one is of {_WHOSE[owner]}."
        findings.add("misplaced-annotation", annotation.span, message, "Leave the annotation out.")
        return None
    if annotation.duration is None:
        message = "`@stale` needs to say after how long a value no longer counts."
        hint = "Write, for example, `@stale(90 days)`."
        findings.add("misplaced-annotation", annotation.span, message, hint)
        return None
    return annotation.duration.us


_WHOSE = {"catalog": "an item", "event": "an event", "context": "a single call"}
"""What owns a field that is not the profile's."""


def _annotations(declared: tree.FieldDeclaration, owner: str, findings: Findings) -> _Annotations:
    """The field's annotations by name; unknown ones and repeats are reported."""
    found: dict[str, tree.Annotation] = {}
    for annotation in declared.annotations:
        name = annotation.name.text
        if name not in ANNOTATIONS:
            near = findings.did_you_mean(name, ANNOTATIONS, at=annotation.name.span)
            also = " and `@stale(90 days)`" if owner == "profile" else ""
            hint = near or f"What may stand here is `@sensitive`{also}."
            findings.add("unknown-annotation", annotation.span, f"There is no annotation `@{name}`.", hint)
        elif name in found:
            message = f"`{declared.name.text}` is `@{name}` already."
            findings.add("misplaced-annotation", annotation.span, message, "Leave one of them out.")
        else:
            found[name] = annotation
    return found


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
