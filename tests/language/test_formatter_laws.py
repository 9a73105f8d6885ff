"""What holds of the layout of every text: it means the same, keeps each comment, and is its own layout."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Token, Tree

from dearly.language.formatting import format_rules
from dearly.language.syntax.grammar import grammar
from dearly.language.syntax.parser import parse_rules
from dearly.language.syntax.sections import split
from dearly.language.syntax.source import open_source
from tests.language.samples import SAMPLES, examples
from tests.language.shapes import without_places
from tests.language.test_parser_laws import EXPRESSIONS

EXAMPLES = examples()

_COMMENT = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|(#[^\n]*)')


def meaning(text: str) -> object:
    declarations, problems = parse_rules(text, "x.rules")
    assert problems == ()
    return without_places(declarations)


def comments(text: str) -> Counter[str]:
    return Counter(found[1].rstrip() for found in _COMMENT.finditer(text) if found[1])


def assert_laid_out(text: str) -> None:
    formatted = format_rules(text, "x.rules")
    assert meaning(formatted) == meaning(text)
    assert comments(formatted) == comments(text)
    assert format_rules(formatted, "x.rules") == formatted
    assert not re.search(r"[ \t]$|\n\n\n|\A\n|\n\n\Z", formatted, re.MULTILINE)


@pytest.mark.parametrize("name", EXAMPLES)
def test_an_example_laid_out_means_the_same_keeps_its_comments_and_stays(name: str) -> None:
    assert_laid_out(EXAMPLES[name])


# ---------------------------------------------------------------------------------------------- other layouts


def _tokens(text: str) -> list[list[str]]:
    """The tokens of each declaration, as the grammar sees them."""
    found = []
    for section in split(open_source(text, "x.rules")):
        waiting: list[Token | Tree[Token]] = [grammar().parse(text[section.start : section.end])]
        tokens = []
        while waiting:
            node = waiting.pop()
            if isinstance(node, Token):
                tokens.append(str(node))
            else:
                waiting.extend(reversed(node.children))
        found.append(tokens)
    return found


DECLARATIONS = [tokens for text in SAMPLES.values() for tokens in _tokens(text)]
GAPS = [
    " ",
    "  ",
    "\n",
    "\n\n",
    " \t\n \n\n",
    " # one\n",
    "\n# two\n",
    "\n\n  #three  \n\n",
    " # four\n# five\n",
]


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Some declarations, with other spaces, lines and comments between their tokens."""
    chosen = draw(st.lists(st.sampled_from(DECLARATIONS), min_size=1, max_size=4))
    gaps = draw(st.lists(st.sampled_from(GAPS) | st.just(" "), min_size=1, max_size=12))
    text, count = draw(st.sampled_from(["", "\n", "# first\n", "# first\n\n"])), 0
    for tokens in chosen:
        # A declaration is known by its first two tokens on a line of its own.
        text += f"{tokens[0]} {tokens[1]}"
        for token in tokens[2:]:
            text += gaps[count % len(gaps)] + token
            count += 1
        text += draw(st.sampled_from(["\n", "\n\n\n", " # after\n", "\n# between\n", " # a\n# b\n\n# c\n"]))
    return text


@settings(max_examples=200, deadline=None)
@given(texts())
def test_any_layout_becomes_the_one_layout(text: str) -> None:
    assert_laid_out(text)


@settings(max_examples=100, deadline=None)
@given(EXPRESSIONS, st.sampled_from([" ", "\n", " # note\n", "\n# note\n"]))
def test_any_expression_can_be_laid_out(expression: str, gap: str) -> None:
    spaced = expression.replace(" (", f"{gap}(").replace(") ", f"){gap}")
    assert_laid_out(f"value x = {spaced}\nsegment y {{\n{spaced} # end\n}}")


@settings(max_examples=50, deadline=None)
@given(st.sampled_from(DECLARATIONS))
def test_a_layout_without_comments_does_not_depend_on_the_spaces_but_after_braces(tokens: list[str]) -> None:
    one_line = " ".join(tokens)
    scattered = f"{tokens[0]} {tokens[1]} " + "\n".join(tokens[2:]).replace("{\n", "{ ")
    assert format_rules(scattered, "x.rules") == format_rules(one_line, "x.rules")
