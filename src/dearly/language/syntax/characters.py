"""Characters that have no place in a rules file outside of texts, and what to say of them."""

from __future__ import annotations

import re
import unicodedata

from dearly.language.diagnostics import Diagnostic
from dearly.language.syntax.source import Source, place

# Controls but tab and line ends, what turns the direction of text or looks like a line end (UTS #55), lone
# surrogates.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f]")
_NO_UNIT = "Numbers have no unit: write `100`."
_WRITE = {
    "$": _NO_UNIT,
    "€": _NO_UNIT,
    "£": _NO_UNIT,
    "'": 'Texts stand in double quotes: `"US"`.',
    "`": 'Texts stand in double quotes: `"US"`.',
    "“": 'Write the straight double quote, `"`.',
    "”": 'Write the straight double quote, `"`.',
    "„": 'Write the straight double quote, `"`.',
    "«": 'Write the straight double quote, `"`.',
    "»": 'Write the straight double quote, `"`.',
    "‘": 'Texts stand in double quotes: `"US"`.',
    "’": 'Texts stand in double quotes: `"US"`.',
    "≥": "Write `>=`.",
    "≤": "Write `<=`.",
    "≠": "Write `!=`.",
    "–": "Write the plain minus, `-`.",
    "—": "Write the plain minus, `-`.",
    "−": "Write the plain minus, `-`.",
    "×": "Write `*`.",
    "·": "Write `*`.",
    "÷": "Write `/`.",
    "\u00a0": "Write an ordinary space.",
}
_LETTERS_HINT = "Names are made of a to z, digits and _; all letters may stand in texts and comments."


def hidden_character(text: str) -> int | None:
    """The offset of the first character that no comment may hold, or None."""
    found = _HIDDEN.search(text)
    return found.start() if found else None


def control_character(text: str) -> int | None:
    """The offset of the first control character, which no text may hold, or None."""
    found = _CONTROL.search(text)
    return found.start() if found else None


def odd_character(source: Source, offset: int) -> Diagnostic:
    """The finding that the character at ``offset`` cannot stand there."""
    character = source.text[offset]
    span = place(source, offset, offset + 1)
    if _HIDDEN.match(character) or unicodedata.category(character) == "Cf":
        message = f"{name_of(character)} stands here and cannot be seen."
        return Diagnostic("hidden-character", "error", message, span, "Remove it.")
    if character.isalnum() or unicodedata.category(character).startswith("M"):
        message = f"`{character}` ({name_of(character)}) cannot stand in a name."
        return Diagnostic("foreign-letter", "error", message, span, _LETTERS_HINT)
    shown = f"`{character}`" if character.isascii() else f"`{character}` ({name_of(character)})"
    message = f"{shown} is no part of the language."
    return Diagnostic("syntax-error", "error", message, span, _WRITE.get(character, "Remove it."))


def name_of(character: str) -> str:
    """How Unicode calls a character: ``U+202E RIGHT-TO-LEFT OVERRIDE``."""
    name = unicodedata.name(character, "a control character")
    return f"U+{ord(character):04X} {name}"
