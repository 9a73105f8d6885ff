"""Programs made wrong on purpose: what a compiler with one mistake would run.

Compiling a changed program is the same as compiling the right one with a wrong operator, whatever the
compiler looks like inside. The proof must notice each.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeAlias

from dearly.language import program as tree
from dearly.language.types import BOOL, NUMBER

Mutation: TypeAlias = Callable[[Any], Any]
"""Gives another node in a node's place, or the same."""


def rewrite(node: Any, mutation: Mutation) -> Any:
    """The tree with a mutation applied to every node, innermost first."""
    if isinstance(node, tuple):
        return tuple(rewrite(each, mutation) for each in node)
    if isinstance(node, Mapping):
        return {name: rewrite(each, mutation) for name, each in node.items()}
    if not is_dataclass(node) or isinstance(node, type):
        return node
    rewritten = {field.name: rewrite(getattr(node, field.name), mutation) for field in fields(node)}
    return mutation(type(node)(**rewritten))


def _window_a_microsecond_long(node: Any) -> Any:
    if isinstance(node, tree.Selection) and node.within_us is not None:
        return replace(node, within_us=node.within_us + 1)
    return node


def _older_than_exclusive(node: Any) -> Any:
    if isinstance(node, tree.Selection) and node.older_than_us is not None:
        return replace(node, older_than_us=node.older_than_us + 1)
    return node


def _wait_over_too_late(node: Any) -> Any:
    if isinstance(node, tree.Sequence) and node.negated and node.within_us is not None:
        return replace(node, within_us=node.within_us + 1)
    return node


def _followed_within_exclusive(node: Any) -> Any:
    if isinstance(node, tree.Sequence) and not node.negated and node.within_us is not None:
        return replace(node, within_us=node.within_us - 1)
    return node


def _sequence_without_its_where(node: Any) -> Any:
    return replace(node, where=None) if isinstance(node, tree.Sequence) else node


def _where_keeps_the_unknown(node: Any) -> Any:
    if isinstance(node, tree.Selection) and node.where is not None:
        return replace(node, where=tree.Else(node.where, tree.Literal(True, BOOL)))
    return node


def _not_of_two_values(node: Any) -> Any:
    return tree.Else(node, tree.Literal(True, BOOL)) if isinstance(node, tree.Not) else node


def _and_of_two_values(node: Any) -> Any:
    return tree.Else(node, tree.Literal(False, BOOL)) if isinstance(node, tree.And) else node


def _first_for_latest(node: Any) -> Any:
    return replace(node, which="first") if isinstance(node, tree.Pick | tree.TimeSince) else node


def _strict_for_inclusive(node: Any) -> Any:
    if isinstance(node, tree.Compare):
        stricter: Any = {"<=": "<", ">=": ">"}
        return replace(node, operator=stricter.get(node.operator, node.operator))
    return node


def _case_not_folded(node: Any) -> Any:
    if isinstance(node, tree.TextMatch) and node.operator == "is like":
        return tree.Compare("==", node.left, node.right)
    return node


def _sum_of_nothing_missing(node: Any) -> Any:
    if isinstance(node, tree.Aggregate) and node.kind == "sum":
        counted = tree.Aggregate("count", node.selection, None, NUMBER)
        return tree.Arithmetic("*", replace(node, kind="average"), counted)
    return node


def _else_ignored(node: Any) -> Any:
    return node.operand if isinstance(node, tree.Else) else node


def _one_event_too_many(node: Any) -> Any:
    return replace(node, count=node.count + 1) if isinstance(node, tree.Occurs) else node


MUTATIONS: Mapping[str, Mutation] = {
    mutation.__name__.strip("_"): mutation
    for mutation in (
        _window_a_microsecond_long,
        _older_than_exclusive,
        _wait_over_too_late,
        _followed_within_exclusive,
        _sequence_without_its_where,
        _where_keeps_the_unknown,
        _not_of_two_values,
        _and_of_two_values,
        _first_for_latest,
        _strict_for_inclusive,
        _case_not_folded,
        _sum_of_nothing_missing,
        _else_ignored,
        _one_event_too_many,
    )
}
