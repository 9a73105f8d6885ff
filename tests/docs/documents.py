"""A page of the documentation as what a reader types, writes and sees."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]

_FENCE = re.compile(
    r"(?:^<!-- (?P<instruction>[^\n]+) -->\n)?^```(?P<tag>[^\n]*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
ELISION = "…"
"""A line of documented output that stands for any number of lines."""


@dataclass(frozen=True, slots=True)
class Fence:
    """A fenced block. The comment above it, which no reader sees, says what to do with it."""

    tag: str
    instruction: str
    text: str


@dataclass(frozen=True, slots=True)
class Command:
    """What is typed, and the lines that are then seen."""

    typed: str
    output: tuple[str, ...]


def fences(page: Path) -> list[Fence]:
    """The fenced blocks of a page, in order."""
    text = page.read_text(encoding="utf-8")
    return [Fence(found["tag"], found["instruction"] or "", found["text"]) for found in _FENCE.finditer(text)]


def commands(console: str) -> Iterator[Command]:
    """The commands of a console: each line that begins with a dollar, with the lines below it."""
    for part in re.split(r"^\$ ", console, flags=re.MULTILINE)[1:]:
        typed, *output = part.rstrip("\n").split("\n")
        yield Command(typed, tuple(output))


def add(path: Path, place: str, text: str) -> None:
    """Add text to a file below a line; without one, at its end after an empty line."""
    before = path.read_text()
    head, found, tail = before.partition(f"{place}\n") if place else (before, "\n", "")
    assert found, f"{path} has no line {place!r}"
    path.write_text(f"{head}{found}{text}{tail}")


def without_chance(text: str) -> list[str]:
    """Lines of output with all that differs between two shops, days or machines told alike."""
    for pattern, word in _CHANCE:
        text = re.sub(pattern, word, text)
    return [line.rstrip() for line in text.rstrip("\n").split("\n")]


_CHANCE = (
    (r"\b[0-9a-f]{16}\b", "VERSION"),
    (r"\b20(?!26-03-0)\d\d-\d\d-\d\dT[\d:.]+Z", "TIME"),
    (r"\b20\d{6}T\d{6}Z-[0-9a-f]{12}", "INDEX"),
    (r"127\.0\.0\.1:\d+", "ADDRESS"),
    (r"https://shop\.example/p/[-a-z0-9]+", "URL"),
    (r"over, [^?]+\?", "over, NAME?"),
    (r"\S+, your basket is waiting", "NAME, your basket is waiting"),
    (r"\bp\d{4}  .*", "ITEM"),
    (r"\bp\d{4}(, p\d{4})*", "ITEMS"),
    (r"([-*]) .*, (€[\d.]+|[\d.,]+\s€)( \(URL\))?", r"\1 ITEM"),
    (r"(?<=customer_id=)'[^']+'", "CUSTOMER"),
    (r"--customers \d+", "--customers N"),
    (r"\d[\d,.]*(?= (bytes|customers|events|items|touches|dimensions|blocks|segments|templates|pages))", "N"),
    (r"(?m)^\d[\d,]* of N customers \([\d.]+%\)", "SOME of N customers"),
    (r"recall \d\.\d+", "recall R"),
    (r"\d+\.\d s\b", "SECONDS"),
    (r"(?<=_)(added|purchased|viewed) \d+\.\d+", r"\1 W"),
)


def is_alike(documented: list[str], seen: list[str]) -> bool:
    """Whether output is as documented, where a line with an ellipsis alone stands for any lines."""
    if not documented:
        return not seen
    first, *rest = documented
    if first.strip() == ELISION:
        return any(is_alike(rest, seen[skipped:]) for skipped in range(len(seen) + 1))
    return bool(seen) and seen[0] == first and is_alike(rest, seen[1:])
