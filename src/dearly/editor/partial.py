"""A declaration up to the cursor, as far as the parser can follow it: what may come next, and what came.

While somebody writes, a declaration is broken most of the time, and nearly always at its end. What stands
before the cursor is fed to the parser token by token; what it cannot take is stepped over.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from lark import Token, Tree, UnexpectedInput

from dearly.language.syntax.grammar import grammar
from dearly.language.syntax.sections import split
from dearly.language.syntax.source import open_source

_MAX_STEPS = 20
"""What cannot be read is stepped over so often; then it is given up."""


@dataclass(frozen=True, slots=True)
class Partial:
    """What stands before the cursor in its declaration."""

    keyword: str
    """What the declaration begins with."""
    accepted: frozenset[str]
    """The terminals of the grammar that may come next."""
    tokens: Sequence[Token]
    """Those of the declaration so far, in order."""
    open: Sequence[Token | Tree[Token]]
    """What the parser has not put together yet: in a ``where``, its word is among them."""

    def previous(self, back: int = 1) -> Token | None:
        """The token so many before the cursor; None where there are not as many."""
        return self.tokens[-back] if len(self.tokens) >= back else None


_NOTHING = Partial("", frozenset(), (), ())
_BEYOND_LIMITS = ("declaration-too-large", "nesting-too-deep", "list-too-long")
"""Where a declaration is refused unread, nothing is offered either: to follow it would take as long."""


def read_partial(text: str) -> Partial:
    """The declaration that a rules text ends in the midst of; between two, one that begins."""
    sections = list(split(open_source(text, "")))
    if not sections or _is_ended(text[sections[-1].start :]):
        return _followed("")
    problem = sections[-1].problem
    if problem is not None and problem.code in _BEYOND_LIMITS:
        return _NOTHING
    return _followed(text[sections[-1].start :])


def may_begin_declaration(text: str) -> bool:
    """Whether a rules text ends on a line of its own and outside of all braces."""
    sections = list(split(open_source(text, "")))
    is_own_line = not text.rpartition("\n")[2].strip()
    return is_own_line and (not sections or _is_balanced(text[sections[-1].start :]))


def _is_ended(declaration: str) -> bool:
    return declaration.rstrip().endswith("}") and _is_balanced(declaration)


def _is_balanced(declaration: str) -> bool:
    bare = _TEXTS.sub("", declaration)
    return bare.count("{") <= bare.count("}")


_TEXTS = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"?|#[^\n]*')
_WORD = re.compile(r'"[^"\n]*"?|\w+|\S')


def _followed(text: str) -> Partial:
    for _ in range(_MAX_STEPS):
        parser = grammar().parse_interactive(text)
        tokens: list[Token] = []
        try:
            tokens.extend(parser.iter_parse())
        except UnexpectedInput as error:
            at = error.pos_in_stream
            if at is None:
                break
            text = _without(text, at)
            continue
        keyword = str(tokens[0]) if tokens else ""
        accepted = frozenset(parser.accepts())  # type: ignore[no-untyped-call]
        return Partial(keyword, accepted, tokens, tuple(parser.parser_state.value_stack))
    return _NOTHING


def _without(text: str, at: int) -> str:
    """The text with the word or sign at an offset blanked out."""
    found = _WORD.match(text, at)
    end = found.end() if found is not None else at + 1
    return text[:at] + " " * (end - at) + text[end:]
