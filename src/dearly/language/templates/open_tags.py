"""Which tag of a template was left open, or closed without having been opened."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

_CLOSED_BY = {"for": "endfor", "if": "endif"}
"""The tags that a template may have and that must be closed."""

_ENDS = frozenset(_CLOSED_BY.values())


@dataclass(frozen=True, slots=True)
class BadNesting:
    """A ``tag`` that stands wrong, where, and what to tell of it."""

    tag: str
    at: int
    message: str
    hint: str


def find_bad_nesting(tokens: Iterable[tuple[int, str, str]]) -> BadNesting | None:
    """The first place where tags do not nest; None where they do. ``tokens`` are the lexer's, raw."""
    opened: list[tuple[str, int]] = []
    is_first = False
    for at, kind, text in tokens:
        if kind == "whitespace":
            continue
        if is_first and text in _CLOSED_BY:
            opened.append((text, at))
        elif is_first and text in _ENDS:
            if not opened or _CLOSED_BY[opened[-1][0]] != text:
                return _wrong_end(text, at, opened)
            opened.pop()
        is_first = kind == "block_begin"
    return _never_closed(*opened[-1]) if opened else None


def _wrong_end(end: str, at: int, opened: Sequence[tuple[str, int]]) -> BadNesting:
    if not opened:
        return BadNesting(end, at, f"{{% {end} %}} closes nothing.", "Remove it, or open what it closes.")
    tag, line = opened[-1]
    message = f"{{% {end} %}} comes while the {{% {tag} %}} of line {line:d} is open."
    return BadNesting(end, at, message, f"Add {{% {_CLOSED_BY[tag]} %}} before it.")


def _never_closed(tag: str, at: int) -> BadNesting:
    message = f"The {{% {tag} %}} of line {at:d} is never closed."
    return BadNesting(tag, at, message, f"Add {{% {_CLOSED_BY[tag]} %}} where it ends.")
