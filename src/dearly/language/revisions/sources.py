"""Where a package comes from: a directory, or a directory at a git revision."""

from __future__ import annotations

from pathlib import Path
from typing import TypeAlias

from dearly.language.package import Package, read_package
from dearly.language.revisions.commits import Revision
from dearly.language.revisions.trees import read_revision

RulesSource: TypeAlias = Path | Revision


def rules_source(text: str) -> RulesSource:
    """What is meant by ``rules``, ``rules@main``, ``shop.git/rules@v1.2~3``.

    A directory of just that name is that directory. Otherwise what stands after an ``@`` names a commit: the
    last ``@`` behind a directory that is there, else the last of all (the directory may be gone since).
    """
    if "@" not in text or Path(text).is_dir():
        return Path(text)
    places = [place for place, letter in enumerate(text) if letter == "@" and text[place + 1 :][:1] != "{"]
    if not places:
        return Path(text)
    there = [place for place in places if Path(text[:place]).is_dir()]
    split = there[-1] if there else places[-1]
    return Revision(Path(text[:split]), text[split + 1 :])


def read_rules(source: RulesSource) -> Package:
    """The package that lies there.

    Raises:
        PackageError: it cannot be read.
    """
    return read_revision(source) if isinstance(source, Revision) else read_package(source)
