"""``dearly check``: what it prints, and its exit codes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from dearly.language import CODES
from tests.cli.conftest import Dearly, Ended
from tests.repositories import new_repository

Check = Callable[..., Ended]

GOOD = {
    "shop.rules": 'profile { country text? }\nsegment dutch { country == "NL" }\n'
    'block hero { otherwise show "hero.html" }\n',
    "templates/hero.html": "<p>Hello</p>",
}
BAD = 'profile { country text? }\nsegment dutch { contry == "NL" }\nsegment dutch { country == "BE" }\n'


def package(directory: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (directory / path).parent.mkdir(parents=True, exist_ok=True)
        (directory / path).write_text(text)
    return directory


@pytest.fixture
def check(dearly: Dearly, monkeypatch: pytest.MonkeyPatch) -> Check:
    """``dearly check``, in a folder."""

    def run(*arguments: object, folder: Path | None = None) -> Ended:
        if folder is not None:
            monkeypatch.chdir(folder)
        return dearly("check", *arguments)

    return run


def test_a_good_package_is_counted_and_ends_with_0(check: Check, tmp_path: Path) -> None:
    result = check(package(tmp_path, GOOD))
    assert result.code == 0
    assert result.out.startswith(f"{tmp_path}: no errors, no warnings; version ")
    assert result.out.endswith(" with 1 block, 1 segment, 1 template\n")


UNSERVED = {
    **GOOD,
    "more.rules": """
        score likely { predict any viewed within 30 days features auto tiers high >= 0.6, low }
        event viewed { seconds number }
        segment keen { likely is high }
    """,
}


def test_what_is_not_served_yet_is_counted_and_refused_when_asked(check: Check, tmp_path: Path) -> None:
    plain = check(package(tmp_path, UNSERVED))
    assert plain.code == 0
    assert plain.out.endswith("; 1 not served yet: see --servable\n")

    refused = check(tmp_path, "--servable")
    assert refused.code == 1
    assert "not-yet-served" in refused.out
    assert "--> more.rules:2:15" in refused.out


def test_every_error_is_shown_with_its_line_and_a_caret_and_the_end_is_1(
    check: Check, tmp_path: Path
) -> None:
    result = check(package(tmp_path, {"shop.rules": BAD}))
    assert result.code == 1
    assert "--> shop.rules:2:17" in result.out
    assert "^^^^^^" in result.out
    assert "--> shop.rules:3:" in result.out
    assert result.out.endswith(f"{tmp_path}: 2 errors, no warnings\n")
    assert result.err == ""


@pytest.mark.parametrize(("files", "code"), [(GOOD, 0), ({"shop.rules": BAD}, 1)])
def test_tools_get_json_with_the_same_exit_code(
    check: Check, tmp_path: Path, files: dict[str, str], code: int
) -> None:
    result = check("--format", "json", package(tmp_path, files))
    told = json.loads(result.out)
    assert result.code == code
    assert told["valid"] is (code == 0)
    assert bool(told["version"]) is (code == 0)
    places = [(found["file"], found["line"], found["severity"]) for found in told["diagnostics"]]
    assert places == ([] if code == 0 else [("shop.rules", 2, "error"), ("shop.rules", 3, "error")])


def test_json_has_counts_places_and_what_to_do(check: Check, tmp_path: Path) -> None:
    told = json.loads(check("--format", "json", package(tmp_path, {"shop.rules": BAD})).out)
    assert told["summary"] == {
        "errors": 2,
        "warnings": 0,
        "blocks": None,
        "segments": None,
        "templates": None,
    }
    assert told["commit"] is None
    assert told["diagnostics"][0] == {
        "code": "unknown-name",
        "severity": "error",
        "message": "There is no `contry`.",
        "hint": "Did you mean `country`?",
        "file": "shop.rules",
        "line": 2,
        "column": 17,
        "end_line": 2,
        "end_column": 23,
        "fix": {
            "title": "Write `country`",
            "certain": True,
            "edits": [
                {
                    "file": "shop.rules",
                    "line": 2,
                    "column": 17,
                    "end_line": 2,
                    "end_column": 23,
                    "replacement": "country",
                }
            ],
        },
    }


def test_json_tells_findings_in_templates_too(check: Check, tmp_path: Path) -> None:
    files = {**GOOD, "templates/hero.html": "<p>\n{{ nobody }}</p>"}
    told = json.loads(check("--format", "json", package(tmp_path, files)).out)
    assert [(one["file"], one["line"], one["column"]) for one in told["diagnostics"]] == [
        ("templates/hero.html", 2, 4)
    ]


def test_github_shows_each_finding_beside_its_line(check: Check, tmp_path: Path) -> None:
    package(tmp_path / "ru,les", {"shop.rules": BAD})
    result = check("--format", "github", "ru,les", folder=tmp_path)
    first, second, tally = result.out.splitlines()
    assert result.code == 1
    assert first == (
        "::error file=ru%2Cles/shop.rules,line=2,col=17,endColumn=22,title=unknown-name"
        "::There is no `contry`.%0ADid you mean `country`?"
    )
    assert second.startswith(
        "::error file=ru%2Cles/shop.rules,line=3,col=9,endColumn=13,title=duplicate-name::"
    )
    assert tally == "ru,les: 2 errors, no warnings"


def test_a_message_of_several_lines_is_one_command(check: Check, tmp_path: Path) -> None:
    folder = package(tmp_path, {"shop.rules": 'profile { country text? }\nsegment x { contry == "100%\\n" }'})
    commands = [line for line in check("--format", "github", folder).out.splitlines() if line[:2] == "::"]
    assert len(commands) == 1


def test_sarif_tells_rules_places_and_what_to_do(check: Check, tmp_path: Path) -> None:
    package(tmp_path / "my rules", {"shop.rules": BAD})
    result = check("--format", "sarif", "my rules", folder=tmp_path)
    log = json.loads(result.out)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    assert result.code == 1
    assert log["version"] == "2.1.0"
    assert {rule["id"] for rule in rules} >= set(CODES)
    assert [rules[found["ruleIndex"]]["id"] for found in run["results"]] == ["unknown-name", "duplicate-name"]
    assert run["results"][0] == {
        "ruleId": "unknown-name",
        "ruleIndex": run["results"][0]["ruleIndex"],
        "level": "error",
        "message": {"text": "There is no `contry`.\nDid you mean `country`?"},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": "my%20rules/shop.rules", "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": 2, "startColumn": 17, "endLine": 2, "endColumn": 23},
                }
            }
        ],
        "fixes": [
            {
                "description": {"text": "Write `country`"},
                "artifactChanges": [
                    {
                        "artifactLocation": {"uri": "my%20rules/shop.rules", "uriBaseId": "%SRCROOT%"},
                        "replacements": [
                            {
                                "deletedRegion": {
                                    "startLine": 2,
                                    "startColumn": 17,
                                    "endLine": 2,
                                    "endColumn": 23,
                                },
                                "insertedContent": {"text": "country"},
                            }
                        ],
                    }
                ],
            }
        ],
    }


def test_a_finding_of_the_whole_package_has_a_place_in_sarif_too(check: Check, tmp_path: Path) -> None:
    log = json.loads(check("--format", "sarif", package(tmp_path / "empty", {"notes.md": ""})).out)
    (found,) = log["runs"][0]["results"]
    (place,) = found["locations"]
    assert place["physicalLocation"] == {"artifactLocation": {"uri": f"file://{tmp_path}/empty"}}


@pytest.mark.parametrize("style", ["text", "json", "github", "sarif"])
def test_warnings_fail_only_where_that_is_asked_for(check: Check, tmp_path: Path, style: str) -> None:
    warned = {**GOOD, "more.rules": 'segment elsewhere { not country == "NL" }'}
    folder = package(tmp_path, warned)
    assert check("--format", style, folder).code == 0
    assert check("--format", style, "--strict", folder).code == 1


@pytest.mark.parametrize("style", ["text", "json", "github", "sarif"])
def test_strict_lets_a_package_without_findings_pass(check: Check, tmp_path: Path, style: str) -> None:
    assert check("--format", style, "--strict", package(tmp_path, GOOD)).code == 0


def test_a_revision_is_checked_as_it_was(check: Check, tmp_path: Path) -> None:
    repository = new_repository(tmp_path / "shop")
    package(repository.path / "rules", {"shop.rules": BAD, **{name: "" for name in GOOD if "/" in name}})
    repository.commit({})
    commit = repository.commit({f"rules/{name}": text for name, text in GOOD.items()})

    now = check("rules@main", folder=repository.path)
    before = check("rules@HEAD~1", "--format", "github", folder=repository.path)

    assert (now.code, before.code) == (0, 1)
    assert f", commit {commit[:12]} with 1 block" in now.out
    assert before.out.startswith("::error file=rules/shop.rules,line=2,")
    told = json.loads(check("rules@HEAD", "--format", "json", folder=repository.path).out)
    here = json.loads(check("rules", "--format", "json", folder=repository.path).out)
    assert (told["version"], told["commit"]) == (here["version"], commit)


def test_a_revision_that_is_not_there_is_a_wrong_call(check: Check, tmp_path: Path) -> None:
    repository = new_repository(tmp_path)
    repository.commit({"rules/shop.rules": BAD})
    result = check("rules@mian", folder=tmp_path)
    assert (result.code, result.out) == (2, "")
    assert (
        result.err == "dearly: rules@mian: there is no branch, tag or commit `mian`. Did you mean `main`?\n"
    )


def test_a_directory_that_is_not_there_is_no_finding_but_a_wrong_call(check: Check, tmp_path: Path) -> None:
    result = check(tmp_path / "nowhere")
    assert result.code == 2
    assert result.out == ""
    assert "nowhere" in result.err
    assert "Traceback" not in result.err
