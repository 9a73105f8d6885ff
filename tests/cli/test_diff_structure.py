"""What two packages declare otherwise: only that is evaluated, and nothing of it is left out."""

from __future__ import annotations

import pytest

from dearly.cli.diffing.structure import Structure, compare_structure
from dearly.language import Package, Program, check_package

BEFORE = """
settings { timezone "UTC" }
profile { country text?, points number = 1, timezone text? }
context { basket number? }
catalog product { title text, available bool = true }
event viewed { product_id product, seconds number = 3 }
event bought { product_id product }
value score = points * 2
segment dutch { country == "NL" }
segment keen { dutch and score > 3 }
segment looker { any viewed within 7 days }
segment lately { any bought today }
segment born { count of bought since 2026-01-01 > 2 }
lifecycle life { fan when keen  new otherwise }
block hero {
  when life is fan
    show "a.html"
  when basket > 3
    show "b.html"
  otherwise
    show "c.html"
}
block shelf {
  when looker
    show "d.html" with items = recommended product, limit 3, where available
  otherwise
    show "c.html"
}
"""
TEMPLATES = {
    "templates/a.html": "<p>{{ score }}</p>",
    "templates/b.html": "<p>b</p>",
    "templates/c.html": "<p>c</p>",
    "templates/d.html": "<p>{% for one in items %}{{ one.title }}{% endfor %}</p>",
}


def program(rules: str, **templates: str) -> Program:
    files = {"all.rules": rules, **TEMPLATES, **templates}
    report = check_package(Package({path: text.encode() for path, text in files.items()}))
    assert report.program is not None, [f"{d.span}: {d.message}" for d in report.diagnostics]
    return report.program


def change(before: str, after: str) -> Structure:
    assert before in BEFORE
    return compare_structure(program(BEFORE), program(BEFORE.replace(before, after)))


@pytest.mark.parametrize(
    ("before", "after", "names", "blocks", "templates"),
    [
        ("within 7 days", "within   168 hours", "", "", ""),
        ("segment dutch {", 'segment dutch "From the Netherlands" {', "", "", ""),
        ("within 7 days", "within 8 days", "looker", "shelf", ""),
        ('"NL"', '"BE"', "dutch keen life", "hero", ""),
        ("points * 2", "points * 3", "score keen life", "hero", "a"),
        ("points number = 1", "points number = 2", "score keen life", "hero", "a"),
        ("seconds number = 3", "seconds number = 4", "looker", "shelf", ""),
        ("score > 3", "score > 4", "keen life", "hero", ""),
        ("available bool = true", "available bool = false", "", "shelf", ""),
        ("limit 3", "limit 4", "", "shelf", ""),
        ("basket > 3", "basket > 4", "", "hero", ""),
        ("basket number?", "basket number = 4", "", "hero", ""),
        ("new otherwise", "others otherwise", "life", "hero", ""),
        ('timezone "UTC"', 'timezone "Europe/Berlin"', "lately born", "", ""),
        ("timezone text?", 'timezone text = "Asia/Tokyo"', "lately born", "", ""),
        ("segment dutch", "segment gone { points > 1 }\nsegment dutch", "gone", "", ""),
        ("segment born { count of bought since 2026-01-01 > 2 }", "value born = 3", "born", "", ""),
    ],
)
def test_what_may_answer_otherwise_is_found_through_all_that_it_reads(
    before: str, after: str, names: str, blocks: str, templates: str
) -> None:
    found = change(before, after)
    assert found.names == set(names.split())
    assert found.blocks == set(blocks.split())
    assert found.templates == set(templates.split())


def test_declarations_are_told_by_kind() -> None:
    found = change("segment dutch {", "segment belgian { points > 9 }\nsegment dutch {")
    (segments,) = found.declarations
    assert (segments.kind, segments.added, segments.removed, segments.changed) == (
        "segment",
        ("belgian",),
        (),
        (),
    )


def test_where_a_thing_stands_does_not_matter() -> None:
    lines = [f"{line}\n" for line in BEFORE.strip().splitlines()]
    assert compare_structure(program(BEFORE), program("# moved down\n\n" + "".join(lines))).declarations == ()


def test_a_template_of_other_words_prints_otherwise() -> None:
    found = compare_structure(program(BEFORE), program(BEFORE, **{"templates/b.html": "<p>B</p>"}))
    assert (found.names, found.blocks, found.templates) == (frozenset(), frozenset(), frozenset({"b"}))
