"""Which package a file belongs to."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

import pytest

from dearly.cli.language_server.roots import package_root

CASES: list[tuple[str, Collection[str], str, str | None]] = [
    ("beside its templates", ["shop/templates/a.html", "shop/x/y.rules"], "shop/x/y.rules", "shop"),
    ("a template", ["shop/templates/hero/a.html", "shop/y.rules"], "shop/templates/hero/a.html", "shop"),
    ("the nearest of two", ["templates/a.html", "in/templates/b.html", "in/a.rules"], "in/a.rules", "in"),
    ("the workspace's rules", ["rules/x/a.rules"], "rules/x/a.rules", "rules"),
    ("rules in a web site", ["templates/a.html", "rules/a.rules"], "rules/a.rules", "rules"),
    ("named in settings", ["a/dearly.toml", "a/mail/x/b.rules"], "a/mail/x/b.rules", "a/mail"),
    ("settings that are broken", ["a/dearly.toml!", "a/templates/x.html", "a/b.rules"], "a/b.rules", "a"),
    ("furthest up with rules", ["a/b/one.rules", "a/b/c/d/two.rules"], "a/b/c/d/two.rules", "a/b"),
    ("alone", ["a/b/one.rules"], "a/b/one.rules", "a/b"),
    ("not rules", ["a/templates/x.html", "a/notes.txt"], "a/notes.txt", None),
    ("hidden", ["a/templates/x.html", "a/.git/b.rules"], "a/.git/b.rules", None),
    ("a site's template", ["templates/a.html", "rules/templates/b.html"], "templates/a.html", None),
]


@pytest.mark.parametrize(("_what", "files", "file", "root"), CASES, ids=[case[0] for case in CASES])
def test_a_file_belongs_to(
    tmp_path: Path, _what: str, files: Collection[str], file: str, root: str | None
) -> None:
    for path in files:
        written = tmp_path / path.removesuffix("!")
        written.parent.mkdir(parents=True, exist_ok=True)
        written.write_text("rules = " if path.endswith("!") else 'rules = "mail"\n')
    found = package_root(tmp_path / file, [tmp_path])
    assert found == (tmp_path / root if root is not None else None)


def test_without_a_workspace_the_directories_above_tell(tmp_path: Path) -> None:
    (tmp_path / "shop" / "templates").mkdir(parents=True)
    assert package_root(tmp_path / "shop" / "x" / "a.rules", []) == tmp_path / "shop"
