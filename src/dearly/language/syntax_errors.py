"""What a declaration's grammar did not expect, in its author's words: what could stand there, what came, what to do."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from lark import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from dearly.language.diagnostics import Diagnostic
from dearly.language.sections import LATER_KEYWORDS, SERVED_KEYWORDS, Section
from dearly.language.source import Source, place
from dearly.language.suggestions import nearest
from dearly.language.syntax_words import (
    KEYWORDS,
    LATER_PHRASES,
    OPERAND,
    PHRASES,
    SIGN_HINTS,
    UNIT_HINTS,
    WORD_HINTS,
    expected_phrases,
)

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\[^\n])*"|\w+|==|!=|<=|>=|=>|=<|<>|&&|\|\||[^\s\w"]')
_SKIPPED = re.compile(r"(?:[ \t\r\n]|#[^\n]*)*")
_MAX_SHOWN = 40


def unknown_declaration(section: Section, source: Source) -> Diagnostic:
    """The finding that something stands where a declaration should begin."""
    came = _token_at(source.text, section.start, section.end)
    span = place(source, section.start, section.start + len(came))
    words = ", ".join(f"`{word}`" for word in SERVED_KEYWORDS)
    near = nearest(came, SERVED_KEYWORDS + LATER_KEYWORDS) or (
        came.lower() if came.lower() in KEYWORDS else None
    )
    hint = f"Did you mean `{near}`?" if near else f"Begin it with one of {words}."
    message = f"Expected a declaration, but {_shown(came)} came."
    return Diagnostic("unknown-declaration", "error", message, span, hint)


def not_yet_served(section: Section, source: Source) -> Diagnostic:
    """The finding that a declaration is of a kind that this version does not serve."""
    span = place(source, section.start, section.start + len(section.keyword))
    return _not_yet(f"`{section.keyword}`", span, "Remove the declaration")


def explain(error: UnexpectedInput, section: Section, source: Source) -> Diagnostic:
    """The finding for what the parser did not expect."""
    problem = _read(error, section, source)
    span = place(source, problem.offset, max(problem.offset + 1, problem.offset + len(problem.came)))
    later = _later_phrase(problem)
    if later:
        return _not_yet(f"`{later}`", span, "Remove this part")
    came = _shown(problem.came) if problem.came else f"the end of this {section.keyword}"
    message = f"Expected {_listed(expected_phrases(problem.accepted, problem.before))}, but {came} came."
    hint = next((hint for rule in _HINTS if (hint := rule(problem))), None)
    return Diagnostic("syntax-error", "error", message, span, hint)


@dataclass(frozen=True, slots=True)
class _Problem:
    """Where the parser stopped: ``before`` are the tokens read, ``came`` is what it could not take."""

    offset: int
    came: str
    before: tuple[str, ...]
    after: str
    accepted: frozenset[str]
    """The terminals that could have come."""


def _read(error: UnexpectedInput, section: Section, source: Source) -> _Problem:
    at_end = isinstance(error, UnexpectedToken) and error.token.type == "$END"
    offset = section.end if at_end else section.start + (error.pos_in_stream or 0)
    text = source.text
    came = "" if at_end else _token_at(text, offset, section.end)
    before = tuple(_TOKEN.findall(_without_comments(text[section.start : offset])))
    following = _SKIPPED.match(text, offset + len(came), section.end)
    after = _token_at(text, following.end(), section.end) if following else ""
    if at_end:
        offset = section.start + len(text[section.start : section.end].rstrip())
    return _Problem(offset, came, before, after, _accepted(error))


def _accepted(error: UnexpectedInput) -> frozenset[str]:
    parser = getattr(error, "interactive_parser", None)
    if parser is not None:
        return frozenset(parser.accepts())
    allowed = error.allowed if isinstance(error, UnexpectedCharacters) else None
    return frozenset(allowed or ())


def _without_comments(text: str) -> str:
    return re.sub(r'("(?:[^"\\\n]|\\[^\n])*")|#[^\n]*', r"\1", text)


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


def _not_yet(what: str, span: object, do: str) -> Diagnostic:
    message = f"{what} is part of the language, but this version of Dearly does not serve it yet."
    return Diagnostic("not-yet-served", "error", message, span, f"{do}, or wait for the version that does.")  # type: ignore[arg-type]


def _later_phrase(problem: _Problem) -> str | None:
    previous = problem.before[-1] if problem.before else ""
    for words, where in LATER_PHRASES:
        first, *rest = words.split()
        if (
            problem.came == first
            and (not rest or problem.after == rest[0])
            and (not where or where & problem.accepted)
        ):
            return words
        if rest and previous == first and problem.came == rest[0]:
            return words
    return None


# ------------------------------------------------------------------------------------------------- hints


def _hint_for_case(problem: _Problem) -> str | None:
    lower = problem.came.lower()
    if problem.came != lower and lower in KEYWORDS:
        return f"Write `{lower}`: the words of the language are in lower case."
    if (
        re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", problem.came)
        and problem.came != lower
        and "NAME" in problem.accepted
    ):
        snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", problem.came).lower()
        return f"Names are in lower case: `{snake}`."
    return None


def _hint_for_sign(problem: _Problem) -> str | None:
    if (
        problem.came == "("
        and problem.before
        and problem.before[-1] in ("count", "sum", "average", "min", "max")
    ):
        word = problem.before[-1]
        return f"Write `{word} of EVENT{'' if word == 'count' else '.PROPERTY'}`."
    if problem.came == "(" and problem.before and re.fullmatch(r"\w+", problem.before[-1]):
        return "There are no functions; parentheses stand around conditions only."
    if problem.came == "-" and "within" in problem.before[-1:] or problem.before[-2:] == ("older", "than"):
        return "A length of time is more than nothing: `within 7 days`."
    if problem.came in ("<", "<=", ">", ">=", "==", "!=") and "OR" in problem.accepted:
        return "Compare two things at a time, and join them with `and`: `1 < x and x < 5`."
    return SIGN_HINTS.get(problem.came)


def _hint_for_word(problem: _Problem) -> str | None:
    if problem.came == "not" and problem.after == "contains":
        return "Write `not (SET contains ELEMENT)`."
    if problem.came in ("in",) and "OR" not in problem.accepted and problem.after == "segment":
        return "A segment is asked for by its name alone."
    return WORD_HINTS.get(problem.came)


def _hint_for_unit(problem: _Problem) -> str | None:
    if "UNIT" not in problem.accepted:
        return None
    meant = UNIT_HINTS.get(problem.came) or nearest(
        problem.came, ("seconds", "minutes", "hours", "days", "weeks")
    )
    return f"Write `{problem.before[-1]} {meant}`." if meant and problem.before else None


def _hint_for_quotes(problem: _Problem) -> str | None:
    is_word = re.fullmatch(r"[^\W\d]\w*", problem.came) is not None
    if problem.came.startswith('"') and "NAME" in problem.accepted and not OPERAND <= problem.accepted:
        return "Names are written without quotes."
    if (
        is_word
        and "TEXT" in problem.accepted
        and "NAME" not in problem.accepted
        and "AND" not in problem.accepted
    ):
        return f'A text stands in double quotes: `"{problem.came[:_MAX_SHOWN]}"`.'
    return None


def _hint_for_where(problem: _Problem) -> str | None:
    if problem.came in ("within", "older", "where") and "where" in problem.before and "and" in problem.before:
        return (
            "The `and` ended the `where`. Put several conditions in parentheses: `where (A and B) within D`."
        )
    return None


def _hint_for_spelling(problem: _Problem) -> str | None:
    """A word that is nearly one that could stand here, or before here."""
    fitting = {
        phrase.replace(" ", ""): phrase
        for phrase, terminal in PHRASES.items()
        if terminal in problem.accepted
    }
    joined = problem.came + problem.after if problem.after.isalpha() else problem.came
    for word in (problem.came, joined):
        found = fitting.get(word.lower()) or fitting.get(nearest(word.lower(), fitting) or "")
        if found:
            return f"Did you mean `{found}`?"
    previous = problem.before[-1] if problem.before else ""
    if len(previous) > 3 and previous not in KEYWORDS and re.fullmatch(r"\w+", previous):
        known = {phrase.replace(" ", ""): phrase for phrase in PHRASES if len(phrase) > 3}
        found = known.get(previous) or known.get(nearest(previous, known) or "")
        return f"Did you mean `{found}` in place of `{previous}`?" if found else None
    return None


def _hint_for_end(problem: _Problem) -> str | None:
    if not problem.came and "RBRACE" in problem.accepted:
        return "Add the `}` where it ends."
    if problem.came in SERVED_KEYWORDS and "$END" in problem.accepted:
        return "Begin the next declaration on a new line."
    return None


_HINTS: tuple[Callable[[_Problem], str | None], ...] = (
    _hint_for_end,
    _hint_for_case,
    _hint_for_where,
    _hint_for_unit,
    _hint_for_sign,
    _hint_for_quotes,
    _hint_for_word,
    _hint_for_spelling,
)
