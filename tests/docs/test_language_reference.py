"""The rules language's reference: right examples are right, wrong ones wrong, the list of codes whole."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from dearly.language import CODES, CheckReport, Package, check_package, render_text
from dearly.language.checking.symbols import CONSENT_NAMES, RESERVED_NAMES
from dearly.language.formatting import format_rules
from dearly.language.syntax.words import RESERVED_WORDS
from dearly.language.templates.codes import TEMPLATE_CODES
from dearly.scenarios import prepare_rehearsal, run_scenario
from tests.docs.documents import ROOT, fences
from tests.language.checking import package_of

REFERENCE = ROOT / "docs/language.md"
TEXT = REFERENCE.read_text(encoding="utf-8")
TEMPLATES = {
    f"templates/{name}": fence.text.encode()
    for fence in fences(REFERENCE)
    if (name := fence.instruction.removeprefix("template ")) != fence.instruction
}


def _fenced(tag: str, text: str = TEXT) -> list[str]:
    return re.findall(rf"^```{tag}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)


(SCHEMA,) = _fenced("rules schema")
EXAMPLES = [(text, SCHEMA) for text in _fenced("rules")] + [(text, "") for text in _fenced("rules alone")]


def check(rules: str, schema: str = SCHEMA) -> CheckReport:
    """What is found in rules; of their templates, those stand as the page has them that it shows."""
    files = package_of(rules, schema=schema).files
    return check_package(Package({path: TEMPLATES.get(path, content) for path, content in files.items()}))


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of codes."""

    codes: tuple[str, ...]
    severity: str
    example: str | None


def _rows() -> Iterator[Row]:
    for section in re.split(r"^### ", TEXT.partition("## Every finding")[2], flags=re.MULTILINE):
        beside = "".join(_fenced("rules beside", section))
        for line in section.splitlines():
            cells = [cell.strip() for cell in line.strip("|").split(" | ")]
            if len(cells) >= 3 and cells[1] in ("error", "warning"):
                codes = tuple(re.findall(r"`([a-z-]+)`", cells[0]))
                example = re.match(r"`([^`]* \{.*\}|value [^`]*)`", cells[2])
                yield Row(codes, cells[1], f"{example[1]}\n{beside}" if example else None)


ROWS = list(_rows())
WRONG = [row for row in ROWS if row.example is not None]


def _first_words(example: object) -> str:
    return example.strip().split("\n")[0][:40] if isinstance(example, str) else ""


@pytest.mark.parametrize(("example", "schema"), EXAMPLES, ids=_first_words)
def test_every_example_is_right_and_gives_no_warning(example: str, schema: str) -> None:
    report = check(example, schema)

    assert not report.diagnostics, _as_text(report)


@pytest.mark.parametrize(("example", "schema"), EXAMPLES, ids=_first_words)
def test_every_example_is_laid_out_as_the_formatter_does(example: str, schema: str) -> None:
    assert format_rules(example, "example.rules") == example


@pytest.mark.parametrize(
    "example",
    [text for text, _ in EXAMPLES if "\ntest " in text],
    ids=lambda text: text.split("test ")[1][:40],
)
def test_every_test_in_an_example_passes(example: str) -> None:
    program = check(example).program
    assert program is not None
    rehearsal = prepare_rehearsal(program)

    for scenario in program.scenarios:
        result = run_scenario(rehearsal, scenario)
        assert result.outcomes
        assert [one.seen for one in result.outcomes if not one.passed] == []


@pytest.mark.parametrize("row", WRONG, ids=lambda row: row.codes[0])
def test_every_wrong_example_gives_its_code_and_nothing_else(row: Row) -> None:
    assert row.example is not None
    report = check(row.example)

    assert {found.code for found in report.diagnostics} == set(row.codes), _as_text(report)


def test_the_tables_list_every_code_that_is_not_the_template_checks() -> None:
    listed = [code for row in ROWS for code in row.codes]

    assert sorted(listed) == sorted(CODES.keys() - TEMPLATE_CODES.keys())


def test_the_tables_give_each_code_its_severity() -> None:
    assert {code: row.severity for row in ROWS for code in row.codes}.items() <= CODES.items()


def test_the_words_that_cannot_be_names_are_listed() -> None:
    (listed,) = re.findall(r"These words cannot be names[^:]*:(.*?)\. All others", TEXT, re.DOTALL)
    (claimed,) = re.findall(r"lay claim\s+to:(.*?)\.\n", TEXT, re.DOTALL)

    assert set(re.findall(r"`(\w+)`", listed)) == set(RESERVED_WORDS)
    assert set(re.findall(r"`(\w+)`", claimed)) == (RESERVED_NAMES | CONSENT_NAMES) - set(RESERVED_WORDS)


def test_the_page_has_examples_of_everything() -> None:
    assert len(WRONG) > 90
    assert len(EXAMPLES) > 20
    assert sum(text.count("\ntest ") for text, _ in EXAMPLES) >= 6


def _as_text(report: CheckReport) -> str:
    return "\n".join(render_text(found, {}) for found in report.diagnostics)
