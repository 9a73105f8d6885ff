"""The filters and tests that templates may use: what each takes, what it gives, and its bounds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal as OneOf

from babel.numbers import list_currencies
from jinja2 import nodes

from dearly.language.locales import PLURAL_CATEGORIES
from dearly.language.templates.shapes import Item, Items, Shape, TextOrNumber, is_text
from dearly.language.types import BOOL, DATE, NUMBER, TEXT, TIME, SetOf


@dataclass(frozen=True, slots=True)
class Argument:
    """A constant argument: a whole number in ``least .. most``, a text of at most ``most`` characters, one of
    ``choices``, or the code of a currency (ISO 4217).
    """

    name: str
    kind: OneOf["whole number", "text", "true or false", "choice", "currency"]
    most: int = 1
    least: int = 0
    required: bool = False
    choices: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Form:
    """A filter's or test's signature. ``of`` says in words what ``takes`` accepts.

    ``named``: its arguments are written with their names.
    """

    of: str
    takes: Callable[[Shape], bool]
    gives: Callable[[Shape], Shape]
    arguments: tuple[Argument, ...] = ()
    named: bool = False


def _is_number(shape: Shape) -> bool:
    return shape == NUMBER


def _is_day(shape: Shape) -> bool:
    return shape in (DATE, TIME)


def _is_time(shape: Shape) -> bool:
    return shape == TIME


def _is_joinable(shape: Shape) -> bool:
    return isinstance(shape, SetOf) and shape.element != BOOL


def _is_many(shape: Shape) -> bool:
    return isinstance(shape, SetOf | Items)


def _is_measurable(shape: Shape) -> bool:
    return is_text(shape) or _is_many(shape)


def _is_encodable(shape: Shape) -> bool:
    return is_text(shape) or isinstance(shape, TextOrNumber) or shape == NUMBER


def _text(_shape: Shape) -> Shape:
    return TEXT


def _number(_shape: Shape) -> Shape:
    return NUMBER


def _truth(_shape: Shape) -> Shape:
    return BOOL


def _element(shape: Shape) -> Shape:
    match shape:
        case SetOf(element):
            return element
        case Items(schema):
            return Item(schema)
        case _:
            return None


_LENGTH = Argument("length", "whole number", most=1_000, least=1, required=True)
_KILLWORDS = Argument("killwords", "true or false")
_END = Argument("end", "text", most=20)
_DIGITS = Argument("digits", "whole number", most=6)
_MOST_OF_A_FORM = 200

FILTERS: Mapping[str, Form] = {
    "upper": Form("text", is_text, _text),
    "lower": Form("text", is_text, _text),
    "capitalize": Form("text", is_text, _text),
    "title": Form("text", is_text, _text),
    "trim": Form("text", is_text, _text),
    "truncate": Form("text", is_text, _text, (_LENGTH, _KILLWORDS, _END)),
    "urlencode": Form("text or a number", _is_encodable, _text),
    "round": Form("a number", _is_number, _number, (Argument("precision", "whole number", most=6),)),
    "number": Form("a number", _is_number, _text, (_DIGITS,)),
    "percent": Form("a number", _is_number, _text, (_DIGITS,)),
    "money": Form("a number", _is_number, _text, (Argument("currency", "currency", required=True),)),
    "plural": Form(
        "a number",
        _is_number,
        _text,
        tuple(
            Argument(category, "text", most=_MOST_OF_A_FORM, required=category == "other")
            for category in PLURAL_CATEGORIES
        ),
        named=True,
    ),
    "date": Form(
        "a date or a time",
        _is_day,
        _text,
        (Argument("style", "choice", choices=("short", "medium", "long", "full")),),
    ),
    "time": Form("a time", _is_time, _text, (Argument("style", "choice", choices=("short", "medium")),)),
    "length": Form("text, a set or a list", _is_measurable, _number),
    "join": Form(
        "a set of what can be printed", _is_joinable, _text, (Argument("separator", "text", most=100),)
    ),
    "listing": Form(
        "a set of what can be printed",
        _is_joinable,
        _text,
        (Argument("conjunction", "choice", choices=("and", "or")),),
    ),
    "first": Form("a set or a list", _is_many, _element),
    "last": Form("a set or a list", _is_many, _element),
}
"""Filters by name, but for ``default``, whose argument may be any expression."""

FILTER_NAMES = frozenset(FILTERS) | {"default"}
"""Every filter that a template may name."""

PRESENCE_TESTS = frozenset({"present", "missing", "defined"})
"""Tests about whether a value is there (``defined`` is Jinja's word for ``present``)."""

TESTS: Mapping[str, Form] = {
    "odd": Form("a number", _is_number, _truth),
    "even": Form("a number", _is_number, _truth),
    "divisibleby": Form(
        "a number",
        _is_number,
        _truth,
        (Argument("number", "whole number", most=1_000, least=1, required=True),),
    ),
}
"""Tests about numbers, by name."""

TEST_NAMES = frozenset(TESTS) | PRESENCE_TESTS
"""Every test that a template may name."""

_REPLACEMENTS = {
    "safe": "HTML is always escaped; write the markup in the template itself.",
    "escape": "HTML is escaped by itself; leave it out.",
    "e": "HTML is escaped by itself; leave it out.",
    "d": "Write `default`.",
    "count": "Write `length`.",
    "format": "Write `number(2)` for a number with two decimals.",
    "fixed": 'Write `number(2)`, or `money("EUR")` for a price.',
    "currency": 'Write `money("EUR")`.',
    "datetime": "Write `date` and `time`.",
    "pluralize": 'Write `plural(one="{} item", other="{} items")`.',
}


def filter_hint(name: str) -> str | None:
    """What to write instead of a Jinja filter that is not offered."""
    return _REPLACEMENTS.get(name)


def argument_problem(form: Form, node: nodes.Filter | nodes.Test) -> str | None:
    """What is wrong with a filter's or test's arguments, or None."""
    if node.dyn_args is not None or node.dyn_kwargs is not None or len(node.args) > _positions(form):
        return f"`{node.name}` takes {_usage(form)}."
    given: dict[str, nodes.Expr] = dict(zip((a.name for a in form.arguments), node.args, strict=False))
    for keyword in node.kwargs:
        assert isinstance(keyword, nodes.Keyword)
        if keyword.key in given or keyword.key not in {argument.name for argument in form.arguments}:
            return f"`{node.name}` takes {_usage(form)}; `{keyword.key}` does not fit."
        given[keyword.key] = keyword.value
    for argument in form.arguments:
        value = given.get(argument.name)
        if value is None and argument.required:
            return f"`{node.name}` needs {_usage(form)}."
        if value is not None and not _fits(argument, value):
            return f"`{node.name}` takes {_usage(form)}."
    return None


def _positions(form: Form) -> int:
    """How many arguments may stand without their names."""
    return 0 if form.named else len(form.arguments)


def _fits(argument: Argument, node: nodes.Expr) -> bool:
    value = node.value if isinstance(node, nodes.Const) else None
    match argument.kind:
        case "true or false":
            return isinstance(value, bool)
        case "text":
            return isinstance(value, str) and len(value) <= argument.most
        case "choice":
            return value in argument.choices
        case "currency":
            return value in _currencies()
        case _:
            return (
                isinstance(value, int)
                and not isinstance(value, bool)
                and argument.least <= value <= argument.most
            )


@cache
def _currencies() -> frozenset[str]:
    return frozenset(list_currencies())


def _usage(form: Form) -> str:
    if not form.arguments:
        return "no arguments"
    return ", ".join(_spell(argument) for argument in form.arguments)


def _spell(argument: Argument) -> str:
    optional = "" if argument.required else "optional "
    match argument.kind:
        case "true or false":
            return f"{optional}`{argument.name}` (true or false)"
        case "text":
            return f"{optional}`{argument.name}` (text of at most {argument.most} characters)"
        case "choice":
            return f"{optional}`{argument.name}` ({_one_of(argument.choices)})"
        case "currency":
            return f'{optional}`{argument.name}` (the code of a currency, like "EUR")'
        case _:
            return f"{optional}`{argument.name}` (a whole number from {argument.least} to {argument.most})"


def _one_of(choices: Sequence[str]) -> str:
    *first, last = (f'"{choice}"' for choice in choices)
    return f"{', '.join(first)} or {last}"
