"""What the documentation names is there: files, make targets, commands, parts of the example rules."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from dearly.cli.app import COMMANDS
from tests.docs.documents import ROOT, fences

PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]
_PROSE = re.compile(r"^```.*?^```$", re.DOTALL | re.MULTILINE)


def pages(name: str) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(name, PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def prose(page: Path) -> str:
    """The page without its fenced blocks."""
    return _PROSE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pages("page")
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"`[^`\n]*`", "", prose(page))):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        assert target.exists(), f"{page.name} links to {link}, which is not there"
        if anchor:
            assert anchor in anchors(target), f"{page.name} links to {link}; no heading there gives #{anchor}"


@pages("page")
def test_every_make_target_that_is_named_exists(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"(?:`|\$ |^)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE))

    assert named <= targets


@pages("page")
def test_every_command_that_is_named_exists(page: Path) -> None:
    groups = {words.split()[0] for words in COMMANDS if " " in words}
    for first, second in re.findall(
        r"(?:`|\$ |^)dearly ([a-z]+)(?: ([a-z-]+))?", page.read_text(encoding="utf-8"), re.MULTILINE
    ):
        words = f"{first} {second}" if first in groups else first
        assert words in COMMANDS, f"{page.name} names `dearly {words}`"


@pages("page")
def test_every_part_of_the_example_rules_is_as_it_stands_there(page: Path) -> None:
    for fence in fences(page):
        if fence.instruction.startswith("part of "):
            name = fence.instruction.removeprefix("part of ")
            assert fence.text in (ROOT / name).read_text(encoding="utf-8"), f"{name} reads otherwise"


@pages("page")
def test_no_place_is_left_to_be_filled_in(page: Path) -> None:
    assert "@@" not in page.read_text(encoding="utf-8")


def test_the_first_screen_names_every_command() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert all(words in text for words in COMMANDS)


def test_the_first_screen_shows_a_finding_as_the_tutorial_does() -> None:
    (shown,) = (fence.text for fence in fences(ROOT / "README.md") if "dearly check" in fence.text)
    finding = shown.partition("\n")[2].strip()

    assert finding in (ROOT / "docs/tutorial.md").read_text(encoding="utf-8")
