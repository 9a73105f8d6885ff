"""Lark's tree of one declaration to syntax nodes.

The tree is walked with a stack of its own, children first: how deep it is, is the author's doing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from lark import Token, Tree

from dearly.language.program import Span
from dearly.language.syntax import tree
from dearly.language.syntax.building import Building, Built, Clock, Rule
from dearly.language.syntax.campaign_rules import CAMPAIGN_RULES
from dearly.language.syntax.content_rules import CONTENT_RULES
from dearly.language.syntax.event_rules import EVENT_RULES
from dearly.language.syntax.expression_rules import EXPRESSION_RULES
from dearly.language.syntax.literals import (
    LiteralProblem,
    clock_us,
    date_days,
    number_value,
    offset_us,
    text_value,
    time_us,
)
from dearly.language.syntax.scenario_rules import SCENARIO_RULES
from dearly.language.syntax.schema_rules import SCHEMA_RULES
from dearly.language.syntax.segmentation_rules import SEGMENTATION_RULES
from dearly.language.syntax.source import place

MAX_DEPTH = 100
"""Of an expression's tree, so that whatever walks it later may recurse."""

_DECLARATION_RULES: Mapping[str, Rule] = {
    **SCHEMA_RULES,
    **SEGMENTATION_RULES,
    **CONTENT_RULES,
    **CAMPAIGN_RULES,
    **SCENARIO_RULES,
}
_RULES: Mapping[str, Rule] = {**_DECLARATION_RULES, **EXPRESSION_RULES, **EVENT_RULES}
_NO_LEVEL = frozenset(
    [*_DECLARATION_RULES, "group", "reference", "duration", "negative", "list", "events", "property"]
)
"""Rules that do not take an expression one level deeper; parentheses that hold nothing else do not either."""


def build(parsed: Tree[Token], building: Building) -> tree.Declaration:
    """The declaration that Lark's tree stands for. With ``building.problems`` it is not to be used."""
    waiting: list[tuple[Tree[Token] | Token, bool]] = [(parsed, False)]
    built: list[Built] = []
    depths: list[int] = []
    while waiting:
        node, is_ready = waiting.pop()
        if isinstance(node, Token):
            built.append(_leaf(node, building))
            depths.append(0)
        elif is_ready:
            size, name = len(node.children), str(node.data)
            children, depth = built[-size:], max(depths[-size:]) + (name not in _NO_LEVEL)
            del built[-size:], depths[-size:]
            built.append(_RULES[name](building, children))
            depths.append(depth)
            _check_depth(depth, children, building)
        else:
            waiting.append((node, True))
            waiting.extend((child, False) for child in reversed(node.children))
    declaration: tree.Declaration = built.pop()
    return declaration


def _check_depth(depth: int, children: Sequence[Built], building: Building) -> None:
    # At the first level too many only: what is further up is too deep for the same reason.
    if depth == MAX_DEPTH + 1:
        message = f"This is nested, or chained, more than {MAX_DEPTH} levels deep."
        hint = "Give parts of it names, with `value` or `segment`, and use the names."
        building.report("nesting-too-deep", message, building.span_of(children[0]), hint)


def _leaf(token: Token, building: Building) -> Built:
    make = _LEAVES.get(token.type)
    if make is None:
        return token
    span = building.span(token)
    try:
        return make(str(token), span)
    except LiteralProblem as problem:
        _report(problem, token, building)
        return make(_STAND_INS[token.type], span)


def _report(problem: LiteralProblem, token: Token, building: Building) -> None:
    span = building.span(token)
    if problem.offset is not None:
        at = building.start + (token.start_pos or 0) + problem.offset
        span = place(building.source, at, at + 1)
    building.report(problem.code, problem.message, span, problem.hint)


_LEAVES: Mapping[str, Callable[[str, Span], Built]] = {
    "NAME": tree.Name,
    "TEXT": lambda text, span: tree.TextLiteral(text_value(text), span),
    "NUMBER": lambda text, span: tree.NumberLiteral(number_value(text), text, span),
    "TRUE": lambda _, span: tree.BoolLiteral(True, span),
    "FALSE": lambda _, span: tree.BoolLiteral(False, span),
    "DATE": lambda text, span: tree.DateLiteral(date_days(text), span),
    "TIME": lambda text, span: tree.TimeLiteral(time_us(text), span),
    "TODAY": lambda _, span: tree.Today(None, span),
    "NOW": lambda _, span: tree.Now(None, span),
    "CLOCK": lambda text, span: Clock(clock_us(text), span),
    "OFFSET": lambda text, span: Clock(offset_us(text), span),
}
_STAND_INS = {
    "TEXT": '""',
    "NUMBER": "1",
    "DATE": "1970-01-01",
    "TIME": "1970-01-01T00:00:00Z",
    "CLOCK": "00:00",
    "OFFSET": "+00:00",
}
"""What is built in place of a literal that stands for nothing."""
