"""``dearly explain``: why a customer gets what they get."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dearly.language.types import DAY_US, HOUR_US
from dearly.store import EventRecord, ProfilePatch, open_store
from tests.cli.conftest import NOW, NOW_US, Dearly, Ended
from tests.server.shop import write_rules

Explain = Callable[..., Ended]


@pytest.fixture
def explain(dearly: Dearly, tmp_path: Path) -> Explain:
    """``dearly explain`` as of NOW, of a store that knows ada: Dutch, and looking around since yesterday."""
    write_rules(tmp_path / "rules")
    (tmp_path / "rules/more.rules").write_text(
        "segment born { birthday == 1990-05-01 }\nvalue looks = count of product_viewed\n"
    )
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    store.upsert_profiles(
        [ProfilePatch("ada", {"first_name": "Ada", "country": "NL", "birthday": "1990-05-01"}, NOW_US)],
        NOW_US,
    )
    store.append_events(
        [
            EventRecord("ada", "product_viewed", NOW_US - DAY_US, "web", "v1", {"product_id": "p1"}),
            EventRecord("ada", "product_viewed", NOW_US - HOUR_US, "web", "v2", {"product_id": "p2"}),
        ]
    )
    store.close()

    def run(*arguments: object) -> Ended:
        places = ("--store", f"sqlite:///{tmp_path}/shop.db", "--rules", tmp_path / "rules", "--now", NOW)
        return dearly("explain", *arguments, *places)

    return run


def test_a_block_tells_which_when_decided_why_until_when_and_what_would_change_it(explain: Explain) -> None:
    ended = explain("ada", "hero")

    assert ended.code == 0
    assert "when hesitant\n  decides: shows hero/seen\n" in ended.out
    assert "2 of 2 product_viewed counted:" in ended.out
    assert '2026-03-01T09:00:00Z  product_id: "p2"' in ended.out
    assert "there is no order_completed" in ended.out
    assert "otherwise\n  not asked\n" in ended.out
    assert "If nothing happens, it holds until 2026-03-08T09:00:00Z." in ended.out
    assert "there were one more order_completed" in ended.out


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("dutch", 'country == "NL": true'),
        ("looks", "count of product_viewed: 2"),
        ("stage", "customer when any order_completed: false"),
    ],
)
def test_segments_values_and_lifecycles_are_explained_too(explain: Explain, name: str, line: str) -> None:
    ended = explain("ada", name)

    assert ended.code == 0
    assert line in ended.out


def test_somebody_unknown_is_explained_as_a_cold_start(explain: Explain) -> None:
    ended = explain("nobody", "dutch")

    assert ended.code == 0
    assert "unknown, since country is missing" in ended.out
    assert 'country were "NL"' in ended.out


def test_what_is_sensitive_is_shown_only_when_asked_for(explain: Explain) -> None:
    hidden, shown = explain("ada", "born"), explain("ada", "born", "--show-sensitive")

    assert "birthday == 1990-05-01: true" in hidden.out
    assert "birthday: 1990-05-01" not in hidden.out
    assert "birthday: 1990-05-01" in shown.out


def test_nothing_that_was_said_of_a_customer_acts_on_the_terminal(explain: Explain, tmp_path: Path) -> None:
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    store.upsert_profiles([ProfilePatch("ada", {"country": "\x1b[2J\u202e"}, NOW_US)], NOW_US)
    store.close()

    out = explain("ada", "dutch").out

    assert "\x1b" not in out
    assert 'country: "<U+001B>[2J<U+202E>"' in out


def test_json_has_the_whole_tree(explain: Explain) -> None:
    told: dict[str, Any] = json.loads(explain("ada", "hero", "--format", "json").out)

    assert (told["kind"], told["known"], told["as_of"]) == ("block", True, NOW)
    assert [branch["decides"] for branch in told["branches"]] == [True, False]
    (whole,) = [branch["reason"] for branch in told["branches"] if branch["decides"]]
    assert (whole["words"], whole["value"]) == ("hesitant", True)


def test_an_unknown_name_is_told_with_the_nearest(explain: Explain) -> None:
    ended = explain("ada", "herro")

    assert (ended.code, ended.out) == (2, "")
    assert (
        "'herro' is no block, segment, value or lifecycle of these rules. Did you mean 'hero'?" in ended.err
    )
