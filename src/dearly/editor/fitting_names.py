"""The declared names that fit at the cursor, from what stands before it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from lark import Token, Tree

from dearly.editor.analysis import Analysis
from dearly.editor.partial import Partial
from dearly.language.checking.schemas import ANNOTATIONS
from dearly.language.checking.scores import AUTOMATIC
from dearly.language.checking.symbols import Symbols
from dearly.language.program import Field, Schema
from dearly.language.syntax.words import OPERAND
from dearly.language.types import DECLARABLE

_BEFORE_EVENT = frozenset(
    [
        "ANY",
        "NO",
        "COUNT_OF",
        "TIME_SINCE_LAST",
        "TIME_SINCE_FIRST",
        "FOLLOWED_BY",
        "NOT_FOLLOWED_BY",
        "GOAL",
        "SUM_OF",
        "AVERAGE_OF",
        "MIN_OF",
        "MAX_OF",
        "DISTINCT_OF",
        "LATEST",
        "FIRST",
        "TOP",
        "RECENTLY",
        "EXCLUDING",
    ]
)
_COUNTS = frozenset(["AT_LEAST", "AT_MOST", "EXACTLY", "MORE_THAN", "FEWER_THAN"])
_OWN, _DECLARED = 0, 1


@dataclass(frozen=True, slots=True)
class Fitting:
    """A name that fits, with what it is."""

    name: str
    detail: str
    rank: int = _DECLARED


def fitting_names(analysis: Analysis, partial: Partial) -> tuple[Fitting, ...]:
    """The names that may stand next; none where a new one is to be made up."""
    previous = partial.previous()
    if previous is None:
        return ()
    symbols = analysis.symbols
    found = _after_word(analysis, partial, previous)
    if found is None and "NAME" in partial.accepted:
        found = _in_braces(partial, symbols)
    if found is None and partial.accepted >= OPERAND:
        found = [*_own_fields(partial, symbols), *_operands(partial, symbols)]
    if previous.type == "EXCLUDING":
        found = [*(found or ()), *_operands(partial, symbols)]
    return tuple(dict.fromkeys(found or ()))


def _after_word(analysis: Analysis, partial: Partial, previous: Token) -> Iterable[Fitting] | None:
    """The names after a word that only one kind of them may follow; None where it tells nothing."""
    symbols, before = analysis.symbols, partial.previous(2)
    kind = _head_of_list(partial.tokens)
    # `top` and `emitted` are read as words of the language only once more stands after them.
    if (
        kind in _BEFORE_EVENT
        or previous == "top"
        or (_is_count(previous, before) and partial.keyword != "cap")
    ):
        return _all(symbols.events, "event")
    if previous == "emitted":
        return _all(symbols.triggers, "trigger")
    match kind:
        case "DOT" if before is not None:
            return _fields_of(str(before), symbols)
        case "IS" | "BECOMES" if before is not None:
            return _states_of(str(before), symbols)
        case "NOT" if before == "is" and (subject := partial.previous(3)) is not None:
            return _states_of(str(subject), symbols)
        case "ENTERING" | "LEAVING":
            return _all(symbols.segments, "segment")
        case "WHEN" if partial.keyword == "trigger":
            return [*_all(symbols.lifecycles, "lifecycle"), *_all(symbols.scores, "score")]
        case "RECOMMENDED" | "TRENDING" | "LISTED":
            return _all(symbols.catalogs, "catalog")
        case "DIVERSE_BY":
            return _schema_fields(_list_catalog(partial, symbols))
        case "FEATURES":
            automatic = Fitting(AUTOMATIC, "What all events tell", _OWN)
            return [automatic, *_all(symbols.values, "value")]
        case "COUNTS_TOWARD":
            return _all(symbols.caps, "cap")
        case "PURPOSE" | "CONSENTS_TO":
            return _purposes(symbols)
        case "AT":
            return _all(ANNOTATIONS, "annotation")
        case "WITH":
            return [Fitting("items", "A list of items, as the template calls it")]
        case "SET_OF" | "NAME" if partial.keyword in ("profile", "context", "event", "catalog"):
            return _types(partial, symbols)
        case _:
            return None


def _is_count(previous: Token, before: Token | None) -> bool:
    return previous.type == "NUMBER" and before is not None and before.type in _COUNTS


def _head_of_list(tokens: Sequence[Token]) -> str:
    """The type of the last token; after the comma of a list of names, of the word before the list."""
    last = len(tokens) - 1
    while last >= 2 and tokens[last].type == "COMMA" and tokens[last - 1].type == "NAME":
        last -= 2
    return tokens[last].type if last >= 0 and tokens[last].type != "COMMA" else "COMMA"


def _types(partial: Partial, symbols: Symbols) -> list[Fitting] | None:
    if (
        "SET_OF" not in partial.accepted
        and (last := partial.previous()) is not None
        and last.type != "SET_OF"
    ):
        return None
    return [*_all(DECLARABLE, "type"), *_all(symbols.catalogs, "catalog")]


# ---------------------------------------------------------------------------------------------------- braces


def _in_braces(partial: Partial, symbols: Symbols) -> list[Fitting] | None:
    """In a test: the fields that are given, the events that happen, and their properties."""
    last = partial.previous()
    if partial.keyword != "test" or last is None:
        return None
    if last.type in ("OFFSET", "CLOCK"):
        return _all(symbols.events, "event")
    opened = [place for place, one in enumerate(partial.open) if _type(one) == "LBRACE"]
    if last.type not in ("LBRACE", "COMMA") or len(opened) < 2:
        return None
    owner = partial.open[opened[-1] - 1]
    match _type(owner):
        case "PROFILE":
            return _fields(symbols.profile, "profile")
        case "CONTEXT":
            return _fields(symbols.context, "context")
        case _:
            return _schema_fields(symbols.events.get(str(owner)))


def _type(one: Token | Tree[Token]) -> str:
    return one.type if isinstance(one, Token) else ""


# ------------------------------------------------------------------------------------------------- operands


def _own_fields(partial: Partial, symbols: Symbols) -> list[Fitting]:
    """Within a ``where``: the fields of its event, or of the list's items."""
    wheres = [place for place, one in enumerate(partial.open) if _type(one) == "WHERE"]
    if not wheres:
        return []
    before = [one for one in partial.open[: wheres[-1]] if isinstance(one, Token)]
    if before and before[-1].type == "COMMA":
        return _schema_fields(_list_catalog(partial, symbols))
    if len(before) >= 3 and before[-2].type == "DOT":
        before = before[:-2]
    return _schema_fields(symbols.events.get(str(before[-1]))) if before else []


def _list_catalog(partial: Partial, symbols: Symbols) -> Schema | None:
    """The catalog of the list before the cursor, where its strategy names one."""
    for place in range(len(partial.tokens) - 1, 0, -1):
        word, name = partial.tokens[place - 1], partial.tokens[place]
        if word.type in ("RECOMMENDED", "TRENDING", "LISTED"):
            return symbols.catalogs.get(str(name))
        if word.type == "DOT" and place >= 2:
            event = symbols.events.get(str(partial.tokens[place - 2]))
            field = event.fields.get(str(name)) if event is not None else None
            if field is not None and str(field.type) in symbols.catalogs:
                return symbols.catalogs[str(field.type)]
        if word.type == "WITH":
            return None
    return None


def _operands(partial: Partial, symbols: Symbols) -> Iterator[Fitting]:
    """What has a value of its own at this place."""
    is_content = partial.keyword in ("block", "test")
    yield from _fields(symbols.profile, "profile")
    if is_content:
        yield from _fields(symbols.context, "context")
    if any(_type(one) == "WHERE" for one in partial.open):
        return
    for kind, names in (
        ("segment", symbols.segments),
        ("value", symbols.values),
        ("lifecycle", symbols.lifecycles),
        ("score", symbols.scores),
    ):
        yield from _all(names, kind)
    if is_content:
        yield from _all(symbols.experiments, "experiment")
    if partial.keyword == "test":
        yield from _all(symbols.blocks, "block")


# ------------------------------------------------------------------------------------------------- the names


def _all(names: Iterable[str], kind: str) -> list[Fitting]:
    return [Fitting(name, kind) for name in names]


def _fields(fields: Mapping[str, Field], owner: str) -> list[Fitting]:
    return [Fitting(name, f"{owner}: {_field_type(field)}") for name, field in fields.items()]


def _schema_fields(schema: Schema | None) -> list[Fitting]:
    if schema is None:
        return []
    return [
        Fitting(name, f"{schema.name}: {_field_type(field)}", _OWN) for name, field in schema.fields.items()
    ]


def _field_type(field: Field) -> str:
    return f"{field.type}{'?' if field.optional else ''}"


def _fields_of(owner: str, symbols: Symbols) -> list[Fitting]:
    if owner == "customer":
        return _fields(symbols.profile, "profile")
    if owner == "context":
        return _fields(symbols.context, "context")
    return _schema_fields(symbols.events.get(owner))


def _states_of(subject: str, symbols: Symbols) -> list[Fitting]:
    for kind, states in (("stage", symbols.stages), ("tier", symbols.tiers), ("variant", symbols.variants)):
        if subject in states:
            return [Fitting(state, f"{kind} of {subject}", _OWN) for state in states[subject]]
    return []


def _purposes(symbols: Symbols) -> list[Fitting]:
    """Those that other blocks name: which there are is the server's to say."""
    named = {purpose.text for block in symbols.blocks.values() for purpose in block.purposes}
    return _all(sorted(named), "purpose")
