"""What a written expression refers to by name, before anything is resolved."""

from __future__ import annotations

from collections.abc import Iterator

from dearly.language import syntax


def children(node: syntax.Expression) -> tuple[syntax.Expression, ...]:
    """The expressions directly inside, left to right; the conditions on events included."""
    match node:
        case syntax.Not() | syntax.Negate() | syntax.IsPresent():
            return (node.operand,)
        case syntax.And() | syntax.Or():
            return node.operands
        case syntax.Compare() | syntax.Matches() | syntax.Arithmetic():
            return (node.left, node.right)
        case syntax.In():
            return (node.left, *node.choices)
        case syntax.Else():
            return (node.operand, node.default)
        case syntax.Quantified() | syntax.Aggregated() | syntax.Picked() | syntax.Elapsed():
            followed = node.events.followed
            conditions = (node.events.where, followed.where if followed else None)
            return tuple(condition for condition in conditions if condition is not None)
        case _:
            return ()


def referenced_names(root: syntax.Expression) -> Iterator[str]:
    """Every bare name, and every lifecycle asked for its stage, outside the ``where`` of events.

    (Inside, a name is the event's own property or the customer's field, never a definition.)
    """
    waiting = [root]
    while waiting:
        node = waiting.pop()
        match node:
            case syntax.Reference(name, qualifier):
                if qualifier is None:
                    yield name.text
            case syntax.IsStage():
                yield node.subject.text
            case syntax.Quantified() | syntax.Aggregated() | syntax.Picked() | syntax.Elapsed():
                pass
            case _:
                waiting.extend(children(node))
