"""``dearly test``: the tests of a package, from the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cli.conftest import RULES, Dearly
from tests.scenarios.rehearsals import BLOCKS, SCHEMA, TEMPLATES

PASSES = 'test "who orders is a buyer" { at 2026-03-01 10:00 ordered { total: 1 } at +0:00 expect buyers }\n'
FAILS = """test "a cart is left after two days" {
  given profile { first_name: "Ada" }
  at 2026-03-01 10:00  added { product_id: "X" }
  at +47:00  expect left_behind, hero contains "Ada"
}
"""


@pytest.fixture
def rules(tmp_path: Path) -> Path:
    """A package without tests."""
    folder = tmp_path / "rules"
    for name, source in {"shop.rules": (SCHEMA + BLOCKS).encode(), **TEMPLATES}.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(source)
    return folder


def add(rules: Path, tests: str) -> Path:
    (rules / "tests.rules").write_text(tests)
    return rules


def test_the_example_package_passes_and_every_branch_is_seen(dearly: Dearly) -> None:
    ended = dearly("test", RULES, "--min-coverage", "100")

    assert (ended.code, ended.err) == (0, "")
    assert " passed, 0 failed; " in ended.out
    assert ended.out.count("(100 %)") == 4
    assert "not seen" not in ended.out


def test_a_test_that_fails_ends_with_1_and_shows_where_what_was_seen_the_facts_and_why(
    dearly: Dearly, rules: Path
) -> None:
    ended = dearly("test", add(rules, PASSES + FAILS))

    assert ended.code == 1
    assert "ok    who orders is a buyer  (tests.rules:1)\n" in ended.out
    assert "FAIL  a cart is left after two days  (tests.rules:2)\n" in ended.out
    assert "expected left_behind at 2026-03-03T08:00:00Z; it is false" in ended.out
    assert "--> tests.rules:5:21" in ended.out
    assert 'first_name: "Ada"' in ended.out
    assert '2026-03-01T09:00:00Z  added quantity: 1, product_id: "X"' in ended.out
    assert "left_behind: false" in ended.out
    assert 'expected hero to contain "Ada" at 2026-03-03T08:00:00Z; it shows "hero/plain.html"' in ended.out
    assert "\n1 passed, 1 failed; 3 expectations\n" in ended.out


def test_events_of_one_instant_are_told_as_they_were_written(dearly: Dearly, rules: Path) -> None:
    happened = "at 2026-03-01 10:00 ordered { total: 7 } at +0:00 ordered { total: 3 }"
    ended = dearly("test", add(rules, f'test "t" {{ {happened} at +0:00 expect not buyers }}'))

    assert ended.code == 1
    assert ended.out.index("ordered total: 7") < ended.out.index("ordered total: 3")


@pytest.mark.parametrize(
    ("expectation", "why"),
    [
        ('not hero shows "hero/plain.html"', "left_behind: false"),
        ('hero contains "Bye"', "left_behind: false"),
        ("emitted welcome", "any ordered within 10 days: false"),
    ],
)
def test_whatever_fails_says_why(dearly: Dearly, rules: Path, expectation: str, why: str) -> None:
    text = 'trigger welcome { when entering buyers  emit { campaign: "w" } }\n'
    text += f'test "t" {{ at 2026-03-01 10:00 expect {expectation} }}'

    ended = dearly("test", add(rules, text))
    assert why in ended.out.partition("why:")[2]

    (told,) = json.loads(dearly("test", rules, "--format", "json").out)["tests"]
    assert any(reason["words"] in why for reason in told["failures"][0]["why"])


def test_what_consent_decided_says_so(dearly: Dearly, rules: Path) -> None:
    text = """
        block offers { purpose marketing
          when any ordered show "hero/large.html" otherwise show "hero/plain.html" }
        test "t" { given consents to nothing
          at 2026-03-01 10:00 ordered { total: 1 } at +0:00 expect offers shows "hero/large.html" }
    """
    ended = dearly("test", add(rules, text))

    assert "why:\n        not agreed to: marketing\n" in ended.out
    assert "any ordered: true" not in ended.out


def test_what_a_template_made_is_shown_line_by_line_and_moves_no_cursor(dearly: Dearly, rules: Path) -> None:
    (rules / "templates/hero/plain.html").write_text("<p>Hello</p><p>and \x1b[31mwelcome</p>")
    text = 'test "t" { at 2026-03-01 10:00 expect hero contains "Bye" }'

    ended = dearly("test", add(rules, text))

    assert '; it shows "hero/plain.html", as text:\n' in ended.out
    assert "\n         | Hello\n" in ended.out
    assert "\x1b" not in ended.out


def test_what_no_test_has_seen_is_listed_with_its_line(dearly: Dearly, rules: Path) -> None:
    ended = dearly("test", add(rules, PASSES))

    assert ended.code == 0
    assert "branches 0 of 3 (0 %)" in ended.out
    assert '  not seen: shop.rules:14  block hero: "hero/cart.html" was never decided on here\n' in ended.out
    assert "segment buyers: nobody outside was seen" in ended.out


def test_too_little_coverage_ends_with_1_and_says_so(dearly: Dearly, rules: Path) -> None:
    ended = dearly("test", add(rules, PASSES), "--min-coverage", 50)

    assert ended.code == 1
    assert ended.err == "Branch coverage is 0.0 %; --min-coverage asks for 50 %.\n"


def test_only_the_tests_asked_for_are_run_and_coverage_is_not_told_of_them(
    dearly: Dearly, rules: Path
) -> None:
    ended = dearly("test", add(rules, PASSES + FAILS), "-k", "BUYER")

    assert ended.code == 0
    assert "a cart" not in ended.out
    assert "coverage" not in ended.out


def test_a_name_that_no_test_has_is_an_error_with_the_nearest(dearly: Dearly, rules: Path) -> None:
    ended = dearly("test", add(rules, PASSES), "-k", "who orders is a byuer")

    assert ended.code != 0
    assert 'Did you mean "who orders is a buyer"?' in ended.err


def test_a_package_without_tests_says_how_to_write_one(dearly: Dearly, rules: Path) -> None:
    ended = dearly("test", rules)

    assert ended.code == 0
    assert ended.out.startswith("No tests. Write one: test ")


def test_a_package_with_errors_is_not_run(dearly: Dearly, rules: Path) -> None:
    ended = dearly("test", add(rules, 'test "t" { at 2026-03-01 10:00 expect byuers }'))

    assert ended.code != 0
    assert "did you mean `buyers`" in ended.err.lower()


def test_json_has_every_failure_and_what_is_not_covered(dearly: Dearly, rules: Path) -> None:
    ended = dearly("test", add(rules, PASSES + FAILS), "--format", "json")

    told: dict[str, Any] = json.loads(ended.out)
    assert ended.code == 1
    assert (told["passed"], told["failed"]) == (1, 1)
    failed = told["tests"][1]
    assert (failed["title"], failed["file"], failed["line"]) == (
        "a cart is left after two days",
        "tests.rules",
        2,
    )
    assert failed["failures"][0] == {
        "file": "tests.rules",
        "line": 5,
        "column": 21,
        "at": "2026-03-03T08:00:00Z",
        "seen": "it is false",
        "customer": {"first_name": "Ada", "points": 5.0},
        "context": {"cart_total": 0.0},
        "events": [
            {
                "time": "2026-03-01T09:00:00Z",
                "type": "added",
                "properties": {"quantity": 1.0, "product_id": "X"},
            }
        ],
        "not_agreed_to": [],
        "why": failed["failures"][0]["why"],
    }
    assert failed["failures"][0]["why"][0]["words"] == "left_behind"
    branches = told["coverage"]["branches"]
    assert (branches["seen"], branches["of"], len(branches["unseen"])) == (1, 3, 2)
