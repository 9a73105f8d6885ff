"""Giving something another name, everywhere at once."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import replace

from dearly import DearlyError
from dearly.editor.analysis import Analysis
from dearly.editor.navigation import definitions_of, references_to, symbols_at
from dearly.editor.positions import apply_edits, open_document
from dearly.editor.symbols import OWNED, Occurrence, Symbol
from dearly.language import Package
from dearly.language.calendar import TIMEZONE_FIELD
from dearly.language.checking.symbols import CONSENT_NAMES, RESERVED_NAMES, with_article
from dearly.language.diagnostics import Edit
from dearly.language.locales import LOCALE_FIELD
from dearly.language.package import parse_package
from dearly.language.syntax.codes import SYNTAX_CODES
from dearly.language.syntax.sections import MAX_NAME_LENGTH
from dearly.language.syntax.words import RESERVED_WORDS

_NAME = re.compile(r"[a-z_][a-z0-9_]*")


class CannotRename(DearlyError):
    """Nothing can be renamed here, or not to that name; the message says why."""


def renamable(analysis: Analysis, file: str, line: int, column: int) -> Occurrence:
    """The name at a position that could be another.

    Raises:
        CannotRename: there is none, or it is not for the editor to change.
    """
    found = analysis.at(file, line, column)
    if not found:
        raise CannotRename("There is no name here that is declared in this package.")
    symbols = symbols_at(analysis, file, line, column)
    if len(symbols) > 1:
        names = " and ".join(f"`{symbol}`" for symbol in symbols)
        raise CannotRename(f"This reads {names}, which have each a name of their own. Rename them apart.")
    symbol = symbols[0]
    if symbol.kind == "template":
        raise CannotRename("A template is called like its file: rename the files, then what shows them.")
    if not definitions_of(analysis, symbol):
        raise CannotRename(f"`{symbol}` is declared nowhere in this package.")
    return found[0]


def rename(analysis: Analysis, file: str, line: int, column: int, name: str) -> tuple[Edit, ...]:
    """The edits that give what stands at a position another name, in rules and templates.

    Raises:
        CannotRename: the new name cannot be one, or is taken, or what stands here has none of its own.
    """
    symbol = renamable(analysis, file, line, column).symbol
    if name == symbol.name:
        return ()
    _refuse_bad_name(name)
    _refuse_special(symbol, name)
    _refuse_taken(analysis, symbol, name)
    _refuse_unreadable(analysis)
    edits = tuple(Edit(one.span, name) for one in references_to(analysis, symbol))
    _refuse_shared(analysis, symbol, edits)
    _refuse_new_meaning(analysis, symbol, edits, name)
    return edits


def _refuse_bad_name(name: str) -> None:
    if not _NAME.fullmatch(name) or len(name) > MAX_NAME_LENGTH:
        raise CannotRename(
            f"`{name[:MAX_NAME_LENGTH]}` is no name: expected small letters, digits and `_`, "
            f"not beginning with a digit, at most {MAX_NAME_LENGTH} of them."
        )
    if name in RESERVED_WORDS or name in RESERVED_NAMES or name in CONSENT_NAMES:
        raise CannotRename(f"`{name}` is a word of the language, so nothing can be named so.")


def _refuse_special(symbol: Symbol, name: str) -> None:
    """The language finds a customer's time zone and locale by the names of these fields."""
    for one in (symbol.name, name):
        if symbol.kind == "profile field" and one in (TIMEZONE_FIELD, LOCALE_FIELD):
            raise CannotRename(f"The profile's `{one}` is read by this name; it would mean something else.")


def _refuse_unreadable(analysis: Analysis) -> None:
    """In what cannot be read, the old name would be left behind."""
    for found in analysis.report.diagnostics:
        if found.code in SYNTAX_CODES or found.code in _UNREADABLE_TEMPLATES:
            raise CannotRename(f"{found.span} cannot be read, so names in it would stay. Mend it first.")


_UNREADABLE_TEMPLATES = ("template-syntax", "template-too-large", "template-too-complex", "template-nesting")


def _refuse_taken(analysis: Analysis, symbol: Symbol, name: str) -> None:
    taken = _taken_by(analysis, symbol, name)
    if taken:
        raise CannotRename(f"There is {with_article(taken)} `{name}` already. Choose another name.")


def _taken_by(analysis: Analysis, symbol: Symbol, name: str) -> str | None:
    """The kind of what has a name already, where the symbol cannot have it too."""
    symbols = analysis.symbols
    match symbol.kind:
        case "property":
            owner = symbols.events.get(symbol.owner) or symbols.catalogs.get(symbol.owner)
            return "property" if owner is not None and name in owner.fields else None
        case "stage" | "tier" | "variant":
            return symbol.kind if name in _states(analysis, symbol) else None
        case "list":
            lists = analysis.lists.get(symbol.owner, {})
            return "list" if name in lists else symbols.kind_of(name)
        case _:
            return symbols.kind_of(name)


def _states(analysis: Analysis, symbol: Symbol) -> Collection[str]:
    symbols = analysis.symbols
    states = {"stage": symbols.stages, "tier": symbols.tiers, "variant": symbols.variants}
    return states[symbol.kind].get(symbol.owner, ())


def _refuse_shared(analysis: Analysis, symbol: Symbol, edits: Iterable[Edit]) -> None:
    """A template may read a field of items of two catalogs: renamed in one, it would be lost in the other."""
    here = {edit.span for edit in edits}
    for other, found in analysis.occurrences.items():
        shared = next((one.span for one in found if one.span in here), None)
        if other != symbol and shared is not None:
            raise CannotRename(f"At {shared} this reads `{other}` too, which would keep its name.")


def _refuse_new_meaning(analysis: Analysis, symbol: Symbol, edits: Collection[Edit], name: str) -> None:
    """With another name, something may mean something else: a field may hide behind an event's property."""
    after = _edited(analysis, edits)
    renamed = {_renamed(one, symbol, name): len(found) for one, found in analysis.occurrences.items()}
    for one, found in after.occurrences.items():
        if renamed.get(one) != len(found):
            place = found[0].span
            raise CannotRename(
                f"Called `{name}`, it would be taken for something else: see `{one}` at {place}."
            )


def _renamed(one: Symbol, symbol: Symbol, name: str) -> Symbol:
    if one == symbol:
        return replace(one, name=name)
    is_owned = one.owner == symbol.name and one.kind == OWNED.get(symbol.kind)
    return replace(one, owner=name) if is_owned else one


def _edited(analysis: Analysis, edits: Iterable[Edit]) -> Analysis:
    """The package once the edits are made, unchecked."""
    files = dict(analysis.package.files)
    by_file: dict[str, list[Edit]] = {}
    for edit in edits:
        by_file.setdefault(edit.span.file, []).append(edit)
    for file, some in by_file.items():
        text = open_document(files[file].decode("utf-8-sig"), "utf-32")
        files[file] = apply_edits(text, some).encode()
    package = Package(files)
    parsed = parse_package(package)
    return Analysis(package, analysis.report, parsed.declarations, (), parsed.broken)
