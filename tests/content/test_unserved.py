"""What has no engine yet is checked like everything else, and refused where it would be served."""

from __future__ import annotations

from pathlib import Path

import pytest

from dearly.content import check_renderable, check_servable
from dearly.language import Package
from dearly.server.rules_keeper import RulesKeeper, RulesRefused
from tests.language.checking import package_of

SHOWN = 'when true show "a.html" otherwise show "a.html"'
SCORE = "score s { predict any bought within 30 days features auto tiers high >= 0.6, low }"

UNSERVED = {
    SCORE: "The score `s`",
    f"cap c {{ at most 1 per day }}\nblock b {{ counts toward c {SHOWN} }}": "The cap `c`",
    "experiment x { variants a 1, b 1 goal bought within 7 days }\n"
    'block b { when x is a show "a.html" otherwise show "b.html" }': "The experiment `x`",
    f"block b {{ purpose marketing {SHOWN} }}": "The `purpose` of the block `b`",
    'block b { when true show "a.html" with x = bought together with favorite; '
    'and y = recommended product or else bought together with favorite otherwise show "b.html" }': (
        "`bought together with`, in the block `b`,"
    ),
}
"""Rules that no server can honour yet, and how the one finding begins."""


def _codes(package: Package) -> list[str]:
    return [found.code for found in check_servable(package).diagnostics]


@pytest.mark.parametrize(("rules", "what"), UNSERVED.items())
def test_what_has_no_engine_yet_is_refused_with_what_to_leave_out(rules: str, what: str) -> None:
    report = check_servable(package_of(rules))
    (found,) = report.diagnostics

    assert report.program is None
    assert (found.code, found.severity) == ("not-yet-served", "error")
    assert found.message == f"{what} is checked, but this version of Dearly does not serve it yet."
    assert found.span.file == "shop.rules"
    assert found.span.line > 1
    assert found.hint is not None


@pytest.mark.parametrize("rules", UNSERVED)
def test_it_is_accepted_by_whoever_only_checks(rules: str) -> None:
    report = check_renderable(package_of(rules))

    assert report.program is not None
    assert report.diagnostics == ()


def test_fields_that_grow_stale_and_items_that_return_are_refused() -> None:
    schema = "profile { mood text? @stale(9 days) }\ncatalog c { title text, again after 60 days }"

    assert _codes(package_of("", schema=schema)) == ["not-yet-served"] * 2


def test_each_declaration_is_told_once() -> None:
    rules = f"{SCORE}\nsegment likely {{ s is high and s > 0.7 }}\nsegment other {{ s is low }}"

    assert _codes(package_of(rules)) == ["not-yet-served"]


def test_what_is_new_and_served_is_not_refused() -> None:
    rules = """
    settings { timezone "Europe/Berlin" locale "de" }
    context { cart_total number? }
    test "t" { at 2026-03-01 10:00 expect b shows "b.html" }
    block b {
      when cart_total > 20
        show "a.html" with x = recommended product or else trending product within 7 days,
          excluding bought.product_id, diverse by category
      otherwise show "b.html"
    }
    """

    assert _codes(package_of(rules)) == []


def test_a_server_refuses_it_when_it_starts(tmp_path: Path) -> None:
    for path, data in package_of(f"{SCORE}\nblock b {{ {SHOWN} }}").files.items():
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).write_bytes(data)

    with pytest.raises(RulesRefused, match="not-yet-served"):
        RulesKeeper(tmp_path, 0)
