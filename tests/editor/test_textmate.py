"""The TextMate grammar colours every word that the language's own grammar knows."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dearly.language.syntax.grammar import grammar
from dearly.language.syntax.sections import DECLARATION_KEYWORDS
from dearly.language.syntax.words import PHRASES, RESERVED_WORDS, UNIT_WORDS
from dearly.language.types import DECLARABLE

EDITORS = Path(__file__).parents[2] / "editors"
TEXTMATE: dict[str, Any] = json.loads((EDITORS / "textmate" / "dearly.tmLanguage.json").read_text())

NO_KEYWORDS = {"NAME", "TEXT", "NUMBER", "DATE", "TIME", "COMPARISON", "CLOCK", "OFFSET", "GAP", "UNIT"}
"""Terminals with letters in their patterns that are no words of the language."""


def rules() -> Iterator[dict[str, Any]]:
    """Every rule that the grammar includes, in the order in which they are tried."""
    for include in TEXTMATE["patterns"]:
        rule = TEXTMATE["repository"][include["include"].removeprefix("#")]
        yield from rule.get("patterns", [rule]) if "begin" not in rule else [rule]


def colours(text: str) -> Iterator[tuple[str, str]]:
    """Pieces of a line with their scopes: at each place the first rule that matches, as an editor does it."""
    position = 0
    while position < len(text):
        found = [
            (match.start(), number, match, rule)
            for number, rule in enumerate(rules())
            if (match := re.compile(rule.get("match") or rule["begin"]).search(text, position))
        ]
        if not found:
            return
        _, _, match, rule = min(found, key=lambda one: one[:2])
        end = match.end()
        if "begin" in rule:
            closing = re.compile(r'(?:\\.|[^"\\])*"?').match(text, end)
            end = closing.end() if closing else end
        for group, capture in rule.get("captures", {}).items():
            yield match[int(group)], capture["name"]
        if "name" in rule:
            yield text[match.start() : end], rule["name"]
        position = max(end, position + 1)


def test_every_keyword_of_the_grammar_is_a_known_phrase() -> None:
    terminals = {
        terminal.name
        for terminal in grammar().terminals
        if re.search("[a-z]", terminal.pattern.value) and not terminal.name.startswith("_")
    }
    declared = {keyword.upper() for keyword in DECLARATION_KEYWORDS}
    again = {"OR_WEEKDAY", "TODAY"}  # words that have another terminal already
    assert terminals - NO_KEYWORDS <= set(PHRASES.values()) | declared | again


@pytest.mark.parametrize("phrase", sorted(PHRASES))
def test_every_phrase_is_coloured_as_one(phrase: str) -> None:
    assert phrase in [piece for piece, _ in colours(f" {phrase} ")]


@pytest.mark.parametrize("word", sorted(DECLARATION_KEYWORDS))
def test_a_declaration_is_coloured_by_its_word_and_name(word: str) -> None:
    found = dict(colours(f"{word} some_name {{"))
    assert found[word] == "keyword.declaration.dearly"


@pytest.mark.parametrize("word", sorted({*RESERVED_WORDS, *DECLARABLE} - {"like"}))
def test_reserved_words_and_types_are_coloured(word: str) -> None:
    assert word in [piece for piece, _ in colours(f" {word} ")]


@pytest.mark.parametrize("unit", UNIT_WORDS)
def test_a_length_of_time_is_coloured(unit: str) -> None:
    assert dict(colours(f"within 7 {unit}"))[unit] == "keyword.other.unit.dearly"


@pytest.mark.parametrize(
    ("line", "piece", "scope"),
    [
        ("any viewed # since when", "# since when", "comment.line.number-sign.dearly"),
        ('segment a "where # since" {', '"where # since"', "string.quoted.double.dearly"),
        (r'x == "a \" b" and y', r'"a \" b"', "string.quoted.double.dearly"),
        ("birthday date? @sensitive", "@sensitive", "storage.modifier.annotation.dearly"),
        ("since 2026-01-01T10:00:00Z", "2026-01-01T10:00:00Z", "constant.numeric.date.dearly"),
        ("at +48:00 expect", "+48:00", "constant.numeric.date.dearly"),
        ("holdout 5%", "5%", "constant.numeric.dearly"),
        ("segment fading {", "fading", "entity.name.type.dearly"),
        ("customer.country", "customer", "variable.language.dearly"),
        ("a >= 0.5", ">=", "keyword.operator.dearly"),
    ],
)
def test_lines_are_coloured_as_they_are_read(line: str, piece: str, scope: str) -> None:
    assert (piece, scope) in list(colours(line))


def test_the_extension_starts_the_server_for_rules_and_its_files_are_there() -> None:
    manifest = json.loads((EDITORS / "vscode" / "package.json").read_text())
    json.loads((EDITORS / "vscode" / "language-configuration.json").read_text())
    (language,) = manifest["contributes"]["languages"]
    assert language["extensions"] == [".rules"]
    assert (EDITORS / "vscode" / manifest["main"]).is_file()
    assert 'args: ["lsp"]' in (EDITORS / "vscode" / manifest["main"]).read_text()
    assert manifest["scripts"]["prepare"] == "cp ../textmate/dearly.tmLanguage.json ."
    (colouring,) = manifest["contributes"]["grammars"]
    assert colouring["scopeName"] == TEXTMATE["scopeName"]
