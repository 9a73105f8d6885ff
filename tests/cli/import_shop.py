"""A directory to import from, and two mappings that fit its rules."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from dearly.cli.app import app
from dearly.store import Store, open_store
from tests.store.records import read

SCHEMA = """
profile { first_name text?, visits number?, birthday date?, subscribed bool = true, interests set of text }
catalog product { title text, price number?, tags set of text, since date? }
event viewed { product_id product, seconds number?, at time? }
event ordered { order_id text, total number, lines number?, products set of product }
"""

VIEWS = """
source = "web"
[[events]]
file = "views.csv"
type = "viewed"
customer = "who"
id = "{n}"
time = "when"
[events.properties]
product_id = "what"
seconds = "seconds"
"""

PROFILE = """
[[profiles]]
file = "{file}"
customer = "id"
[profiles.fields]
first_name = "name"
visits = "visits"
"""


@dataclass
class Shop:
    """A directory with rules, a mapping and data, and the store that they are imported to."""

    directory: Path

    @property
    def url(self) -> str:
        return f"sqlite:///{self.directory}/store.db"

    def write(self, name: str, text: str | bytes) -> None:
        path = self.directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text if isinstance(text, bytes) else text.encode())

    def run(self, *options: str) -> Any:
        """The outcome of the command, started in the shop's own directory."""
        arguments = ["import", str(self.directory / "shop.toml"), "--store", self.url]
        arguments += ["--rules", str(self.directory / "rules"), "--rejects", str(self.rejects_path), *options]
        return CliRunner().invoke(app, arguments)

    def summary(self, *options: str) -> dict[str, Any]:
        result = self.run("--json", *options)
        assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
        found = json.loads(result.stdout)
        assert result.exit_code == (1 if found["rejected"] else 0)
        return dict(found)

    @property
    def rejects_path(self) -> Path:
        return self.directory / "out" / "rejects.jsonl"

    def rejects(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.rejects_path.read_text().splitlines()]

    def store(self, ask: Callable[[Store], Any]) -> Any:
        opened = open_store(self.url)
        try:
            return ask(opened)
        finally:
            opened.close()

    def events(self, customer: str, kind: str) -> list[tuple[int, dict[str, Any]]]:
        rows = self.store(lambda store: read(store, customer, kind).events)
        return [(time_us, dict(properties)) for _, time_us, properties in rows]

    def profile(self, customer: str) -> Any:
        found = self.store(lambda store: store.get_profile(customer))
        return found and found.fields


def make_shop(directory: Path) -> Shop:
    """A shop with rules, and nothing to import yet."""
    made = Shop(directory)
    made.write("rules/schema.rules", SCHEMA)
    return made
