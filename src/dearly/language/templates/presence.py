"""Which data a condition in a template proves to be there, when it holds and when it does not."""

from __future__ import annotations

from jinja2 import nodes

NOTHING: frozenset[str] = frozenset()


def key_of(node: nodes.Node) -> str:
    """The spelling of what a guard can speak about (names, fields, ``x|first``, ``x[0]``); of all else ""."""
    match node:
        case nodes.Name():
            return node.name
        case nodes.Getattr():
            inner, ending = key_of(node.node), f".{node.attr}"
        case nodes.Filter(name="first" | "last") if node.node is not None:
            inner, ending = key_of(node.node), f"|{node.name}"
        case nodes.Getitem(arg=nodes.Const(value=int())):
            inner, ending = key_of(node.node), f"[{node.arg.as_const()}]"
        case _:
            return ""
    return inner + ending if inner else ""


def _proved(node: nodes.Node) -> frozenset[str]:
    # `items[0].title` being there proves `items[0]` too.
    keys = set()
    while key := key_of(node):
        keys.add(key)
        if not isinstance(node, nodes.Getattr):
            break
        node = node.node
    return frozenset(keys)


def when_true(node: nodes.Node) -> frozenset[str]:
    """The keys that are present whenever this condition holds."""
    match node:
        case nodes.And():
            return when_true(node.left) | when_true(node.right)
        case nodes.Or():
            return when_true(node.left) & when_true(node.right)
        case nodes.Not():
            return when_false(node.node)
        case nodes.Test(name="defined" | "present"):
            return _proved(node.node)
        case nodes.Compare():
            # A comparison with a missing value never holds, whatever the operator.
            return _proved(node.expr).union(*(_proved(operand.expr) for operand in node.ops))
        case _:
            key = key_of(node)
            return _proved(node) | {f"{key}*"} if key else NOTHING


def when_false(node: nodes.Node) -> frozenset[str]:
    """The keys that are present whenever this condition does not hold."""
    match node:
        case nodes.And():
            return when_false(node.left) & when_false(node.right)
        case nodes.Or():
            return when_false(node.left) | when_false(node.right)
        case nodes.Not():
            return when_true(node.node)
        case nodes.Test(name="missing"):
            return _proved(node.node)
        case _:
            return NOTHING
