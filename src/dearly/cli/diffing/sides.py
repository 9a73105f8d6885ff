"""Which two packages are compared, and reading them."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from dearly import DearlyError
from dearly.cli.rules_package import RulesBroken, broken_text
from dearly.language import Package, Program, check_package
from dearly.language.revisions import Revision, RulesSource, read_rules, rules_source


class SidesUnclear(DearlyError):
    """What stands on the command line does not name two packages."""


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two packages: how it was called, its files, and what they mean."""

    name: str
    package: Package
    program: Program


def name_sides(first: str, second: str | None, rules: str) -> tuple[RulesSource, RulesSource]:
    """The two packages that are meant.

    ``A..B`` are two revisions of the directory that ``--rules`` names (``A..`` is up to HEAD); ``A`` alone is
    one against what ``--rules`` names. Two arguments are a package each: a directory, ``DIR@REVISION``, or a
    revision of that directory.

    Raises:
        SidesUnclear: it is none of these.
    """
    here = rules_source(rules)
    folder = here.directory if isinstance(here, Revision) else here
    if second is not None:
        return _side(first, folder), _side(second, folder)
    before, dots, after = first.partition("..")
    if not dots or Path(first).is_dir():
        return _side(first, folder), here
    if not before or after.startswith("."):
        raise SidesUnclear(f"{first}: expected two revisions as A..B, with two dots, or A.. up to HEAD.")
    return Revision(folder, before), Revision(folder, after or "HEAD")


def _side(text: str, folder: Path) -> RulesSource:
    if Path(text).is_dir() or text.find("@") > 0:
        return rules_source(text)
    return Revision(folder, text)


def load_sides(before: RulesSource, after: RulesSource) -> tuple[Side, Side]:
    """Both packages, checked.

    Raises:
        PackageError: one cannot be read.
        RulesBroken: one has errors; the message shows those of both, each with its line.
    """
    packages = [(str(source), read_rules(source)) for source in (before, after)]
    sides: list[Side] = []
    broken: list[str] = []
    for name, package in packages:
        report = check_package(package)
        if report.program is not None:
            sides.append(Side(name, package, report.program))
            continue
        broken.append(broken_text(name, report.diagnostics, package.files))
    if broken:
        raise RulesBroken("\n\n".join(broken))
    return sides[0], sides[1]
