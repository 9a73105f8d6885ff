"""docs/templates.md: each of its examples does what the page says."""

from __future__ import annotations

import json
import re
from itertools import pairwise
from pathlib import Path

import pytest

from dearly.content.budget import Budget
from dearly.content.rendering import compile_templates
from dearly.language import Package, check_package
from dearly.language.diagnostics import Diagnostic
from dearly.language.templates.codes import TEMPLATE_CODES
from dearly.language.templates.filters import FILTER_NAMES, TEST_NAMES
from tests.content.manners import ENGLISH

PAGE = (Path(__file__).parents[2] / "docs" / "templates.md").read_text()
FENCES = re.findall(r"^```(\w+)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL)


def _only(kind: str) -> str:
    (found,) = [text for name, text in FENCES if name == kind]
    return found


def _examples(outcome: str) -> list[tuple[str, str]]:
    return [
        (source, told)
        for (kind, source), (next_kind, told) in pairwise(FENCES)
        if (kind, next_kind) == ("jinja", outcome)
    ]


def _package(template: str) -> Package:
    files = {
        "shop.rules": _only("rules"),
        "templates/hero/cart.html": template,
        "templates/hero/popular.html": "<p>Loved by many</p>",
    }
    return Package({path: text.encode() for path, text in files.items()})


@pytest.mark.parametrize(("source", "html"), _examples("html"))
def test_an_example_renders_as_the_page_shows(source: str, html: str) -> None:
    report = check_package(_package(source))
    assert report.diagnostics == ()
    assert report.program is not None

    rendered = compile_templates(report.program)["hero/cart"].render(
        json.loads(_only("json")), Budget(max_s=5), ENGLISH
    )

    assert rendered.html.rstrip("\n") == html.rstrip("\n")


def _line(found: Diagnostic) -> str:
    # (The hint goes on to say which block shows the template.)
    hint = f" {found.hint}".partition(" (Shown by ")[0] if found.hint else ""
    return f"{found.span.line}:{found.span.column} {found.severity} {found.code}: {found.message}{hint}"


@pytest.mark.parametrize(("source", "findings"), _examples("findings"))
def test_an_example_of_a_mistake_is_found_as_the_page_shows(source: str, findings: str) -> None:
    found = check_package(_package(source)).diagnostics

    assert [_line(one) for one in found if one.code.startswith("template-")] == findings.splitlines()


def test_every_example_has_its_outcome() -> None:
    assert len(_examples("html") + _examples("findings")) == PAGE.count("```jinja")


def test_the_page_lists_every_code_with_its_severity() -> None:
    rows = dict(re.findall(r"^\| `(template-[a-z-]+)` \| (.*) \|$", PAGE, re.MULTILINE))

    assert {
        code: "warning" if told.startswith("warning: ") else "error" for code, told in rows.items()
    } == dict(TEMPLATE_CODES)


def test_the_page_names_every_filter_and_test() -> None:
    assert {name for name in FILTER_NAMES if not re.search(rf"`{name}\b", PAGE)} == set()
    assert {name for name in TEST_NAMES if not re.search(rf"`is {name}\b", PAGE)} == set()
