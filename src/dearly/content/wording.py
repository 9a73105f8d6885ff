"""How values are worded in a mail: what printing does, and the filters that are the same in every locale."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_UP, Decimal
from typing import Any
from urllib.parse import quote

from jinja2.filters import do_title

from dearly import DearlyError
from dearly.content.budget import RenderBudgetExceeded
from dearly.content.guards import guarded_url, printable
from dearly.language.templates.lowering import URL_GUARD

MOST_WORDED = 64 * 1024
"""Characters that a filter takes, and ``join`` makes; no single text of a profile or an item has more."""


class MissingInTemplate(DearlyError):
    """A template prints something that is missing, although its check saw that it may not be."""


def printed(value: object) -> str:
    """The text that stands for a value in a mail.

    Raises:
        MissingInTemplate: the value is missing.
        TypeError: the value is no text or number.
    """
    if type(value) is str:
        return printable(value)
    if type(value) is float or type(value) is int:
        return number_text(value)
    if value is None:
        raise MissingInTemplate("A value is missing where the template prints it.")
    raise TypeError(f"a template can print texts and numbers, not {type(value).__name__}")


def number_text(number: float) -> str:
    """The number as a person writes it: ``12``, ``9.95``, ``0.3``."""
    if number == int(number):
        return str(int(number))
    text = format(number, ".15g")
    return text if "e" not in text else format(number, ".6f").rstrip("0").rstrip(".")


def fixed(number: float, digits: int) -> str:
    """The number with so many decimals; halves are rounded away from zero, as on a receipt."""
    text = format(number, f".{digits}f")
    if float(text) == number:
        return text
    # Of 2.675 the double is a little less, but what was meant is 2.675.
    return str(Decimal(repr(float(number))).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP))


def truncate(text: str, length: int, killwords: bool = False, end: str = "…") -> str:
    """The text, or as many whole words (with ``killwords``: letters) as fit ``length`` with ``end``."""
    if len(text) <= length:
        return text
    cut = text[: max(0, length - len(end))]
    if not killwords and not text[len(cut)].isspace() and (space := cut.rfind(" ")) > 0:
        cut = cut[:space]
    return (cut.rstrip() + end)[:length]


def _join(elements: Sequence[object], separator: str = "") -> str:
    texts = [printed(element) for element in elements]
    if sum(map(len, texts)) + len(separator) * (len(texts) - 1) > MOST_WORDED:
        raise too_long("join")
    return separator.join(texts)


def too_long(name: str) -> RenderBudgetExceeded:
    """What is raised by a filter of more than :data:`MOST_WORDED` characters."""
    return RenderBudgetExceeded(f"`{name}` met a text of more than {MOST_WORDED:,} characters.")


def _default(value: object, instead: object, also_empty: bool = False) -> object:
    return instead if value is None or (also_empty and not value) else value


def _of_what_is_there(word: Callable[..., Any]) -> Callable[..., Any]:
    """The filter or test, which gives missing of what is missing."""

    def worded(value: Any, *arguments: Any, **named: Any) -> Any:
        return None if value is None else word(value, *arguments, **named)

    return worded


LONG_WORDS: Mapping[str, Callable[..., Any]] = {
    "upper": str.upper,
    "lower": str.lower,
    "capitalize": str.capitalize,
    "title": do_title,
    "trim": str.strip,
    "urlencode": lambda value: quote(printed(value), safe=""),
    "join": _join,
}
"""The filters that take the longer, the longer their value is. They are given none that is missing."""

_SHORT_WORDS: Mapping[str, Callable[..., Any]] = {
    "truncate": truncate,
    "round": lambda number, precision=0: float(fixed(number, precision)),
    "length": len,
    "first": lambda elements: elements[0] if elements else None,
    "last": lambda elements: elements[-1] if elements else None,
    URL_GUARD: lambda value: guarded_url(printed(value)),
}

WORDS: Mapping[str, Callable[..., Any]] = {
    "default": _default,
    **{name: _of_what_is_there(word) for name, word in {**LONG_WORDS, **_SHORT_WORDS}.items()},
}
"""These filters by name (``language.templates.filters`` has their types, ``local_words`` the others)."""


def _compares(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    """A comparison that does not hold when a side is missing."""
    return lambda left, right: left is not None and right is not None and holds(left, right)


QUESTIONS: Mapping[str, Callable[..., bool]] = {
    "present": lambda value: value is not None,
    "defined": lambda value: value is not None,
    "missing": lambda value: value is None,
    "odd": lambda value: value is not None and value % 2 == 1,
    "even": lambda value: value is not None and value % 2 == 0,
    "divisibleby": lambda value, number: value is not None and value % number == 0,
    "eq": _compares(lambda left, right: left == right),
    "ne": _compares(lambda left, right: left != right),
    "lt": _compares(lambda left, right: left < right),
    "lteq": _compares(lambda left, right: left <= right),
    "gt": _compares(lambda left, right: left > right),
    "gteq": _compares(lambda left, right: left >= right),
    "in": _compares(lambda left, right: left in right),
    "notin": _compares(lambda left, right: left not in right),
}
"""The tests by name, and the comparisons that are compiled as tests."""
