"""Where templates run: they read plain data, call filters of ours, and can do nothing else.

The check at load (``dearly.language.templates.check``) already refuses everything that is refused here; this
is the second wall, for what the first one might let through.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import Any, NoReturn

from jinja2.exceptions import SecurityError
from jinja2.runtime import Context, LoopContext, Undefined
from jinja2.sandbox import ImmutableSandboxedEnvironment
from jinja2.utils import pass_context

from dearly.content.local_words import LOCAL_WORDS
from dearly.content.wording import LONG_WORDS, MOST_WORDED, QUESTIONS, WORDS, printed, too_long
from dearly.language.templates.lowering import LOOP_GUARD
from dearly.language.templates.shapes import LOOP_FIELDS

CLOCK_CHECK = "check the clock"
"""The name (no author can write it) of what is called again and again while a template runs."""

MANNER = "manner of speaking"
"""The name (no author can write it) of how the recipient is spoken to, a ``local_words.Manner``."""

MANY = 64
"""What goes over more elements or characters than this looks at the clock."""

_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


class DataSandbox(ImmutableSandboxedEnvironment):
    """Jinja without objects: a dot looks into mappings, arithmetic is for numbers, nothing can be called."""

    intercepted_binops = frozenset({"+", "-", "*", "/", "//", "%", "**"})
    intercepted_unops = frozenset({"+", "-"})

    def __init__(self, *, escapes: bool) -> None:
        super().__init__(autoescape=escapes, finalize=printed, trim_blocks=True, lstrip_blocks=True)
        self.globals.clear()
        self.filters = {
            **WORDS,
            **{name: _timed(name, word) for name, word in LONG_WORDS.items()},
            **{name: _local(word) for name, word in LOCAL_WORDS.items()},
            LOOP_GUARD: _each_of,
        }
        self.tests = {**QUESTIONS, **{name: _timed_search(QUESTIONS[name]) for name in ("in", "notin")}}

    def getattr(self, obj: Any, attribute: str) -> Any:
        """The field of a mapping, or None; a mapping's own methods are out of reach."""
        if type(obj) is dict:
            return obj.get(attribute)
        if obj is None or isinstance(obj, Undefined):
            return None
        if isinstance(obj, LoopContext) and attribute in LOOP_FIELDS:
            return getattr(obj, attribute)
        return _refuse(f"`{attribute}` of {type(obj).__name__}")

    def getitem(self, obj: Any, argument: Any) -> Any:
        """The element of a list at a position, or None."""
        if obj is None or isinstance(obj, Undefined):
            return None
        if isinstance(obj, list | tuple) and type(argument) is int:
            return obj[argument] if -len(obj) <= argument < len(obj) else None
        return _refuse(f"an element of {type(obj).__name__}")

    def call(self, _context: Context, _called: Any, /, *_arguments: Any, **_named: Any) -> NoReturn:
        """Refuses: nothing in a template can be called."""
        _refuse("a call")

    def call_binop(self, _context: Context, operator: str, left: Any, right: Any) -> Any:
        """Arithmetic over doubles; missing when a side is, on division by zero, and when not finite."""
        if left is None or right is None:
            return None
        if operator not in _ARITHMETIC or not _is_number(left) or not _is_number(right):
            _refuse(f"`{operator}` between {type(left).__name__} and {type(right).__name__}")
        if operator == "/" and right == 0:
            return None
        result = _ARITHMETIC[operator](float(left), float(right))
        return result if math.isfinite(result) else None

    def call_unop(self, _context: Context, operator: str, arg: Any) -> Any:
        """A number's negative; missing stays missing."""
        if arg is None:
            return None
        if not _is_number(arg):
            _refuse(f"`{operator}` of {type(arg).__name__}")
        return -float(arg) if operator == "-" else float(arg)


def _is_number(value: object) -> bool:
    return type(value) is float or (type(value) is int and abs(value) < 2**53)


def _refuse(what: str) -> NoReturn:
    raise SecurityError(f"A template may not use {what}.")


def _check_clock(context: Context) -> None:
    check = context.resolve(CLOCK_CHECK)
    if not isinstance(check, Undefined):
        check()


@pass_context
def _each_of(context: Context, elements: Any) -> Any:
    # A loop that prints nothing shows nobody how long it takes: it looks at the clock by itself.
    _check_clock(context)
    if elements is None:
        return ()
    return elements if len(elements) <= MANY else _WatchedLoop(context, elements)


class _WatchedLoop:
    """Many elements; the clock is looked at before every :data:`MANY` of them."""

    def __init__(self, context: Context, elements: Sequence[object]) -> None:
        self._context = context
        self._elements = elements

    def __len__(self) -> int:
        return len(self._elements)

    def __iter__(self) -> Iterator[object]:
        elements = iter(self._elements)
        while some := list(islice(elements, MANY)):
            _check_clock(self._context)
            yield from some


def _local(word: Callable[..., str]) -> Callable[..., str | None]:
    """The filter, which is told how the recipient is spoken to; of what is missing, missing."""

    @pass_context
    def local(context: Context, value: Any, *arguments: Any, **named: Any) -> str | None:
        if value is None:
            return None
        if type(value) is tuple and len(value) > MANY:
            _check_clock(context)
        return word(context.parent[MANNER], value, *arguments, **named)

    return local


def _timed(name: str, word: Callable[..., Any]) -> Callable[..., Any]:
    """The filter, which looks at the clock before it takes on what is long; of what is missing, missing."""

    @pass_context
    def timed(context: Context, value: Any, *arguments: Any, **named: Any) -> Any:
        if value is None:
            return None
        is_text = type(value) is str
        if (is_text or type(value) is tuple) and len(value) > MANY:
            _check_clock(context)
            if is_text and len(value) > MOST_WORDED:
                raise too_long(name)
        return word(value, *arguments, **named)

    return timed


def _timed_search(holds: Callable[[Any, Any], bool]) -> Callable[[Context, Any, Any], bool]:
    """The test, which looks at the clock before it searches what is long."""

    @pass_context
    def timed(context: Context, sought: Any, among: Any) -> bool:
        if among is not None and len(among) > MANY:
            _check_clock(context)
        return holds(sought, among)

    return timed


HTML_SANDBOX = DataSandbox(escapes=True)
"""Where HTML is made: what is printed is escaped."""

TEXT_SANDBOX = DataSandbox(escapes=False)
"""Where text and subjects are made."""
