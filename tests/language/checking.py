"""Packages written in a test, checked as a directory of files would be."""

from __future__ import annotations

import re

from dearly.language import CheckReport, Package, Program, check_package, render_text

SCHEMA = """
profile {
  first_name text?
  country    text?
  birthday   date? @sensitive
  joined     time?
  points     number = 0
  interests  set of text
  favorite   product?
}
catalog product { title text, category text?, price number, available bool = true }
catalog article { title text }
event viewed { product_id product, category text?, seconds number? }
event bought { product_id product, total number, on date?, gift bool = false }
event read   { article_id article }
"""
"""What the rules in the tests of the checker talk about."""


def package_of(rules: str, templates: dict[str, str] | None = None, schema: str = SCHEMA) -> Package:
    """A package of one file; every template that is shown stands in it, empty unless given."""
    sources = {f"templates/{name}": text for name, text in (templates or {}).items()}
    for shown in re.findall(r'show "([a-z0-9_/-]+\.html)"', rules):
        if templates is None:
            sources[f"templates/{shown}"] = "<p>Hello</p>"
    sources["shop.rules"] = schema + rules
    return Package({path: text.encode() for path, text in sources.items()})


def check_rules(rules: str, templates: dict[str, str] | None = None, schema: str = SCHEMA) -> CheckReport:
    """What checking the rules over the schema gives."""
    return check_package(package_of(rules, templates, schema))


def codes_of(rules: str, templates: dict[str, str] | None = None, schema: str = SCHEMA) -> list[str]:
    """The codes of all findings, in order."""
    return [found.code for found in check_rules(rules, templates, schema).diagnostics]


def program_of(rules: str, templates: dict[str, str] | None = None, schema: str = SCHEMA) -> Program:
    """The program of rules that are right."""
    report = check_rules(rules, templates, schema)
    assert report.program is not None, "\n".join(render_text(found, {}) for found in report.diagnostics)
    return report.program


def only_finding(rules: str, templates: dict[str, str] | None = None, schema: str = SCHEMA) -> str:
    """The one finding, as its author would read it (code, message and hint), without its place."""
    (found,) = check_rules(rules, templates, schema).diagnostics
    return f"{found.code}: {found.message}" + (f" {found.hint}" if found.hint else "")
