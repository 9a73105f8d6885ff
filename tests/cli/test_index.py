"""``dearly index build`` and ``dearly index evaluate``, as they are typed."""

from __future__ import annotations

import gzip
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner, Result

from dearly import DearlyError
from dearly.cli.app import app
from dearly.recommendation import TrainingUnavailable, current_version, read_version
from tests.recommendation.shop import RULES, fill_store


@pytest.fixture
def shop(tmp_path: Path) -> dict[str, str]:
    """The options that name the planted shop."""
    fill_store(tmp_path / "shop.db").close()
    (tmp_path / "rules" / "templates" / "hero").mkdir(parents=True)
    (tmp_path / "rules" / "shop.rules").write_text(RULES)
    (tmp_path / "rules" / "templates" / "hero" / "plain.html").write_text("<p>Welcome.</p>")
    return {
        "--store": f"sqlite:///{tmp_path / 'shop.db'}",
        "--rules": str(tmp_path / "rules"),
        "--index": str(tmp_path / "index"),
        "--as-of": "2026-02-25T06:13:20Z",
    }


def run(*arguments: str, options: dict[str, str] | None = None) -> Result:
    flags = [part for pair in (options or {}).items() for part in pair]
    return CliRunner().invoke(app, [*arguments, *flags], catch_exceptions=True)


def run_json(*arguments: str, options: dict[str, str] | None = None) -> Any:
    result = run(*arguments, "--json", options=options)
    assert result.exit_code == 0, result.output
    return json.loads(result.stdout)


def refusal(*arguments: str, options: dict[str, str] | None = None) -> str:
    """The text of the error that ends the command (with exit code 2, in ``dearly.cli.main``)."""
    result = run(*arguments, options=options)
    assert isinstance(result.exception, DearlyError), result.output
    return str(result.exception)


def test_build_without_scipy_says_what_to_type_before_it_reads_anything(
    shop: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "scipy", None)

    result = run("index", "build", options=shop)

    assert isinstance(result.exception, TrainingUnavailable)
    assert "pip install 'dearly[train]'" in str(result.exception)
    assert "pip install '.[train]'" in str(result.exception)
    assert "reading touches" not in result.output


def test_build_publishes_an_index_of_every_catalog(shop: dict[str, str], tmp_path: Path) -> None:
    result = run("index", "build", options=shop)
    assert result.exit_code == 0, result.output
    directory = tmp_path / "index"
    index = read_version(directory, "product", current_version(directory, "product"))
    assert index.manifest.items == 24
    assert "article" in result.stdout
    assert "empty, since nobody touched an item" in result.stdout
    assert "24 items, 60 customers, 300 touches" in result.stdout
    assert "factorising" in result.stderr


def test_build_as_json_gives_the_manifests(shop: dict[str, str]) -> None:
    article, product = run_json("index", "build", options=shop)
    assert (article["manifest"]["items"], product["manifest"]["items"]) == (0, 24)
    assert product["version"]


def test_build_takes_one_catalog_weights_dimensions_and_seed(shop: dict[str, str], tmp_path: Path) -> None:
    chosen = ["--catalog", "product", "--weight", "product_purchased=6.5", "--dimensions", "5", "--seed", "9"]
    (product,) = run_json("index", "build", *chosen, options=shop)
    manifest = product["manifest"]
    assert manifest["event_weights"] == {"product_purchased": 6.5, "product_viewed": 1.0}
    assert (manifest["dimensions"], manifest["seed"]) == (5, 9)
    assert not (tmp_path / "index" / "article").exists()


@pytest.mark.parametrize(
    ("option", "value", "told"),
    [
        ("--catalog", "products", "Did you mean 'product'?"),
        ("--weight", "product_viewd=2", "Did you mean 'product_viewed'?"),
        ("--weight", "email_opened=2", "touches no item"),
        ("--weight", "product_viewed", "expected EVENT=NUMBER"),
        ("--weight", "product_viewed=-1", "above 0"),
        ("--weight", "product_viewed=nan", "above 0"),
        ("--as-of", "yesterday", "such as 2026-03-01T10:00:00Z"),
        ("--as-of", "2026-03-01T10:00:00", "with its zone"),
    ],
)
def test_build_refuses_what_cannot_be_meant(shop: dict[str, str], option: str, value: str, told: str) -> None:
    assert told in refusal("index", "build", options={**shop, option: value})


def planted_split(tmp_path: Path) -> tuple[Path, Path]:
    """Four tastes of six items; each of 80 customers touched four, and one more later."""
    rng = np.random.default_rng(2)
    users, items, later = [], [], []
    for user in range(80):
        chosen = rng.choice(6, 5, replace=False) + 6 * (user % 4)
        users += [user] * 4
        items += chosen[:4].tolist()
        later.append(chosen[4])
    train, test = tmp_path / "train.npz", tmp_path / "test.npz"
    np.savez(train, user=np.array(users, np.int32), item=np.array(items, np.int32))
    np.savez(test, user=np.arange(80, dtype=np.int32), item=np.array(later, np.int32))
    return train, test


def test_evaluate_tells_quality_exactly_and_as_served(tmp_path: Path) -> None:
    train, test = planted_split(tmp_path)
    judged = run_json(
        "index",
        "evaluate",
        "-k",
        "2",
        "--dimensions",
        "4",
        options={"--train": str(train), "--test": str(test)},
    )
    assert judged["recall_at_2"] == judged["exact_recall_at_2"] == 1.0
    assert 0.6 < judged["ndcg_at_2"] <= 1.0
    assert judged["exact_coverage_at_2"] == 1.0
    assert (judged["users"], judged["items"], judged["dimensions"]) == (80, 24, 4)
    assert judged["fit_s"] > 0


def test_evaluate_prints_a_table(tmp_path: Path) -> None:
    train, test = planted_split(tmp_path)
    result = run("index", "evaluate", options={"--train": str(train), "--test": str(test)})
    assert result.exit_code == 0, result.output
    assert "recall@20" in result.stdout
    assert "as served" in result.stdout
    assert "exactly" in result.stdout


def test_evaluate_reads_csv_and_gzipped_csv_with_times(tmp_path: Path) -> None:
    train, test = planted_split(tmp_path)
    paths = []
    for archive, ending in ((train, ".csv"), (test, ".csv.gz")):
        with np.load(archive) as columns:
            pairs = zip(columns["user"].tolist(), columns["item"].tolist(), strict=True)
            rows = [f"{user},{item},2026-01-01T00:00:{user % 60:02d}Z" for user, item in pairs]
        text = "customer,item,time\n" + "\n".join(rows) + "\n"
        path = archive.with_suffix(ending)
        path.write_bytes(gzip.compress(text.encode()) if ending.endswith("gz") else text.encode())
        paths.append(str(path))
    judged = run_json("index", "evaluate", options={"--train": paths[0], "--test": paths[1]})
    assert judged["recall_at_20"] == 1.0


@pytest.mark.parametrize(
    ("name", "data", "told"),
    [
        ("a.csv", b"user,item\n1,2\n", "a.csv:1: expected a header with customer and item"),
        ("a.csv", b"customer,item\n1,2\n3,\n", "a.csv:3: expected a customer and an item"),
        ("a.csv", b"customer,item,time\n1,2,noon\n", "a.csv:2: expected a time"),
        ("a.csv", b"customer,item\n", "expected touches, found none"),
        ("a.csv", b"\xff\xfe", "cannot be read"),
        ("a.csv.gz", b"no gzip", "cannot be read"),
        ("a.npz", b"no archive", "cannot be read"),
    ],
)
def test_evaluate_refuses_other_files_and_says_where(
    tmp_path: Path, name: str, data: bytes, told: str
) -> None:
    _, test = planted_split(tmp_path)
    (tmp_path / name).write_bytes(data)
    assert told in refusal(
        "index", "evaluate", options={"--train": str(tmp_path / name), "--test": str(test)}
    )


@pytest.mark.parametrize(
    ("arrays", "told"),
    [
        ({"user": np.zeros(3)}, "found none named item"),
        ({"user": np.zeros(3), "item": np.zeros(2)}, "of one length"),
        ({"user": np.array([{}]), "item": np.zeros(1)}, "cannot be read"),
    ],
)
def test_evaluate_refuses_other_archives(tmp_path: Path, arrays: dict[str, Any], told: str) -> None:
    _, test = planted_split(tmp_path)
    np.savez(tmp_path / "a.npz", **arrays)
    assert told in refusal(
        "index", "evaluate", options={"--train": str(tmp_path / "a.npz"), "--test": str(test)}
    )
