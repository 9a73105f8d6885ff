"""The rules language's reference: right examples are right, wrong ones wrong, the list of codes whole."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from dearly.language import CODES, render_text
from dearly.language.templates.codes import TEMPLATE_CODES
from tests.language.checking import check_rules

REFERENCE = Path(__file__).parents[2] / "docs" / "language.md"
TEXT = REFERENCE.read_text(encoding="utf-8")


def _fenced(tag: str) -> list[str]:
    return re.findall(rf"^```{tag}\n(.*?)^```$", TEXT, re.DOTALL | re.MULTILINE)


(SCHEMA,) = _fenced("rules schema")


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a table of codes."""

    codes: tuple[str, ...]
    severity: str
    example: str | None


def _rows() -> list[Row]:
    rows = []
    for line in TEXT.splitlines():
        cells = [cell.strip() for cell in line.strip("|").split(" | ")]
        if len(cells) >= 3 and cells[1] in ("error", "warning"):
            codes = tuple(re.findall(r"`([a-z-]+)`", cells[0]))
            example = re.match(r"`([^`]* \{.*\}|value [^`]*)`", cells[2])
            rows.append(Row(codes, cells[1], example[1] if example else None))
    return rows


ROWS = _rows()
EXAMPLES = [row for row in ROWS if row.example is not None]


@pytest.mark.parametrize("example", _fenced("rules"), ids=lambda text: text.strip().split("\n")[0][:40])
def test_every_example_is_right_and_gives_no_warning(example: str) -> None:
    report = check_rules(example, schema=SCHEMA)

    assert not report.diagnostics, _as_text(report.diagnostics)


@pytest.mark.parametrize("example", _fenced("rules alone"), ids=lambda text: text.strip().split("\n")[0][:40])
def test_every_example_with_a_schema_of_its_own_is_right(example: str) -> None:
    report = check_rules(example, schema="")

    assert not report.diagnostics, _as_text(report.diagnostics)


@pytest.mark.parametrize("row", EXAMPLES, ids=lambda row: row.codes[0])
def test_every_wrong_example_gives_its_code_and_nothing_else(row: Row) -> None:
    assert row.example is not None
    report = check_rules(row.example, schema=SCHEMA)

    assert {found.code for found in report.diagnostics} == set(row.codes), _as_text(report.diagnostics)


def test_the_tables_list_every_code_that_is_not_the_template_checks() -> None:
    listed = [code for row in ROWS for code in row.codes]

    assert sorted(listed) == sorted(CODES.keys() - TEMPLATE_CODES.keys())


def test_the_tables_give_each_code_its_severity() -> None:
    assert {code: row.severity for row in ROWS for code in row.codes}.items() <= CODES.items()


def test_the_tables_have_examples() -> None:
    assert len(EXAMPLES) > 50


def _as_text(diagnostics: tuple) -> str:
    return "\n".join(render_text(found, {}) for found in diagnostics)
