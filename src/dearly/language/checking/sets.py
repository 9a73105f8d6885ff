"""Sets: what ``any of``, ``all of`` and ``none of`` compare, and lists that are written out."""

from __future__ import annotations

from dearly.language.checking.findings import Findings
from dearly.language.checking.operators import mismatch
from dearly.language.checking.schemas import constant
from dearly.language.checking.typing_rules import are_comparable, type_of
from dearly.language.program import Expression, Literal, SetCompare
from dearly.language.spelling import brief, capitalised, describe, quoted, spell, spell_constant
from dearly.language.syntax import tree
from dearly.language.types import ItemRef, Scalar, SetOf, Type, Value

_OF_ONE = {"any of": "in", "none of": "not in"}
"""What is asked of a single value in place of a set."""


def set_compare(
    node: tree.SetMatches, left: Expression, right: Expression, findings: Findings
) -> SetCompare | None:
    """``left any of right`` and its like, of two sets with elements of one type."""
    left_type, right_type = type_of(left), type_of(right)
    if not isinstance(left_type, SetOf):
        _report_no_set(node, left, None, findings)
        return None
    if not isinstance(right_type, SetOf):
        message = (
            f"`{node.operator}` compares a set with a set, and {quoted(right)} is {describe(right_type)}."
        )
        hint = None
        if are_comparable(left_type.element, right_type):
            hint = f"Write `{brief(spell(left))} contains {brief(spell(right))}`."
        findings.add("type-mismatch", right.span, message, hint)
        return None
    if not are_comparable(left_type.element, right_type.element):
        mismatch(left, right, node.span, findings, None)
        return None
    return SetCompare(node.operator, left, right, node.span)


def set_compare_list(
    node: tree.SetMatches, left: Expression, written: tree.ListLiteral, findings: Findings
) -> SetCompare | None:
    """``left any of [..]`` and its like."""
    kind = type_of(left)
    if not isinstance(kind, SetOf):
        _report_no_set(node, left, written, findings)
        return None
    right = written_set(written, kind.element, quoted(left), findings)
    return SetCompare(node.operator, left, right, node.span) if right is not None else None


def written_set(
    node: tree.ListLiteral, element: Scalar | ItemRef, holder: str, findings: Findings
) -> Literal | None:
    """The set of the constants in a list; ``holder`` is what has elements of that type.

    None when something in it is of another type, which is then reported.
    """
    values: set[Value] = set()
    wrong = False
    for written in node.elements:
        found = constant(written)
        if found is not None and are_comparable(element, found[0]):
            values.add(found[1])
            continue
        wrong = True
        if found is not None:
            shown = brief(spell_constant(Literal(found[1], found[0])))
            message = (
                f"{capitalised(holder)} holds {_plural(element)}, and `{shown}` is {describe(found[0])}."
            )
            findings.add("type-mismatch", written.span, message)
    return None if wrong else Literal(frozenset(values), SetOf(element), node.span)  # type: ignore[arg-type]


def _plural(element: Type) -> str:
    if isinstance(element, ItemRef):
        return f"items' ids ({element.catalog})"
    return "texts" if str(element) == "text" else f"{element}s"


def _report_no_set(
    node: tree.SetMatches, left: Expression, written: tree.ListLiteral | None, findings: Findings
) -> None:
    message = f"`{node.operator}` is asked of a set, and {quoted(left)} is {describe(type_of(left))}."
    hint = None
    if written is not None and (sign := _OF_ONE.get(node.operator)) is not None:
        hint = f"Of one value, write `{brief(spell(left))} {sign} [..]`."
    findings.add("type-mismatch", left.span, message, hint)
