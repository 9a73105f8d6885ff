"""``dearly docs``: pages about a package."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import html5lib
import pytest

from dearly.cli.package_site.entries import entries_of, used_by
from dearly.cli.package_site.pictures import draw
from tests.cli.conftest import CUSTOMERS, NOW, RULES, Dearly
from tests.scenarios.rehearsals import BLOCKS, SCHEMA, TEMPLATES, program_of

RICH = (
    BLOCKS
    + """
score likely "Will order soon" {
  predict any ordered within 30 days
  among any added within 90 days
  features auto, basket
  tiers high >= 0.6, low
}
value basket = count of added within 7 days
cap mails { at most 2 per 7 days  at most 1 per day in customer timezone }
experiment offer "Does it help?" { variants plain 50, discount 50  holdout 5%  goal ordered within 7 days }
trigger won {
  when entering buyers  at most 1 per 7 days  quiet 21:00 to 08:00 in customer timezone
  emit { campaign: "won", basket: basket }
}
block foot {
  counts toward mails
  when offer is discount and likely is high
    show "hero/plain.html" with items = trending product within 7 days, limit 1, excluding added.product_id
  otherwise show "hero/plain.html"
}
"""
)


def page(folder: Path, name: str) -> str:
    return unescape((folder / name).read_text())


def test_everything_that_decides_has_a_page_linked_from_the_index(dearly: Dearly, tmp_path: Path) -> None:
    ended = dearly("docs", RULES, "--out", tmp_path / "site")

    assert (ended.code, ended.err) == (0, "")
    index = page(tmp_path / "site", "index.html")
    names = {path.name for path in (tmp_path / "site").iterdir()}
    assert ended.out == f"{tmp_path}/site/index.html: {len(names)} pages\n"
    for name in ("block-hero.html", "segment-vip.html", "lifecycle-stage.html", "value-engagement.html"):
        assert name in names
        assert f'href="{name}"' in index


def test_a_page_tells_what_a_thing_says_what_it_uses_and_what_uses_it(dearly: Dearly, tmp_path: Path) -> None:
    dearly("docs", RULES, "--out", tmp_path)

    vip = page(tmp_path, "segment-vip.html")
    assert "Our best customers" in vip
    assert "segments/buying.rules:" in vip
    assert 'spent_this_year > 1000 or country in ["US", "CA"] and orders_per_month > 2' in vip
    uses, _, users = vip.partition("<h2>Used by</h2>")
    assert 'href="value-spent_this_year.html"' in uses
    assert 'href="block-loyalty.html"' in users


def test_a_page_leaves_nothing_out_that_decides(dearly: Dearly, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    for name, source in {"shop.rules": (SCHEMA + RICH).encode(), **TEMPLATES}.items():
        (rules / name).parent.mkdir(parents=True, exist_ok=True)
        (rules / name).write_bytes(source)
    assert dearly("docs", rules, "--out", tmp_path / "site").code == 0

    def says(name: str) -> str:
        return " ".join(re.sub("<[^>]*>", " ", page(tmp_path / "site", name)).split())

    assert "at most 1 per 7 days quiet 21:00 to 08:00 in customer timezone" in says("trigger-won.html")
    assert "at most 2 per 7 days at most 1 per day in customer timezone" in says("cap-mails.html")
    assert "counts toward mails" in says("block-foot.html")
    assert (
        "hero/plain.html with items = trending product within 7 days, limit 1, excluding added.product_id"
        in says("block-foot.html")
    )
    assert "items = similar to latest added.product_id, limit 2" in says("block-hero.html")


def test_sizes_are_told_of_a_store_and_add_up(dearly: Dearly, shop: Path, tmp_path: Path) -> None:
    ended = dearly("docs", RULES, "--out", tmp_path, "--store", f"sqlite:///{shop}/shop.db", "--now", NOW)

    assert ended.code == 0
    assert f"sizes as of {NOW}, of {CUSTOMERS} customers" in page(tmp_path, "index.html")
    stages = [cell.split(" (")[0] for cell in page(tmp_path, "lifecycle-stage.html").split('"size">')[1:]]
    assert sum(map(int, stages)) == CUSTOMERS


def test_every_page_is_valid_html_and_loads_nothing(dearly: Dearly, tmp_path: Path) -> None:
    dearly("docs", RULES, "--out", tmp_path)

    for path in tmp_path.iterdir():
        text = path.read_text()
        html5lib.HTMLParser(strict=True).parse(text)
        assert "src=" not in text
        assert "<script" not in text


def test_a_second_run_writes_anew_and_drops_what_is_gone(dearly: Dearly, tmp_path: Path) -> None:
    out = tmp_path / "site"
    dearly("docs", RULES, "--out", out)
    before = {path.name: path.read_bytes() for path in out.iterdir()}
    (out / "segment-of_old.html").write_text("gone from the rules")

    dearly("docs", RULES, "--out", out)

    assert {path.name: path.read_bytes() for path in out.iterdir()} == before


def test_nothing_is_left_beside_the_pages_and_nothing_of_others_is_touched(
    dearly: Dearly, tmp_path: Path
) -> None:
    for name in (".site.new", ".site.old", ".site.mine"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "precious").write_text("mine")

    for _ in range(2):
        assert dearly("docs", RULES, "--out", tmp_path / "site").code == 0

    names = {path.name for path in tmp_path.iterdir()}
    assert names == {"site", ".site.new", ".site.old", ".site.mine"}
    assert all((tmp_path / name / "precious").exists() for name in names - {"site"})


def test_a_place_that_is_a_link_to_itself_is_told(dearly: Dearly, tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")

    ended = dearly("docs", RULES, "--out", tmp_path / "loop")

    assert ended.code == 2
    assert ended.err.startswith(f"dearly: --out {tmp_path}/loop: cannot be written")


def test_a_folder_with_other_things_is_left_alone(dearly: Dearly, tmp_path: Path) -> None:
    (tmp_path / "thesis.html").write_text("years of work")

    ended = dearly("docs", RULES, "--out", tmp_path)

    assert ended.code != 0
    assert "there are other things in it" in ended.err
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.html"]


def test_names_and_titles_are_text_not_markup(dearly: Dearly, tmp_path: Path) -> None:
    rules = tmp_path / "rules"
    rules.mkdir()
    (rules / "a.rules").write_text('profile { n text? }\nsegment s "<b>&\'x" { n == "<script>" }\n')

    dearly("docs", rules, "--out", tmp_path / "site")

    assert "<b>" not in (tmp_path / "site/segment-s.html").read_text()
    assert 'n == "<script>"' in page(tmp_path / "site", "segment-s.html")
    assert "<script>" not in (tmp_path / "site/segment-s.html").read_text()


LEADS_TO = {
    "block foot": {"experiment offer", "score likely", "cap mails", "catalog product", "event added"},
    "trigger won": {"segment buyers", "value basket"},
    "score likely": {"event ordered", "event added", "value basket"},
    "experiment offer": {"event ordered"},
    "block hero": {
        "segment left_behind",
        "context cart_total",
        "field first_name",
        "event added",
        "catalog product",
    },
}


@pytest.mark.parametrize("key", LEADS_TO)
def test_an_entry_knows_all_that_it_uses(key: str) -> None:
    entries = {entry.key: entry for entry in entries_of(program_of(RICH))}

    assert set(entries[key].uses) == LEADS_TO[key]


def test_users_are_the_other_way_round() -> None:
    users = used_by(entries_of(program_of(RICH)))

    assert {entry.key for entry in users["value basket"]} == {"score likely", "trigger won"}
    assert "block foot" not in users


def test_in_a_picture_everything_stands_to_the_right_of_what_it_uses() -> None:
    entries = entries_of(program_of(RICH))
    picture = draw(entries)
    x = {box.entry.key: box.x for box in picture.boxes}
    places = [(box.x, box.y) for box in picture.boxes]

    assert len(places) == len(set(places)) == len(entries)
    assert all(x[used] < x[entry.key] for entry in entries for used in entry.uses)
    assert len(picture.curves) == sum(len(entry.uses) for entry in entries)
    assert all(box.x + box.width <= picture.width and box.y < picture.height for box in picture.boxes)
