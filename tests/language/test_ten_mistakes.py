"""Ten real mistakes: each is found alone, where it is, with what to write instead."""

from __future__ import annotations

import pytest

from dearly.language import Package, check_package, render_text
from tests.language.ten_mistakes import MISTAKES, files_of

SAID = {
    "misspelt name": ("unknown-name", "Did you mean `big_spenders`?"),
    "wrong unit": ("type-mismatch", "Write the number with its unit: `60 days`."),
    "not over missing": ("missing-under-not", '`(country else "none")`'),
    "unreachable branch": ("unreachable-when", "`any order_completed within 90 days` at hero.rules:2"),
    "missing fallback": ("missing-otherwise", '`otherwise show "hero/all.html"`'),
    "cycle": ("cycle", "engaged -> loyal -> engaged"),
    "sensitive field in a template": ("template-sensitive", "`customer.birthday` is marked @sensitive"),
    "wrong catalog": ("mixed-catalogs", "`product_viewed.product_id` names `product` items"),
    "overlapping tiers": ("overlapping-tiers", "`tiers medium >= 0.6, high >= 0.25, low`"),
    "expired window": ("window-beyond-retention", "`keep events 365 days`"),
}
"""The code of each mistake, and what its output must say."""


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_alone_with_its_place_and_what_to_write(mistake: str) -> None:
    package = Package(files_of(mistake))
    code, said = SAID[mistake]

    (found,) = check_package(package).diagnostics

    assert found.code == code
    assert found.hint is not None
    assert said in render_text(found, package.files)
    assert "^" in render_text(found, package.files)


def test_the_schema_alone_has_no_mistake() -> None:
    schema = {"schema.rules": files_of("cycle")["schema.rules"]}

    assert check_package(Package(schema)).diagnostics == ()
