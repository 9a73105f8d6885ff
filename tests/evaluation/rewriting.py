"""Trees made anew: one function applied to every node."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, is_dataclass
from typing import Any


def rewrite(node: Any, change: Callable[[Any], Any]) -> Any:
    """The tree with a change applied to every node, innermost first."""
    if isinstance(node, tuple):
        return tuple(rewrite(each, change) for each in node)
    if isinstance(node, Mapping):
        return {name: rewrite(each, change) for name, each in node.items()}
    if not is_dataclass(node) or isinstance(node, type):
        return node
    rewritten = {field.name: rewrite(getattr(node, field.name), change) for field in fields(node)}
    return change(type(node)(**rewritten))
