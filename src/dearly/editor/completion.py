"""What may be written at the cursor in rules: the words of the language that fit, and the names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal as OneOf

from dearly.editor.analysis import Analysis
from dearly.editor.fitting_names import Fitting, fitting_names
from dearly.editor.keywords import DECLARATIONS, EXPLAINED, SNIPPETS
from dearly.editor.partial import may_begin_declaration, read_partial
from dearly.editor.template_occurrences import template_name
from dearly.language.syntax.words import PHRASES, UNIT_WORDS

_WORD = re.compile(r"[A-Za-z_][A-Za-z0-9_]*\Z")
_WORDS = re.compile(r"(?:[A-Za-z_]+[ \t]+)+[A-Za-z_]*\Z")
"""What may be the beginning of a phrase."""
_LOOKED_AT = 120
"""Characters before the cursor in which a name or phrase may begin: a line may be as long as a file."""


@dataclass(frozen=True, slots=True)
class Completion:
    """Something that may be written in place of the ``length`` characters before the cursor."""

    label: str
    kind: OneOf["keyword", "snippet", "name", "template", "filter"]
    detail: str
    length: int
    insert: str
    """What is written; of a snippet, with places to go through (LSP 3.17, "Snippet Syntax")."""
    rank: int = 1
    """The lower, the further up in the list."""


def complete_rules(analysis: Analysis, text: str, offset: int) -> tuple[Completion, ...]:
    """What may stand at an offset of a rules text, however broken that is."""
    before = text[:offset]
    state = _state_before(before.rpartition("\n")[2])
    if state == "comment":
        return ()
    if state is not None:
        return tuple(_within_text(analysis, before[: -len(state)], state[1:]))
    word = _WORD.search(before[-_LOOKED_AT:])
    length = len(word[0]) if word is not None else 0
    head = before[: len(before) - length]
    if head[-1:].isdigit() and length:
        return ()
    partial = read_partial(head)
    found = [_name(one, length) for one in fitting_names(analysis, partial)]
    found += _keywords(partial.accepted, "", length)
    found += _longer_phrases(before)
    if may_begin_declaration(head):
        found += [
            Completion(one, "snippet", DECLARATIONS[one][1], length, SNIPPETS[one], 3) for one in SNIPPETS
        ]
    return tuple(dict.fromkeys(found))


def _state_before(line: str) -> str | None:
    """``comment`` within one; within a text, what of it stands before the cursor; else None."""
    position = 0
    while found := _NEXT.search(line, position):
        if found[0] == "#":
            return "comment"
        closed = _CLOSED.match(line, found.start())
        if closed is None:
            return line[found.start() :]
        position = closed.end()
    return None


_NEXT = re.compile(r'["#]')
_CLOSED = re.compile(r'"(?:[^"\\]|\\.)*"')


def _within_text(analysis: Analysis, head: str, written: str) -> Iterator[Completion]:
    previous = read_partial(head).previous()
    if previous is None or previous.type not in ("SHOW", "SHOWS"):
        return
    for name in sorted({template_name(path) for path in analysis.package.files} - {None}, key=str):
        if f"templates/{name}.html" in analysis.package.files:
            yield Completion(f"{name}.html", "template", "A template", len(written), f"{name}.html")


def _name(one: Fitting, length: int) -> Completion:
    return Completion(one.name, "name", one.detail, length, one.name, one.rank)


def _keywords(accepted: Iterable[str], begun: str, length: int) -> list[Completion]:
    """The phrases that the grammar takes and that go on as is begun."""
    fitting = set(accepted)
    found = [
        Completion(phrase, "keyword", EXPLAINED[phrase][1], length, phrase, 2)
        for phrase, terminal in PHRASES.items()
        if terminal in fitting and phrase.startswith(begun)
    ]
    if "UNIT" in fitting and not begun:
        found += [Completion(unit, "keyword", "A unit of time", length, unit, 2) for unit in UNIT_WORDS]
    return found


def _longer_phrases(before: str) -> list[Completion]:
    """Phrases whose first words are written already: ``at le`` goes on as ``at least``."""
    found: list[Completion] = []
    skipped = max(len(before) - _LOOKED_AT, 0)
    written = _WORDS.search(before, skipped)
    while written is not None:
        begun = " ".join(written[0].split()) + (" " if written[0][-1:].isspace() else "")
        if any(phrase.startswith(begun) for phrase in PHRASES):
            partial = read_partial(before[: written.start()])
            found += _keywords(partial.accepted, begun, len(written[0]))
        following = re.search(r"[ \t]+", written[0])
        start = written.start() + (following.end() if following else len(written[0]))
        written = _WORDS.match(before, start)
    return found
