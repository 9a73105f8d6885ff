"""What holds of every text: places are true, nothing makes the parser raise, one error hides no other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from hypothesis import given, settings
from hypothesis import strategies as st

from dearly.language.program import Span
from dearly.language.syntax import tree
from dearly.language.syntax.codes import SYNTAX_CODES
from dearly.language.syntax.parser import parse_rules
from dearly.language.syntax.sections import DECLARATION_KEYWORDS
from dearly.language.syntax.words import PHRASES
from tests.language.shapes import expression, shape

NAMES = st.sampled_from(["a", "b", "count", "days", "limit", "_x1"])
EVENTS = st.sampled_from(["bought", "seen", "time"])
DURATIONS = st.sampled_from(["1 day", "36 hours", "2 weeks", "1.5 minutes"])
LITERALS = st.sampled_from(
    ['"x"', '"a \\" # {"', "3", "2.50", "true", "2026-03-01", "2026-03-01T10:00:00Z", "7 days"]
)


def _clauses(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    where = inner.map(lambda text: f" where ({text})")
    within = DURATIONS.map(lambda text: f" within {text}")
    older = DURATIONS.map(lambda text: f" older than {text}")
    followed = st.tuples(st.sampled_from([" followed by ", " not followed by "]), EVENTS, within).map("".join)
    calendar = st.sampled_from(
        [" today", " this week", " on monday or friday", " on weekends", " before 2026-01-01"]
    )
    parts = [st.just("") | part for part in (where, within, calendar, older, followed)]
    return st.tuples(*parts).map("".join)


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    operand = inner.map(lambda text: f"({text})")
    binary = st.sampled_from(
        [
            "==",
            "<",
            "contains",
            "is like",
            "any of",
            "before",
            "since",
            "+",
            "-",
            "*",
            "/",
            "else",
            "and",
            "or",
        ]
    )
    quantifier = st.sampled_from(["any", "no", "at least 2", "fewer than 3", "count of", "time since last"])
    picker = st.sampled_from(["sum of", "latest", "first", "max of", "distinct of", "top"])
    events = st.tuples(EVENTS, _clauses(inner)).map("".join)
    return st.one_of(
        st.tuples(operand, binary, operand).map(" ".join),
        operand.map(lambda text: f"not {text}"),
        operand.map(lambda text: f"-{text}"),
        operand.map(lambda text: f"{text} is present"),
        operand.map(lambda text: f'{text} not in ["x", -1]'),
        operand.map(lambda text: f'{text} none of ["x", -1]'),
        st.tuples(operand, operand, operand).map(lambda parts: "{} between {} and {}".format(*parts)),
        operand.map(lambda text: f"{text} >= (today + 3 days)"),
        NAMES.map(lambda name: f"{name} is not churned"),
        st.tuples(quantifier, events).map(" ".join),
        st.tuples(picker, EVENTS, st.just("."), NAMES, _clauses(inner)).map(
            lambda parts: f"{parts[0]} {''.join(parts[1:])}"
        ),
    )


EXPRESSIONS = st.recursive(NAMES | LITERALS, _larger, max_leaves=12)


def _nodes(node: object) -> Iterator[tuple[object, Span]]:
    if isinstance(node, tuple):
        for element in node:
            yield from _nodes(element)
    elif is_dataclass(node) and not isinstance(node, Span):
        yield node, node.span  # type: ignore[union-attr]
        for field in fields(node):
            yield from _nodes(getattr(node, field.name))


def _text_at(text: str, span: Span) -> str:
    lines = text.split("\n")[span.line - 1 : span.end_line]
    lines[-1] = lines[-1][: span.end_column - 1]
    lines[0] = lines[0][span.column - 1 :]
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(EXPRESSIONS, st.sampled_from([" ", "\n", "\t# \U0001f600\n", "  "]))
def test_the_text_at_the_place_of_every_expression_spells_it(text: str, gap: str) -> None:
    # The gaps are widened outside of texts only: the texts drawn above have no ` (` in them.
    spaced = text.replace(" (", f"{gap}(").replace(") ", f"){gap}")
    root = expression(spaced)
    assert shape(root) == shape(expression(text))
    for node, span in _nodes(root):
        at = _text_at(f"value x = {spaced}", span)
        if isinstance(node, tree.Name):
            assert at == node.text
        elif isinstance(node, tree.NumberLiteral):
            assert at.strip("()# \n\t\U0001f600") == node.text
        elif isinstance(node, tree.In):  # `not in` is a Not around it, at the same place
            assert shape(expression(at)) in (shape(node), f"(Not {shape(node)})")
        elif not isinstance(
            node, tree.Events | tree.Followed | tree.Period | tree.Weekdays | tree.ListLiteral
        ):
            assert shape(expression(at)) == shape(node)


FRAGMENTS = st.one_of(
    st.sampled_from([*PHRASES, *DECLARATION_KEYWORDS]),
    st.sampled_from(list("{}()[]\",;.@?=<>!+-*/#\\'\n\r\t\u202e\ufeff\u0456\ud800\x00")),
    st.sampled_from(
        ["1", "2 days", '"x"', "a", "2026-03-01", "21:00", "+1:00", "%", "==", "!=", "1e400", "\U0001f600"]
    ),
    st.text(max_size=3),
)


@settings(max_examples=400, deadline=None)
@given(st.lists(FRAGMENTS, max_size=30).map(" ".join))
def test_any_text_is_read_or_refused_at_a_place_within_it(text: str) -> None:
    _, problems = parse_rules(text, "x.rules")
    lines = text.split("\n")
    for problem in problems:
        assert problem.code in SYNTAX_CODES
        assert problem.message.endswith(".")
        assert 1 <= problem.span.line <= len(lines)
        assert 1 <= problem.span.column <= len(lines[problem.span.line - 1]) + 1


@settings(max_examples=150, deadline=None)
@given(st.lists(FRAGMENTS, min_size=1, max_size=12).map(" ".join))
def test_a_declaration_after_a_broken_one_is_still_read(text: str) -> None:
    declarations, _ = parse_rules(f"segment broken {{ {text}\nsegment whole {{ a }}\n", "x.rules")
    named = [found.name.text for found in declarations if isinstance(found, tree.SegmentDeclaration)]
    assert named[-1] == "whole"
