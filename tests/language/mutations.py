"""Valid rules gone wrong: typing slips, pasted lines, merges that went badly, and worse."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from random import Random

from dearly.language.syntax.sections import DECLARATION_KEYWORDS
from dearly.language.syntax.words import PHRASES

_TOKEN = re.compile(r'\s+|#[^\n]*|"(?:[^"\\\n]|\\.)*"|\w+|.')

FRAGMENTS: list[str] = [
    *PHRASES,
    *DECLARATION_KEYWORDS,
    *"{}()[]\",;:.@?=<>!+-*/#\\'%&|\n\r\t",
    *("==", "!=", "<=", "=>", "..", "'''", '"""', "<<<<<<< HEAD\n", "=======\n", ">>>>>>> other\n"),
    *(
        "0",
        "1e400",
        "-1",
        "9" * 30,
        "2026-02-30",
        "2026-13-01T99:99:99Z",
        "25:61",
        "+99:99",
        "7 days",
        "0 days",
    ),
    *("\x00", "\ufeff", "\u202e", "\u0456", "\ud800", "\U0001f600", "e\u0301" * 40, "a" * 200),
    *("(" * 120, "not " * 120, "{" * 120, "- " * 120, "a else " * 120, '["x",' * 5),
]
"""What is put in between."""


def mutated(random: Random, text: str, others: Sequence[str]) -> str:
    """The text with one to four things done to it; ``others`` are texts to paste from."""
    for _ in range(random.randint(1, 4)):
        text = random.choice(_WAYS)(random, text, others)
    return text


def _cut_characters(random: Random, text: str, _: Sequence[str]) -> str:
    start = random.randrange(len(text) + 1)
    return text[:start] + text[start + random.randint(1, 12) :]


def _put_fragment(random: Random, text: str, _: Sequence[str]) -> str:
    at = random.randrange(len(text) + 1)
    return text[:at] + random.choice(FRAGMENTS) + text[at:]


def _change_tokens(random: Random, text: str, _: Sequence[str]) -> str:
    tokens: list[str] = _TOKEN.findall(text)
    if len(tokens) < 2:
        return text
    first, second = random.randrange(len(tokens)), random.randrange(len(tokens))
    match random.randrange(4):
        case 0:
            tokens[first], tokens[second] = tokens[second], tokens[first]
        case 1:
            tokens[first] = random.choice(FRAGMENTS)
        case 2:
            tokens.insert(first, tokens[second])
        case _:
            del tokens[first : first + random.randint(1, 5)]
    return "".join(tokens)


def _change_lines(random: Random, text: str, _: Sequence[str]) -> str:
    lines = text.splitlines(keepends=True) or [""]
    first, second = random.randrange(len(lines)), random.randrange(len(lines))
    match random.randrange(3):
        case 0:
            del lines[first]
        case 1:
            lines.insert(first, lines[second])
        case _:
            lines[first] = lines[first].rstrip("\n")
    return "".join(lines)


def _paste(random: Random, text: str, others: Sequence[str]) -> str:
    other = random.choice(others)
    start, at = random.randrange(len(other) + 1), random.randrange(len(text) + 1)
    return text[:at] + other[start : start + random.randint(1, 400)] + text[at:]


def _end_early(random: Random, text: str, _: Sequence[str]) -> str:
    return text[: random.randrange(len(text) + 1)]


_WAYS: Sequence[Callable[[Random, str, Sequence[str]], str]] = (
    _cut_characters,
    _put_fragment,
    _change_tokens,
    _change_tokens,
    _change_lines,
    _paste,
    _end_early,
)
