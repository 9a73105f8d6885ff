"""Every word of the language is explained, and every declaration can be begun."""

from __future__ import annotations

import re

import pytest

from dearly.editor.keywords import DECLARATIONS, EXPLAINED, PARTS, SNIPPETS
from dearly.language.syntax.parser import parse_rules
from dearly.language.syntax.sections import DECLARATION_KEYWORDS
from dearly.language.syntax.words import PHRASES


def test_every_word_is_explained_and_no_other() -> None:
    assert set(PARTS) == set(PHRASES)
    assert set(DECLARATIONS) == set(DECLARATION_KEYWORDS)


@pytest.mark.parametrize("phrase", EXPLAINED)
def test_an_explanation_shows_its_word_and_is_a_sentence(phrase: str) -> None:
    form, sentence = EXPLAINED[phrase]
    assert phrase in form or phrase == "at"
    assert sentence.endswith(".")


@pytest.mark.parametrize("keyword", DECLARATION_KEYWORDS)
def test_a_snippet_is_a_declaration_once_it_is_filled_in(keyword: str) -> None:
    written = re.sub(r"\$\{\d+:([^}]*)\}", lambda place: place[1], SNIPPETS[keyword])
    written = re.sub(
        r"\bany event\b|\bcount of event\b", lambda found: found[0].replace("event", "bought"), written
    )
    written = written.replace("goal event", "goal bought").replace("10:00 event", "10:00 bought")
    declarations, problems = parse_rules(written, "snippet.rules")
    assert problems == (), written
    assert len(declarations) == 1
