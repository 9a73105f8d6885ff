"""What may be written at the cursor in a template: names, fields, filters, tests, tags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from dearly.editor.analysis import Analysis
from dearly.editor.completion import Completion
from dearly.editor.template_occurrences import template_name
from dearly.language.program import Field
from dearly.language.templates.filters import FILTER_NAMES, TEST_NAMES
from dearly.language.templates.shapes import LOOP_FIELDS

_LOOKED_AT = 300
"""Characters before the cursor that tell what may follow, within a tag or an output."""
_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_FIELD = re.compile(r"([A-Za-z_][A-Za-z0-9_]*)(?:\[\d+\])?\s*\.\s*\Z")
_LOOP = re.compile(r"\{%-?\s*for\s+(\w+)\s+in\s+(\w+)|\{%-?\s*(endfor)\b")
_TAGS = ("if", "elif", "else", "endif", "for", "endfor")


def complete_template(analysis: Analysis, path: str, text: str, offset: int) -> tuple[Completion, ...]:
    """What may stand at an offset of a template's text; nothing outside of ``{{ }}`` and ``{% %}``."""
    start = max(text.rfind("{{", 0, offset), text.rfind("{%", 0, offset))
    inside = text[start + 2 : offset][-_LOOKED_AT:]
    if start < 0 or "}}" in text[start:offset] or "%}" in text[start:offset]:
        return ()
    word = _WORD.search(inside)
    length = len(word[0]) if word is not None else 0
    inside = inside[: len(inside) - length]
    lists = analysis.lists.get(template_name(path) or "", {})
    variables = _loop_variables(text[:offset], lists)
    return tuple(_fitting(analysis, text[start + 1], inside, lists, variables, length))


def _fitting(
    analysis: Analysis,
    sign: str,
    inside: str,
    lists: Mapping[str, tuple[str, ...]],
    variables: Mapping[str, tuple[str, ...]],
    length: int,
) -> Iterator[Completion]:
    if sign == "%" and not inside.strip("- "):
        yield from (_completion(tag, "keyword", "tag", length) for tag in _TAGS)
    elif (holder := _FIELD.search(inside)) is not None:
        yield from _fields_of(analysis, holder[1], {**lists, **variables}, length)
    elif inside.rstrip().endswith("|"):
        yield from (_completion(name, "filter", "filter", length) for name in sorted(FILTER_NAMES))
    elif re.search(r"\bis\s+(?:not\s+)?\Z", inside):
        yield from (_completion(name, "filter", "test", length) for name in sorted(TEST_NAMES))
    elif not inside.strip("- ").endswith(("for", ".")):
        yield from _names(analysis, lists, variables, length)


def _loop_variables(text: str, lists: Mapping[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """The variables of the loops that the cursor stands in, with the catalogs of their items."""
    open_loops: list[tuple[str, str]] = []
    for name, looped, end in _LOOP.findall(text):
        if not end:
            open_loops.append((name, looped))
        elif open_loops:
            open_loops.pop()
    return {name: lists.get(looped, ()) for name, looped in open_loops}


def _names(
    analysis: Analysis,
    lists: Mapping[str, tuple[str, ...]],
    variables: Mapping[str, tuple[str, ...]],
    length: int,
) -> Iterator[Completion]:
    symbols = analysis.symbols
    for detail, names in (
        ("loop variable", variables),
        ("list of items", lists),
        ("the customer", ("customer",)),
        ("what the call brought along", ("context",) if symbols.context else ()),
        ("value", symbols.values),
        ("segment", symbols.segments),
        ("lifecycle", symbols.lifecycles),
    ):
        yield from (_completion(name, "name", detail, length) for name in names)


def _fields_of(
    analysis: Analysis, holder: str, holders: Mapping[str, tuple[str, ...]], length: int
) -> Iterator[Completion]:
    symbols = analysis.symbols
    declared: dict[str, Mapping[str, Field]] = {"customer": symbols.profile, "context": symbols.context}
    fields = dict(declared.get(holder, {}))
    for catalog in holders.get(holder, ()):
        fields |= symbols.catalogs[catalog].fields
        yield _completion("id", "name", catalog, length)
    if holder == "loop":
        yield from (_completion(name, "name", str(kind), length) for name, kind in LOOP_FIELDS.items())
    for name, field in fields.items():
        if not field.sensitive:
            yield _completion(name, "name", f"{field.type}{'?' if field.optional else ''}", length)


def _completion(name: str, kind: str, detail: str, length: int) -> Completion:
    return Completion(name, kind, detail, length, name)  # type: ignore[arg-type]
