"""Valid rules, mutated at random, are read or refused with typed errors: they never raise, and never hang.

``DEARLY_MUTATIONS`` says how many there are; ``make test`` tries 2,000.
"""

from __future__ import annotations

import os
from random import Random

import pytest

from dearly.language import Package, check_package
from dearly.language.codes import CODES
from dearly.language.formatting import Unformattable, format_rules
from tests.docs.documents import fences
from tests.language.mutations import mutated
from tests.language.samples import ROOT, examples
from tests.language.test_formatter_laws import meaning
from tests.steps import steps_of

MUTATIONS = int(os.environ.get("DEARLY_MUTATIONS", "2000"))
EXAMPLES = examples()
SCHEMAS = [
    *(fence.text for fence in fences(ROOT / "docs" / "language.md") if fence.tag == "rules schema"),
    (ROOT / "rules" / "schema.rules").read_text("utf-8"),
]


def variants(name: str) -> list[str]:
    """The mutations of one example: the same ones each time."""
    random = Random(name)
    others = list(EXAMPLES.values())
    return [mutated(random, EXAMPLES[name], others) for _ in range(-(-MUTATIONS // len(EXAMPLES)))]


def checked(text: str, schema: str) -> None:
    """Read, check and lay out a text, whatever it is."""
    data = text.encode("utf-8", "surrogatepass")
    report = check_package(Package({"mutated.rules": data, "schema.rules": schema.encode()}))
    assert {found.code for found in report.diagnostics} <= set(CODES)
    try:
        formatted = format_rules(text, "mutated.rules")
    except Unformattable:
        return
    assert meaning(formatted) == meaning(text)
    assert format_rules(formatted, "mutated.rules") == formatted


@pytest.mark.timeout(
    120 + MUTATIONS // 10
)  # against what hangs in a regular expression, which takes no steps
@pytest.mark.parametrize("name", EXAMPLES)
def test_mutated_rules_give_diagnostics_and_nothing_else(name: str) -> None:
    for number, text in enumerate(variants(name)):
        checked(text, SCHEMAS[number % len(SCHEMAS)])


@pytest.mark.parametrize("name", EXAMPLES)
def test_mutated_rules_are_checked_within_a_few_million_steps(name: str) -> None:
    text = variants(name)[0]
    assert steps_of(lambda: checked(text, SCHEMAS[0])) < 10_000_000
