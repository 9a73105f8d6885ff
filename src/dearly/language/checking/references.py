"""What a written expression refers to by name, before anything is resolved."""

from __future__ import annotations

from collections.abc import Iterator

from dearly.language.syntax import tree


def children(node: tree.Expression) -> tuple[tree.Expression, ...]:
    """The expressions directly inside, left to right; the conditions on events included."""
    match node:
        case tree.Not() | tree.Negate() | tree.IsPresent():
            return (node.operand,)
        case tree.And() | tree.Or():
            return node.operands
        case tree.Compare() | tree.Matches() | tree.DateCompare() | tree.Arithmetic():
            return (node.left, node.right)
        case tree.SetMatches(_, left, right):
            return (left, *right.elements) if isinstance(right, tree.ListLiteral) else (left, right)
        case tree.Between():
            return (node.operand, node.low, node.high)
        case tree.In():
            return (node.left, *node.choices)
        case tree.Else():
            return (node.operand, node.default)
        case tree.Quantified() | tree.Aggregated() | tree.Picked() | tree.Elapsed():
            followed = node.events.followed
            conditions = (node.events.where, followed.where if followed else None)
            return tuple(condition for condition in conditions if condition is not None)
        case _:
            return ()


def referenced_names(root: tree.Expression) -> Iterator[str]:
    """Every bare name, and everything asked for its state, outside the ``where`` of events.

    (Inside, a name is the event's own property or the customer's field, never a definition.)
    """
    waiting = [root]
    while waiting:
        node = waiting.pop()
        match node:
            case tree.Reference(name, qualifier):
                if qualifier is None:
                    yield name.text
            case tree.IsStage():
                yield node.subject.text
            case tree.Quantified() | tree.Aggregated() | tree.Picked() | tree.Elapsed():
                pass
            case _:
                waiting.extend(children(node))
