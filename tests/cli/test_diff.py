"""``dearly diff``: for whom a change of the rules changes something, by what both packages say themselves."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dearly.cli.customers import each_customer
from dearly.evaluation import compile_program
from dearly.language import Program, check_package, read_package
from dearly.language.requirements import block_requirements, combine_requirements, names_requirements
from dearly.store import EventRecord, ProfilePatch, open_store
from tests.cli.conftest import CUSTOMERS, NOW, NOW_US, RULES, Dearly, Ended
from tests.repositories import new_repository

Diff = Callable[..., Ended]
Answers = dict[str, dict[str, Any]]


@pytest.fixture
def changed(tmp_path: Path) -> Path:
    """The example rules with another threshold, another clause, and another word in a template."""
    rules = tmp_path / "changed"
    shutil.copytree(RULES, rules)
    change(rules / "values.rules", "5 * count of email_opened", "9 * count of email_opened")
    change(
        rules / "segments/browsing.rules",
        "any product_viewed within 7 days\n",
        "any product_viewed within 2 days\n",
    )
    change(
        rules / "content/hero.rules", "when favorite_category is present", 'when favorite_category == "tents"'
    )
    change(rules / "templates/loyalty/join.html", "</table>", "<!-- --></table>")
    return rules


def change(path: Path, before: str, after: str) -> None:
    text = path.read_text()
    assert before in text
    path.write_text(text.replace(before, after, 1))


@pytest.fixture
def diff(dearly: Dearly, shop: Path) -> Diff:
    """``dearly diff`` on the demo shop as of NOW."""

    def run(*arguments: object) -> Ended:
        return dearly("diff", *arguments, "--store", f"sqlite:///{shop}/shop.db", "--now", NOW)

    return run


def program_in(rules: Path) -> Program:
    program = check_package(read_package(rules)).program
    assert program is not None
    return program


def answers(rules: Path, shop: Path) -> Answers:
    """What every name and block of a package says of every customer, asked one by one."""
    program = program_in(rules)
    names = [*program.segments, *program.lifecycles]
    needed = [
        names_requirements(program, names),
        *(block_requirements(program, one) for one in program.blocks),
    ]
    compiled = compile_program(program)
    store = open_store(f"sqlite:///{shop}/shop.db")
    found: Answers = {}
    for customer_id, facts in each_customer(store, program, combine_requirements(needed), NOW_US):
        at = compiled.at(facts, NOW_US)
        found[customer_id] = {name: at.value(name) for name in names}
        for block in program.blocks:
            branch = program.blocks[block].branches[at.branch(block)]
            found[customer_id][block] = (str(branch.span), branch.template)
    store.close()
    return found


def test_who_enters_and_leaves_is_who_each_package_says(diff: Diff, shop: Path, changed: Path) -> None:
    told = json.loads(diff(RULES, changed, "--format", "json").out)

    before, after = answers(RULES, shop), answers(changed, shop)
    assert told["customers"] == len(before) == CUSTOMERS
    names = program_in(RULES).segments
    expected = {}
    for name in names:
        entered = [one for one in before if after[one][name] is True and before[one][name] is not True]
        left = [one for one in before if before[one][name] is True and after[one][name] is not True]
        if entered or left:
            expected[name] = (len(entered), len(left))
    assert {
        one["name"]: (one["entered"]["count"], one["left"]["count"]) for one in told["segments"]
    } == expected
    assert expected["hesitant"][1] > 0


def test_whose_block_changes_is_told_with_both_clauses(diff: Diff, shop: Path, changed: Path) -> None:
    told = json.loads(diff(RULES, changed, "--format", "json").out)

    before, after = answers(RULES, shop), answers(changed, shop)
    moved = sum(before[one]["hero"][1] != after[one]["hero"][1] for one in before)
    (hero,) = [block for block in told["blocks"] if block["name"] == "hero"]
    assert sum(move["count"] for move in hero["moves"]) == moved > 0
    assert all(move["before"]["rule"].startswith("content/hero.rules:") for move in hero["moves"])


def test_a_changed_template_is_told_with_how_many_see_it(diff: Diff, shop: Path, changed: Path) -> None:
    told = json.loads(diff(RULES, changed, "--format", "json").out)

    sees = sum(said["loyalty"][1] == "loyalty/join" for said in answers(changed, shop).values())
    assert [(one["name"], one["count"]) for one in told["templates"]] == [("loyalty/join", sees)]


def test_a_package_against_itself_changes_nothing_for_nobody(diff: Diff) -> None:
    ended = diff(RULES, RULES, "--format", "json")

    told = json.loads(ended.out)
    assert ended.code == 0
    assert told["affected"]["count"] == 0
    assert told["segments"] == told["blocks"] == told["templates"] == told["values"] == []


def test_a_rewrite_that_means_the_same_changes_nothing(diff: Diff, tmp_path: Path) -> None:
    rules = tmp_path / "same"
    shutil.copytree(RULES, rules)
    change(rules / "content/loyalty.rules", "when vip", "when   vip  # our best")
    change(rules / "values.rules", "365 days", "8760 hours")

    assert json.loads(diff(RULES, rules, "--format", "json").out)["affected"]["count"] == 0


def test_the_same_question_has_the_same_answer(diff: Diff, changed: Path) -> None:
    for form in ("text", "json", "markdown"):
        assert diff(RULES, changed, "--format", form).out == diff(RULES, changed, "--format", form).out


def test_markdown_is_a_summary_and_a_table(diff: Diff, changed: Path) -> None:
    out = diff(RULES, changed, "--format", "markdown").out

    assert "hesitant" in out
    assert "|" in out
    assert "<details>" in out


def test_two_revisions_are_read_from_git(dearly: Dearly, shop: Path, tmp_path: Path, changed: Path) -> None:
    repository = new_repository(tmp_path)
    shutil.copytree(RULES, tmp_path / "rules")
    repository.commit({}, "before")
    shutil.rmtree(tmp_path / "rules")
    shutil.copytree(changed, tmp_path / "rules")
    repository.commit({}, "after")
    (tmp_path / "rules/broken.rules").write_text("segment {")  # the work tree is not read
    places = ("--rules", tmp_path / "rules", "--store", f"sqlite:///{shop}/shop.db", "--now", NOW)

    by_git = json.loads(dearly("diff", "HEAD~1..HEAD", *places, "--format", "json").out)
    by_hand = json.loads(dearly("diff", RULES, changed, *places[2:], "--format", "json").out)

    assert len(by_git["before"]["commit"]) == 40
    for one in (by_git, by_hand):
        del one["before"], one["after"]
    assert by_git == by_hand


def test_a_side_with_errors_is_shown_and_ends_with_1(diff: Diff, changed: Path) -> None:
    (changed / "broken.rules").write_text('segment french { contry == "FR" }\n')

    ended = diff(RULES, changed)

    assert (ended.code, ended.out) == (1, "")
    assert "--> broken.rules:1:18" in ended.err


def test_more_affected_than_allowed_ends_with_1(diff: Diff, changed: Path) -> None:
    ended = diff(RULES, changed, "--fail-over", 0.1)

    assert ended.code == 1
    assert "of the customers are affected; --fail-over allows 0.1 %." in ended.err


@pytest.mark.parametrize("named", ["...", "..main"])
def test_half_a_range_is_refused_with_what_to_write(diff: Diff, named: str) -> None:
    ended = diff(named)

    assert (ended.code, ended.out) == (2, "")
    assert "expected two revisions as A..B" in ended.err


def test_what_is_sensitive_in_an_event_stands_in_no_report(dearly: Dearly, tmp_path: Path) -> None:
    files = {"a.rules": "event viewed { weight number @sensitive }\nvalue seen = latest viewed.weight\n"}
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, word in ((before, "latest"), (after, "first")):
        folder.mkdir()
        (folder / "a.rules").write_text(files["a.rules"].replace("latest", word))
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.append_events(
        [
            EventRecord("ada", "viewed", NOW_US - ago, "", f"e{ago}", {"weight": weight})
            for ago, weight in ((2, 41.5), (1, 42.5))
        ]
    )
    store.close()

    for form in ("text", "json", "markdown"):
        told = dearly(
            "diff", before, after, "--store", f"sqlite:///{tmp_path}/store.db", "--now", NOW, "--format", form
        )
        assert "seen" in told.out
        assert "41.5" not in told.out
        assert "42.5" not in told.out


def test_a_long_clause_is_told_from_its_beginning_to_its_end(dearly: Dearly, tmp_path: Path) -> None:
    countries = ", ".join(f'"C{number:03}"' for number in range(300))
    rules = (
        f"profile {{ country text? }}\nblock hero {{ when country in [{countries}]"
        ' show "a.html" otherwise show "b.html" }\n'
    )
    before, after = tmp_path / "before", tmp_path / "after"
    for folder, last in ((before, "C299"), (after, "ZZ")):
        (folder / "templates").mkdir(parents=True)
        (folder / "a.rules").write_text(rules.replace("C299", last))
        for name in ("a", "b"):
            (folder / f"templates/{name}.html").write_text(f"<p>{name}</p>")
    store = open_store(f"sqlite:///{tmp_path}/store.db")
    store.upsert_profiles([ProfilePatch("ada", {"country": "ZZ"}, NOW_US)], NOW_US)
    store.close()

    told = dearly("diff", before, after, "--store", f"sqlite:///{tmp_path}/store.db", "--now", NOW).out

    assert '"ZZ"]' in told
    assert '"C000"' in told
    assert '"C150"' not in told


def test_a_block_that_is_new_affects_nobody_yet(diff: Diff, tmp_path: Path) -> None:
    rules = tmp_path / "more"
    shutil.copytree(RULES, rules)
    (rules / "more.rules").write_text('block more { otherwise show "loyalty/join.html" }\n')

    told = json.loads(diff(RULES, rules, "--format", "json", "--fail-over", 0).out)

    assert told["affected"]["count"] == 0
    (more,) = told["blocks"]
    assert sum(move["count"] for move in more["moves"]) == CUSTOMERS
