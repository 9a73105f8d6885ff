"""``dearly preview``: what the server would answer, for whoever wants to look at it."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from typing import Any

import grpc
import html5lib
import pytest

from dearly.language.values import time_to_stored
from dearly.server import ServerSettings, serving
from dearly.store import EventRecord, ProfilePatch, open_store
from dearly.v1 import content_pb2, content_pb2_grpc
from tests.cli.conftest import CUSTOMERS, NOW, NOW_US, RULES, Dearly, Ended
from tests.server.shop import write_rules
from tests.waiting import wait_until

Preview = Callable[..., Ended]


@pytest.fixture
def preview(dearly: Dearly, shop: Path) -> Preview:
    """``dearly preview`` of the demo shop as of NOW."""
    places = ("--store", f"sqlite:///{shop}/shop.db", "--index", shop / "index")

    def run(*arguments: object, now: str = NOW, rules: Path = RULES) -> Ended:
        return dearly("preview", *arguments, *places, "--rules", rules, "--now", now)

    return run


def told(ended: Ended) -> list[dict[str, Any]]:
    assert ended.code == 0, ended.err
    found: list[dict[str, Any]] = json.loads(ended.out)
    return found


def somebody(preview: Preview, source: str) -> dict[str, Any]:
    """The first customer's preview that a branch decides."""
    everybody = told(preview("hero", "--sample", CUSTOMERS, "--json"))
    return next(each for each in everybody if each["source"] == source)


# ----------------------------------------------------------------------------------------------- what is told


def test_a_summary_tells_why_what_and_until_when(preview: Preview) -> None:
    expected = somebody(preview, "when abandoned_cart")

    out = preview("hero", "--customer", expected["customer_id"]).out

    assert out.startswith(f"hero for {expected['customer_id']}\n  reason:      MATCHED\n")
    assert f"\n  rule:        {RULES / expected['rule']}  when abandoned_cart\n" in out
    assert f"\n  subject:     {expected['subject']}\n" in out
    assert f"\n  valid until: {expected['valid_until']}\n" in out
    assert "".join(f"    {line}\n" if line else "\n" for line in expected["text"].splitlines()) in out


def test_items_are_told_with_their_titles(preview: Preview, shop: Path) -> None:
    expected = somebody(preview, "when abandoned_cart")
    store = open_store(f"sqlite:///{shop}/shop.db")
    titles = {item.item_id: item.fields["title"] for item in store.read_items()[0]}
    store.close()

    out = preview("hero", "--customer", expected["customer_id"]).out

    assert len(expected["item_ids"]) == 4
    for item_id in expected["item_ids"]:
        assert f" {item_id}  {titles[item_id]}\n" in out


def test_the_rule_names_the_line_that_decided(preview: Preview) -> None:
    for each in told(preview("hero", "--sample", CUSTOMERS, "--json")):
        file, _, line = each["rule"].rpartition(":")
        assert (RULES / file).read_text().splitlines()[int(line) - 1].strip() == each["source"]


@pytest.mark.parametrize("block", ["hero", "picks", "reading", "loyalty"])
async def test_it_says_what_a_server_answers(preview: Preview, shop: Path, block: str) -> None:
    preview_told = await asyncio.to_thread(preview, block, "--sample", 20, "--json")
    expected = {each["customer_id"]: each for each in told(preview_told)}
    settings = ServerSettings(
        store=f"sqlite:///{shop}/shop.db", rules=RULES, index=shop / "index", address="127.0.0.1:0"
    )

    async with (
        serving(settings, lambda: NOW_US) as running,
        grpc.aio.insecure_channel(running.address) as channel,
    ):
        stub = content_pb2_grpc.ContentServiceStub(channel)
        for customer_id, each in expected.items():
            reply = await stub.RenderContent(
                content_pb2.RenderContentRequest(customer_id=customer_id, blocks=[block]), timeout=10
            )
            (answered,) = reply.blocks
            assert content_pb2.BlockReason.Name(answered.reason) == f"BLOCK_REASON_{each['reason']}"
            assert (answered.rule, list(answered.item_ids)) == (each["rule"], each["item_ids"])
            assert (answered.subject, answered.text, answered.html) == (
                each["subject"],
                each["text"],
                each["html"],
            )
            until = reply.valid_until.ToMicroseconds() if reply.HasField("valid_until") else None
            assert (until and time_to_stored(until)) == each["valid_until"]


def test_somebody_unknown_is_a_cold_start_and_it_is_said(preview: Preview) -> None:
    as_text = preview("hero", "--customer", "nobody@example.test")
    (as_json,) = told(preview("hero", "--customer", "nobody@example.test", "--json"))

    assert as_text.out.startswith("hero for nobody@example.test (nothing known: a cold start)\n")
    assert as_json["cold_start"] is True
    assert as_json["reason"] == "DEFAULT"


def test_another_time_gives_what_would_be_said_then(preview: Preview) -> None:
    known = somebody(preview, "when abandoned_cart")
    a_year_on = told(
        preview("hero", "--customer", known["customer_id"], "--json", now="2027-03-01T10:00:00Z")
    )

    assert a_year_on[0]["source"] != known["source"]


def test_nothing_is_written_to_the_store(preview: Preview, shop: Path) -> None:
    before = sha256((shop / "shop.db").read_bytes()).digest()
    preview("hero", "--sample", 5, "--customer", "nobody")

    assert sha256((shop / "shop.db").read_bytes()).digest() == before


# ----------------------------------------------------------------------------------------------- who is shown


def ids(ended: Ended) -> list[str]:
    return [each["customer_id"] for each in told(ended)]


def test_without_a_word_about_whom_three_are_shown(preview: Preview) -> None:
    assert len(ids(preview("hero", "--json"))) == 3


def test_a_sample_is_the_same_each_time_and_grows_by_others(preview: Preview) -> None:
    few, again, more = (ids(preview("hero", "--sample", count, "--json")) for count in (5, 5, 9))

    assert few == again == more[:5]
    assert len(set(more)) == 9


def test_a_sample_is_spread_over_the_customers_not_taken_from_the_start(preview: Preview, shop: Path) -> None:
    store = open_store(f"sqlite:///{shop}/shop.db")
    ordered = list(store.page_customers(None, CUSTOMERS))
    store.close()

    places = [ordered.index(customer_id) for customer_id in ids(preview("hero", "--sample", 12, "--json"))]

    assert min(places) < CUSTOMERS / 4
    assert max(places) > CUSTOMERS * 3 / 4


def test_a_sample_larger_than_the_store_is_everybody(preview: Preview) -> None:
    assert len(ids(preview("hero", "--sample", 999, "--json"))) == CUSTOMERS


def test_named_customers_come_first_and_nobody_twice(preview: Preview) -> None:
    sampled = ids(preview("hero", "--sample", 3, "--json"))
    both = ids(preview("hero", "--customer", "nobody", "--customer", sampled[1], "--sample", 3, "--json"))

    assert both == ["nobody", sampled[1], sampled[0], sampled[2]]


# --------------------------------------------------------------------------------------------------- the page


def page_of(path: Path) -> Any:
    """The page, which must be HTML that nothing has to be guessed in."""
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(path.read_text(encoding="utf-8"))


def frames(page: Any) -> Sequence[str]:
    return [frame.get("srcdoc") for frame in page.iter("iframe")]


def test_a_page_shows_the_blocks_side_by_side(preview: Preview, tmp_path: Path) -> None:
    ended = preview("hero", "--sample", 4, "--html", tmp_path / "hero.html", "--json")

    shown = frames(page_of(tmp_path / "hero.html"))
    assert [each["html"] in frame for each, frame in zip(told(ended), shown, strict=True)] == [True] * 4
    for frame in shown:
        html5lib.HTMLParser(strict=True).parse(frame)
    assert "4 blocks side by side" in ended.err


def test_what_customers_are_called_cannot_break_out_of_the_page(preview: Preview, tmp_path: Path) -> None:
    name = "\"><script>alert('x')</script>"
    preview("hero", "--customer", name, "--html", tmp_path / "hero.html")

    page = page_of(tmp_path / "hero.html")
    assert not list(page.iter("script"))
    assert name in "".join(page.find(".//h2").itertext())


def test_a_page_that_cannot_be_written_is_said_so(preview: Preview, tmp_path: Path) -> None:
    ended = preview("hero", "--html", tmp_path / "nowhere/hero.html")

    assert ended.code == 2
    assert (
        ended.err
        == f"dearly: --html {tmp_path}/nowhere/hero.html: cannot be written (No such file or directory).\n"
    )


# ---------------------------------------------------------------------------------------------- what is wrong


def test_an_unknown_block_ends_with_2_and_the_nearest_name(preview: Preview) -> None:
    ended = preview("herro")

    assert (ended.code, ended.out) == (2, "")
    assert ended.err == "dearly: The rules declare no block 'herro'. Did you mean 'hero'?\n"


def test_broken_rules_are_shown_with_their_lines_and_end_with_1(preview: Preview, tmp_path: Path) -> None:
    write_rules(tmp_path)
    (tmp_path / "more.rules").write_text('segment french { contry == "FR" }\n')

    ended = preview("hero", rules=tmp_path)

    assert (ended.code, ended.out) == (1, "")
    assert "--> more.rules:1:18" in ended.err
    assert "^^^^^^" in ended.err


def test_a_fallback_for_want_of_items_tells_which_branch_was_chosen_and_its_empty_list(
    dearly: Dearly, tmp_path: Path
) -> None:
    write_rules(tmp_path / "rules")
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    store.append_events([EventRecord("ada", "product_viewed", NOW_US, "web", "v1", {"product_id": "gone"})])
    store.close()
    places = ("--store", f"sqlite:///{tmp_path}/shop.db", "--rules", tmp_path / "rules", "--now", NOW)

    as_text = dearly("preview", "hero", "--customer", "ada", *places, "--html", tmp_path / "page.html")
    (as_json,) = told(dearly("preview", "hero", "--customer", "ada", *places, "--json"))

    because = f"{tmp_path}/rules/{as_json['unshown']['rule']}  when hesitant: the list `items` has no items"
    assert as_json["reason"] == "FALLBACK_MISSING_DATA"
    assert as_json["unshown"]["list"] == "items"
    assert f"\n  because:     {because}\n" in as_text.out
    assert because in (tmp_path / "page.html").read_text()
    assert as_text.err == f"{tmp_path}/page.html: 1 block\n"


def test_a_store_without_customers_asks_to_be_filled(dearly: Dearly, tmp_path: Path) -> None:
    open_store(f"sqlite:///{tmp_path}/empty.db").close()
    ended = dearly("preview", "hero", "--store", f"sqlite:///{tmp_path}/empty.db", "--rules", RULES)

    assert ended.code == 2
    assert "knows no customers yet. Fill it with `dearly demo` or `dearly import`" in ended.err


@pytest.mark.parametrize("now", ["yesterday", "2026-03-01", "2026-03-01T10:00:00", ""])
def test_a_time_without_a_zone_is_no_time(preview: Preview, now: str) -> None:
    ended = preview("hero", now=now)

    assert ended.code == 2
    assert ended.err == f"dearly: --now {now}: expected a time with its zone, such as 2026-03-01T10:00:00Z.\n"


def test_a_block_that_fails_is_shown_as_it_would_be_sent_and_the_cause_stands_apart(
    dearly: Dearly, tmp_path: Path
) -> None:
    write_rules(tmp_path / "rules")
    store = open_store(f"sqlite:///{tmp_path}/shop.db")
    store.upsert_profiles(
        [ProfilePatch("ada", {"interests": [f"i{number:05}" for number in range(10_000)]}, NOW_US)], NOW_US
    )
    store.close()
    places = ("--store", f"sqlite:///{tmp_path}/shop.db", "--rules", tmp_path / "rules")

    ended = dearly("preview", "interests", "--customer", "ada", *places, "--json")

    (shown,) = told(ended)
    assert shown["reason"] == "FALLBACK_ERROR"
    assert shown["source"] == "otherwise"
    assert "RenderBudgetExceeded" in ended.err


def test_an_index_that_is_refused_is_named_beside_what_is_shown_without_it(
    dearly: Dearly, shop: Path, tmp_path: Path
) -> None:
    (tmp_path / "index/product").mkdir(parents=True)
    (tmp_path / "index/product/CURRENT").write_text("20260301T100000Z-0123456789ab\n")
    places = ("--store", f"sqlite:///{shop}/shop.db", "--rules", RULES, "--index", tmp_path / "index")

    ended = dearly("preview", "picks", *places, "--now", NOW, "--json")

    assert len(told(ended)) == 3
    assert "20260301T100000Z-0123456789ab" in ended.err


# ------------------------------------------------------------------------------ languages, contexts, watching

BASKET = """
context { total number? }
block basket {
  when total > 100
    show "basket/large.html"
  otherwise
    show "basket/small.html"
}
"""
BASKET_TEMPLATES = {
    "basket/large.html": "<p>Free delivery.</p>",
    "basket/large.de.html": "<p>Lieferung frei Haus.</p>",
    "basket/small.html": "<p>Welcome.</p>",
}


@pytest.fixture
def basket(tmp_path: Path) -> Path:
    """The server tests' package with a block that asks what the call brings along."""
    rules = tmp_path / "rules"
    write_rules(rules)
    (rules / "basket.rules").write_text(BASKET)
    for name, source in BASKET_TEMPLATES.items():
        path = rules / "templates" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(source)
    return rules


def test_a_call_s_context_and_language_are_asked_for_as_a_call_does(preview: Preview, basket: Path) -> None:
    one = ("basket", "--customer", "ada", "--json")

    (without,) = told(preview(*one, rules=basket))
    (large,) = told(preview(*one, "--context", "total=120", rules=basket))
    (german,) = told(preview(*one, "--context", "total=120", "--locale", "de-AT", rules=basket))

    assert (without["html"], without["locale"]) == ("<p>Welcome.</p>", None)
    assert (large["html"], large["locale"]) == ("<p>Free delivery.</p>", None)
    assert (german["html"], german["locale"]) == ("<p>Lieferung frei Haus.</p>", "de")


@pytest.mark.parametrize(
    ("context", "message"),
    [
        ("total", "expected NAME=VALUE, such as cart_total=120."),
        ("totla=3", "`total`"),
        ("total=much", "number"),
    ],
)
def test_a_context_that_the_rules_do_not_declare_is_refused(
    preview: Preview, basket: Path, context: str, message: str
) -> None:
    ended = preview("basket", "--customer", "ada", "--context", context, rules=basket)

    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("dearly: --context ")
    assert message in ended.err


def test_watching_renders_again_at_each_change_and_keeps_the_last_good_through_errors(
    shop: Path, basket: Path, tmp_path: Path
) -> None:
    page, out, err = tmp_path / "page.html", tmp_path / "out", tmp_path / "err"
    places = ["--store", f"sqlite:///{shop}/shop.db", "--index", str(shop / "index"), "--rules", str(basket)]
    typed = [sys.executable, "-m", "dearly.cli", "preview", "basket", "--customer", "ada", "--now", NOW]
    small = basket / "templates/basket/small.html"
    with out.open("wb") as sink, err.open("wb") as errors:
        watching = subprocess.Popen(
            [*typed, *places, "--html", str(page), "--watch"], stdout=sink, stderr=errors, process_group=0
        )
        try:
            wait_until(lambda: "watching the rules" in err.read_text())
            assert 'http-equiv="refresh"' in page.read_text()
            small.write_text("<p>{{ nobody }}</p>")
            wait_until(lambda: "The last good preview stays." in err.read_text())
            assert "Welcome." in page.read_text()
            small.write_text("<p>Good day.</p>")
            wait_until(lambda: "Good day." in page.read_text() and "Good day." in out.read_text())
            watching.send_signal(signal.SIGINT)
            watching.wait(timeout=30)
        finally:
            watching.kill()
            watching.wait()

    assert watching.returncode == 130
    assert "Traceback" not in err.read_text()
