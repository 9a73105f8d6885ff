"""The site's files: an index, a page an entry, and a picture on each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import groupby

from jinja2 import Environment, PackageLoader

from dearly.cli.package_site.entries import Entry, Line, entries_of, used_by
from dearly.cli.package_site.pictures import draw
from dearly.cli.package_site.sizes import Sizes
from dearly.language import Program

PICTURE_HOLDS = 200
"""With more entries than that, the index has no picture; each entry's own page has one."""

HEADINGS = {
    "block": "Blocks",
    "segment": "Segments",
    "lifecycle": "Lifecycles",
    "value": "Values",
    "score": "Scores",
    "experiment": "Experiments",
    "trigger": "Triggers",
    "cap": "Caps",
    "event": "Events",
    "catalog": "Catalogs",
    "field": "Profile fields",
    "context": "What a call brings along",
}


@dataclass(frozen=True, slots=True)
class Site:
    """What the pages are made of; ``as_of`` is the time of the sizes, or empty."""

    program: Program
    title: str
    entries: tuple[Entry, ...]
    users: Mapping[str, tuple[Entry, ...]]
    sizes: Sizes | None
    as_of: str


@dataclass(frozen=True, slots=True)
class SizedLine:
    """A line of an entry, and how many customers are there."""

    line: Line
    size: str


def site_of(program: Program, title: str, sizes: Sizes | None, as_of: str) -> Site:
    """The site of a checked package; without sizes it tells none."""
    entries = entries_of(program)
    return Site(program, title, entries, used_by(entries), sizes, as_of)


def site_files(site: Site) -> Iterator[tuple[str, str]]:
    """Each file's name within the site, and its text."""
    for entry in site.entries:
        yield entry.page, _page(site, entry)
    yield "index.html", _index(site)


def _index(site: Site) -> str:
    kinds = [(HEADINGS[kind], list(some)) for kind, some in groupby(site.entries, key=lambda one: one.kind)]
    picture = draw(site.entries) if len(site.entries) <= PICTURE_HOLDS else None
    sizes = {entry.key: _size(site, entry) for entry in site.entries}
    return _pages().get_template("index.html").render(site=site, kinds=kinds, picture=picture, sizes=sizes)


def _page(site: Site, entry: Entry) -> str:
    by_key = {one.key: one for one in site.entries}
    uses = [by_key[used] for used in entry.uses if used in by_key]
    users = site.users.get(entry.key, ())
    neighbours = {one.key: one for one in (*uses, entry, *users)}
    return (
        _pages()
        .get_template("entry.html")
        .render(
            site=site,
            entry=entry,
            size=_size(site, entry),
            lines=_sized_lines(site, entry),
            uses=uses,
            users=users,
            picture=draw(tuple(neighbours.values())),
        )
    )


def _size(site: Site, entry: Entry) -> str:
    if site.sizes is None or entry.kind != "segment":
        return ""
    return _share(site.sizes.segments.get(entry.name, 0), site.sizes)


def _sized_lines(site: Site, entry: Entry) -> Sequence[SizedLine]:
    """Stages and branches with their sizes, other lines as they are."""
    sizes = site.sizes
    if sizes is None or entry.kind not in ("lifecycle", "block"):
        return [SizedLine(line, "") for line in entry.lines]
    sized = []
    branch = 0
    for line in entry.lines:
        part = line.label
        if entry.kind == "block":
            if not line.shows:
                sized.append(SizedLine(line, ""))
                continue
            part, branch = str(branch), branch + 1
        sized.append(SizedLine(line, _share(sizes.parts.get((entry.name, part), 0), sizes)))
    return sized


def _share(count: int, sizes: Sizes) -> str:
    share = count / sizes.customers if sizes.customers else 0.0
    return f"{count:,} ({share:.1%})"


@cache
def _pages() -> Environment:
    return Environment(
        loader=PackageLoader("dearly.cli.package_site", "templates"),
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
