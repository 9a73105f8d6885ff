"""What a grammar did not expect, in the author's words: what could stand there, what came, what to do."""

from __future__ import annotations

import re
from contextlib import suppress

from lark import UnexpectedInput, UnexpectedToken

from dearly.language.diagnostics import Diagnostic, replacing
from dearly.language.suggestions import nearest
from dearly.language.syntax.grammar import grammar
from dearly.language.syntax.hints import COMMENT, hint_for
from dearly.language.syntax.problem import Problem
from dearly.language.syntax.sections import DECLARATION_KEYWORDS, Section
from dearly.language.syntax.source import Source, place
from dearly.language.syntax.words import (
    ENDING_WORDS,
    KEYWORDS,
    OPERAND,
    RESERVED_WORDS,
    expected_phrases,
    reserved,
)

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|\w+|==|!=|<=|>=|=>|=<|<>|&&|\|\||[^\s\w"]')
_SKIPPED = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_COMMENT = re.compile(r'("(?:[^"\\\n]|\\[^\n])*")|#[^\n]*')
_MAX_SHOWN = 40


def explain(error: UnexpectedInput, section: Section, source: Source) -> Diagnostic:
    """The finding for what the parser did not expect."""
    problem, offset = _read(error, section, source)
    span = place(source, offset, offset + max(1, len(problem.came)))
    if _is_reserved_name(problem):
        return Diagnostic("reserved-word", "error", reserved(problem.came), span, "Choose another name.")
    came = _shown(problem.came) if problem.came else f"the end of this {section.keyword}"
    expected = _listed(expected_phrases(problem.accepted, problem.before))
    message = f"Expected {expected}, but {came} came."
    return Diagnostic("syntax-error", "error", message, span, hint_for(problem))


def unknown_declaration(section: Section, source: Source) -> Diagnostic:
    """The finding that something stands where a declaration should begin."""
    came = _token_at(source.text, section.start, section.end)
    span = place(source, section.start, section.start + len(came))
    keywords = DECLARATION_KEYWORDS
    near = came.lower() if came.lower() in keywords else nearest(came, keywords)
    words = ", ".join(f"`{word}`" for word in keywords)
    hint = f"Did you mean `{near}`?" if near else f"Begin it with one of {words}."
    if source.text.startswith(("//", "/*", "--"), section.start):
        hint = COMMENT
    elif came in KEYWORDS:
        hint = "This belongs to the declaration before, which has ended: look for a `}` too many."
    message = f"Expected a declaration, but {_shown(came)} came."
    fix = replacing(span, near) if near and came.isidentifier() and came not in KEYWORDS else None
    return Diagnostic("unknown-declaration", "error", message, span, hint, fix)


def _read(error: UnexpectedInput, section: Section, source: Source) -> tuple[Problem, int]:
    """What the hints need to know, and the offset of what came."""
    text, start = source.text, section.start
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    offset = section.end if at_end else start + (error.pos_in_stream or 0)
    read = text[start:offset]
    came = "" if at_end else _token_at(text, offset, section.end)
    following = _SKIPPED.match(text, offset + len(came), section.end)
    after = _token_at(text, following.end(), section.end) if following else ""
    before = tuple(_TOKEN.findall(_COMMENT.sub(r"\1", read)))
    problem = Problem(came, before, after, _accepted_at(offset - start, text[start : section.end]))
    return problem, start + len(read.rstrip()) if at_end else offset


def _accepted_at(offset: int, text: str) -> frozenset[str]:
    # Read once more up to the place: the failed parser has already reduced on account of what came, and no
    # longer knows all that could have. All of the text is there, since some terminals look ahead.
    parser = grammar().parse_interactive(text)
    with suppress(UnexpectedInput):
        for token in parser.iter_parse():
            if (token.start_pos or 0) >= offset:
                break
    return frozenset(parser.accepts())  # type: ignore[no-untyped-call]


def _token_at(text: str, offset: int, end: int) -> str:
    found = _TOKEN.match(text, offset, end)
    return found[0] if found else text[offset : min(offset + 1, end)]


def _shown(token: str) -> str:
    shown = token if len(token) <= _MAX_SHOWN else token[: _MAX_SHOWN - 1] + "…"
    return f"the text {shown}" if token.startswith('"') else f"`{shown}`"


def _listed(phrases: list[str]) -> str:
    if len(phrases) < 2:
        return "".join(phrases) or "the end of the declaration"
    return f"{', '.join(phrases[:-1])} or {phrases[-1]}"


def _is_reserved_name(problem: Problem) -> bool:
    # A unit before it swallowed what was meant as the name.
    named_only = "NAME" in problem.accepted and not problem.accepted >= OPERAND
    is_meant = problem.previous not in ENDING_WORDS and problem.previous != "goal"
    return problem.came in RESERVED_WORDS and named_only and is_meant
