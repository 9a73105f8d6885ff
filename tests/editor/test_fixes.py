"""The edits that findings come with do away with them."""

from __future__ import annotations

import pytest

from dearly.editor import Memory, analyse, open_document
from dearly.editor.positions import apply_edits
from dearly.language import Diagnostic, Package
from tests.editor.shop import FILES, RULES

CASES = [
    ("shop.rules", "no ordered within 7", "no orderd within 7", "unknown-event"),
    ("shop.rules", 'country == "DE"', 'contry == "DE"', "unknown-name"),
    ("shop.rules", 'country == "DE"', '(customer.contry) == "DE"', "unknown-name"),
    ("shop.rules", "sum of ordered.total", "sum of ordered.totl", "unknown-property"),
    ("shop.rules", "stage is buyer and", "stage is buyr and", "unknown-stage"),
    ("shop.rules", "stage is buyer and", "stge is buyer and", "unknown-name"),
    ("shop.rules", "conversion is high", "conversion is hgh", "unknown-tier"),
    ("shop.rules", "offer is discount", "offer is discont", "unknown-variant"),
    ("shop.rules", "recommended product", "recommended prodct", "unknown-catalog"),
    ("shop.rules", "counts toward promotions", "counts toward promotion", "unknown-cap"),
    ("shop.rules", "diverse by category", "diverse by categry", "unknown-property"),
    ("shop.rules", "features auto, spent", "features auto, spnt", "unknown-name"),
    ("shop.rules", "entering hesitant", "entering hesitnt", "unknown-name"),
    ("shop.rules", "emitted win_back", "emitted win_bak", "unknown-name"),
    ("shop.rules", 'show "hero/plain.html"', 'show "hero/plan.html"', "unknown-template"),
    ("shop.rules", 'hero shows "hero/cart.html"', 'hero shows "hero/crt.html"', "not-shown"),
    ("shop.rules", "given profile { first_name", "given profile { frst_name", "unknown-name"),
    ("shop.rules", "segment local", "segmnt local", "unknown-declaration"),
    ("shop.rules", '  otherwise\n    show "hero/plain.html"\n}', "}", "missing-otherwise"),
    ("shop.rules", "\n  guest otherwise\n}", "\n  guest when no ordered\n}", "missing-otherwise"),
    ("shop.rules", 'country == "DE"', 'not country == "DE"', "missing-under-not"),
    ("shop.rules", 'country == "DE"', "country is present and conversion is not high", "missing-under-not"),
    ("shop.rules", 'country == "DE"', "any viewed where seconds == 1 and seconds == 2", "unknown-name"),
    ("shop.rules", 'country == "DE"', "no viewed where seconds > 5", "missing-in-no"),
    ("schema.rules", "country text?", "country txt?", "unknown-type"),
    ("schema.rules", "birthday date? @sensitive", "birthday date? @sensitiv", "unknown-annotation"),
    ("schema.rules", '"Europe/Berlin"', '"Europe/Berln"', "unknown-timezone"),
    ("templates/hero/cart.html", "customer.first_name", "customer.first_nam", "template-unknown-field"),
    ("templates/hero/cart.html", "{{ spent }}", "{{ spnt }}", "template-unknown-name"),
    ("templates/hero/cart.html", "{{ spent }}", "{{ points }}", "template-unknown-name"),
    ("templates/hero/cart.html", "{{ spent }}", "{{ customer.country }}", "template-may-be-missing"),
]


def found_in(files: dict[str, str]) -> tuple[Diagnostic, ...]:
    """The findings of a package."""
    return analyse(
        Package({path: text.encode() for path, text in files.items()}), Memory()
    ).report.diagnostics


@pytest.mark.parametrize(("file", "right", "wrong", "code"), CASES, ids=[case[2][:40] for case in CASES])
def test_a_fix_mends_what_it_is_found_at(file: str, right: str, wrong: str, code: str) -> None:
    assert right in FILES[file]
    files = {**FILES, file: FILES[file].replace(right, wrong, 1)}
    (broken,) = [one for one in found_in(files) if one.code == code and one.fix is not None]
    assert broken.fix is not None
    text = apply_edits(open_document(files[file], "utf-16"), broken.fix.edits)
    after = found_in({**files, file: text})
    assert code not in [one.code for one in after], text
    allowed = {"unknown-template"} if code == "missing-otherwise" else set()
    assert {one.code for one in after if one.severity == "error"} <= allowed


def test_nothing_is_offered_where_what_is_meant_is_not_known() -> None:
    files = {**FILES, "shop.rules": RULES.replace('country == "DE"', 'something_quite_else == "DE"')}
    (broken,) = [one for one in found_in(files) if one.code == "unknown-name"]
    assert broken.fix is None
