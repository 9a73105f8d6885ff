"""A checked template as the tree that is compiled, where our meaning has taken the place of Jinja's own.

* Where a URL begins, a value passes the guard.
* A comparison with a missing value does not hold, whatever the operator: comparisons become tests.
* A loop over a list or set that is missing goes round no times, and gives the clock a look.
* ``plural`` is told the language that its forms are written in.
"""

from __future__ import annotations

import unicodedata

from jinja2 import nodes
from jinja2.visitor import NodeTransformer

from dearly.language.templates.printing import printing_of
from dearly.language.templates.source import Part, parse_template

URL_GUARD = "guarded url"
"""The filter that a value passes where a URL begins. (No author can write a name with a space.)"""

LOOP_GUARD = "each of"
"""The filter that what is looped over passes."""

COMPARISONS = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq", "in", "notin"})
"""The tests that stand for comparisons, by Jinja's names for the operators."""


def lowered_template(source: str, part: Part, locale: str) -> nodes.Template:
    """The tree to compile of a template's source, written for a locale, that has passed the check.

    Raises:
        UnreadableTemplate: the source cannot even be parsed within the limits.
    """
    tree = parse_template(source)
    whole_urls = printing_of(tree).whole_urls if part == "html" else frozenset()
    _Lowering(whole_urls, locale).visit(tree)
    return tree


class _Lowering(NodeTransformer):
    def __init__(self, whole_urls: frozenset[int], locale: str) -> None:
        self._whole_urls = whole_urls
        self._locale = locale

    def visit_Output(self, node: nodes.Output) -> nodes.Output:  # noqa: N802 - the visitor's naming
        guarded = [id(part) in self._whole_urls for part in node.nodes]
        self.generic_visit(node)
        node.nodes = [
            _filtered(part, URL_GUARD) if guard else part
            for part, guard in zip(node.nodes, guarded, strict=True)
        ]
        return node

    def visit_For(self, node: nodes.For) -> nodes.For:  # noqa: N802
        self.generic_visit(node)
        node.iter = _filtered(node.iter, LOOP_GUARD)
        return node

    def visit_Filter(self, node: nodes.Filter) -> nodes.Filter:  # noqa: N802
        self.generic_visit(node)
        if node.name == "plural":
            node.args.insert(0, nodes.Const(self._locale, lineno=node.lineno))
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Expr:  # noqa: N802
        self.generic_visit(node)
        if len(node.ops) != 1:
            return node
        operand = node.ops[0]
        return nodes.Test(node.expr, operand.op, [operand.expr], [], None, None, lineno=node.lineno)

    def visit_Const(self, node: nodes.Const) -> nodes.Const:  # noqa: N802
        if isinstance(node.value, str):
            # Data is in this form, and constants are compared with it.
            node.value = unicodedata.normalize("NFC", node.value)
        return node


def _filtered(node: nodes.Node, name: str) -> nodes.Filter:
    return nodes.Filter(node, name, [], [], None, None, lineno=node.lineno)
